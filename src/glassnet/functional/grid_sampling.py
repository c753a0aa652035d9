"""Images read at places between their pixels: grid_sample, affine_grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import DtypeError, ShapeError
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.ops.layers import grid_sampling
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply

__all__ = ["affine_grid", "grid_sample"]


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The input at the places of a grid: [N, C, H, W] and [N, H′, W′, 2] give [N, C, H′, W′].

    A volume [N, C, D, H, W] takes a grid [N, D′, H′, W′, 3]. A place is (x, y) or (x, y, z), from −1 to 1: the centres
    of the first and last pixels with ``align_corners``, else their outer edges. ``mode``: "bilinear" (of a volume
    trilinear), "nearest" or "bicubic" (images). ``padding_mode``, beyond the border: "zeros", "border" (the nearest
    pixel) or "reflection".

    Raises ValueError for an unknown mode, ShapeError or DtypeError for inputs that do not fit.
    M. Jaderberg et al., Spatial Transformer Networks, 2015.

    >>> x = glassnet.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> F.grid_sample(x, glassnet.tensor([[[[-1.0, -1.0], [0.0, 0.0]]]]), align_corners=True)
    tensor([[[[0.0000, 1.5000]]]])
    """
    for name, value, known in (
        ("mode", mode, ("bilinear", "nearest", "bicubic")),
        ("padding_mode", padding_mode, ("zeros", "border", "reflection")),
    ):
        if value not in known:
            options = ", ".join(f'"{option}"' for option in known)
            raise ValueError(f"grid_sample: expected {name} as one of {options}, got {value!r:.80}")
    if input.dtype.kind != "f":
        raise DtypeError(f"grid_sample: expected a floating input, got {input.dtype}; convert it first: x.float()")
    grid_sampling.grid_sample.shape(input, grid)
    if mode == "bicubic" and input.ndim == 5:
        raise ShapeError(f'grid_sample: mode="bicubic" is for images [N, C, H, W], got {written(input.shape)}')
    check_spatial("grid_sample", input, input.ndim - 2, batched=True)
    params: dict[str, Any] = {"mode": mode, "padding_mode": padding_mode, "align_corners": bool(align_corners)}
    return apply(grid_sampling.grid_sample, input, grid, **params)


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid that an affine map makes of an image: theta [N, 2, 3] and size (N, C, H, W) give [N, H, W, 2].

    For a volume theta [N, 3, 4] and size (N, C, D, H, W) give [N, D, H, W, 3]. To be passed to `grid_sample`, with the
    same ``align_corners``.

    Raises ShapeError where theta and size do not fit, DtypeError for a theta of whole numbers.
    M. Jaderberg et al., Spatial Transformer Networks, 2015.

    >>> theta = glassnet.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    >>> F.affine_grid(theta, (1, 1, 1, 3), align_corners=True)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000],
              [ 1.5000,  0.0000]]]])
    """
    if theta.dtype.kind != "f":
        raise DtypeError(f"affine_grid: expected a floating theta, got {theta.dtype}; convert it first: theta.float()")
    if len(size) not in (4, 5):
        raise ShapeError(f"affine_grid: expected size as (N, C, H, W) or (N, C, D, H, W), got {tuple(size)}")
    whole = per_dimension("affine_grid", "size", size, len(size), least=0)
    grid_sampling.affine_grid.shape(theta, size=whole[2:])
    if theta.shape[0] != whole[0]:
        raise ShapeError(
            f"affine_grid: expected theta [N, …] and size (N, …) with the same N, got {written(theta.shape)} and "
            f"{written(whole)}"
        )
    return apply(grid_sampling.affine_grid, theta, size=whole[2:], align_corners=bool(align_corners))
