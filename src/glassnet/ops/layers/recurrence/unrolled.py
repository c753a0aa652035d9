"""The loop over time, forward and back, step by step in primitive operations: what the fast one is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.ops.indexing import put
from glassnet.ops.layers.recurrence.loop import Sizes, States, after, continued, in_time
from glassnet.ops.linear import matmul
from glassnet.ops.movement import concatenate, reshape, stack, transpose_last
from glassnet.ops.shapes import shape_of


def unrolled(
    cell: Callable[..., Sequence[Any]],
    x: Any,
    states: States,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    projection: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    """All planes of all steps. ``cell(x, h, *states)`` gives those of a step; x and h are what each gate takes."""
    batch, size = shape_of(states[-1])
    gates = _weighed(x, weight_ih, bias_ih)
    rows = reshape(gates, shape=(-1, shape_of(weight_hh)[0]))
    now, done = states, {}
    for step in in_time(rows.shape[0], batch, sizes, reverse):
        now = continued(now, states, step.stop - step.start)
        product = _weighed(now[0], weight_hh, bias_hh)
        planes = list(cell(_parts(rows[step], size), _parts(product, size), *now))
        if projection is not None:
            planes[-1] = _padded(matmul(planes[-1], transpose_last(projection)), size)
        done[step.start] = stack(*planes)
        now = after(done[step.start], states)
    y = concatenate(*(done[start] for start in sorted(done)), dim=1)
    return reshape(y, shape=(y.shape[0], *shape_of(x)[:-1], size))


def unrolled_back(
    derivative: Callable[..., Any],
    g: Any,
    y: Any,
    states: States,
    weight: Any,
    projection: Any = None,
    sizes: Sizes = None,
    reverse: bool = False,
) -> Any:
    """The gradients of what the gates add up. ``derivative(g, y, g_h, g_c, *states)`` gives a step's slopes, what
    reaches the hidden state before directly, or 0, and the gradient of the cell state before."""
    batch, size = shape_of(states[-1])
    inner = shape_of(weight)[1]
    g = g if len(g.shape) == len(y.shape) else put(g, index=(-1,), shape=shape_of(y))
    g, y = (reshape(x, shape=(x.shape[0], -1, size)) for x in (g, y))
    steps = in_time(y.shape[1], batch, sizes, reverse)
    carried: tuple[Any, ...] = tuple(np.zeros(shape_of(state), y.dtype) for state in states)
    done = {}
    for k in reversed(range(len(steps))):
        step, n = steps[k], steps[k].stop - steps[k].start
        earlier = after(y[:, steps[k - 1]], states) if k else states
        g_h = carried[0][:n] + g[-1, step, :inner]
        beside = () if projection is None else (_padded(g_h, size),)
        g_h = g_h if projection is None else matmul(g_h, projection)
        before = continued(earlier, states, n)
        slopes, direct, g_c = derivative(_planes(g[:, step]), _planes(y[:, step]), g_h, carried[-1][:n], *before)
        done[step.start] = concatenate(*beside, *slopes, dim=1)
        of_state = concatenate(*slopes[len(slopes) - shape_of(weight)[0] // size :], dim=1)
        new = (matmul(of_state, weight) + direct, g_c)
        carried = tuple(concatenate(x, old[n:]) for x, old in zip(new, carried, strict=False))
    width = shape_of(done[0])[1]
    first = concatenate(*(_padded(x, size) for x in carried), dim=1)
    return concatenate(_padded(first, width), *(done[start] for start in sorted(done)))


def _weighed(x: Any, weight: Any, bias: Any) -> Any:
    """What the gates take from an input or a state: x·Wᵀ + b."""
    product = matmul(x, transpose_last(weight))
    return product if bias is None else product + bias


def _parts(x: Any, size: int) -> list[Any]:
    """What stands in a row for each gate, [n, H] each."""
    return [x[:, start : start + size] for start in range(0, shape_of(x)[1], size)]


def _planes(x: Any) -> list[Any]:
    return [x[i] for i in range(x.shape[0])]


def _padded(x: Any, size: int) -> Any:
    """``x`` [n, P] with zeros behind it, [n, size]."""
    n, width = shape_of(x)
    return x if width == size else concatenate(x, np.zeros((n, size - width), x.dtype), dim=1)
