"""Rprop: every weight with a step size of its own, which the signs of its gradients make longer or shorter."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import maximum, minimum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sign
from glassnet.ops.selection import gt, lt, where
from glassnet.ops.update.common import Options, blocks, new_direction, update


def _rprop(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    prev: Array,
    step_size: Array,
    *,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50),
    maximize: bool = False,
) -> Array:
    shorter, longer = etas
    pieces = blocks(param, grad, prev, step_size)
    step += 1
    for w, g, before, size, scratch, spare in pieces:
        g = np.negative(g, out=spare) if maximize else g
        np.multiply(before, g, out=scratch)
        turned = scratch < 0
        np.multiply(size, longer, out=size, where=scratch > 0)
        np.multiply(size, shorter, out=size, where=turned)
        np.clip(size, *step_sizes, out=size)
        before[...] = g
        np.copyto(before, 0, where=turned)
        np.sign(before, out=scratch)
        scratch *= size
        w -= scratch
    return param


def _rprop_expand(options: Options, param: Any, grad: Any, lr: Any, step: Any, prev: Any, step_size: Any) -> Any:
    shorter, longer = options.etas
    least, most = options.step_sizes
    g = new_direction(param, grad, 0.0, options.maximize)
    agreement = prev * g
    turned = lt(agreement, 0)
    size = where(gt(agreement, 0), step_size * longer, where(turned, step_size * shorter, step_size))
    size = minimum(maximum(size, least), most)
    g = where(turned, 0.0, g)
    return param - sign(g) * size, step + 1.0, g, size


rprop_update = update(
    "rprop_update",
    _rprop,
    _rprop_expand,
    "s ← η₊·s where g has the sign it had, η₋·s and g ← 0 where it has turned, within step_sizes; "
    "W ← W − s·sign(g), where g = ∂L/∂W and s begins at lr",
)
