"""Dropout: in training, elements are set to 0 at random, so that a network does not depend on single ones."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.nn.checks import check_probability
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import ones


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(type(self).__name__, p)
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The probability, and whether the input itself is changed."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, sets each element to 0 with probability ``p`` and multiplies the rest by 1/(1 − p).

    After ``eval()`` the input passes unchanged. Raises ValueError for a ``p`` outside 0 to 1.

    N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014.

    >>> _ = glassnet.manual_seed(0)
    >>> dropout = nn.Dropout(0.5)
    >>> dropout(glassnet.ones(6))
    tensor([0., 0., 0., 2., 2., 2.])
    >>> dropout.eval()(glassnet.ones(6))
    tensor([1., 1., 1., 1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with elements dropped."""
        return F.dropout(input, self.p, self.training, self.inplace)


class _ChannelDropout(_Dropout):
    _spatial = "L"

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with whole channels dropped."""
        n = len(self._spatial)
        if len(input.shape) != n + 2:
            raise ShapeError(
                f"{self._get_name()}: expected an input of shape [N, C, {', '.join(self._spatial)}], got "
                f"{written(input.shape)}; make one sample a batch: x.unsqueeze(0)"
            )
        if not self.training:
            return input
        scale = F.dropout(ones(*input.shape[:2], *(1,) * n, dtype=input.dtype), self.p)
        return input.mul_(scale) if self.inplace else input * scale


class Dropout1d(_ChannelDropout):
    """`Dropout` of whole channels of [N, C, L]. Raises ShapeError for another number of dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> _ = glassnet.manual_seed(0)
    >>> nn.Dropout1d(0.5)(glassnet.ones(1, 4, 2))
    tensor([[[0., 0.],
             [0., 0.],
             [0., 0.],
             [2., 2.]]])
    """


class Dropout2d(_ChannelDropout):
    """`Dropout` of whole channels of [N, C, H, W]. Raises ShapeError for another number of dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> _ = glassnet.manual_seed(0)
    >>> nn.Dropout2d(0.5)(glassnet.ones(1, 4, 1, 2)).flatten(1)
    tensor([[0., 0., 0., 0., 0., 0., 2., 2.]])
    """

    _spatial = "HW"


class Dropout3d(_ChannelDropout):
    """`Dropout` of whole channels of [N, C, D, H, W]. Raises ShapeError for another number of dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> _ = glassnet.manual_seed(0)
    >>> nn.Dropout3d(0.5)(glassnet.ones(1, 4, 1, 1, 2)).flatten(1)
    tensor([[0., 0., 0., 0., 0., 0., 2., 2.]])
    """

    _spatial = "DHW"


class AlphaDropout(_Dropout):
    """`Dropout` for networks of `SELU`: dropped elements become SELU's limit at −∞, −1.7581.

    All elements are then scaled and shifted, so that a mean of 0 and a variance of 1 stay as they are.

    G. Klambauer et al., Self-Normalizing Neural Networks, 2017.

    >>> _ = glassnet.manual_seed(0)
    >>> x = nn.AlphaDropout(0.2)(glassnet.randn(100_000))
    >>> round(abs(x.mean().item()), 1), round(x.std().item(), 1)
    (0.0, 1.0)
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with elements dropped."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace)
