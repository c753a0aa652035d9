"""Images, signals and volumes of another size: Upsample and its kinds."""

from __future__ import annotations

from collections.abc import Sequence

import glassnet.functional as F
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]

Sizes = int | Sequence[int] | None
Factors = float | Sequence[float] | None


class Upsample(Module):
    """The input in another size: [N, C, L], [N, C, H, W] or [N, C, D, H, W], the dimensions after C changed.

    The arguments are those of `glassnet.functional.interpolate`: either ``size`` or ``scale_factor``, and a ``mode``
    of "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear" or "area". Called, raises what that
    raises.

    >>> nn.Upsample(scale_factor=2)(glassnet.tensor([[[1.0, 3.0]]]))
    tensor([[[1., 1., 3., 3.]]])
    """

    def __init__(
        self,
        size: Sizes = None,
        scale_factor: Factors = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        if isinstance(scale_factor, Sequence):
            self.scale_factor: Factors = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input in the other size."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        """The size or the factor, and the mode."""
        how = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{how}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images [N, C, H, W] by copies of the nearest pixel.

    >>> nn.UpsamplingNearest2d(scale_factor=2)(glassnet.tensor([[[[1.0, 3.0]]]]))
    tensor([[[[1., 1., 3., 3.],
              [1., 1., 3., 3.]]]])
    """

    def __init__(self, size: Sizes = None, scale_factor: Factors = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images [N, C, H, W] by weighted means of four pixels, the corners on each other.

    >>> nn.UpsamplingBilinear2d(size=(1, 3))(glassnet.tensor([[[[1.0, 3.0]]]]))
    tensor([[[[1., 2., 3.]]]])
    """

    def __init__(self, size: Sizes = None, scale_factor: Factors = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
