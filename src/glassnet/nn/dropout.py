"""Dropout: in training, elements are set to 0 at random, so that a network does not depend on single ones."""

from __future__ import annotations

import glassnet.functional as F
from glassnet.nn.checks import check_probability
from glassnet.nn.module import Module
from glassnet.tensor import Tensor


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

    >>> _ = glassnet.manual_seed(8)
    >>> dropout = nn.Dropout(0.5)
    >>> dropout(glassnet.ones(6))
    tensor([0., 2., 2., 0., 0., 2.])
    >>> dropout.eval()(glassnet.ones(6))
    tensor([1., 1., 1., 1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with elements dropped."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """`Dropout` of whole channels of [N, C, L] or [C, L]. Raises ShapeError for another number of dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> _ = glassnet.manual_seed(8)
    >>> nn.Dropout1d(0.5)(glassnet.ones(1, 4, 2))
    tensor([[[0., 0.],
             [2., 2.],
             [2., 2.],
             [0., 0.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with whole channels dropped."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """`Dropout` of whole channels of [N, C, H, W].

    As in PyTorch an input of 3 dimensions is read as [N, C, L], not as one picture, and any other as [N, C, …], with a
    warning. Raises ShapeError for fewer than 2 dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> _ = glassnet.manual_seed(8)
    >>> nn.Dropout2d(0.5)(glassnet.ones(1, 4, 1, 2)).flatten(1)
    tensor([[0., 0., 2., 2., 2., 2., 0., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with whole channels dropped."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """`Dropout` of whole channels of [N, C, D, H, W] or [C, D, H, W].

    As in PyTorch any other input is read as [C, …], with a warning. Raises ShapeError for no dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> _ = glassnet.manual_seed(8)
    >>> nn.Dropout3d(0.5)(glassnet.ones(1, 4, 1, 1, 2)).flatten(1)
    tensor([[0., 0., 2., 2., 2., 2., 0., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with whole channels dropped."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


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


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of [N, C, *]. Raises ShapeError for fewer than 2 dimensions.

    >>> y = nn.FeatureAlphaDropout(0.5)(glassnet.zeros(100, 10, 2))
    >>> bool((y[:, :, 0] == y[:, :, 1]).all())
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with whole channels dropped."""
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
