"""Max pooling of windows at random distances: fractional_max_pool2d and 3d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import ShapeError
from glassnet.functional.max_pooling import check_numbers, picked
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.ops import sampling
from glassnet.ops.dtypes import get_default_dtype
from glassnet.ops.shapes import written
from glassnet.random import chosen
from glassnet.tensor import Tensor, apply
from glassnet.tensor.creation import arange, full
from glassnet.tensor.joining import cat

__all__ = ["fractional_max_pool2d", "fractional_max_pool3d"]

Sizes = int | Sequence[int]
Ratios = float | Sequence[float]


def check_ratio(layer: str, n: int, output_size: Any, output_ratio: Any) -> None:
    """Raise ValueError unless one of the two is given, and a ratio is between 0 and 1."""
    if (output_size is None) == (output_ratio is None):
        given = "neither" if output_size is None else "both"
        raise ValueError(f"{layer}: expected either output_size or output_ratio, got {given}")
    if output_ratio is not None:
        ratios = _ratios(output_ratio, n)
        if len(ratios) != n or not all(0 < ratio < 1 for ratio in ratios):
            raise ValueError(
                f"{layer}: expected output_ratio as one number between 0 and 1, or one for each of {n} dimensions, got "
                f"{output_ratio}"
            )


def _ratios(output_ratio: Ratios, n: int) -> tuple[float, ...]:
    return tuple(output_ratio) if isinstance(output_ratio, Sequence) else (output_ratio,) * n


def _pool(
    n: int,
    input: Tensor,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    return_indices: bool,
    samples: Tensor | None,
) -> Any:
    name = f"fractional_max_pool{n}d"
    check_spatial(name, input, n)
    check_numbers(name, input)
    check_ratio(name, n, output_size, output_ratio)
    size, lengths = per_dimension(name, "kernel_size", kernel_size, n), input.shape[-n:]
    if output_ratio is not None:
        output_size = [int(length * r) for length, r in zip(lengths, _ratios(output_ratio, n), strict=True)]
    counts = per_dimension(name, "output_size", output_size, n)
    for i, (length, k, count) in enumerate(zip(lengths, size, counts, strict=True)):
        if count + k - 1 > length:
            raise ShapeError(
                f"{name}: {count} windows of {k} elements, each beginning after the other, need output_size + "
                f"kernel_size − 1 = {count + k - 1} elements, but dimension {i - n} of {written(input.shape)} has "
                f"{length}"
            )
    batch = input if input.ndim == n + 2 else input.unsqueeze(0)
    if samples is None:
        dtype = input.dtype if input.dtype.kind == "f" else get_default_dtype()
        samples = apply(sampling.uniform, shape=(*batch.shape[:2], n), dtype=dtype, generator=chosen(None))
    elif samples.shape[0] < len(batch) or samples.shape[1:] != (batch.shape[1], n):
        raise ShapeError(
            f"{name}: expected _random_samples of shape {written((*batch.shape[:2], n))}, got {written(samples.shape)}"
        )
    else:
        samples = samples[: len(batch)]
    positions = _positions(samples, lengths, size, counts)
    rows = batch.flatten(-n).gather(-1, positions.flatten(2)).reshape(positions.shape)
    indices = positions.gather(-1, rows.argmax(-1, keepdim=True)).reshape((*input.shape[:-n], *counts))
    y = picked(input, indices, n)
    return (y, indices) if return_indices else y


def _positions(samples: Tensor, lengths: Sequence[int], size: Sequence[int], counts: Sequence[int]) -> Tensor:
    """The position of each element of each window, counted through all dimensions: [N, C, windows…, elements].

    Window i begins at ⌊(i + u)·α⌋ − ⌊u·α⌋ with the random number u and α = (in − kernel)/(out − 1), the last one at
    in − kernel.
    """
    n = len(size)
    positions: Any = 0
    for i, (length, k, count) in enumerate(zip(lengths, size, counts, strict=True)):
        which = i if n == 3 else n - 1 - i  # of an image, PyTorch's first random number is that of the width
        u, spacing = samples[..., which : which + 1], (length - k) / max(count - 1, 1)
        start = ((u + arange(count - 1)) * spacing).floor() - (u * spacing).floor()
        start = cat([start, full((*u.shape[:2], 1), float(length - k), dtype=u.dtype)], -1).long()
        windows, elements = [1] * n, [1] * n
        windows[i], elements[i] = count, k
        places = start.reshape(*u.shape[:2], *windows, *(1,) * n) + arange(k).reshape(*(1,) * (2 + n), *elements)
        positions = positions * length + places
    every: Tensor = positions.flatten(-n)
    return every


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest number of each of ``output_size`` windows at random distances: [N, C, H, W] or [C, H, W].

    The number of windows may be said as a share of the input's size, ``output_ratio``. Windows overlap where there are
    more than the kernel divides into. ``return_indices`` gives the places of the largest as well.

    Raises ValueError where neither or both of them are given, ShapeError where so many windows do not fit.
    B. Graham, Fractional Max-Pooling, 2015.

    >>> F.fractional_max_pool2d(glassnet.randn(1, 3, 10, 10), 2, output_ratio=0.7).shape
    (1, 3, 7, 7)
    """
    return _pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest number of each of ``output_size`` windows at random distances: [N, C, D, H, W] or [C, D, H, W].

    As `fractional_max_pool2d`, in 3 dimensions.

    >>> F.fractional_max_pool3d(glassnet.randn(1, 3, 4, 6, 8), 2, output_size=(3, 4, 5)).shape
    (1, 3, 3, 4, 5)
    """
    return _pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
