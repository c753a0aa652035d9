"""The long short-term memory: a cell state that one gate writes to, one forgets and one reads.

S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997; the gate that forgets: F. A. Gers, J. Schmidhuber and
F. Cummins, Learning to forget, 2000; the projection: H. Sak, A. Senior and F. Beaufays, Long short-term memory based
recurrent neural network architectures for large vocabulary speech recognition, 2014.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.activation import sigmoid
from glassnet.ops.arithmetic import maximum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import tanh
from glassnet.ops.layers.recurrence.logistic import opened
from glassnet.ops.layers.recurrence.loop import Maybe, Sizes, back_over_time, over_time, total, unread
from glassnet.ops.layers.recurrence.slopes import (
    last_slopes,
    of_initial,
    of_input,
    of_input_weight,
    of_state_weight,
    of_steps,
    recurrent_shape,
    slopes_shape,
)
from glassnet.ops.layers.recurrence.unrolled import unrolled, unrolled_back
from glassnet.ops.linear import matmul
from glassnet.ops.movement import reshape, transpose_last
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import shape_of

# forward: the planes are i, f, o, g, c, and h ------------------------------------------------------


ORDER = (0, 1, 3, 2)  # of the gates: those that a logistic function opens first, then g


def _activate(y: Array, x: Array, a: Array, _h: Array, c: Array) -> None:
    i, f, _, g, new_c, h = y
    a += x
    opened(a[:3], y[:3])
    np.tanh(a[3], out=g)
    np.multiply(f, c, out=new_c)
    new_c += np.multiply(i, g, out=h)
    np.tanh(new_c, out=h)
    h *= y[2]


def _cell(x: Any, h: Any, _h: Any, c: Any) -> list[Any]:
    i, f, g, o = sigmoid(x[0] + h[0]), sigmoid(x[1] + h[1]), tanh(x[2] + h[2]), sigmoid(x[3] + h[3])
    new_c = f * c + i * g
    return [i, f, o, g, new_c, o * tanh(new_c)]


def _lstm(
    x: Array,
    h0: Array,
    c0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Maybe = None,
    bias_hh: Maybe = None,
    projection: Maybe = None,
    sizes: Sizes = None,
    reverse: bool = False,
    out: Maybe = None,
) -> Array:
    bias = total(bias_ih, bias_hh)
    return over_time(
        _activate, 6, x, (h0, c0), weight_ih, weight_hh, bias, None, projection, sizes, reverse, out, ORDER, 3
    )


def _lstm_expand(
    x: Any,
    h0: Any,
    c0: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    projection: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    return unrolled(_cell, x, (h0, c0), weight_ih, weight_hh, bias_ih, bias_hh, projection, sizes, reverse)


# backward: a slope for each gate, and, with a projection, one for what it gave -----------------------


LEAST = 1e-18  # of an output gate: less lets nothing through that counts


def _prepare(y: Array, t: Maybe = None) -> Array:
    if t is None:  # tanh(c), which is sooner found in h = o·tanh(c) than computed again
        t = y[5] / np.maximum(y[2], LEAST)
    i, f, o, new, _, _ = y
    factors = np.empty((5, *o.shape), y.dtype)
    shown = o * t
    np.subtract(o, shown * t, out=factors[0])  # of g_h, for c: o times 1 − t², the slope of tanh
    np.subtract(shown, shown * o, out=factors[1])  # of g_h, for o: t times o·(1 − o), the slope of σ
    written = new * i
    np.subtract(written, written * i, out=factors[2])  # of g_c, for i
    np.subtract(i, written * new, out=factors[3])  # of g_c, for g
    np.subtract(1, f, out=factors[4])  # of g_c·f·c, for f
    return factors


def _prepare_projected(y: Array) -> Array:
    return _prepare(y, np.tanh(y[4]))


def _differentiate(d: Array, g: Array, y: Array, factors: Array, g_h: Array, g_c: Array, _h: Array, c: Array) -> None:
    of_c, of_o, of_i, of_new, of_f = factors
    d_i, d_f, d_new, d_o = d
    g_c += g_h * of_c
    if len(g) > 1:
        g_c += g[4]
    np.multiply(g_h, of_o, out=d_o)
    np.multiply(g_c, of_i, out=d_i)
    np.multiply(g_c, of_new, out=d_new)
    g_c *= y[1]
    np.multiply(g_c * c, of_f, out=d_f)
    if len(g) > 1:
        i, f, o, new, _, _ = y
        d_i += g[0] * i * (1 - i)
        d_f += g[1] * f * (1 - f)
        d_o += g[2] * o * (1 - o)
        d_new += g[3] * (1 - new * new)


def _derivative(g: Any, y: Any, g_h: Any, g_c: Any, h: Any, c: Any, t: Any = None) -> Any:
    i, f, o, new, _, _ = y
    t = y[5] / maximum(o, LEAST) if t is None else t
    g_c = g_c + g[4] + g_h * o * (1.0 - t * t)
    slopes = [
        (g_c * new + g[0]) * (i * (1.0 - i)),
        (g_c * c + g[1]) * (f * (1.0 - f)),
        (g_c * i + g[3]) * (1.0 - new * new),
        (g_h * t + g[2]) * (o * (1.0 - o)),
    ]
    return slopes, 0.0, g_c * f


def _derivative_projected(g: Any, y: Any, g_h: Any, g_c: Any, h: Any, c: Any) -> Any:
    return _derivative(g, y, g_h, g_c, h, c, tanh(y[4]))


def _lstm_backward(
    g: Array,
    steps: Array,
    c0: Array,
    weight: Array,
    projection: Maybe = None,
    sizes: Sizes = None,
    reverse: bool = False,
    out: Maybe = None,
) -> Array:
    states = unread(steps, weight, sizes), c0
    prepare = _prepare if projection is None else _prepare_projected
    return back_over_time(prepare, _differentiate, 4, g, steps, states, weight, projection, sizes, reverse, out)


def _lstm_backward_expand(
    g: Any, steps: Any, c0: Any, weight: Any, projection: Any = None, sizes: Sizes = None, reverse: bool = False
) -> Any:
    states = unread(steps, weight, sizes), c0
    derivative = _derivative if projection is None else _derivative_projected
    return unrolled_back(derivative, g, steps, states, weight, projection, sizes, reverse)


lstm_backward = register(
    Op(
        "lstm_backward",
        forward=_lstm_backward,
        vjp=rules_of(_lstm_backward_expand, 5),
        shape=lambda g, steps, c0, weight, projection=None, *, sizes=None, reverse=False: slopes_shape(
            steps, c0, 4 if projection is None else 5
        ),
        formula="y = the gradients of what the gates add up, from g, back through all steps; first of h0, c0",
        expand=_lstm_backward_expand,
        cast="equal",
    )
)


def _shared(
    g: Any,
    y: Any,
    _x: Any,
    _h0: Any,
    c0: Any,
    _weight_ih: Any,
    weight_hh: Any,
    _bias_ih: Any = None,
    _bias_hh: Any = None,
    projection: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    inputs = (g, y, c0, weight_hh) if projection is None else (g, y, c0, weight_hh, projection)
    d = lstm_backward(*inputs, sizes=sizes, reverse=reverse)
    return d, sum(_of_gates(d, c0), dim=0)


def _of_gates(d: Any, _c0: Any) -> Any:
    return last_slopes(d, _c0, 4 * shape_of(_c0)[1])


def _of_projection(d: Any, y: Any, _c0: Any, _projection: Any) -> Any:
    width, size = shape_of(_projection)
    given = reshape(y[2] * tanh(y[4]), shape=(-1, size))  # by the cell, to be projected
    return matmul(transpose_last(of_steps(d, _c0, 0, width)), given)


def _shape(
    x: Any,
    h0: Any,
    c0: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    projection: Any = None,
    *,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Spec:
    return recurrent_shape("lstm", 4, 6, x, (h0, c0), weight_ih, weight_hh, bias_ih, bias_hh, projection, sizes)


lstm = register(
    Op(
        "lstm",
        forward=_lstm,
        vjp=(
            lambda g, _y, _x, _h0, _c0, ih, *_inputs, **_params: of_input(_of_gates(g[0], _c0), ih, _x),
            lambda g, _y, _x, _h0, *_inputs, **_params: of_initial(g[0], _h0),
            lambda g, _y, _x, _h0, _c0, *_inputs, **_params: of_initial(g[0], _c0, _c0.shape[1]),
            lambda g, _y, x, _h0, _c0, *_inputs, **_params: of_input_weight(_of_gates(g[0], _c0), x),
            lambda g, y, _x, h0, _c0, *_inputs, sizes=None, reverse=False: of_state_weight(
                g[0], y[-1], h0, 4 * _c0.shape[1], sizes, reverse
            ),
            lambda g, _y, *_inputs, **_params: g[1],
            lambda g, _y, *_inputs, **_params: g[1],
            lambda g, y, _x, _h0, _c0, _ih, _hh, _b, _b_hh, _r, **_params: _of_projection(g[0], y, _c0, _r),
        ),
        shape=_shape,
        formula="y = every step of a long short-term memory over x from h0 and c0: i, f, o = σ(xₜ·W_ihᵀ + b_ih + "
        "hₜ₋₁·W_hhᵀ + b_hh), g = tanh of such a sum, cₜ = f·cₜ₋₁ + i·g, hₜ = o·tanh(cₜ)",
        expand=_lstm_expand,
        cast="equal",
        textbook=_lstm_expand,
        shared=_shared,
        part=(-1,),
    )
)
