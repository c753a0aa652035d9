"""What the rules of a recurrent operation read off the slopes that `back_over_time` gives, and its shape rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.indexing import ARRAY, getitem
from glassnet.ops.layers.recurrence.loop import Sizes
from glassnet.ops.linear import matmul
from glassnet.ops.movement import concatenate, reshape, transpose_last
from glassnet.ops.record import Spec
from glassnet.ops.shapes import equal_dtypes, shape_of, written

# the gradients ------------------------------------------------------------------------------------


def columns(x: Any, start: int, stop: int) -> Any:
    """Some columns of a matrix; itself, if they are all."""
    return x if (start, stop) == (0, shape_of(x)[1]) else x[:, start:stop]


def of_initial(d: Any, state: Any, place: int = 0) -> Any:
    """The gradient of an initial state [B, width], which begins at ``place`` of its row."""
    batch, width = shape_of(state)
    return columns(d[:batch], place, place + width)


def of_steps(d: Any, state: Any, start: int, stop: int) -> Any:
    """Some slopes of every step, for initial states like ``state``."""
    return columns(d[shape_of(state)[0] :], start, stop)


def last_slopes(d: Any, state: Any, size: int) -> Any:
    """The last ``size`` slopes of every step."""
    width = shape_of(d)[1]
    return of_steps(d, state, width - size, width)


def of_input(slopes: Any, weight: Any, _x: Any) -> Any:
    """The gradient of the input, from the slopes of what each step took from it."""
    return reshape(matmul(slopes, weight), shape=shape_of(_x))


def of_input_weight(slopes: Any, x: Any) -> Any:
    """The gradient of the weight by which each step multiplied its input."""
    return matmul(transpose_last(slopes), reshape(x, shape=(-1, shape_of(x)[-1])))


def of_state_weight(d: Any, h: Any, h0: Any, size: int, sizes: Sizes, reverse: bool) -> Any:
    """The gradient of the weight by which each step multiplied the state before it: one product over all steps.

    ``h`` [T, B, H] or [N, H] are the states that the steps ended with.
    """
    batch, width = shape_of(h0)
    rows, ended = last_slopes(d, h0, size), columns(reshape(h, shape=(-1, shape_of(h)[-1])), 0, width)
    if sizes is not None:
        began = getitem(concatenate(h0, ended), _places_before(sizes, reverse), index=(ARRAY,))
        return matmul(transpose_last(rows), began)
    others = shape_of(rows)[0] - batch
    if reverse:
        first, later, ended = rows[others:], rows[:others], ended[batch:]
    else:
        first, later, ended = rows[:batch], rows[batch:], ended[:others]
    return matmul(transpose_last(later), ended) + matmul(transpose_last(first), h0)


def _places_before(sizes: tuple[int, ...], reverse: bool) -> Any:
    """Where the state before each row of packed sequences stands: among the initial ones, or in the rows after them."""
    starts = sizes[0] + np.concatenate(([0], np.cumsum(sizes)[:-1]))
    places = []
    for t, n in enumerate(sizes):
        other = t + 1 if reverse else t - 1
        going_on = min(n, sizes[other]) if 0 <= other < len(sizes) else 0
        first = int(starts[other]) if going_on else 0
        places.append(np.r_[first : first + going_on, going_on:n])
    return np.concatenate(places)


# the shape rule -----------------------------------------------------------------------------------


def recurrent_shape(
    name: str,
    gates: int,
    planes: int,
    x: Any,
    states: tuple[Any, ...],
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    projection: Any = None,
    sizes: Sizes = None,
) -> Spec:
    """All planes of all steps; ShapeError where the inputs do not fit together."""
    rows, size = shape_of(x), shape_of(states[-1])[-1]
    batch = shape_of(states[0])[0]
    inputs = shape_of(weight_ih)[-1]
    if len(rows) != (3 if sizes is None else 2) or rows[-1] != inputs or 0 in rows[: len(rows) - 2]:
        expected = "[T, B, " if sizes is None else "[N, "
        raise ShapeError(
            f"{name}: expected an input of shape {expected}{inputs}] with T of 1 or more, for a weight of "
            f"{written(shape_of(weight_ih))}, got {written(rows)}"
        )
    if (rows[1] if sizes is None else sizes[0]) != batch or (sizes is not None and np.sum(sizes) != rows[0]):
        of = written(rows) if sizes is None else f"{rows[0]} rows of steps with {written(sizes)} sequences"
        raise ShapeError(f"{name}: {batch} initial states do not fit an input of {of}")
    inner = size if projection is None else shape_of(projection)[0]
    wanted: list[tuple[str, Any, tuple[int, ...]]] = [
        ("h0", states[0], (batch, inner)),
        ("weight_ih", weight_ih, (gates * size, inputs)),
        ("weight_hh", weight_hh, (gates * size, inner)),
    ]
    wanted += [("c0", c0, (batch, size)) for c0 in states[1:]]
    wanted += [("bias_ih", bias_ih, (gates * size,)), ("bias_hh", bias_hh, (gates * size,))]
    wanted += [("projection", projection, (inner, size))]
    for what, tensor, shape in wanted:
        if tensor is not None and shape_of(tensor) != shape:
            raise ShapeError(f"{name}: expected {what} of shape {written(shape)}, got {written(shape_of(tensor))}")
    of_all = equal_dtypes(name, x, *states, weight_ih, weight_hh, bias_ih, bias_hh, projection)
    return Spec((planes, *rows[:-1], size), of_all)


def slopes_shape(y: Any, state: Any, slopes: int) -> Spec:
    """The slopes of all steps, behind the gradients of the initial states, of which ``state`` is the last."""
    batch, size = shape_of(state)
    return Spec((batch + int(np.prod(shape_of(y)[1:-1])), slopes * size), y.dtype)
