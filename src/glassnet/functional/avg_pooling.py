"""Average pooling in 1, 2 and 3 dimensions, its adaptive kind, and pooling by a power mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import RangeError
from glassnet.functional.pooling import Windows, no_bins, output_sizes, padded, pooling_windows, widths_around
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.functional.tensor_checks import check_floating
from glassnet.ops.arithmetic import mul
from glassnet.ops.dtypes import Array
from glassnet.ops.layers import avg_pooling, interpolation
from glassnet.ops.layers.windows import windows as view_of_windows
from glassnet.tensor import Tensor, apply, wrap

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
]

Sizes = int | Sequence[int]


def _avg_pool(
    n: int,
    input: Tensor,
    windows: Any,
    ceil_mode: bool,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    name = f"avg_pool{n}d"
    check_spatial(name, input, n)
    is_whole = input.dtype == np.int64  # of other whole numbers PyTorch has no means
    if not is_whole:
        check_floating(name, input)
    if divisor_override == 0:
        raise RangeError(f"{name}: expected a divisor_override other than 0, got 0")
    seen = pooling_windows(name, n, *windows)
    widths = widths_around(name, input.shape[-n:], seen, ceil_mode)
    x = padded(input, widths, 0.0)
    if is_whole:
        inside = apply(view_of_windows, x, size=seen.size, stride=seen.stride, dilation=(1,) * n)
        total: Tensor = inside.sum(tuple(range(-n, 0)))
        count: Any = _counted(input.shape[-n:], total.shape[-n:], seen, count_include_pad)
        return total.div(wrap(count) if divisor_override is None else divisor_override, rounding_mode="trunc")
    y: Tensor = apply(avg_pooling.avg_pool, x, size=seen.size, stride=seen.stride)
    if divisor_override is not None:
        return y * (math.prod(seen.size) / divisor_override)
    counts = _counted(input.shape[-n:], y.shape[-n:], seen, count_include_pad)
    if (counts == math.prod(seen.size)).all():
        return y
    corrected: Tensor = apply(mul, y, (math.prod(seen.size) / counts).astype(y.dtype))
    return corrected


def _counted(lengths: Sequence[int], counts: Sequence[int], windows: Windows, count_include_pad: bool) -> Array:
    """How many elements of each window count: what ``ceil_mode`` adds beyond the padding does not."""
    total = np.ones((), np.int64)
    for length, count, k, s, p in zip(lengths, counts, *windows[:3], strict=True):
        start = np.arange(count) * s - p
        end = np.minimum(start + k, length + p)
        inside = end - start if count_include_pad else np.minimum(end, length) - np.maximum(start, 0)
        total = total[..., np.newaxis] * inside
    return total


def _adaptive(n: int, input: Tensor, output_size: Any) -> Tensor:
    name = f"adaptive_avg_pool{n}d"
    check_spatial(name, input, n)
    check_floating(name, input)
    size = output_sizes(name, input, n, output_size)
    if 0 in size:
        return no_bins(input, size)
    if set(size) == {1}:
        return input.mean(tuple(range(-n, 0)), keepdim=True)
    return apply(interpolation.interpolate, input, size=size, mode="area")


def _lp_pool(n: int, input: Tensor, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Tensor:
    name = f"lp_pool{n}d"
    check_spatial(name, input, n)
    check_floating(name, input)
    if norm_type == 0:
        raise ZeroDivisionError(f"{name}: expected a norm_type other than 0, whose root 1/{norm_type} there is not")
    powers = _avg_pool(n, input**norm_type, (kernel_size, stride), ceil_mode)
    total = powers * math.prod(per_dimension(name, "kernel_size", kernel_size, n))
    root: Tensor = (total.sign() * total.abs().relu()) ** (1 / norm_type)
    return root


def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window: [N, C, L] or [C, L] gives [..., C, L′].

    The windows begin at multiples of ``stride`` (None: ``kernel_size``), and ``padding`` zeros are put around the
    input: L′ = ⌊(L + 2·padding − kernel_size)/stride⌋ + 1, rounded up with ``ceil_mode``. ``count_include_pad``: these
    zeros count among the elements of a window.

    Raises ShapeError for another number of dimensions and where no window fits, RangeError for a padding of more than
    half the kernel, DtypeError for whole numbers but int64, whose means are cut to whole ones, as PyTorch has it.

    >>> F.avg_pool1d(glassnet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(1, input, (kernel_size, stride, padding), ceil_mode, count_include_pad)


def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window: [N, C, H, W] or [C, H, W] gives [..., C, H′, W′].

    The arguments are those of `avg_pool1d`, one number or one for each of 2 dimensions. ``divisor_override`` divides
    the sums in place of the number of elements.

    >>> F.avg_pool2d(glassnet.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return _avg_pool(2, input, (kernel_size, stride, padding), ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window: [N, C, D, H, W] or [C, D, H, W] gives [..., C, D′, H′, W′].

    The arguments are those of `avg_pool1d`, one number or one for each of 3 dimensions. ``divisor_override`` divides
    the sums in place of the number of elements.

    >>> F.avg_pool3d(glassnet.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    return _avg_pool(3, input, (kernel_size, stride, padding), ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """The mean of each of ``output_size`` bins: [N, C, L] or [C, L] gives [..., C, *output_size].

    Bin i begins at ⌊i·L/L′⌋ and ends before ⌈(i + 1)·L/L′⌉.

    Raises ShapeError for another number of dimensions, RangeError for a size below 1, DtypeError for whole numbers.

    >>> F.adaptive_avg_pool1d(glassnet.tensor([[1.0, 3.0, 2.0, 0.0, 4.0]]), 2)
    tensor([[2., 2.]])
    """
    return _adaptive(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The mean of each of ``output_size`` bins: [N, C, H, W] or [C, H, W] gives [..., C, *output_size].

    As `adaptive_avg_pool1d` in 2 dimensions; a size of None leaves that dimension as it is.

    >>> F.adaptive_avg_pool2d(glassnet.arange(12.0).reshape(1, 3, 4), (1, 2))
    tensor([[[4.5000, 6.5000]]])
    """
    return _adaptive(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The mean of each of ``output_size`` bins: [N, C, D, H, W] or [C, D, H, W] gives [..., C, *output_size].

    As `adaptive_avg_pool1d` in 3 dimensions; a size of None leaves that dimension as it is.

    >>> F.adaptive_avg_pool3d(glassnet.arange(8.0).reshape(1, 2, 2, 2), (2, 1, 1)).flatten()
    tensor([1.5000, 5.5000])
    """
    return _adaptive(3, input, output_size)


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ xᵖ)^(1/p) of each window, p = ``norm_type``: [N, C, L] or [C, L] gives [..., C, L′].

    With p = 1 it is the sum; the larger p, the nearer to the largest. For numbers of 0 or more, or an even p.

    Raises ShapeError for another number of dimensions and where no window fits.
    P. Sermanet et al., Convolutional Neural Networks Applied to House Numbers Digit Classification, 2012.

    >>> F.lp_pool1d(glassnet.tensor([[3.0, 4.0, 0.0, 1.0]]), 2, 2)
    tensor([[5., 1.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ xᵖ)^(1/p) of each window, p = ``norm_type``: [N, C, H, W] or [C, H, W] gives [..., C, H′, W′].

    As `lp_pool1d`, in 2 dimensions.

    >>> F.lp_pool2d(glassnet.tensor([[[1.0, 1.0], [1.0, 1.0]]]), 2, 2)
    tensor([[[2.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ xᵖ)^(1/p) of each window, p = ``norm_type``: [N, C, D, H, W] or [C, D, H, W] gives [..., C, D′, H′, W′].

    As `lp_pool1d`, in 3 dimensions.

    >>> F.lp_pool3d(glassnet.ones(1, 1, 2, 2), 2, (1, 2, 2))
    tensor([[[[2.]]]])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
