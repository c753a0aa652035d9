"""Max pooling in 1, 2 and 3 dimensions, its adaptive kind, and its partial inverse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.functional.pooling import no_bins, output_sizes, padded, pooling_windows, widths_around
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.ops.indexing import ARRAY, getitem
from glassnet.ops.layers import max_pooling
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply

__all__ = [
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

Sizes = int | Sequence[int]
OutputSizes = int | Sequence[int | None] | None


def _max_pool(n: int, input: Tensor, windows: Any, ceil_mode: bool = False, return_indices: bool = False) -> Any:
    name = f"max_pool{n}d"
    check_spatial(name, input, n)
    check_numbers(name, input)
    seen, lengths = pooling_windows(name, n, *windows), input.shape[-n:]
    widths = widths_around(name, lengths, seen, ceil_mode)
    x = padded(input, widths, -math.inf if input.dtype.kind == "f" else int(np.iinfo(input.dtype).min))
    params = {"size": seen.size, "stride": seen.stride, "dilation": seen.dilation}
    y = apply(max_pooling.max_pool, x, **params)
    if not return_indices:
        return y
    indices = apply(max_pooling.max_pool_indices, x, **params)
    if x is not input:  # the same places, counted without the padding
        places = np.pad(np.arange(math.prod(lengths)).reshape(lengths), widths, mode="edge")
        indices = apply(getitem, places.reshape(-1), indices, index=(ARRAY,))
    return y, indices


def check_numbers(name: str, input: Tensor) -> None:
    """Raise DtypeError for an input of bools, of which there is no largest."""
    if input.dtype.kind == "b":
        raise DtypeError(f"{name}: expected numbers, got bool; convert it first: x.float()")


def _adaptive(n: int, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    name = f"adaptive_max_pool{n}d"
    check_spatial(name, input, n)
    check_numbers(name, input)
    lengths, size = input.shape[-n:], output_sizes(name, input, n, output_size)
    if 0 in size:
        empty = no_bins(input, size)
        return (empty, empty.long()) if return_indices else empty
    if not any(length % k for length, k in zip(lengths, size, strict=True)):  # equal bins: these are windows
        kernel = tuple(length // k for length, k in zip(lengths, size, strict=True))
        return _max_pool(n, input, (kernel,), return_indices=return_indices)
    indices = apply(max_pooling.adaptive_max_pool_indices, input, size=size)
    y = picked(input, indices, n)
    return (y, indices) if return_indices else y


def picked(input: Tensor, indices: Tensor, n: int) -> Tensor:
    """The elements of ``input`` at ``indices``, counted through its last ``n`` dimensions."""
    return input.flatten(-n).gather(-1, indices.flatten(-n)).reshape(indices.shape)


def _max_unpool(
    n: int, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    name = f"max_unpool{n}d"
    check_spatial(name, input, n)
    if indices.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected the indices of max_pool{n}d, of dtype int64, got {indices.dtype}")
    if indices.shape != input.shape:
        raise ShapeError(
            f"{name}: expected indices of the shape of the input, {written(input.shape)}, got {written(indices.shape)}"
        )
    kernel = per_dimension(name, "kernel_size", kernel_size, n)
    steps = kernel if stride is None else per_dimension(name, "stride", stride, n)
    margins = per_dimension(name, "padding", padding, n, least=0)
    usual = [
        (length - 1) * s - 2 * p + k for length, k, s, p in zip(input.shape[-n:], kernel, steps, margins, strict=True)
    ]
    if output_size is None:
        size = tuple(usual)
    else:
        size = tuple(output_size)[-n:]
        if len(output_size) not in (n, n + 1, n + 2):
            raise ValueError(
                f"{name}: expected an output_size of {n} numbers, or the shape of what was pooled, got "
                f"{tuple(output_size)}"
            )
        for d, (got, expected, s) in enumerate(zip(size, usual, steps, strict=True)):
            if not expected - s < got < expected + s:
                raise ValueError(
                    f"{name}: expected an output_size between {expected - s} and {expected + s} (both excluded), "
                    f"dim {d - n}: (in − 1)·stride − 2·padding + kernel = {expected}, and less than a stride of {s} "
                    f"more or less; got {got}"
                )
    if min(size) < 1:
        raise ShapeError(f"{name}: expected an output of 1 or more in each dimension, got {written(size)}")
    return apply(max_pooling.max_unpool, input, indices, size=size)


def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window: [N, C, L] or [C, L] gives [..., C, L′].

    The windows begin at multiples of ``stride`` (None: ``kernel_size``), their elements lie ``dilation`` apart, and
    ``padding`` elements of −∞ are put around the input: L′ = ⌊(L + 2·padding − dilation·(kernel_size − 1) − 1)/stride⌋
    + 1, rounded up with ``ceil_mode``. ``return_indices`` gives the places of the largest as well, for `max_unpool1d`.

    Raises ShapeError for another number of dimensions and where no window fits, RangeError for a padding of more than
    half the kernel.

    >>> F.max_pool1d(glassnet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(1, input, (kernel_size, stride, padding, dilation), ceil_mode, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window: [N, C, H, W] or [C, H, W] gives [..., C, H′, W′].

    The arguments are those of `max_pool1d`, one number or one for each of 2 dimensions; the indices count through
    all 2.

    >>> x = glassnet.arange(16.0).reshape(1, 4, 4)
    >>> F.max_pool2d(x, 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    >>> F.max_pool2d(x, 2, return_indices=True)[1].flatten()
    tensor([ 5,  7, 13, 15])
    """
    return _max_pool(2, input, (kernel_size, stride, padding, dilation), ceil_mode, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number of each window: [N, C, D, H, W] or [C, D, H, W] gives [..., C, D′, H′, W′].

    The arguments are those of `max_pool1d`, one number or one for each of 3 dimensions; the indices count through
    all 3.

    >>> F.max_pool3d(glassnet.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return _max_pool(3, input, (kernel_size, stride, padding, dilation), ceil_mode, return_indices)


def adaptive_max_pool1d(input: Tensor, output_size: int | Sequence[int], return_indices: bool = False) -> Any:
    """The largest number of each of ``output_size`` bins: [N, C, L] or [C, L] gives [..., C, *output_size].

    Bin i begins at ⌊i·L/L′⌋ and ends before ⌈(i + 1)·L/L′⌉. ``return_indices`` gives the places of the largest as well.

    Raises ShapeError for another number of dimensions, RangeError for a size below 1.

    >>> F.adaptive_max_pool1d(glassnet.tensor([[1.0, 3.0, 2.0, 0.0, 4.0]]), 2)
    tensor([[3., 4.]])
    """
    return _adaptive(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """The largest number of each of ``output_size`` bins: [N, C, H, W] or [C, H, W] gives [..., C, *output_size].

    As `adaptive_max_pool1d` in 2 dimensions; a size of None leaves that dimension as it is.

    >>> F.adaptive_max_pool2d(glassnet.arange(12.0).reshape(1, 3, 4), (1, 2))
    tensor([[[ 9., 11.]]])
    """
    return _adaptive(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """The largest number of each of ``output_size`` bins: of [N, C, D, H, W] or [C, D, H, W].

    As `adaptive_max_pool1d` in 3 dimensions; a size of None leaves that dimension as it is.

    >>> F.adaptive_max_pool3d(glassnet.arange(8.0).reshape(1, 2, 2, 2), (2, 1, 1)).flatten()
    tensor([3., 7.])
    """
    return _adaptive(3, input, output_size, return_indices)


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The largest numbers back where `max_pool1d` found them, zeros elsewhere.

    The result has the length (L − 1)·stride − 2·padding + kernel_size, or ``output_size``, since several lengths are
    pooled to one. Where windows overlapped and an element is named twice, the last one stays.

    Raises ShapeError where the indices are not of the input's shape, RangeError for one outside the result, ValueError
    for an output_size that is not pooled to the input's.
    M. Zeiler et al., Adaptive Deconvolutional Networks for Mid and High Level Feature Learning, 2011.

    >>> y, indices = F.max_pool1d(glassnet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2, return_indices=True)
    >>> F.max_unpool1d(y, indices, 2)
    tensor([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The largest numbers back where `max_pool2d` found them, zeros elsewhere.

    As `max_unpool1d`, in 2 dimensions.

    >>> y, indices = F.max_pool2d(glassnet.arange(4.0).reshape(1, 2, 2), 2, return_indices=True)
    >>> F.max_unpool2d(y, indices, 2)
    tensor([[[0., 0.],
             [0., 3.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The largest numbers back where `max_pool3d` found them, zeros elsewhere.

    As `max_unpool1d`, in 3 dimensions.

    >>> y, indices = F.max_pool3d(glassnet.arange(8.0).reshape(1, 2, 2, 2), 2, return_indices=True)
    >>> F.max_unpool3d(y, indices, 2).flatten()
    tensor([0., 0., 0., 0., 0., 0., 0., 7.])
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)
