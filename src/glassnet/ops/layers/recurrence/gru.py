"""The gated recurrent unit: a gate resets what of the state is looked at, another how much of it is kept.

K. Cho et al., Learning phrase representations using RNN encoder–decoder for statistical machine translation, 2014; with
the reset after the product, which is one for all gates then.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.activation import sigmoid
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import tanh
from glassnet.ops.layers.recurrence.logistic import opened
from glassnet.ops.layers.recurrence.loop import Maybe, Sizes, back_over_time, over_time
from glassnet.ops.layers.recurrence.slopes import (
    of_initial,
    of_input,
    of_input_weight,
    of_state_weight,
    of_steps,
    recurrent_shape,
    slopes_shape,
)
from glassnet.ops.layers.recurrence.unrolled import unrolled, unrolled_back
from glassnet.ops.movement import concatenate
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import shape_of

# forward: the planes are r, z, what n takes from the state, n, and h ---------------------------------


def _activate(y: Array, x: Array, a: Array, h: Array) -> None:
    r, z, from_state, n, new = y
    gates = a[:2]
    gates += x[:2]
    opened(gates, y[:2])
    from_state[...] = a[2]
    np.multiply(r, from_state, out=n)
    n += x[2]
    np.tanh(n, out=n)
    np.subtract(h, n, out=new)
    new *= z
    new += n


def _cell(x: Any, h: Any, state: Any) -> list[Any]:
    r, z = sigmoid(x[0] + h[0]), sigmoid(x[1] + h[1])
    n = tanh(x[2] + r * h[2])
    return [r, z, h[2], n, (1.0 - z) * n + z * state]


def _gru(
    x: Array,
    h0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Maybe = None,
    bias_hh: Maybe = None,
    sizes: Sizes = None,
    reverse: bool = False,
    out: Maybe = None,
) -> Array:
    return over_time(
        _activate, 5, x, (h0,), weight_ih, weight_hh, bias_ih, bias_hh, None, sizes, reverse, out, (0, 1, 2), 2
    )


def _gru_expand(
    x: Any,
    h0: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    return unrolled(_cell, x, (h0,), weight_ih, weight_hh, bias_ih, bias_hh, None, sizes, reverse)


# backward: the slopes are those of what n takes from the input, of r, of z, and of what n takes from the state


def _prepare(y: Array) -> Array:
    r, z, from_state, n, _ = y
    factors = np.empty((3, *z.shape), y.dtype)
    shut = 1 - z
    np.multiply(shut, 1 - n * n, out=factors[0])  # of g_h, for what n takes from the input
    np.multiply(from_state, r * (1 - r), out=factors[1])  # of that one, for r
    np.multiply(z, shut, out=factors[2])  # of g_h·(h − n), for z
    return factors


def _differentiate(d: Array, g: Array, y: Array, factors: Array, g_h: Array, _g_c: Array, h: Array) -> Array:
    r, z, _, n, _ = y
    d_input, d_r, d_z, d_state = d
    np.multiply(g_h, factors[0], out=d_input)
    if len(g) > 1:
        d_input += g[3] * (1 - n * n)
    np.multiply(d_input, factors[1], out=d_r)
    part = h - n
    part *= g_h
    np.multiply(part, factors[2], out=d_z)
    np.multiply(d_input, r, out=d_state)
    if len(g) > 1:
        d_r += g[0] * r * (1 - r)
        d_z += g[1] * factors[2]
        d_state += g[2]
    return g_h * z


def _derivative(g: Any, y: Any, g_h: Any, _g_c: Any, h: Any) -> Any:
    r, z, from_state, n, _ = y
    d_input = (g_h * (1.0 - z) + g[3]) * (1.0 - n * n)
    d_r = (d_input * from_state + g[0]) * (r * (1.0 - r))
    d_z = (g_h * (h - n) + g[1]) * (z * (1.0 - z))
    return [d_input, d_r, d_z, d_input * r + g[2]], g_h * z, 0.0


def _gru_backward(
    g: Array,
    steps: Array,
    h0: Array,
    weight: Array,
    sizes: Sizes = None,
    reverse: bool = False,
    out: Maybe = None,
) -> Array:
    return back_over_time(_prepare, _differentiate, 4, g, steps, (h0,), weight, None, sizes, reverse, out)


def _gru_backward_expand(g: Any, steps: Any, h0: Any, weight: Any, sizes: Sizes = None, reverse: bool = False) -> Any:
    return unrolled_back(_derivative, g, steps, (h0,), weight, None, sizes, reverse)


gru_backward = register(
    Op(
        "gru_backward",
        forward=_gru_backward,
        vjp=rules_of(_gru_backward_expand, 4),
        shape=lambda g, steps, h0, weight, *, sizes=None, reverse=False: slopes_shape(steps, h0, 4),
        formula="y = the gradients of what the gates add up, from g, back through all steps; first of h0",
        expand=_gru_backward_expand,
        cast="equal",
    )
)


def _shared(
    g: Any,
    y: Any,
    _x: Any,
    h0: Any,
    _weight_ih: Any,
    weight_hh: Any,
    _bias_ih: Any = None,
    _bias_hh: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    d = gru_backward(g, y, h0, weight_hh, sizes=sizes, reverse=reverse)
    return d, sum(d[shape_of(h0)[0] :], dim=0)


def _of_input(d: Any, _h0: Any) -> Any:
    """Those of what n, r and z took from the input."""
    return of_steps(d, _h0, 0, 3 * shape_of(_h0)[1])


def _rolled(x: Any, _h0: Any, rows: int) -> Any:
    """``x`` [3·H, …] with what is for so many of the three gates moved from its beginning to its end."""
    first = rows * shape_of(_h0)[1]
    return concatenate(x[first:], x[:first])


def _shape(
    x: Any,
    h0: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    *,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Spec:
    return recurrent_shape("gru", 3, 5, x, (h0,), weight_ih, weight_hh, bias_ih, bias_hh, sizes=sizes)


gru = register(
    Op(
        "gru",
        forward=_gru,
        vjp=(
            lambda g, _y, _x, _h0, ih, *_inputs, **_params: of_input(_of_input(g[0], _h0), _rolled(ih, _h0, 2), _x),
            lambda g, _y, _x, _h0, *_inputs, **_params: of_initial(g[0], _h0),
            lambda g, _y, x, _h0, *_inputs, **_params: _rolled(of_input_weight(_of_input(g[0], _h0), x), _h0, 1),
            lambda g, y, _x, h0, *_inputs, sizes=None, reverse=False: of_state_weight(
                g[0], y[-1], h0, 3 * h0.shape[1], sizes, reverse
            ),
            lambda g, _y, _x, _h0, *_inputs, **_params: _rolled(g[1][: 3 * _h0.shape[1]], _h0, 1),
            lambda g, _y, _x, _h0, *_inputs, **_params: g[1][_h0.shape[1] :],
        ),
        shape=_shape,
        formula="y = every step of gated recurrent units from h0: r, z = σ(xₜ·W_ihᵀ + b_ih + hₜ₋₁·W_hhᵀ + b_hh), "
        "n = tanh(xₜ·W_ihᵀ + b_ih + r·(hₜ₋₁·W_hhᵀ + b_hh)), hₜ = (1 − z)·n + z·hₜ₋₁",
        expand=_gru_expand,
        cast="equal",
        textbook=_gru_expand,
        shared=_shared,
        part=(-1,),
    )
)
