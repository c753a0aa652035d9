"""Padding: more elements around a tensor, of a number or of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.functional.own_memory import own
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops.layers import windows
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply
from glassnet.tensor.joining import cat

__all__ = ["pad"]

MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """The input with elements added before and after: ``pad`` = (left, right), (left, right, top, bottom) and so on.

    The last dimension comes first in ``pad``. Below 0, elements are taken away. ``mode`` "constant" adds ``value``, or
    0; "reflect" adds what a mirror at the first and last element shows, "replicate" repeats these, "circular" goes on
    at the other end. These three are for 1 to 3 dimensions of an input that has one or two more before them.

    Raises ShapeError for widths that the input is too small for, ValueError for another mode.

    >>> F.pad(glassnet.tensor([1.0, 2.0, 3.0]), (1, 2))
    tensor([0., 1., 2., 3., 0., 0.])
    >>> F.pad(glassnet.tensor([[1.0, 2.0, 3.0]]), (2, 2), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """
    if mode not in MODES:
        raise NotImplementedError(f"pad: expected a mode of {', '.join(MODES)}, got {mode!r:.60}")
    check_tensor("pad", input)
    numbers = list(pad)
    if any(isinstance(n, bool) or not isinstance(n, int | np.integer) for n in numbers):
        raise TypeError(f"pad: expected whole numbers, before and after each dimension, got {numbers!r:.100}")
    n = len(numbers) // 2
    if len(numbers) % 2 or n > len(input.shape):
        raise ShapeError(
            f"pad: expected two numbers, before and after, for each of up to {len(input.shape)} dimensions of "
            f"{written(input.shape)}, got {len(numbers)}: {tuple(numbers)}"
        )
    widths = [(int(numbers[2 * i]), int(numbers[2 * i + 1])) for i in reversed(range(n))]
    if mode == "constant":
        return _constant(input, widths, 0 if value is None else value)
    if value:
        raise RangeError(f'pad: a value is for mode="constant"; {mode!r} takes it from the input, got value={value}')
    if not 1 <= n <= 3 or len(input.shape) not in (n + 1, n + 2):
        raise NotImplementedError(
            f"pad: mode={mode!r} is for 1 to 3 dimensions of an input that has one or two before them, got "
            f"{len(numbers)} numbers for {written(input.shape)}"
        )
    _check(input, widths, mode)
    cropped = [(min(0, before), min(0, after)) for before, after in widths]
    less = any(map(any, cropped))
    if less and mode == "circular":  # it is closed where the rest ends; a mirror stands where the input ended
        input = _constant(input, cropped, 0)
    padded = input
    for dim, (before, after) in zip(range(-n, 0), widths, strict=True):
        padded = _beyond(padded, dim, max(0, before), max(0, after), mode)
    return _constant(padded, cropped, 0) if less and mode != "circular" else own(padded, input)


def _constant(input: Tensor, widths: list[tuple[int, int]], value: float) -> Tensor:
    spared = 0  # dimensions that stay as they are
    while spared < len(widths) and widths[spared] == (0, 0):
        spared += 1
    op = windows.pad
    options: dict[str, Any] = {"widths": tuple(widths[spared:])}
    if value:
        options["value"] = value
    op.shape(input, **options)
    padded: Tensor = apply(op, input, **options)
    return padded


def _check(input: Tensor, widths: list[tuple[int, int]], mode: str) -> None:
    n = len(widths)
    if 0 in input.shape[1:]:
        raise ShapeError(f"pad: mode={mode!r} needs elements to take, got {written(input.shape)}")
    for dim, width in zip(range(-n, 0), widths, strict=True):
        length, most = input.shape[dim], max(width)
        away = -min(0, *width)  # before the circle is closed
        allowed = {"reflect": length - 1, "circular": length - away}.get(mode, most)
        if most > allowed:
            less = f", less the {away} that are taken away" if away and mode == "circular" else ""
            raise ShapeError(
                f"pad: mode={mode!r} can add {allowed} elements at most to the {length} of dimension {dim} of "
                f"{written(input.shape)}{less}, got {most}"
            )
        if length + sum(width) < 1:
            raise ShapeError(
                f"pad: nothing is left of dimension {dim} of {written(input.shape)}: {length} + {width[0]} + "
                f"{width[1]} = {length + sum(width)}"
            )


def _beyond(x: Tensor, dim: int, before: int, after: int, mode: str) -> Tensor:
    """``x`` with what the mode shows before and after it along one dimension."""
    end = x.shape[dim]
    if mode == "reflect":
        left, right = _part(x, dim, 1, before + 1).flip(dim), _part(x, dim, end - after - 1, end - 1).flip(dim)
    elif mode == "circular":
        left, right = _part(x, dim, end - before, end), _part(x, dim, 0, after)
    else:
        repeats = [list(x.shape), list(x.shape)]
        repeats[0][dim], repeats[1][dim] = before, after
        left, right = _part(x, dim, 0, 1).expand(*repeats[0]), _part(x, dim, end - 1, end).expand(*repeats[1])
    parts = [part for part, width in ((left, before), (x, 1), (right, after)) if width]
    return cat(parts, dim) if len(parts) > 1 else x


def _part(x: Tensor, dim: int, start: int, end: int) -> Tensor:
    return x[(..., slice(start, end), *(slice(None),) * (-dim - 1))]
