"""Images as columns of the windows in them, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from glassnet.errors import ShapeError
from glassnet.functional.convolution import least_of
from glassnet.functional.own_memory import own
from glassnet.functional.pooling import Windows
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.ops.layers import windows
from glassnet.ops.layers.windows import window_count
from glassnet.ops.movement import permute, reshape
from glassnet.ops.shapes import Shape, written
from glassnet.tensor import Tensor, apply

__all__ = ["fold", "unfold"]

Numbers = int | Sequence[int]


def _windows(
    name: str, lengths: Sequence[int], size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[Windows, Shape]:
    """The windows over both dimensions, and how many there are; RangeError, ShapeError."""
    numbers = {"kernel_size": size, "dilation": dilation, "padding": padding, "stride": stride}
    size, dilation, padding, stride = (
        per_dimension(name, what, value, 2, least_of(what)) for what, value in numbers.items()
    )
    over = Windows(size, stride, padding, dilation)
    return over, window_count(name, lengths, *over)


def unfold(
    input: Tensor, kernel_size: Numbers, dilation: Numbers = 1, padding: Numbers = 0, stride: Numbers = 1
) -> Tensor:
    """Each window of an image as a column: [N, C, H, W] gives [N, C·kh·kw, windows]; or one without N.

    Raises ShapeError, which shows the arithmetic, for a kernel that does not fit.

    >>> F.unfold(glassnet.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]), kernel_size=2)
    tensor([[1., 2.],
            [2., 3.],
            [4., 5.],
            [5., 6.]])
    """
    check_spatial("unfold", input, 2)
    over, count = _windows("unfold", input.shape[-2:], kernel_size, dilation, padding, stride)
    x = apply(windows.pad, input, widths=tuple((p, p) for p in over.padding)) if any(over.padding) else input
    seen = apply(windows.windows, x, size=over.size, stride=over.stride, dilation=over.dilation)
    first = len(input.shape) - 2
    seen = apply(permute, seen, dims=(*range(first), first + 2, first + 3, first, first + 1))
    shape = (*input.shape[: first - 1], input.shape[first - 1] * math.prod(over.size), math.prod(count))
    return own(apply(reshape, seen, shape=shape), input)


def fold(
    input: Tensor,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """The transpose of `unfold`: columns [N, C·kh·kw, windows] added up to images [N, C, H, W]; or without N, to one.

    Raises ShapeError for a number of columns, or of elements in them, that is not that of such images.

    >>> F.fold(glassnet.ones(4, 2), output_size=(2, 3), kernel_size=2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    lengths = per_dimension("fold", "output_size", output_size, 2)
    over, count = _windows("fold", lengths, kernel_size, dilation, padding, stride)
    elements = math.prod(over.size)
    if len(input.shape) not in (2, 3) or 0 in input.shape[-2:]:
        raise ShapeError(f"fold: expected columns [N, C·{elements}, {math.prod(count)}], got {written(input.shape)}")
    *batch, rows, columns = input.shape
    if rows % elements:
        raise ShapeError(
            f"fold: expected C·{over.size[0]}·{over.size[1]} rows, a multiple of {elements}, got {rows} in "
            f"{written(input.shape)}"
        )
    if columns != math.prod(count):
        raise ShapeError(
            f"fold: an image of {written(lengths)} has {count[0]}·{count[1]} = {math.prod(count)} windows, got "
            f"{columns} columns in {written(input.shape)}"
        )
    x = apply(reshape, input, shape=(*batch, rows // elements, *over.size, *count))
    first = len(batch) + 1
    x = apply(permute, x, dims=(*range(first), first + 2, first + 3, first, first + 1))
    padded = tuple(m + 2 * p for m, p in zip(lengths, over.padding, strict=True))
    image: Tensor = apply(windows.add_windows, x, lengths=padded, stride=over.stride, dilation=over.dilation)
    if any(over.padding):
        image = apply(windows.pad, image, widths=tuple((-p, -p) for p in over.padding))
    return image
