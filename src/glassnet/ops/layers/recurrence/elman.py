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
from glassnet.ops.layers.recurrence.loop import Maybe, Sizes, back_over_time, over_time, unread
from glassnet.ops.layers.recurrence.slopes import of_bias, of_initial, of_weight, recurrent_shape, slopes_shape
from glassnet.ops.layers.recurrence.unrolled import unrolled, unrolled_back
from glassnet.ops.movement import reshape
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import shape_of


def _activate_tanh(y: Array, x: Array, a: Array, _h: Array) -> None:
    a += x
    np.tanh(a, out=y)


def _activate_relu(y: Array, x: Array, a: Array, _h: Array) -> None:
    a += x
    np.maximum(a, 0, out=y)


def _differentiate_tanh(d: Array, _g: Array, y: Array, g_h: Array, _g_c: Array, _h: Array) -> None:
    np.multiply(g_h, 1 - y[0] * y[0], out=d[0])


def _differentiate_relu(d: Array, _g: Array, y: Array, g_h: Array, _g_c: Array, _h: Array) -> None:
    np.multiply(g_h, y[0] > 0, out=d[0])


def _rnn_tanh(
    gates: Array, h0: Array, weight: Array, bias: Maybe = None, sizes: Sizes = None, reverse: bool = False
) -> Array:
    return over_time(_activate_tanh, 1, gates, (h0,), weight, bias, None, sizes, reverse)


def _rnn_relu(
    gates: Array, h0: Array, weight: Array, bias: Maybe = None, sizes: Sizes = None, reverse: bool = False
) -> Array:
    return over_time(_activate_relu, 1, gates, (h0,), weight, bias, None, sizes, reverse)


def _rnn_tanh_backward(
    g: Array, steps: Array, weight: Array, sizes: Sizes = None, reverse: bool = False, out: Maybe = None
) -> Array:
    h0 = unread(steps, weight, sizes)
    return back_over_time(_differentiate_tanh, 1, g, steps, (h0,), weight, None, sizes, reverse, out)


def _rnn_relu_backward(
    g: Array, steps: Array, weight: Array, sizes: Sizes = None, reverse: bool = False, out: Maybe = None
) -> Array:
    h0 = unread(steps, weight, sizes)
    return back_over_time(_differentiate_relu, 1, g, steps, (h0,), weight, None, sizes, reverse, out)


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

    def expand(gates: Any, h0: Any, weight: Any, bias: Any = None, sizes: Sizes = None, reverse: bool = False) -> Any:
        return unrolled(cell, gates, (h0,), weight, bias, None, sizes, reverse)

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
        _gates: Any,
        _h0: Any,
        weight: Any,
        _bias: Any = None,
        sizes: Sizes = None,
        reverse: bool = False,
    ) -> Any:
        return back(g, y, weight, sizes=sizes, reverse=reverse)

    def shape(
        gates: Any, h0: Any, weight: Any, bias: Any = None, *, sizes: Sizes = None, reverse: bool = False
    ) -> Spec:
        return recurrent_shape(name, 1, 1, gates, (h0,), weight, bias, sizes=sizes)

    op = register(
        Op(
            name,
            forward=forward,
            vjp=(
                lambda d, _y, _gates, _h0, _weight, _bias=None, sizes=None, reverse=False: reshape(
                    d[_h0.shape[0] :], shape=shape_of(_gates)
                ),
                lambda d, _y, _gates, _h0, _weight, _bias=None, sizes=None, reverse=False: of_initial(d, _h0),
                lambda d, y, _gates, h0, _weight, _bias=None, sizes=None, reverse=False: of_weight(
                    d, y[-1], h0, h0.shape[1], sizes, reverse
                ),
                lambda d, _y, _gates, _h0, _weight, _bias=None, sizes=None, reverse=False: of_bias(
                    d, _h0, _h0.shape[1]
                ),
            ),
            shape=shape,
            formula=f"y = every step of a recurrent layer over gates from h0: hₜ = {squash.name}(gatesₜ + hₜ₋₁·Wᵀ + b)",
            expand=expand,
            cast="equal",
            textbook=expand,
            shared=shared,
        )
    )
    return op, back


rnn_tanh, rnn_tanh_backward = _elman("rnn_tanh", _rnn_tanh, _rnn_tanh_backward, tanh, lambda h: 1.0 - h * h)
rnn_relu, rnn_relu_backward = _elman("rnn_relu", _rnn_relu, _rnn_relu_backward, relu, lambda h: h > 0, smooth=False)
