"""The long short-term memory: a cell state that one gate writes to, one forgets and one reads.

S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997; the gate that forgets: F. A. Gers, J. Schmidhuber and
F. Cummins, Learning to forget, 2000; the projection: H. Sak, A. Senior and F. Beaufays, Long short-term memory based
recurrent neural network architectures for large vocabulary speech recognition, 2014.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.activation import sigmoid
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import tanh
from glassnet.ops.layers.recurrence.logistic import logistic
from glassnet.ops.layers.recurrence.loop import Maybe, Sizes, back_over_time, over_time, unread
from glassnet.ops.layers.recurrence.slopes import (
    of_bias,
    of_initial,
    of_steps,
    of_weight,
    recurrent_shape,
    slopes_shape,
)
from glassnet.ops.layers.recurrence.unrolled import unrolled, unrolled_back
from glassnet.ops.linear import matmul
from glassnet.ops.movement import reshape, transpose_last
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import shape_of

# forward: the planes are i, f, g, o, c, and h ------------------------------------------------------


def _activate(y: Array, x: Array, a: Array, _h: Array, c: Array) -> None:
    i, f, g, o, new_c, h = y
    a += x
    logistic(a[:2], out=y[:2])
    np.tanh(a[2], out=g)
    logistic(a[3], out=o)
    np.multiply(f, c, out=new_c)
    new_c += np.multiply(i, g, out=h)
    np.tanh(new_c, out=h)
    h *= o


def _cell(x: Any, h: Any, _h: Any, c: Any) -> list[Any]:
    i, f, g, o = sigmoid(x[0] + h[0]), sigmoid(x[1] + h[1]), tanh(x[2] + h[2]), sigmoid(x[3] + h[3])
    new_c = f * c + i * g
    return [i, f, g, o, new_c, o * tanh(new_c)]


def _lstm(
    gates: Array,
    h0: Array,
    c0: Array,
    weight: Array,
    bias: Maybe = None,
    projection: Maybe = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Array:
    return over_time(_activate, 6, gates, (h0, c0), weight, bias, projection, sizes, reverse)


def _lstm_expand(
    gates: Any,
    h0: Any,
    c0: Any,
    weight: Any,
    bias: Any = None,
    projection: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    return unrolled(_cell, gates, (h0, c0), weight, bias, projection, sizes, reverse)


# backward: a slope for each gate, and, with a projection, one for what it gave -----------------------


def _differentiate(d: Array, g: Array, y: Array, g_h: Array, g_c: Array, _h: Array, c: Array) -> None:
    i, f, new, o, c_now, _ = y
    d_i, d_f, d_new, d_o = d
    t = np.tanh(c_now)
    g_t = g_h * o
    part = g_t * t
    np.subtract(part, part * o, out=d_o)  # g_h·t times o·(1 − o), the slope of σ
    part *= t
    g_t -= part  # g_h·o times 1 − t², the slope of tanh
    g_c += g_t
    if len(g) > 1:
        g_c += g[4]
    g_new = g_c * i
    part = g_new * new
    np.subtract(part, part * i, out=d_i)
    part *= new
    np.subtract(g_new, part, out=d_new)
    g_c *= f
    part = g_c * c
    np.subtract(part, part * f, out=d_f)
    if len(g) > 1:
        d[:2] += g[:2] * y[:2] * (1 - y[:2])
        d_new += g[2] * (1 - new * new)
        d_o += g[3] * o * (1 - o)


def _derivative(g: Any, y: Any, g_h: Any, g_c: Any, _h: Any, c: Any) -> Any:
    i, f, new, o, c_now, _ = y
    t = tanh(c_now)
    g_c = g_c + g[4] + g_h * o * (1.0 - t * t)
    slopes = [
        (g_c * new + g[0]) * (i * (1.0 - i)),
        (g_c * c + g[1]) * (f * (1.0 - f)),
        (g_c * i + g[2]) * (1.0 - new * new),
        (g_h * t + g[3]) * (o * (1.0 - o)),
    ]
    return slopes, 0.0, g_c * f


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
    return back_over_time(_differentiate, 4, g, steps, states, weight, projection, sizes, reverse, out)


def _lstm_backward_expand(
    g: Any, steps: Any, c0: Any, weight: Any, projection: Any = None, sizes: Sizes = None, reverse: bool = False
) -> Any:
    states = unread(steps, weight, sizes), c0
    return unrolled_back(_derivative, g, steps, states, weight, projection, sizes, reverse)


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
    _gates: Any,
    _h0: Any,
    c0: Any,
    weight: Any,
    _bias: Any = None,
    projection: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    inputs = (g, y, c0, weight) if projection is None else (g, y, c0, weight, projection)
    return lstm_backward(*inputs, sizes=sizes, reverse=reverse)


def _of_gates(d: Any, _gates: Any, _c0: Any) -> Any:
    width = shape_of(d)[1]
    return reshape(of_steps(d, _c0, width - shape_of(_gates)[-1], width), shape=shape_of(_gates))


def _of_projection(d: Any, y: Any, _c0: Any, _projection: Any) -> Any:
    width, size = shape_of(_projection)
    given = reshape(y[3] * tanh(y[4]), shape=(-1, size))  # by the cell, to be projected
    return matmul(transpose_last(of_steps(d, _c0, 0, width)), given)


def _shape(
    gates: Any,
    h0: Any,
    c0: Any,
    weight: Any,
    bias: Any = None,
    projection: Any = None,
    *,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Spec:
    return recurrent_shape("lstm", 4, 6, gates, (h0, c0), weight, bias, projection, sizes)


lstm = register(
    Op(
        "lstm",
        forward=_lstm,
        vjp=(
            lambda d, _y, _gates, _h0, _c0, _w, _b=None, _r=None, sizes=None, reverse=False: _of_gates(d, _gates, _c0),
            lambda d, _y, _gates, _h0, _c0, _w, _b=None, _r=None, sizes=None, reverse=False: of_initial(d, _h0),
            lambda d, _y, _gates, _h0, _c0, _w, _b=None, _r=None, sizes=None, reverse=False: of_initial(
                d, _c0, _c0.shape[1]
            ),
            lambda d, y, _gates, h0, _c0, _w, _b=None, _r=None, sizes=None, reverse=False: of_weight(
                d, y[-1], h0, 4 * _c0.shape[1], sizes, reverse
            ),
            lambda d, _y, _gates, _h0, _c0, _w, _b=None, _r=None, sizes=None, reverse=False: of_bias(
                d, _c0, 4 * _c0.shape[1]
            ),
            lambda d, y, _gates, _h0, _c0, _w, _b=None, _r=None, sizes=None, reverse=False: _of_projection(
                d, y, _c0, _r
            ),
        ),
        shape=_shape,
        formula="y = every step of a long short-term memory over gates from h0 and c0: "
        "i, f, o = σ(gatesₜ + hₜ₋₁·Wᵀ + b), g = tanh(gatesₜ + hₜ₋₁·Wᵀ + b), cₜ = f·cₜ₋₁ + i·g, hₜ = o·tanh(cₜ)",
        expand=_lstm_expand,
        cast="equal",
        textbook=_lstm_expand,
        shared=_shared,
    )
)
