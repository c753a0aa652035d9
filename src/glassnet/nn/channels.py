"""Numbers moved between channels and places: PixelShuffle, PixelUnshuffle, ChannelShuffle."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """r² channels laid out as r × r pixels of one: [..., C·r², H, W] gives [..., C, H·r, W·r].

    Raises ValueError for an ``upscale_factor`` r below 1; called, ShapeError for channels that r² does not divide.
    W. Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network, 2016.

    >>> nn.PixelShuffle(2)(glassnet.arange(4).reshape(1, 4, 1, 1))
    tensor([[[[0, 1],
              [2, 3]]]])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        check_whole("PixelShuffle", upscale_factor=upscale_factor)
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The pixels."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """The reverse of `PixelShuffle`: [..., C, H·r, W·r] gives [..., C·r², H, W].

    Raises ValueError for a ``downscale_factor`` r below 1; called, ShapeError for sides that r does not divide.

    >>> nn.PixelUnshuffle(2)(glassnet.arange(4).reshape(1, 1, 2, 2)).flatten()
    tensor([0, 1, 2, 3])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        check_whole("PixelUnshuffle", downscale_factor=downscale_factor)
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The channels."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of several groups in turn, one of each, so that grouped layers see each other's.

    An input [N, C, ...] gives the same shape. Raises ValueError for ``groups`` below 1; called, ShapeError for
    channels that they do not divide.
    X. Zhang et al., ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, 2018.

    >>> nn.ChannelShuffle(2)(glassnet.arange(4).reshape(1, 4, 1)).flatten()
    tensor([0, 2, 1, 3])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        check_whole("ChannelShuffle", groups=groups)
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The channels in another order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The number of groups."""
        return f"groups={self.groups}"
