"""Training: the loop over epochs and batches, with metrics, callbacks, checkpoints and a report."""

from __future__ import annotations

from glassnet.training import callbacks, metrics
from glassnet.training.callbacks import Callback, Checkpoint, CSVLogger, EarlyStopping, JSONLLogger, TensorBoard
from glassnet.training.errors import TrainingError, TrainingFailed
from glassnet.training.history import History
from glassnet.training.schedule import Schedule
from glassnet.training.trainer import Trainer

__all__ = [
    "CSVLogger",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "JSONLLogger",
    "Schedule",
    "TensorBoard",
    "Trainer",
    "TrainingError",
    "TrainingFailed",
    "callbacks",
    "metrics",
]
