"""Losses, element by element: how far a prediction is from its target."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import RangeError
from glassnet.ops.activation import hardtanh, sigmoid
from glassnet.ops.arithmetic import maximum, minimum, square
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import abs, exp, log, log1p, sign
from glassnet.ops.elementwise import elementwise
from glassnet.ops.selection import where


def _opposite(rule: Any) -> Any:
    """The derivative of f(x − target) by its target, of one by x that reads no y."""
    return lambda g, _y, x, target, **params: -rule(g, _y, x, target, **params)


def _squared_error(x: Array, target: Array) -> Array:
    return np.square(x - target)


def _squared_error_rule(g: Any, _y: Any, x: Any, target: Any) -> Any:
    return g * (2.0 * (x - target))


squared_error = elementwise(
    "squared_error",
    _squared_error,
    _squared_error_rule,
    _opposite(_squared_error_rule),
    formula="(x - target)**2",
    expand=lambda x, target: square(x - target),
    cast="float",
    inline=True,
)


def _absolute_error(x: Array, target: Array) -> Array:
    return np.abs(x - target)


def _absolute_error_rule(g: Any, _y: Any, x: Any, target: Any) -> Any:
    return g * sign(x - target)


absolute_error = elementwise(
    "absolute_error",
    _absolute_error,
    _absolute_error_rule,
    _opposite(_absolute_error_rule),
    formula="Abs(x - target)",
    expand=lambda x, target: abs(x - target),
    cast="float",
    inline=True,
)


def _huber(x: Array, target: Array, delta: float = 1.0) -> Array:
    # with c, the error cut at ±delta: c²/2 within, and beyond it the tangent, c·(error − c/2)
    error = x - target
    cut = np.clip(error, -delta, delta)
    return cut * (error - 0.5 * cut)


def _huber_rule(g: Any, _y: Any, x: Any, target: Any, delta: float = 1.0) -> Any:
    return g * hardtanh(x - target, min_val=-delta, max_val=delta)  # whose own slope at ±delta is 0


def _huber_expand(x: Any, target: Any, delta: float = 1.0) -> Any:
    size = abs(x - target)
    return where(size < delta, 0.5 * (size * size), delta * (size - 0.5 * delta))


huber = elementwise(  # P. Huber, "Robust estimation of a location parameter", 1964
    "huber",
    _huber,
    _huber_rule,
    _opposite(_huber_rule),
    formula="Piecewise(((x - target)**2/2, Abs(x - target) < delta), (delta*(Abs(x - target) - delta/2), True))",
    expand=_huber_expand,
    cast="float",
)


def _smooth_l1(x: Array, target: Array, beta: float = 1.0) -> Array:
    return _huber(x, target, beta) / beta


def _smooth_l1_rule(g: Any, _y: Any, x: Any, target: Any, beta: float = 1.0) -> Any:
    return g * hardtanh((x - target) / beta)


def _smooth_l1_expand(x: Any, target: Any, beta: float = 1.0) -> Any:
    size = abs(x - target)
    return where(size < beta, (0.5 / beta) * (size * size), size - 0.5 * beta)


smooth_l1 = elementwise(  # R. Girshick, "Fast R-CNN", 2015
    "smooth_l1",
    _smooth_l1,
    _smooth_l1_rule,
    _opposite(_smooth_l1_rule),
    formula="Piecewise(((x - target)**2/(2*beta), Abs(x - target) < beta), (Abs(x - target) - beta/2, True))",
    expand=_smooth_l1_expand,
    cast="float",
)


# of probabilities --------------------------------------------------------------------------------

SMALLEST_LOG = -100.0  # for log 0 = −∞, as in PyTorch: a loss, and a slope, that are large but finite


def _check_probabilities(x: Array, target: Array) -> None:
    # p − p² is 0 or more from 0 to 1, and nowhere else: one reduction for both; NaN does not pass
    inside = np.minimum(np.subtract(x, np.square(x)), np.subtract(target, np.square(target)))
    if np.minimum.reduce(inside, axis=None, initial=0) >= 0:
        return
    for what, p in (("inputs", x), ("targets", target)):
        for wrong in p[~((p >= 0) & (p <= 1))].flat:
            advice = "; for logits, of any size, there is binary_cross_entropy_with_logits" if what == "inputs" else ""
            expected = f"expected {what} from 0 to 1 (probabilities)"
            raise RangeError(f"binary_cross_entropy: {expected}, got {wrong:g}{advice}")


def _binary_cross_entropy(x: Array, target: Array, out: Array | None = None) -> Array:
    if x.size == 1 and x.shape == target.shape and 0 < (p := x.item()) < 1 and 0 <= (t := target.item()) <= 1:
        # one sample, as in learning one at a time: a Python number is done before NumPy has begun
        loss = (t - 1) * max(np.log1p(-p), SMALLEST_LOG) - t * max(np.log(p), SMALLEST_LOG)
        if out is None:
            return np.full_like(x, loss)
        out[...] = loss
        return out
    with np.errstate(divide="ignore", invalid="ignore"):
        _check_probabilities(x, target)
        log_x = np.maximum(np.log(x), SMALLEST_LOG)
        log_rest = np.maximum(np.log1p(-x), SMALLEST_LOG)
    # −(t·log x + (1 − t)·log(1 − x))
    return np.subtract(np.multiply(np.subtract(target, 1), log_rest), np.multiply(target, log_x), out=out)


def _bounded_log(x: Any) -> Any:
    # the smallest argument keeps log from 0 without a say in the result
    return maximum(log(maximum(x, 1e-45)), SMALLEST_LOG)


binary_cross_entropy = elementwise(
    "binary_cross_entropy",
    _binary_cross_entropy,
    lambda g, _y, x, target: g * ((x - target) / maximum(x * (1.0 - x), 1e-12)),
    lambda g, _y, x, _target: g * (_bounded_log(1.0 - x) - _bounded_log(x)),
    formula="-target*Max(log(x), -100) - (1 - target)*Max(log(1 - x), -100)",
    expand=lambda x, target: -(target * _bounded_log(x) + (1.0 - target) * _bounded_log(1.0 - x)),
    cast="float",
)


def _binary_cross_entropy_with_logits(x: Array, target: Array) -> Array:
    # log(1 + eˣ) − x·t, with nothing in it that can overflow, or is ∞ − ∞
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0) * (1 - target) - np.minimum(x, 0) * target


def _binary_cross_entropy_with_logits_expand(x: Any, target: Any) -> Any:
    return log1p(exp(-abs(x))) + maximum(x, 0.0) * (1.0 - target) - minimum(x, 0.0) * target


binary_cross_entropy_with_logits = elementwise(
    "binary_cross_entropy_with_logits",
    _binary_cross_entropy_with_logits,
    lambda g, _y, x, target: g * (sigmoid(x) - target),
    lambda g, _y, x, _target: -g * x,
    formula="log(1 + exp(x)) - x*target",
    expand=_binary_cross_entropy_with_logits_expand,
    cast="float",
)


def _kl_div(x: Array, target: Array) -> Array:
    return target * (np.log(np.where(target == 0, 1, target)) - x)  # 0·log 0 counts as 0


def _kl_div_target(g: Any, _y: Any, x: Any, target: Any) -> Any:
    nothing = target == 0
    return where(nothing, 0.0, g * (log(where(nothing, 1.0, target)) + 1.0 - x))


def _kl_div_expand(x: Any, target: Any) -> Any:
    return target * (log(where(target == 0, 1.0, target)) - x)


kl_div = elementwise(
    "kl_div",
    _kl_div,
    lambda g, _y, _x, target: -g * target,
    _kl_div_target,
    formula="target*(log(target) - x)",
    expand=_kl_div_expand,
    cast="float",
)
