"""Updates: what an optimizer does to a parameter once its gradient is known.

The only operations that write to their inputs. Each is called as ``op(param, grad, lr, *state,
**options)``, changes ``param`` and ``state`` in place, and returns ``param``. The state has PyTorch's
names; ``step``, an array of no dimensions, counts the updates made. ``lr`` and ``step`` are inputs
and not options, so that a traced training step reads them each time it runs.

A decomposition has no side effects: it returns the new values of what is written, in the order of
``writes``, and None for state that is not kept.
"""

from __future__ import annotations

from glassnet.ops.update.adafactor import adafactor_update
from glassnet.ops.update.adam import adam_update, adamax_update, nadam_update
from glassnet.ops.update.adaptive import adadelta_update, adagrad_update, rmsprop_update
from glassnet.ops.update.asgd import asgd_update
from glassnet.ops.update.muon import muon_update
from glassnet.ops.update.radam import radam_update
from glassnet.ops.update.rprop import rprop_update
from glassnet.ops.update.sgd import sgd_update
from glassnet.ops.update.sparse_adam import sparse_adam_update

__all__ = [
    "adadelta_update",
    "adafactor_update",
    "adagrad_update",
    "adam_update",
    "adamax_update",
    "asgd_update",
    "muon_update",
    "nadam_update",
    "radam_update",
    "rmsprop_update",
    "rprop_update",
    "sgd_update",
    "sparse_adam_update",
]
