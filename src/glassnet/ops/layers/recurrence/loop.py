"""The one loop over time, forward and back, that every recurrent layer runs.

Each of G gates of H units adds up a product of its input and one of the state before. That of the input is computed for
a few steps at a time, as many as make a matrix product large and leave the result in the cache. The cell does the rest,
element by element.

What a step leaves is kept in *planes* [B, H] each: first one for each gate, last the cell state, if there is one, and
the hidden state. All planes of all steps are one array [planes, T, B, H], the result of the operation: the outputs are
its last plane, and the loop back through time finds in the others what it needs.

Sequences of different lengths are packed: sorted by length, the rows of all steps laid end to end, [N, in] with
N = sum(sizes), where sizes[t] sequences are still going on at step t. Then the planes are [planes, N, H].

Source: R. J. Williams and D. Zipser, Gradient-based learning algorithms for recurrent networks and their computational
complexity, 1995 (backpropagation through time).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.movement import concatenate

Maybe = Array | None
Sizes = tuple[int, ...] | None
States = tuple[Any, ...]  # the hidden state, and behind it the cell state, if there is one

AT_ONCE = 128  # rows of the input that are multiplied together, if one step has fewer


def in_time(rows: int, batch: int, sizes: Sizes, reverse: bool) -> list[slice]:
    """The rows of each step, in the order in which time passes."""
    counts = (batch,) * (rows // batch if batch else 1) if sizes is None else sizes
    ends = np.cumsum(counts).tolist()
    steps = [slice(end - n, end) for n, end in zip(counts, ends, strict=True)]
    return steps[::-1] if reverse else steps


def continued(states: States, initial: States, n: int) -> States:
    """The states of the first ``n`` sequences; of those that begin only now, the ``initial`` ones."""
    if states[0].shape[0] == n:
        return states
    if states[0].shape[0] > n:
        return tuple(now[:n] for now in states)
    return tuple(concatenate(now, first[now.shape[0] : n]) for now, first in zip(states, initial, strict=True))


def after(done: Any, initial: States) -> States:
    """The states that a step has left in its planes, as wide as the ``initial`` ones."""
    width = initial[0].shape[1]
    h = done[-1] if done.shape[2] == width else done[-1, :, :width]
    return (h, done[-2]) if len(initial) == 2 else (h,)


def unread(y: Any, weight: Any, sizes: Sizes) -> Array:
    """In the place of the initial hidden states where nobody looks at their numbers."""
    return np.zeros((y.shape[2] if sizes is None else sizes[0], weight.shape[1]), y.dtype)


def total(bias_ih: Maybe, bias_hh: Maybe) -> Maybe:
    """The bias of a cell whose gates add everything up alike."""
    return bias_ih if bias_hh is None else bias_hh if bias_ih is None else bias_ih + bias_hh


def over_time(
    activate: Callable[..., None],
    planes: int,
    x: Array,
    states: States,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Maybe = None,
    bias_hh: Maybe = None,
    projection: Maybe = None,
    sizes: Sizes = None,
    reverse: bool = False,
    out: Maybe = None,
    order: tuple[int, ...] = (0,),
    opened: int = 0,
) -> Array:
    """All planes of all steps.

    ``activate(y, x, a, *states)`` fills the planes ``y`` of a step, given what each gate takes from the input, ``x`` =
    x·W_ihᵀ + b_ih, and from the state before, ``a`` = h·W_hhᵀ + b_hh, which it may write over: gates in an ``order`` of
    its own, and the first ``opened`` of them negated. With a ``projection`` [P, H], the hidden state is its product
    with what the cell gives, in the first P places of its plane.
    """
    batch, size = states[-1].shape
    of_state = _by_gate(weight_hh, size, order, opened)
    added = None if bias_hh is None else _by_gate(bias_hh[:, np.newaxis], size, order, opened)
    room = np.empty((len(of_state), batch, size), x.dtype)  # for one step: it stays in the cache
    steps = in_time(x.size // x.shape[-1], batch, sizes, reverse)
    rows = x.reshape(-1, x.shape[-1])
    weight = weight_ih if bias_ih is None else np.concatenate((weight_ih, bias_ih[:, np.newaxis]), axis=1)
    y = np.empty((planes, len(rows), size), x.dtype) if out is None else out.reshape(planes, -1, size)
    now = states
    with np.errstate(over="ignore"):  # a gate that is shut by a large number
        for step, of_input in _inputs(rows, steps, _by_gate(weight, size, order, opened)):
            n = step.stop - step.start
            now = continued(now, states, n)
            of_step = np.matmul(now[0], of_state, out=room if n == batch else room[:, :n])
            if added is not None:
                of_step += added
            done = y[:, step]
            activate(done, of_input, of_step, *now)
            if projection is not None:
                projected = done[-1] @ projection.T
                done[-1] = 0
                done[-1, :, : len(projection)] = projected
            now = after(done, states)
    return y.reshape(planes, *x.shape[:-1], size)


def _inputs(rows: Array, steps: list[slice], columns: Array) -> Iterator[tuple[slice, Array]]:
    """Each step, and what its gates take from the input, [G, n, H]."""
    together = max(1, AT_ONCE // max(1, steps[0].stop - steps[0].start))
    for first in range(0, len(steps), together):
        some = steps[first : first + together]
        start, stop = min(some[0].start, some[-1].start), max(some[0].stop, some[-1].stop)
        x = rows[start:stop]
        if x.shape[1] < columns.shape[1]:  # whose last rows are the bias
            x = np.concatenate((x, np.ones((len(x), 1), x.dtype)), axis=1)
        products = np.matmul(x, columns)
        for step in some:
            yield step, products[:, step.start - start : step.stop - start]


def _prepared(prepare: Callable[[Array], Array], y: Array, steps: list[slice]) -> Iterator[tuple[int, slice, Array]]:
    """Each step, from the last to the first, its number, and its factors, [K, n, H]."""
    together = max(1, AT_ONCE // max(1, steps[0].stop - steps[0].start))
    for end in range(len(steps), 0, -together):
        some = range(max(0, end - together), end)
        ends = steps[some[0]], steps[some[-1]]
        start, stop = min(x.start for x in ends), max(x.stop for x in ends)
        factors = prepare(y[:, start:stop])
        for k in reversed(some):
            yield k, steps[k], factors[:, steps[k].start - start : steps[k].stop - start]


def _by_gate(weight: Array, size: int, order: tuple[int, ...], negated: int) -> Array:
    """A copy of a weight [G·H, K] by which a state or an input [n, K] can be multiplied: [G, K, H], gates in order."""
    by_gate = weight.reshape(-1, size, weight.shape[1]).transpose(0, 2, 1)
    columns = np.array(by_gate[list(order)], order="C")
    np.negative(columns[:negated], out=columns[:negated])
    return columns


def back_over_time(
    prepare: Callable[[Array], Array],
    differentiate: Callable[..., Any],
    slopes: int,
    g: Array,
    y: Array,
    states: States,
    weight: Array,
    projection: Maybe = None,
    sizes: Sizes = None,
    reverse: bool = False,
    out: Maybe = None,
) -> Array:
    """The gradients of what each step's gates add up, before they are activated: [B + rows, slopes·H].

    ``g`` are the gradients of all planes, or of the last one alone, [T, B, H] or [N, H]; then the others have none.
    The first B rows are the gradients of the initial states. ``prepare(y)`` gives the factors of gradients that the
    planes of a few steps tell by themselves. ``differentiate(d, g, y, factors, g_h, g_c, *states)`` fills the slopes
    ``d`` of a step, given the gradients ``g`` of its planes, ``g_h`` of what the cell gave, and ``g_c`` of the cell
    state, which it turns into that of the cell state before. The last G slopes are of what the gates took from the
    state before. It gives what reaches that state in another way, or None. With a ``projection``, another slope comes
    first, the gradient of what that gave.
    """
    batch, size = states[-1].shape
    g = g.reshape(len(g) if g.ndim == y.ndim else 1, -1, size)
    g = g if g[:-1].any() else g[-1:]  # zeros that autograd has filled in are not worth a pass each
    y = y.reshape(len(y), -1, size)
    steps = in_time(y.shape[1], batch, sizes, reverse)
    width, inner = slopes * size, weight.shape[1]
    d = np.empty((batch + y.shape[1], width + (0 if projection is None else size)), y.dtype) if out is None else out
    rows = d[batch:]
    by_gate = rows[:, -width:].reshape(-1, slopes, size).transpose(1, 0, 2)
    of_state = rows[:, -len(weight) :]
    room = np.empty((slopes, batch, size), y.dtype)  # for one step: it stays in the cache
    carried = [np.zeros_like(state) for state in states]
    for k, step, factors in _prepared(prepare, y, steps):
        n = step.stop - step.start
        before = continued(after(y[:, steps[k - 1]], states) if k else states, states, n)
        g_h, g_c = carried[0][:n], carried[-1][:n]
        g_h += g[-1, step] if inner == size else g[-1, step, :inner]
        if projection is not None:
            rows[step, :inner] = g_h
            rows[step, inner:size] = 0
        g_y = g_h if projection is None else g_h @ projection
        of_planes = g[:, step] if len(g) > 1 else g
        of_step = room if n == batch else room[:, :n]
        direct = differentiate(of_step, of_planes, y[:, step], factors, g_y, g_c, *before)
        by_gate[:, step] = of_step
        np.matmul(of_state[step], weight, out=g_h)
        if direct is not None:
            g_h += direct
    d[:batch] = 0
    for i, gradient in enumerate(carried):
        d[:batch, i * size : i * size + gradient.shape[1]] = gradient
    return d
