"""Images, signals and volumes of another size: interpolate, upsample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.ops.dtypes import Array
from glassnet.ops.layers import interpolation
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, wrap

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

Sizes = int | Sequence[int] | None
Factors = float | Sequence[float] | None

# The modes, and for how many dimensions after the channels each is.
MODES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "area": (1, 2, 3),
}
_ALIGNED = ("linear", "bilinear", "bicubic", "trilinear")


def interpolate(
    input: Tensor,
    size: Sizes = None,
    scale_factor: Factors = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The input in another size: [N, C, L], [N, C, H, W] or [N, C, D, H, W], the dimensions after C changed.

    Either ``size`` or ``scale_factor`` is given, as one number or one for each dimension. ``mode`` is "nearest"
    or "nearest-exact" (which rounds as image programs do), "linear", "bilinear" or "trilinear" (by the number of
    dimensions), "bicubic" (images) or "area" (the mean of what is merged). ``align_corners``: the first and the last
    places of both lie on each other, else the edges do. ``antialias`` widens the kernel to all that is merged.
    ``recompute_scale_factor``: the size, rounded down, decides, not the factor. A picture in uint8 stays one in the
    modes "bilinear" and "bicubic", rounded.

    Raises ValueError for arguments that exclude each other, NotImplementedError for a mode that is not of so many
    dimensions, ShapeError for an input without elements.
    R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981.

    >>> F.interpolate(glassnet.tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    >>> F.interpolate(glassnet.tensor([[[1.0, 3.0]]]), size=3, mode="linear", align_corners=True)
    tensor([[[1., 2., 3.]]])
    """
    n = input.ndim - 2
    _check_mode(input, n, mode, align_corners, antialias)
    before = input.shape[2:]
    scales: tuple[float, ...] | None = None
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"interpolate: expected either size or scale_factor, got {'neither' if size is None else 'both'}"
        )
    if scale_factor is not None:
        scales = _factors(scale_factor, n)
        after = tuple(math.floor(length * scale) for length, scale in zip(before, scales, strict=True))
        scales = None if recompute_scale_factor else scales
    elif recompute_scale_factor:
        raise ValueError(
            "interpolate: recompute_scale_factor is of a scale_factor, got size, which says all; leave it out"
        )
    else:
        after = per_dimension("interpolate", "size", size, n, least=0)
    if min(after) < 1:
        what = f"scale_factor={scale_factor} makes that" if size is None else "it would be"
        raise ShapeError(
            f"interpolate: expected a result with at least 1 element in each dimension, but {written(before)} with "
            f"{what} {written(after)}"
        )
    if mode == "area" or align_corners:
        scales = None
    params: dict[str, Any] = {"align_corners": True} if align_corners else {}
    params |= {"scales": scales} if scales is not None and not _exact(before, after, scales) else {}
    params |= {"antialias": True} if antialias else {}
    if input.dtype == np.uint8 and not mode.startswith("nearest"):
        return _of_bytes(input, interpolation.matrices(before, after, mode, **params))
    return apply(interpolation.interpolate, input, size=after, mode=mode, **params)


def _of_bytes(input: Tensor, matrices: list[Array]) -> Tensor:
    """``input`` times a matrix along each dimension, rounded after each, the last first: to the bit what PyTorch gives.

    The weights are whole numbers, as programs for pictures have them; float64 holds their sums without rounding.
    """
    x = input.double()
    for axis in range(-1, -len(matrices) - 1, -1):
        weights, power = interpolation.whole_weights(matrices[axis])
        total = (x.transpose(axis, -1) @ wrap(np.ascontiguousarray(weights.T))).transpose(axis, -1)
        x = ((total + 2.0 ** (power - 1)) / 2.0**power).floor().clamp(0, 255)
    return x.to(dtype=input.dtype).contiguous()


def _check_mode(input: Tensor, n: int, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if mode not in MODES:
        options = ", ".join(f'"{option}"' for option in MODES)
        raise NotImplementedError(f"interpolate: expected a mode of {options}, got {mode!r:.80}")
    if n not in MODES[mode]:
        if n not in (1, 2, 3):
            raise NotImplementedError(
                "interpolate: expected an input of shape [N, C, L], [N, C, H, W] or [N, C, D, H, W], got "
                f"{written(input.shape)}; a single image or channel: x.unsqueeze(0)"
            )
        fitting = next(m for m in _ALIGNED if n in MODES[m])
        raise NotImplementedError(
            f'interpolate: the mode "{mode}" is for inputs of {MODES[mode][0] + 2} dimensions, got '
            f'{written(input.shape)}; for that there is mode="{fitting}"'
        )
    if align_corners is not None and mode not in _ALIGNED:
        raise ValueError(f'interpolate: align_corners has no meaning for mode "{mode}"; leave it out')
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f'interpolate: antialias is for the modes "bilinear" and "bicubic", got mode="{mode}"')
    is_picture = input.dtype == np.uint8 and mode in ("bilinear", "bicubic")
    if input.dtype.kind != "f" and not mode.startswith("nearest") and not is_picture:
        raise DtypeError(
            f'interpolate: expected a floating tensor for mode "{mode}", which takes means, got {input.dtype}; convert '
            "it first: x.float()"
        )
    check_spatial("interpolate", input, n, batched=True)


def _factors(value: float | Sequence[float], n: int) -> tuple[float, ...]:
    factors = tuple(value) if isinstance(value, Sequence) else (value,) * n
    if len(factors) != n:
        raise ValueError(
            f"interpolate: expected scale_factor as one number or {n}, one for each dimension after the channels, "
            f"got {factors}"
        )
    for factor in factors:
        if not isinstance(factor, int | float) or not factor > 0:
            raise ValueError(f"interpolate: expected a scale_factor above 0, got {factor!r:.60}")
    return tuple(map(float, factors))


def _exact(before: Sequence[int], after: Sequence[int], scales: Sequence[float]) -> bool:
    """Whether the sizes alone say the factors: then the factors need not be said."""
    return all(n * scale == m for n, m, scale in zip(before, after, scales, strict=True))


def upsample(
    input: Tensor,
    size: Sizes = None,
    scale_factor: Factors = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate`, by its old name.

    >>> F.upsample(glassnet.tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Sizes = None, scale_factor: Factors = None) -> Tensor:
    """`interpolate` by copies of the nearest element.

    >>> F.upsample_nearest(glassnet.tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Sizes = None, scale_factor: Factors = None) -> Tensor:
    """`interpolate` of images by weighted means of four pixels, the corners on each other.

    >>> F.upsample_bilinear(glassnet.tensor([[[[1.0, 3.0]]]]), size=(1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)
