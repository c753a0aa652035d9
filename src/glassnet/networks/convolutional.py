"""Convolutions of a picture, then linear layers."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.errors import ShapeError
from glassnet.networks.dense import ACTIVATIONS, dense
from glassnet.nn.container import Sequential
from glassnet.nn.convolution import Conv2d
from glassnet.nn.flatten import Flatten, Unflatten
from glassnet.nn.max_pooling import MaxPool2d
from glassnet.nn.module import Module
from glassnet.ops.shapes import written

CHANNELS = (8, 16)  # of the two convolutions
KERNEL = 5


def cnn(
    shape: Sequence[int], hidden: Sequence[int], outputs: int, activation: str = "relu", dropout: float = 0.0
) -> Sequential:
    """A convolutional network for pictures of ``shape`` [height, width] (shades of grey) or [channels, height, width].

    Two convolutions of 5 × 5, each before ``activation`` and a maximum over 2 × 2 pixels, then linear layers of
    ``hidden`` sizes. Source: Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), section
    II. Raises ShapeError for pictures of less than 4 × 4 pixels, of which nothing would be left.

    >>> from glassnet.networks import cnn
    >>> cnn((28, 28), [16], 10)(glassnet.zeros(2, 28, 28)).shape
    (2, 10)
    """
    layers: list[Module] = [Unflatten(1, (1, shape[0]))] if len(shape) == 2 else []
    before = 1 if len(shape) == 2 else shape[0]
    for after in CHANNELS:
        layers += [Conv2d(before, after, KERNEL, padding=KERNEL // 2), ACTIVATIONS[activation](), MaxPool2d(2)]
        before = after
    return Sequential(*layers, Flatten(), *dense(features(shape), hidden, outputs, activation, dropout))


def features(shape: Sequence[int]) -> int:
    """How many numbers the convolutions leave of a picture of ``shape``.

    >>> from glassnet.networks.convolutional import features
    >>> features((28, 28))  # 16 channels of 7 × 7
    784
    """
    smaller: int = 2 ** len(CHANNELS)
    height, width = (side // smaller for side in shape[-2:])
    if not height * width:
        raise ShapeError(f"cnn: expected pictures of 4 × 4 pixels or more, got {written(shape)}; make them larger")
    return CHANNELS[-1] * height * width
