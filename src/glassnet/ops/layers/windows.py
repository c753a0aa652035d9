"""Windows over the last dimensions: what convolution, pooling and unfolding look through.

`windows` shows every window of an array, and moves no numbers; `add_windows` is its transpose: it adds windows back to
where they came from. Each is the other's derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape, shape_of, written

Ints = Sequence[int]


# how many -----------------------------------------------------------------------------------------


def window_count(
    name: str,
    lengths: Ints,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Shape:
    """How many windows there are along each dimension: ⌊(in + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.

    ``ceil_mode`` rounds up, and so lets the last window reach beyond the end, if it begins before it.

    Raises ShapeError, which shows the arithmetic, where not one fits, RangeError for a size, a stride or a dilation
    below 1 or a padding below 0. ``name`` begins the message.

    >>> from glassnet.ops.layers.windows import window_count
    >>> window_count("conv2d", (28, 28), size=(5, 5), stride=(2, 1))
    (12, 24)
    """
    n = len(lengths)
    padding, dilation = padding or (0,) * n, dilation or (1,) * n
    for what, numbers, least in (
        ("kernel size", size, 1), ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)
    ):  # fmt: skip
        if len(numbers) != n:
            raise ShapeError(f"{name}: expected {n} numbers as {what}, one for each dimension, got {tuple(numbers)}")
        if min(numbers, default=least) < least:
            raise RangeError(f"{name}: expected a {what} of {least} or more, got {short(numbers)}")
    counts = []
    for i in range(n):
        span = dilation[i] * (size[i] - 1) + 1
        over = lengths[i] + 2 * padding[i] - span
        count = (-(-over // stride[i]) if ceil_mode else over // stride[i]) + 1
        if count < 1:
            raise ShapeError(_does_not_fit(name, i - n, lengths[i], size[i], stride[i], padding[i], dilation[i]))
        counts.append(count - (ceil_mode and (count - 1) * stride[i] >= lengths[i] + padding[i]))
    return tuple(counts)


def short(numbers: Ints) -> Any:
    """One number, where all are the same."""
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def _does_not_fit(name: str, dim: int, length: int, size: int, stride: int, padding: int, dilation: int) -> str:
    over = length + 2 * padding - dilation * (size - 1) - 1
    largest = (length + 2 * padding - 1) // dilation + 1
    smaller = f"a kernel of {largest} at most, " if largest > 0 else ""
    return (
        f"{name}: no window fits into dimension {dim}: out = ⌊(in + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ "
        f"+ 1 = ⌊({length} + 2·{padding} − {dilation}·({size} − 1) − 1)/{stride}⌋ + 1 = {over // stride + 1}; give it "
        f"{smaller}a padding of {padding + (1 - over) // 2} or more, or an input of {length - over} or more"
    )


# windows and their transpose ------------------------------------------------------------------------


def _windows(x: Array, size: Ints, stride: Ints, dilation: Ints) -> Array:
    first = x.ndim - len(size)
    lengths, steps = x.shape[first:], x.strides[first:]
    count = [(m - d * (k - 1) - 1) // s + 1 for m, k, s, d in zip(lengths, size, stride, dilation, strict=True)]
    if min(count, default=1) < 1:
        raise ValueError(f"windows of {size} do not fit into {lengths}")
    between = [s * step for s, step in zip(stride, steps, strict=True)]
    within = [d * step for d, step in zip(dilation, steps, strict=True)]
    shape, strides = (*x.shape[:first], *count, *size), (*x.strides[:first], *between, *within)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def _plain_windows(x: Array, size: Ints, stride: Ints, dilation: Ints) -> Array:
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(x.ndim - len(size), x.ndim)))
    every: tuple[Any, ...] = (..., *(slice(None, None, step) for step in (*stride, *dilation)))
    return seen[every]


def _windows_shape(x: Any, *, size: Ints, stride: Ints, dilation: Ints) -> Spec:
    n, shape = len(size), shape_of(x)
    if not 0 < n <= len(shape):
        raise ShapeError(f"windows: expected an input of {n} dimensions or more, got {written(shape)}")
    count = window_count("windows", shape[-n:], size, stride, dilation=dilation)
    return Spec((*shape[:-n], *count, *size), x.dtype)


def seen_at(place: Shape, count: Shape, stride: Ints, dilation: Ints) -> tuple[Any, ...]:
    """What lies at one place of every window: an index."""
    numbers = zip(place, count, stride, dilation, strict=True)
    return (..., *(slice(i * d, i * d + (n - 1) * s + 1, s) for i, n, s, d in numbers))


def _add_windows(x: Array, lengths: Ints, stride: Ints, dilation: Ints) -> Array:
    n = len(lengths)
    count, size = x.shape[-2 * n : -n], x.shape[-n:]
    y = np.zeros((*x.shape[: -2 * n], *lengths), x.dtype)
    for place in np.ndindex(*size):  # of a window: no element of y lies there in two windows
        y[seen_at(place, count, stride, dilation)] += x[(..., *place)]
    return y


def _add_windows_shape(x: Any, *, lengths: Ints, stride: Ints, dilation: Ints) -> Spec:
    n, shape = len(lengths), shape_of(x)
    if not 0 < 2 * n <= len(shape):
        raise ShapeError(f"add_windows: expected an input of {2 * n} dimensions or more, got {written(shape)}")
    count = window_count("add_windows", lengths, shape[-n:], stride, dilation=dilation)
    if count != shape[-2 * n : -n]:
        raise ShapeError(
            f"add_windows: expected {written(count)} windows of {written(shape[-n:])} for {written(lengths)}, got "
            f"{written(shape[-2 * n : -n])}"
        )
    return Spec((*shape[: -2 * n], *lengths), x.dtype)


windows: Op = register(
    Op(
        "windows",
        forward=_windows,
        vjp=(
            lambda g, _y, _x, size, stride, dilation: add_windows(
                g, lengths=shape_of(_x)[-len(size) :], stride=stride, dilation=dilation
            ),
        ),
        shape=_windows_shape,
        formula="y[…, i, k] = x[…, i·stride + k·dilation]",
        view=True,
        textbook=_plain_windows,
    )
)

add_windows: Op = register(
    Op(
        "add_windows",
        forward=_add_windows,
        vjp=(
            lambda g, _y, _x, lengths, stride, dilation: windows(
                g, size=shape_of(_x)[-len(lengths) :], stride=stride, dilation=dilation
            ),
        ),
        shape=_add_windows_shape,
        formula="y[…, j] = Σ x[…, i, k] over all i and k with i·stride + k·dilation = j",
    )
)


# padding --------------------------------------------------------------------------------------------


def _pad(x: Array, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Array:
    first = x.ndim - len(widths)
    lengths = list(x.shape[:first])
    kept: list[Any] = []
    place: list[Any] = []
    for m, (before, after) in zip(x.shape[first:], widths, strict=True):
        kept.append(slice(max(0, -before), m - max(0, -after)))
        if kept[-1].start > kept[-1].stop:
            raise ValueError(f"{m} elements are fewer than the margins that are to go, {before} and {after}")
        lengths.append(before + m + after)
        place.append(slice(max(0, before), lengths[-1] - max(0, after)))
    y = np.full(lengths, value, x.dtype)
    y[(..., *place)] = x[(..., *kept)]
    return y


def _pad_shape(x: Any, *, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Spec:
    n, shape = len(widths), shape_of(x)
    if n > len(shape):
        raise ShapeError(f"pad: expected an input of {n} dimensions or more, got {written(shape)}")
    lengths = list(shape[: len(shape) - n])
    for i, (m, (before, after)) in enumerate(zip(shape[len(shape) - n :], widths, strict=True)):
        if m + min(0, before) + min(0, after) < 0:
            raise ShapeError(
                f"pad: dimension {i - n} has {m} elements, fewer than the margins that widths below 0 take away: "
                f"{-min(0, before)} + {-min(0, after)} = {-min(0, before) - min(0, after)}"
            )
        lengths.append(before + m + after)
    return Spec(tuple(lengths), x.dtype)


pad: Op = register(
    Op(
        "pad",
        forward=_pad,
        vjp=(lambda g, _y, _x, widths, value=0.0: pad(g, widths=tuple((-before, -after) for before, after in widths)),),
        shape=_pad_shape,
        formula="y = x with value around it, widths wide; where a width is below 0, without its margin",
    )
)
