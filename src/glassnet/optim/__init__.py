"""Optimizers, which change parameters by their gradients, and schedules of the learning rate."""

from __future__ import annotations

from glassnet.optim import lr_scheduler
from glassnet.optim.adam import Adam, Adamax, AdamW, NAdam
from glassnet.optim.adaptive import Adadelta, Adagrad, RMSprop
from glassnet.optim.optimizer import Optimizer
from glassnet.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RMSprop",
    "lr_scheduler",
]
