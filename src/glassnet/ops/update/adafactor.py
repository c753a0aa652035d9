"""Adafactor: the average squares of a matrix of gradients, kept as one number a row and one a column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from glassnet.ops.arithmetic import maximum, minimum, pow
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sqrt
from glassnet.ops.linear import matmul
from glassnet.ops.reduction import mean
from glassnet.ops.update.common import Options, update

Shape = tuple[int, ...]


def row_shape(shape: Shape) -> Shape | None:
    """That of one number a row of a parameter; None for one that has no rows."""
    return (*shape[:-1], 1) if len(shape) > 1 else None


def column_shape(shape: Shape) -> Shape | None:
    """That of one number a column of a parameter; None for one that has no columns."""
    return (*shape[:-2], 1, shape[-1]) if len(shape) > 1 else None


def whole_shape(shape: Shape) -> Shape | None:
    """That of one number an element, for a parameter that has no rows and columns; None for one that has."""
    return shape if len(shape) <= 1 else None


def _shapes(shape: Shape) -> Iterable[Shape | None]:
    return row_shape(shape), column_shape(shape), whole_shape(shape)


def _adafactor(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    row_var: Array | None = None,
    col_var: Array | None = None,
    variance: Array | None = None,
    *,
    beta2_decay: float = -0.8,
    eps: tuple[float | None, float] = (None, 1e-3),
    d: float = 1.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Array:
    least, least_size = eps
    least = float(np.finfo(param.dtype).eps) if least is None else least
    step += 1
    t, lr = float(step), float(lr)
    new = t**beta2_decay
    rate = max(least_size, float(np.sqrt(np.mean(param * param)))) * min(lr, 1 / t**0.5) if param.size else 0.0
    squares = grad * grad
    if row_var is not None and col_var is not None:
        row_var += new * (squares.mean(axis=-1, keepdims=True) - row_var)
        col_var += new * (squares.mean(axis=-2, keepdims=True) - col_var)
        squares = row_var @ col_var
        squares /= np.maximum(row_var.mean(axis=-2, keepdims=True), least)
    elif variance is not None:
        variance += new * (squares - variance)
        squares = variance
    change = grad / np.sqrt(np.maximum(squares, least * least))
    excess = float(np.sqrt(np.mean(change * change))) / d if param.size else 1.0
    if weight_decay != 0:
        param *= 1 - lr * weight_decay
    change *= rate / max(1.0, excess) * (-1 if maximize else 1)
    param -= change
    return param


def _adafactor_expand(
    options: Options, param: Any, grad: Any, lr: Any, step: Any, row_var: Any, col_var: Any, variance: Any
) -> Any:
    least, least_size = options.eps
    least = float(np.finfo(param.dtype).eps) if least is None else least
    t = step + 1.0
    new = pow(t, options.beta2_decay)
    rate = maximum(sqrt(mean(param * param)), least_size) * minimum(lr, 1.0 / sqrt(t))
    squares = grad * grad
    if row_var is not None:
        row_var = row_var + new * (mean(squares, dim=-1, keepdim=True) - row_var)
        col_var = col_var + new * (mean(squares, dim=-2, keepdim=True) - col_var)
        squares = matmul(row_var, col_var) / maximum(mean(row_var, dim=-2, keepdim=True), least)
    elif variance is not None:
        variance = variance + new * (squares - variance)
        squares = variance
    change = grad / sqrt(maximum(squares, least * least))
    rate = rate / maximum(sqrt(mean(change * change)) / options.d, 1.0)
    if options.weight_decay != 0:
        param = param * (1.0 - lr * options.weight_decay)
    param = param + rate * change if options.maximize else param - rate * change
    return param, t, row_var, col_var, variance


adafactor_update = update(
    "adafactor_update",
    _adafactor,
    _adafactor_expand,
    "r ← r + t^c·(mean of g² over a row − r), c likewise over a column, v = r·c/(mean of r); u = g/√v, "
    "W ← W − max(ε, rms(W))·min(lr, 1/√t)·u/max(1, rms(u)/d), where g = ∂L/∂W; of a vector, v ← v + t^c·(g² − v); "
    "weight decay λ: first W ← W − lr·λ·W",
    state_shapes=_shapes,
)
