"""Activation functions: what stands between two linear layers."""

from __future__ import annotations

import numpy as np

from glassnet.ops.arithmetic import maximum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp
from glassnet.ops.record import Op, register
from glassnet.ops.shapes import elementwise, elementwise_float


def _sigmoid(x: Array, out: Array | None = None) -> Array:
    # (1 + tanh(x/2)) / 2 is the same number, and no exp(−x) overflows for large negative x
    y = np.multiply(x, 0.5, out=out)
    y = np.tanh(y, out=out)
    y = np.multiply(y, 0.5, out=out)
    return np.add(y, 0.5, out=out)


sigmoid = register(
    Op(
        "sigmoid",
        forward=_sigmoid,
        vjp=(lambda g, y, _x: g * (y * (1.0 - y)),),
        shape=elementwise_float("sigmoid"),
        formula="1 / (1 + exp(-x))",
        expand=lambda x: 1.0 / (1.0 + exp(-x)),
        cast="float",
        elementwise=True,
    )
)


def _relu(x: Array, out: Array | None = None) -> Array:
    return np.maximum(x, 0, out=out)


relu = register(
    Op(
        "relu",
        forward=_relu,
        vjp=(lambda g, y, _x: g * (y > 0),),
        shape=elementwise("relu"),
        formula="Max(x, 0)",
        expand=lambda x: maximum(x, 0.0),
        cast="common",
        elementwise=True,
    )
)
