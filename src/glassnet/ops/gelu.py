"""GELU: x times the probability that a normal number lies below it.

D. Hendrycks and K. Gimpel, "Gaussian error linear units", 2016.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.activation import FAR, activation, cut
from glassnet.ops.arithmetic import clamp, maximum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import erf, exp, tanh
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Op
from glassnet.ops.special import in_blocks, normal_float32


def _plain_gelu(x: Array) -> Array:
    below = 0.5 * (1 + erf(x * math.sqrt(0.5)))
    return np.maximum(x, -FAR) * below


# Written for speed: of wide layers, in blocks and with ``out``, the two take less than half of the time.
def _gelu(x: Array, out: Array | None = None) -> Array:
    return in_blocks(_gelu_float32 if x.dtype == np.float32 else _plain_gelu, x, out=out)


def _gelu_float32(x: Array) -> Array:
    y = normal_float32(x)
    y *= np.clip(x, -FAR, np.inf)
    return y


gelu = activation(
    "gelu",
    _gelu,
    lambda g, _y, x: gelu_backward(g, x),
    formula="x/2*(1 + erf(x/sqrt(2)))",
    expand=lambda x: 0.5 * maximum(x, -FAR) * (1.0 + erf(x * math.sqrt(0.5))),
    textbook=_plain_gelu,
)


def _plain_gelu_backward(g: Array, x: Array) -> Array:
    x = np.clip(x, -FAR, FAR)
    below = 0.5 * (1 + erf(x * math.sqrt(0.5)))
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return g * (below + x * density)


def _gelu_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    return in_blocks(_gelu_backward_float32 if x.dtype == np.float32 else _plain_gelu_backward, g, x, out=out)


def _gelu_backward_float32(g: Array, x: Array) -> Array:
    x = np.clip(x, -FAR, FAR)
    y = normal_float32(x)
    density = np.square(x)
    density *= -0.5
    np.exp(density, out=density)
    density *= 1 / math.sqrt(2 * math.pi)
    density *= x
    y += density
    y *= g
    return y


def _gelu_backward_expand(g: Any, x: Any) -> Any:
    x = cut(x)
    below = 0.5 * (1.0 + erf(x * math.sqrt(0.5)))
    return g * (below + x * _density(x))


def _density(x: Any) -> Any:
    return exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))


def _gelu_backward_x(u: Any, _y: Any, g: Any, x: Any) -> Any:
    x = cut(x)
    return u * g * ((2.0 - x * x) * _density(x))


gelu_backward: Op = elementwise(
    "gelu_backward",
    _gelu_backward,
    lambda u, _y, _g, x: gelu_backward(u, x),
    _gelu_backward_x,
    formula="g*((1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi))",
    expand=_gelu_backward_expand,
    cast="float",
    textbook=_plain_gelu_backward,
)

_CUBIC, _ROOT = 0.044715, math.sqrt(2 / math.pi)


_FLAT = 20.0  # beyond, the hyperbolic tangent is ±1 to the last digit; and float16 holds the cube


def _plain_gelu_tanh(x: Array) -> Array:
    c = np.clip(x, -_FLAT, _FLAT)
    t = np.tanh(c * (_ROOT + _CUBIC * _ROOT * np.square(c)))
    return np.maximum(x, -FAR) * (0.5 * (1 + t))


def _gelu_tanh(x: Array) -> Array:
    return in_blocks(_plain_gelu_tanh, x)


def _gelu_tanh_rule(g: Any, _y: Any, x: Any) -> Any:
    x = clamp(x, min=-_FLAT, max=_FLAT)
    t = tanh(_ROOT * (x + _CUBIC * (x * x * x)))
    slope = _ROOT * (1.0 + 3 * _CUBIC * (x * x))
    return g * (0.5 * (1.0 + t) + 0.5 * x * ((1.0 - t * t) * slope))


gelu_tanh = activation(
    "gelu_tanh",
    _gelu_tanh,
    _gelu_tanh_rule,
    formula="x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))",
    expand=lambda x: 0.5 * maximum(x, -FAR) * (1.0 + tanh(_ROOT * (x + _CUBIC * (x * x * x)))),
    textbook=_plain_gelu_tanh,
)
