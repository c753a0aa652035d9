"""Dropout: in training, numbers or whole channels are left out at random."""

from __future__ import annotations

import warnings
from typing import Any

from glassnet.errors import GlassnetWarning, RangeError, ShapeError
from glassnet.functional.tensor_checks import check_floating, check_tensor
from glassnet.ops import sampling
from glassnet.ops.activation import SELU_ALPHA, SELU_SCALE
from glassnet.ops.dtypes import bool_
from glassnet.ops.layers.dropout import masked_scale
from glassnet.ops.shapes import written
from glassnet.random import chosen
from glassnet.tensor import Tensor, apply, write

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

SELU_LIMIT = -SELU_ALPHA * SELU_SCALE  # at −∞


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element set to 0 with probability ``p``, the rest multiplied by 1/(1 − p) to keep the mean.

    The input itself if not ``training``. Raises ValueError for a ``p`` that is no probability.

    N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014.

    >>> F.dropout(glassnet.ones(1000), p=0.5).unique()
    tensor([0., 2.])
    """
    return _dropped("dropout", input, p, training, inplace)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of [N, C, L] or [C, L]. Raises ShapeError for another number of dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> F.dropout1d(glassnet.ones(1000, 2), p=0.5).sum(1).unique()
    tensor([0., 4.])
    """
    n = len(input.shape)
    if n not in (2, 3):
        raise ShapeError(f"dropout1d: expected an input of shape [N, C, L] or [C, L], got {written(input.shape)}")
    return _dropped("dropout1d", input, p, training, inplace, channels=n - 1)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of [N, C, H, W].

    As in PyTorch an input of 3 dimensions is read as [N, C, L], not as one picture, and any other as [N, C, …], with a
    warning. Raises ShapeError for fewer than 2 dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> F.dropout2d(glassnet.ones(10, 100, 1, 2), p=0.5).sum((2, 3)).unique()
    tensor([0., 4.])
    """
    if len(input.shape) == 3:
        _warn("dropout2d", input, "[N, C, L]", "for one picture: x.unsqueeze(0), for sequences: dropout1d")
    elif len(input.shape) != 4:
        _warn("dropout2d", input, "[N, C, …]", "an image is [N, C, H, W]; to drop single numbers: dropout")
    return _dropped("dropout2d", input, p, training, inplace, channels=2)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of [N, C, D, H, W] or [C, D, H, W].

    As in PyTorch any other input is read as [C, …], with a warning. Raises ShapeError for no dimensions.

    J. Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> F.dropout3d(glassnet.ones(1000, 1, 1, 2), p=0.5).sum((1, 2, 3)).unique()
    tensor([0., 4.])
    """
    if len(input.shape) not in (4, 5):
        _warn("dropout3d", input, "[C, …]", "a volume is [N, C, D, H, W]; to drop single numbers: dropout")
    return _dropped("dropout3d", input, p, training, inplace, channels=2 if len(input.shape) == 5 else 1)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for `selu`: dropped elements become selu's limit at −∞; mean 0 and variance 1 are kept.

    The input itself if not ``training``. Raises ValueError for a ``p`` that is no probability.

    G. Klambauer et al., Self-Normalizing Neural Networks, 2017.

    >>> x = F.alpha_dropout(glassnet.randn(10000), p=0.1, training=True)
    >>> abs(x.mean().item()) < 0.1, abs(x.std().item() - 1) < 0.1
    (True, True)
    """
    return _to_limit("alpha_dropout", input, p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels of [N, C, *]. Raises ShapeError for fewer than 2 dimensions.

    >>> x = F.feature_alpha_dropout(glassnet.zeros(100, 10, 2), p=0.5, training=True)
    >>> bool((x[:, :, 0] == x[:, :, 1]).all())
    True
    """
    if not training and 0 <= p <= 1:
        check_tensor("feature_alpha_dropout", input)
        return input
    if len(input.shape) < 2:
        raise ShapeError(f"feature_alpha_dropout: expected an input [N, C, *], got {written(input.shape)}")
    return _to_limit("feature_alpha_dropout", input, p, training, inplace, channels=2)


def _kept(name: str, input: Any, p: float, training: bool, channels: int | None) -> Tensor | None:
    """True with probability 1 − p, for each element of ``input`` or each channel; None if nothing is dropped.

    A channel is what is left where the first ``channels`` dimensions are fixed.
    """
    check_tensor(name, input)
    if not 0 <= p <= 1:
        raise RangeError(f"{name}: expected a probability p from 0 to 1, got {p}")
    check_floating(name, input)
    if not training or p == 0:
        return None
    shape = input.shape
    if channels is not None:
        shape = (*shape[:channels], *(1 for _ in shape[channels:]))
    return apply(sampling.bernoulli, shape=shape, dtype=bool_, generator=chosen(None), p=1 - p)


def _dropped(name: str, input: Tensor, p: float, training: bool, inplace: bool, channels: int | None = None) -> Tensor:
    kept = _kept(name, input, p, training, channels)
    if kept is None:
        return input
    scale = 1 / (1 - p) if p < 1 else 1.0
    if inplace:
        return write(input, masked_scale, input, kept, scale=scale)
    return apply(masked_scale, input, kept, scale=scale)


def _to_limit(name: str, input: Tensor, p: float, training: bool, inplace: bool, channels: int | None = None) -> Tensor:
    kept = _kept(name, input, p, training, channels)
    if kept is None:
        return input
    scale = 0.0 if p == 1 else ((1 - p) * (1 + p * SELU_LIMIT**2)) ** -0.5
    dropped = scale * (1 - p) * SELU_LIMIT  # what the limit becomes, once scaled and shifted
    shift = kept.to(input.dtype) * (-scale * SELU_LIMIT) + dropped
    result = apply(masked_scale, input, kept, scale=scale) + shift
    return input.copy_(result) if inplace else result


def _warn(name: str, input: Tensor, read_as: str, advice: str) -> None:
    if len(input.shape) <= read_as.count(",") - read_as.count("…"):
        raise ShapeError(f"{name}: expected an input of shape {read_as}, got {written(input.shape)}; {advice}")
    warnings.warn(
        f"{name}: an input of {len(input.shape)} dimensions, {written(input.shape)}, is read as {read_as}; {advice}",
        GlassnetWarning,
        stacklevel=3,
    )
