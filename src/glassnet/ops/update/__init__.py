"""Updates: what an optimizer does to a parameter once its gradient is known.

The only operations that write to their inputs. Every one is called as ``op(param, grad, lr,
*state, **options)``: it changes ``param`` and ``state`` in place and returns ``param``. The state
is named as PyTorch names it; ``step``, an array of no dimensions, counts the updates made.
``lr`` and ``step`` are inputs and not options, so that a recorded training step reads them anew
each time it runs.

An expansion has no side effects: it gives the new values of what is written, in the order of
``writes``, and None for state that was not given.
"""

from __future__ import annotations

from glassnet.ops.update.adam import adam_update, adamax_update, nadam_update
from glassnet.ops.update.adaptive import adadelta_update, adagrad_update, rmsprop_update
from glassnet.ops.update.sgd import sgd_update

__all__ = [
    "adadelta_update",
    "adagrad_update",
    "adam_update",
    "adamax_update",
    "nadam_update",
    "rmsprop_update",
    "sgd_update",
]
