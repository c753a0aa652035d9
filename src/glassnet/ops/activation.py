"""Activation functions: what stands between two linear layers.

Every forward is right at ±∞ where its limit exists, and takes numbers of any size without a
warning. At a kink the derivative is the one that PyTorch takes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.arithmetic import clamp, maximum, minimum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import abs, exp, expm1, log1p, sign, tanh
from glassnet.ops.elementwise import elementwise
from glassnet.ops.movement import cast
from glassnet.ops.record import Cast, Op, Rule
from glassnet.ops.selection import where
from glassnet.ops.special import expm1_below, in_blocks, log1p_above

# Beyond ±10,000 every smooth activation is flat or a straight line to the last digit. Cut there,
# x can be multiplied by a factor that has become 0: the limit of x·exp(x) at −∞ is 0, but −∞·0 is NaN.
FAR = 1e4


def activation(
    name: str,
    forward: Rule,
    *rules: Rule | None,
    formula: str,
    expand: Rule,
    cast: Cast = "float",
    inline: bool = False,
    textbook: Rule | None = None,
    free_result: bool = False,
) -> Op:
    """Register an activation function, one of ``rules`` an input."""
    return elementwise(
        name,
        forward,
        *rules,
        formula=formula,
        expand=expand,
        cast=cast,
        inline=inline,
        kind="activation",
        textbook=textbook,
        free_result=free_result,
    )


def cut(x: Any) -> Any:
    """``x``, no farther from 0 than `FAR`."""
    return clamp(x, min=-FAR, max=FAR)


# steps and rectifiers: pieces of straight lines -----------------------------------------------


def _step(x: Array) -> Array:
    return (x > 0).astype(x.dtype)


step = activation(
    "step",
    _step,
    None,
    formula="Piecewise((1, x > 0), (0, True))",
    expand=lambda x: cast(x > 0, dtype=x.dtype),
    cast="number",
)


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


relu = activation(
    "relu",
    _relu,
    lambda g, y, _x: g * (y != 0),  # of NaN, too, as in PyTorch: y is never below 0
    formula="Max(x, 0)",
    expand=lambda x: maximum(x, 0),
    cast="number",
    inline=True,
)


def _relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


relu6 = activation(
    "relu6",
    _relu6,
    lambda g, y, _x: g * ((y != 0) & (y != 6)),
    formula="Min(Max(x, 0), 6)",
    expand=lambda x: minimum(maximum(x, 0), 6),
    cast="number",
    free_result=True,
)


def _hardtanh(x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    return np.clip(x, min_val, max_val)


hardtanh = activation(
    "hardtanh",
    _hardtanh,
    lambda g, y, _x, min_val=-1.0, max_val=1.0: g * ((y != min_val) & (y != max_val)),
    formula="Min(Max(x, min_val), max_val)",
    expand=lambda x, min_val=-1.0, max_val=1.0: minimum(maximum(x, min_val), max_val),
    free_result=True,
)


def _hardsigmoid(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


hardsigmoid = activation(
    "hardsigmoid",
    _hardsigmoid,
    lambda g, _y, x: g * ((x > -3) & (x < 3)) / 6.0,
    formula="Min(Max(x/6 + 1/2, 0), 1)",
    expand=lambda x: minimum(maximum(x / 6.0 + 0.5, 0.0), 1.0),
)


def _hardswish(x: Array) -> Array:
    # x enters no smaller than −3, where the other factor becomes 0: −∞·0 would be NaN
    return np.maximum(x, -3) * _hardsigmoid(x)


hardswish = activation(
    "hardswish",
    _hardswish,
    lambda g, _y, x: g * where(x < 3, where(x > -3, x / 3.0 + 0.5, 0.0), 1.0),
    formula="x*Min(Max(x/6 + 1/2, 0), 1)",
    expand=lambda x: maximum(x, -3.0) * minimum(maximum(x / 6.0 + 0.5, 0.0), 1.0),
)


def _leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    steeper = np.maximum if negative_slope <= 1 else np.minimum
    return steeper(x, negative_slope * x)


leaky_relu = activation(
    "leaky_relu",
    _leaky_relu,
    lambda g, _y, x, negative_slope=0.01: where(x > 0, g, g * negative_slope),
    formula="Piecewise((x, x > 0), (negative_slope*x, True))",
    expand=lambda x, negative_slope=0.01: where(x > 0, x, negative_slope * x),
)


def _prelu(x: Array, weight: Array) -> Array:
    return np.maximum(x, 0) + weight * np.minimum(x, 0)


prelu = activation(
    "prelu",
    _prelu,
    lambda g, _y, x, weight: where(x > 0, g, g * weight),
    lambda g, _y, x, _weight: g * minimum(x, 0.0),
    formula="Piecewise((x, x > 0), (weight*x, True))",
    expand=lambda x, weight: where(x > 0, x, weight * x),
)


# exponential on the left, a straight line on the right ----------------------------------------


def _plain_elu(x: Array, alpha: float = 1.0) -> Array:
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


def _elu_in_place(x: Array, alpha: float = 1.0) -> Array:
    y = expm1_below(np.minimum(x, 0))
    y *= alpha
    y += np.maximum(x, 0)
    return y


def _elu(x: Array, alpha: float = 1.0, out: Array | None = None) -> Array:
    return in_blocks(_elu_in_place, x, out=out, alpha=alpha)


def _below(x: Any) -> Any:
    """``x`` where it is below 0, else 0. Its own slope at 0 is 0, so that there the second derivatives are, too."""
    return where(x < 0, x, 0.0)


elu = activation(
    "elu",
    _elu,
    lambda g, _y, x, alpha=1.0: where(x <= 0, g * (alpha * exp(_below(x))), g),
    formula="Piecewise((x, x > 0), (alpha*(exp(x) - 1), True))",
    expand=lambda x, alpha=1.0: where(x > 0, x, alpha * expm1(minimum(x, 0.0))),
    textbook=_plain_elu,
)

# G. Klambauer et al., "Self-normalizing neural networks", 2017: the two numbers for which mean 0
# and variance 1 are a fixed point that layers of it draw their values to
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _plain_selu(x: Array) -> Array:
    return SELU_SCALE * _plain_elu(x, SELU_ALPHA)


def _selu_in_place(x: Array) -> Array:
    y = _elu_in_place(x, SELU_ALPHA)
    y *= SELU_SCALE
    return y


def _selu(x: Array, out: Array | None = None) -> Array:
    return in_blocks(_selu_in_place, x, out=out)


selu = activation(
    "selu",
    _selu,
    lambda g, _y, x: SELU_SCALE * where(x <= 0, g * (SELU_ALPHA * exp(_below(x))), g),
    formula=f"{SELU_SCALE}*Piecewise((x, x > 0), ({SELU_ALPHA}*(exp(x) - 1), True))",
    expand=lambda x: SELU_SCALE * where(x > 0, x, SELU_ALPHA * expm1(minimum(x, 0.0))),
    textbook=_plain_selu,
)


def _plain_celu(x: Array, alpha: float = 1.0) -> Array:
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def _celu_in_place(x: Array, alpha: float = 1.0) -> Array:
    y = expm1_below(np.minimum(x, 0) / alpha)
    y *= alpha
    y += np.maximum(x, 0)
    return y


def _celu(x: Array, alpha: float = 1.0, out: Array | None = None) -> Array:
    return in_blocks(_celu_in_place, x, out=out, alpha=alpha)


celu = activation(
    "celu",
    _celu,
    lambda g, _y, x, alpha=1.0: where(x <= 0, g * exp(_below(x) / alpha), g),
    formula="Piecewise((x, x > 0), (alpha*(exp(x/alpha) - 1), True))",
    expand=lambda x, alpha=1.0: where(x > 0, x, alpha * expm1(minimum(x, 0.0) / alpha)),
    textbook=_plain_celu,
)


# sigmoid and what is made with it -------------------------------------------------------------


def _plain_sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):  # exp(−x) is ∞ for a large negative x, and 1/∞ = 0 is right
        return 1 / (1 + np.exp(-x))


# In one array in place of four it takes 0.4 to 0.9 of the time. exp(−x) is ∞ for a large negative x, as above, and
# operations are silent about it (see `glassnet.tensor.silence`).
def _sigmoid(x: Array, out: Array | None = None) -> Array:
    y: Array = np.asarray(np.negative(x, out=out))
    np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


sigmoid = activation(
    "sigmoid",
    _sigmoid,
    lambda g, y, _x: g * (y * (1.0 - y)),
    formula="1 / (1 + exp(-x))",
    expand=lambda x: 1.0 / (1.0 + exp(-x)),
    textbook=_plain_sigmoid,
)


def _plain_logsigmoid(x: Array) -> Array:
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def _quick_logsigmoid(x: Array) -> Array:
    return np.minimum(x, 0) - log1p_above(np.exp(-np.abs(x)))


def _logsigmoid(x: Array, out: Array | None = None) -> Array:
    return in_blocks(_quick_logsigmoid, x, out=out)


logsigmoid = activation(
    "logsigmoid",
    _logsigmoid,
    lambda g, _y, x: g * sigmoid(-x),
    formula="-log(1 + exp(-x))",
    expand=lambda x: minimum(x, 0.0) - log1p(exp(-abs(x))),
    textbook=_plain_logsigmoid,
)


def _plain_softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    z = beta * x
    soft = np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0)
    return np.where(z > threshold, x, soft / beta)


def _quick_softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    z = beta * x
    soft = log1p_above(np.exp(-np.abs(z))) + np.maximum(z, 0)
    return np.where(z > threshold, x, soft / beta)


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0, out: Array | None = None) -> Array:
    return in_blocks(_quick_softplus, x, out=out, beta=beta, threshold=threshold)


def _softplus_rule(g: Any, _y: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    z = beta * x
    return where(z > threshold, g, g * sigmoid(z))


def _softplus_expand(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    z = beta * x
    return where(z > threshold, x, (log1p(exp(-abs(z))) + maximum(z, 0.0)) / beta)


softplus = activation(
    "softplus",
    _softplus,
    _softplus_rule,
    formula="Piecewise((x, beta*x > threshold), (log(1 + exp(beta*x))/beta, True))",
    expand=_softplus_expand,
    textbook=_plain_softplus,
)


def _plain_silu(x: Array) -> Array:
    with np.errstate(over="ignore"):  # as for sigmoid
        return np.maximum(x, -FAR) / (1 + np.exp(-x))


def _silu_in_place(x: Array) -> Array:
    y = np.negative(x)
    np.exp(y, out=y)
    y += 1
    return np.divide(np.clip(x, -FAR, np.inf), y, out=y)


def _silu(x: Array, out: Array | None = None) -> Array:
    return in_blocks(_silu_in_place, x, out=out)


def _silu_rule(g: Any, _y: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * (s + cut(x) * (s * (1.0 - s)))


silu = activation(
    "silu",
    _silu,
    _silu_rule,
    formula="x / (1 + exp(-x))",
    expand=lambda x: maximum(x, -FAR) / (1.0 + exp(-x)),
    textbook=_plain_silu,
)


def _mish(x: Array) -> Array:
    # tanh(log(1 + eˣ)) without the detour: with s = sigmoid(x) and u = s·(2 − s) it is u / (2 − u)
    s = _plain_sigmoid(x)
    u = s * (2 - s)
    return np.maximum(x, -FAR) * (u / (2 - u))


def _mish_rule(g: Any, _y: Any, x: Any) -> Any:
    t = tanh(softplus(x))
    return g * (t + cut(x) * ((1.0 - t * t) * sigmoid(x)))


mish = activation(
    "mish",
    _mish,
    _mish_rule,
    formula="x*tanh(log(1 + exp(x)))",
    expand=lambda x: maximum(x, -FAR) * tanh(maximum(x, 0.0) + log1p(exp(-abs(x)))),
)


def _softsign(x: Array) -> Array:
    largest = np.finfo(x.dtype).max
    x = np.clip(x, -largest, largest)  # ∞/∞ would be NaN
    return x / (1 + np.abs(x))


def _softsign_rule(g: Any, _y: Any, x: Any) -> Any:
    r = 1.0 / (1.0 + abs(x))
    return g * (r * r)


softsign = activation(
    "softsign",
    _softsign,
    _softsign_rule,
    formula="x / (1 + Abs(x))",
    expand=lambda x: where(abs(x) == math.inf, sign(x), x / (1.0 + abs(x))),
)
