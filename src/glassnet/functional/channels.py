"""Numbers moved between channels and places: pixel_shuffle, pixel_unshuffle, channel_shuffle."""

from __future__ import annotations

from glassnet.errors import ShapeError
from glassnet.functional.own_memory import own
from glassnet.functional.tensor_checks import check_whole
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """r² channels laid out as r × r pixels of one: [..., C·r², H, W] gives [..., C, H·r, W·r].

    Raises ShapeError where the channels cannot be divided by r² = ``upscale_factor``².
    W. Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network, 2016.

    >>> F.pixel_shuffle(glassnet.arange(8).reshape(1, 4, 1, 2), 2)
    tensor([[[[0, 2, 1, 3],
              [4, 6, 5, 7]]]])
    """
    check_whole("pixel_shuffle", upscale_factor=upscale_factor)
    r = int(upscale_factor)
    *batch, channels, height, width = _image("pixel_shuffle", input)
    if channels % (r * r):
        raise ShapeError(
            f"pixel_shuffle: expected a number of channels divisible by upscale_factor² = {r}² = {r * r}, got "
            f"{channels} (the input is {written(input.shape)})"
        )
    x = input.reshape(*batch, channels // (r * r), r, r, height, width)
    n = len(batch)
    x = x.permute(*range(n + 1), n + 3, n + 1, n + 4, n + 2)
    return own(x.reshape(*batch, channels // (r * r), height * r, width * r), input)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """The reverse of `pixel_shuffle`: [..., C, H·r, W·r] gives [..., C·r², H, W].

    Raises ShapeError where the height or the width cannot be divided by r = ``downscale_factor``.

    >>> x = glassnet.arange(8).reshape(1, 4, 1, 2)
    >>> F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2).equal(x)
    True
    """
    check_whole("pixel_unshuffle", downscale_factor=downscale_factor)
    r = int(downscale_factor)
    *batch, channels, height, width = _image("pixel_unshuffle", input)
    for side, length in (("height", height), ("width", width)):
        if length % r:
            raise ShapeError(
                f"pixel_unshuffle: expected a {side} divisible by downscale_factor = {r}, got {length} (the input is "
                f"{written(input.shape)})"
            )
    x = input.reshape(*batch, channels, height // r, r, width // r, r)
    n = len(batch)
    x = x.permute(*range(n + 1), n + 2, n + 4, n + 1, n + 3)
    return own(x.reshape(*batch, channels * r * r, height // r, width // r), input)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of ``groups`` groups in turn, one of each: [N, C, ...] in the same shape.

    Raises ShapeError where the channels cannot be divided by ``groups``.
    X. Zhang et al., ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, 2018.

    >>> F.channel_shuffle(glassnet.arange(6).reshape(1, 6, 1), 2).flatten()
    tensor([0, 3, 1, 4, 2, 5])
    """
    check_whole("channel_shuffle", groups=groups)
    groups = int(groups)
    if input.ndim < 3:
        raise ShapeError(f"channel_shuffle: expected an input of shape [N, C, ...], got {written(input.shape)}")
    n, channels, *places = input.shape
    if channels % groups:
        raise ShapeError(
            f"channel_shuffle: expected a number of channels divisible by groups = {groups}, got {channels} (the input "
            f"is {written(input.shape)})"
        )
    x = input.reshape(n, groups, channels // groups, *places)
    return own(x.transpose(1, 2).reshape(input.shape), input)


def _image(name: str, input: Tensor) -> tuple[int, ...]:
    if input.ndim < 3:
        raise ShapeError(f"{name}: expected an input of shape [..., C, H, W], got {written(input.shape)}")
    return input.shape
