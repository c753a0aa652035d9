"""Softmax and its family as modules, and `GLU`: what acts along a dimension, not on each element by itself."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.nn.activation import Activation
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor

__all__ = ["GLU", "LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class _AlongDim(Activation):
    options = ("dim",)
    shown = ("dim",)

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim


class GLU(_AlongDim):
    """a · sigmoid(b), where a and b are the halves of the input along ``dim``.

    The input [..., 2n, ...] gives [..., n, ...]. Raises ShapeError for an odd size.

    Y. Dauphin et al., Language Modeling with Gated Convolutional Networks, 2017.

    >>> nn.GLU()(glassnet.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """

    function = staticmethod(F.glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)


class Softmax(_AlongDim):
    """exp(xᵢ) / Σⱼ exp(xⱼ): positive numbers that add up to 1 along ``dim``.

    `CrossEntropyLoss` applies it itself: leave it out of a network trained with that.

    J. Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990.

    >>> nn.Softmax(dim=0)(glassnet.tensor([1.0, 2.0, 3.0]))
    tensor([0.0900, 0.2447, 0.6652])
    """

    function = staticmethod(F.softmax)


class LogSoftmax(_AlongDim):
    """xᵢ − log Σⱼ exp(xⱼ): the logarithm of `Softmax`, without its loss of digits.

    >>> nn.LogSoftmax(dim=0)(glassnet.tensor([0.0, 0.0]))
    tensor([-0.6931, -0.6931])
    """

    function = staticmethod(F.log_softmax)


class Softmin(_AlongDim):
    """softmax(−x): the smallest is the likeliest.

    >>> nn.Softmin(dim=0)(glassnet.tensor([1.0, 2.0, 3.0]))
    tensor([0.6652, 0.2447, 0.0900])
    """

    function = staticmethod(F.softmin)


class Softmax2d(Activation):
    """Softmax over the channels at each place of [n, channels, height, width] or [channels, height, width].

    >>> x = glassnet.zeros(1, 2, 3, 4)
    >>> nn.Softmax2d()(x)[0, :, 0, 0]
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The probabilities of the channels; ShapeError for an input of other than 3 or 4 dimensions."""
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d: expected [n, channels, height, width], got {written(input.shape)}")
        return F.softmax(input, -3)
