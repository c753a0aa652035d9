"""The simple recurrent network: a state that is squashed at each step.

J. L. Elman, Finding structure in time, 1990; with ReLU: Q. V. Le, N. Jaitly and G. E. Hinton, A simple way to
initialize recurrent networks of rectified linear units, 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.ops.activation import relu
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import tanh
from glassnet.ops.layers.recurrence.loop import Maybe, Sizes, back_over_time, over_time, total, unread
from glassnet.ops.layers.recurrence.slopes import (
    of_initial,
    of_input,
    of_input_weight,
    of_state_weight,
    recurrent_shape,
    slopes_shape,
)
from glassnet.ops.layers.recurrence.unrolled import unrolled, unrolled_back
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import shape_of


def _activate_tanh(y: Array, x: Array, a: Array, _h: Array) -> None:
    a += x
    np.tanh(a, out=y)


def _activate_relu(y: Array, x: Array, a: Array, _h: Array) -> None:
    a += x
    np.maximum(a, 0, out=y)


def _slopes_of_tanh(y: Array) -> Array:
    return 1 - y * y


def _slopes_of_relu(y: Array) -> Array:
    return y > 0


def _differentiate(d: Array, _g: Array, _y: Array, slopes: Array, g_h: Array, _g_c: Array, _h: Array) -> None:
    np.multiply(g_h, slopes[0], out=d[0])


def _rnn_tanh(
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
    bias = total(bias_ih, bias_hh)
    return over_time(_activate_tanh, 1, x, (h0,), weight_ih, weight_hh, bias, None, None, sizes, reverse, out)


def _rnn_relu(
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
    bias = total(bias_ih, bias_hh)
    return over_time(_activate_relu, 1, x, (h0,), weight_ih, weight_hh, bias, None, None, sizes, reverse, out)


def _rnn_tanh_backward(
    g: Array, steps: Array, weight: Array, sizes: Sizes = None, reverse: bool = False, out: Maybe = None
) -> Array:
    h0 = unread(steps, weight, sizes)
    return back_over_time(_slopes_of_tanh, _differentiate, 1, g, steps, (h0,), weight, None, sizes, reverse, out)


def _rnn_relu_backward(
    g: Array, steps: Array, weight: Array, sizes: Sizes = None, reverse: bool = False, out: Maybe = None
) -> Array:
    h0 = unread(steps, weight, sizes)
    return back_over_time(_slopes_of_relu, _differentiate, 1, g, steps, (h0,), weight, None, sizes, reverse, out)


def _elman(
    name: str,
    forward: Callable[..., Array],
    backward: Callable[..., Array],
    squash: Op,
    slope: Callable[[Any], Any],
    smooth: bool = True,
) -> tuple[Op, Op]:
    """Register the operation, and that of its backward pass; ``smooth``: its slope is no step."""

    def cell(x: Any, h: Any, _h: Any) -> list[Any]:
        return [squash(x[0] + h[0])]

    def expand(
        x: Any,
        h0: Any,
        weight_ih: Any,
        weight_hh: Any,
        bias_ih: Any = None,
        bias_hh: Any = None,
        sizes: Sizes = None,
        reverse: bool = False,
    ) -> Any:
        return unrolled(cell, x, (h0,), weight_ih, weight_hh, bias_ih, bias_hh, None, sizes, reverse)

    def derivative(_g: Any, y: Any, g_h: Any, _g_c: Any, _h: Any) -> Any:
        return [g_h * slope(y[0])], 0.0, 0.0

    def expand_backward(g: Any, steps: Any, weight: Any, sizes: Sizes = None, reverse: bool = False) -> Any:
        return unrolled_back(derivative, g, steps, (unread(steps, weight, sizes),), weight, None, sizes, reverse)

    rules = rules_of(expand_backward, 3)
    back = register(
        Op(
            f"{name}_backward",
            forward=backward,
            vjp=rules if smooth else (rules[0], None, rules[2]),
            shape=lambda g, steps, weight, *, sizes=None, reverse=False: slopes_shape(
                steps, unread(steps, weight, sizes), 1
            ),
            formula="y = the gradients of what the gates add up, from g, back through all steps; first of h0",
            expand=expand_backward,
            cast="equal",
        )
    )

    def shared(
        g: Any,
        y: Any,
        _x: Any,
        _h0: Any,
        _weight_ih: Any,
        weight_hh: Any,
        _bias_ih: Any = None,
        _bias_hh: Any = None,
        sizes: Sizes = None,
        reverse: bool = False,
    ) -> Any:
        d = back(g, y, weight_hh, sizes=sizes, reverse=reverse)
        return d, sum(d[shape_of(_h0)[0] :], dim=0)

    def shape(
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
        return recurrent_shape(name, 1, 1, x, (h0,), weight_ih, weight_hh, bias_ih, bias_hh, sizes=sizes)

    op = register(
        Op(
            name,
            forward=forward,
            vjp=(
                lambda g, _y, _x, _h0, ih, *_inputs, **_params: of_input(g[0][_h0.shape[0] :], ih, _x),
                lambda g, _y, _x, _h0, *_inputs, **_params: of_initial(g[0], _h0),
                lambda g, _y, x, _h0, *_inputs, **_params: of_input_weight(g[0][_h0.shape[0] :], x),
                lambda g, y, _x, h0, *_inputs, sizes=None, reverse=False: of_state_weight(
                    g[0], y[-1], h0, h0.shape[1], sizes, reverse
                ),
                lambda g, _y, *_inputs, **_params: g[1],
                lambda g, _y, *_inputs, **_params: g[1],
            ),
            shape=shape,
            formula="y = every step of a recurrent layer over x from h0: "
            f"hₜ = {squash.name}(xₜ·W_ihᵀ + b_ih + hₜ₋₁·W_hhᵀ + b_hh)",
            expand=expand,
            cast="equal",
            textbook=expand,
            shared=shared,
            part=(-1,),
        )
    )
    return op, back


rnn_tanh, rnn_tanh_backward = _elman("rnn_tanh", _rnn_tanh, _rnn_tanh_backward, tanh, lambda h: 1.0 - h * h)
rnn_relu, rnn_relu_backward = _elman("rnn_relu", _rnn_relu, _rnn_relu_backward, relu, lambda h: h > 0, smooth=False)
