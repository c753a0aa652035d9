"""Shrinkage and thresholds: activations that set small values to 0, or to a value of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.activation import activation
from glassnet.ops.arithmetic import maximum, minimum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import abs, tanh
from glassnet.ops.selection import where


def _threshold(x: Array, threshold: float, value: float) -> Array:
    return np.where(x <= threshold, np.asarray(value, x.dtype), x)


threshold = activation(
    "threshold",
    _threshold,
    lambda g, _y, x, threshold, value: where(x <= threshold, 0.0, g),
    formula="Piecewise((x, x > threshold), (value, True))",
    expand=lambda x, threshold, value: where(x <= threshold, value, x),
    cast="number",
)


def _hardshrink(x: Array, lambd: float = 0.5) -> Array:
    return x * (np.abs(x) > lambd)


hardshrink = activation(
    "hardshrink",
    _hardshrink,
    lambda g, _y, x, lambd=0.5: where(abs(x) <= lambd, 0.0, g),
    formula="Piecewise((x, Abs(x) > lambd), (0, True))",
    expand=lambda x, lambd=0.5: where(abs(x) <= lambd, 0.0, x),
)


def _softshrink(x: Array, lambd: float = 0.5) -> Array:
    return x - np.clip(x, -lambd, lambd)


softshrink = activation(
    "softshrink",
    _softshrink,
    lambda g, _y, x, lambd=0.5: where(abs(x) <= lambd, 0.0, g),
    formula="Piecewise((x - lambd, x > lambd), (x + lambd, x < -lambd), (0, True))",
    expand=lambda x, lambd=0.5: x - minimum(maximum(x, -lambd), lambd),
)


def _tanhshrink(x: Array) -> Array:
    return x - np.tanh(x)


def _tanhshrink_rule(g: Any, _y: Any, x: Any) -> Any:
    t = tanh(x)
    return g * (t * t)


tanhshrink = activation(
    "tanhshrink",
    _tanhshrink,
    _tanhshrink_rule,
    formula="x - tanh(x)",
    expand=lambda x: x - tanh(x),
)
