"""SparseAdam: Adam for a table of which a step uses few rows; the others stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import pow
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sqrt
from glassnet.ops.reduction import any as any_of
from glassnet.ops.selection import ne, where
from glassnet.ops.shapes import shape_of
from glassnet.ops.update.common import Options, blocks, new_average, new_average_square, update

Betas = tuple[float, float]


def _sparse_adam(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    exp_avg: Array,
    exp_avg_sq: Array,
    momentum_now: Any = None,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    maximize: bool = False,
) -> Array:
    beta1, beta2 = betas if momentum_now is None else (float(momentum_now), betas[1])
    pieces = blocks(param, grad, exp_avg, exp_avg_sq)
    step += 1
    rate = float(lr) * (1 - beta2 ** float(step)) ** 0.5 / (1 - beta1 ** float(step))
    for w, g, m, v, _, _ in pieces:
        used: Any = np.asarray(g != 0)
        if g.ndim > 1:
            used = used.any(axis=tuple(range(1, g.ndim)))
        g = -g[used] if maximize else g[used]
        m[used] += (1 - beta1) * (g - m[used])
        v[used] += (1 - beta2) * (g * g - v[used])
        w[used] -= rate * (m[used] / (np.sqrt(v[used]) + eps))
    return param


def _sparse_adam_expand(
    options: Options, param: Any, grad: Any, lr: Any, step: Any, exp_avg: Any, exp_avg_sq: Any
) -> Any:
    beta1, beta2 = options.betas
    t = step + 1.0
    g = -grad if options.maximize else grad
    used, dims = ne(grad, 0), len(shape_of(grad))
    if dims > 1:
        used = any_of(used, dim=tuple(range(1, dims)), keepdim=True)
    m = where(used, new_average(exp_avg, g, beta1), exp_avg)
    v = where(used, new_average_square(exp_avg_sq, g, beta2), exp_avg_sq)
    rate = lr * sqrt(1.0 - pow(beta2, t)) / (1.0 - pow(beta1, t))
    return where(used, param - rate * (m / (sqrt(v) + options.eps)), param), t, m, v


sparse_adam_update = update(
    "sparse_adam_update",
    _sparse_adam,
    _sparse_adam_expand,
    "in the rows whose gradient is not 0: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², "
    "W ← W − lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε), where g = ∂L/∂W",
)
