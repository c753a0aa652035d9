"""Callbacks: what a trainer calls as a run goes on: early stopping, checkpoints, logs."""

from __future__ import annotations

from glassnet.training.callbacks.callback import HOOKS, Callback, Callbacks, RunningTrainer
from glassnet.training.callbacks.checkpoint import Checkpoint
from glassnet.training.callbacks.logs import CSVLogger, JSONLLogger
from glassnet.training.callbacks.stopping import EarlyStopping
from glassnet.training.callbacks.tensorboard import TensorBoard

__all__ = [
    "HOOKS",
    "CSVLogger",
    "Callback",
    "Callbacks",
    "Checkpoint",
    "EarlyStopping",
    "JSONLLogger",
    "RunningTrainer",
    "TensorBoard",
]
