"""Optimizers, which change parameters by their gradients, and schedules of the learning rate."""

from __future__ import annotations

from glassnet.optim import lr_scheduler, swa_utils
from glassnet.optim.adafactor import Adafactor
from glassnet.optim.adam import Adam, Adamax, AdamW, NAdam, RAdam, SparseAdam
from glassnet.optim.adaptive import Adadelta, Adagrad, RMSprop
from glassnet.optim.asgd import ASGD
from glassnet.optim.hooks import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from glassnet.optim.lbfgs import LBFGS
from glassnet.optim.muon import Muon
from glassnet.optim.optimizer import Optimizer
from glassnet.optim.rprop import Rprop
from glassnet.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "swa_utils",
]
