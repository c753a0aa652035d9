"""Normalization of a sample by itself: over its features, groups of its channels, or neighbouring channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
from glassnet.errors import DtypeError, ShapeError
from glassnet.functional.normalization import channel_sums
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn.checks import check_same_dtype, parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import ones, zeros, zeros_like
from glassnet.tensor.joining import cat

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class Normalization(Module):
    """What normalizations share: a ``weight`` that scales and a ``bias`` that shifts, where they have them."""

    weight: Parameter | None
    bias: Parameter | None

    def _make_parameters(self, shape: Sequence[int], scales: bool, shifts: bool, device: Any, dtype: Any) -> None:
        dtype = parameter_dtype(self._get_name(), device, dtype)
        self.register_parameter("weight", Parameter(ones(*shape, dtype=dtype)) if scales else None)
        self.register_parameter("bias", Parameter(zeros(*shape, dtype=dtype)) if scales and shifts else None)

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        if self.weight is not None:
            self.weight.data.fill_(1.0)
        if self.bias is not None:
            self.bias.data.zero_()

    def forward(self, input: Tensor) -> Tensor:
        """The input, normalized, then scaled and shifted."""
        try:
            return self._normalized(input)
        except DtypeError:
            for own in (*self.parameters(), *self.buffers()):
                check_same_dtype(self._get_name(), input, own)
            raise

    def _normalized(self, input: Tensor) -> Tensor:
        raise NotImplementedError


class LayerNorm(Normalization):
    """The last dimensions brought to mean 0 and variance 1, then scaled by ``weight`` and shifted by ``bias``.

    An input [*, *normalized_shape] gives the same. weight and bias are of the shape normalized_shape and begin at 1 and
    0; both are None with ``elementwise_affine=False``, the bias with ``bias=False``.

    Raises ValueError or TypeError for sizes that are not whole numbers of 1 or more; called, ShapeError or DtypeError
    for an input that does not fit.

    J. L. Ba, J. R. Kiros and G. E. Hinton, Layer Normalization, 2016.

    >>> nn.LayerNorm(2)(glassnet.tensor([[1.0, 3.0], [10.0, 30.0]])).detach()
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _sizes("LayerNorm", normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make_parameters(self.normalized_shape, elementwise_affine, bias, device, dtype)

    def _normalized(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The sizes, eps, and whether there are a weight and a bias."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Normalization):
    """The last dimensions divided by the root of their mean square, then scaled by ``weight``.

    An input [*, *normalized_shape] gives the same. weight is of the shape normalized_shape and begins at 1; it is None
    with ``elementwise_affine=False``. ``eps`` is added to the mean square; None: the machine epsilon of the dtype.

    Raises ValueError or TypeError for sizes that are not whole numbers of 1 or more; called, ShapeError or DtypeError
    for an input that does not fit.

    B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, 2019.

    >>> nn.RMSNorm(4)(glassnet.tensor([3.0, 4.0, 0.0, 0.0])).detach()  # the root of 25/4 is 2.5
    tensor([1.2000, 1.6000, 0.0000, 0.0000])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _sizes("RMSNorm", normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make_parameters(self.normalized_shape, elementwise_affine, False, device, dtype)

    def _normalized(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The sizes, eps, and whether there is a weight."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Normalization):
    """Channels in ``num_groups`` groups, each brought to mean 0 and variance 1; then each channel scaled and shifted.

    An input [N, num_channels, *] gives the same. weight and bias are of the shape [num_channels] and begin at 1 and 0;
    both are None with ``affine=False``, the bias with ``bias=False``.

    Raises ValueError or TypeError for numbers that are not whole, or groups that do not divide the channels; called,
    ShapeError or DtypeError for an input that does not fit.

    Y. Wu and K. He, Group Normalization, 2018.

    >>> nn.GroupNorm(2, 4)(glassnet.tensor([[1.0, 3.0, 10.0, 30.0]])).detach()
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_whole("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: expected num_groups that divides num_channels, got {num_channels} / {num_groups} = "
                f"{num_channels / num_groups:.4g}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make_parameters([num_channels], affine, bias, device, dtype)

    def _normalized(self, input: Tensor) -> Tensor:
        if isinstance(input, Tensor) and len(input.shape) > 1 and input.shape[1] != self.num_channels:
            raise ShapeError(
                f"GroupNorm: expected an input of {self.num_channels} channels (dimension 1), got "
                f"{written(input.shape)}; set num_channels={input.shape[1]}"
            )
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The numbers, eps, and whether there are a weight and a bias."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """x / (k + alpha·s)^beta, where s is the mean square of ``size`` channels beside each other, x's in the middle.

    An input [N, C, *] gives the same; beyond the first and the last channel there are zeros.

    Raises ValueError or TypeError for a size that is not a whole number of 1 or more; called, ShapeError for an input
    of fewer than 3 dimensions.

    A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.

    >>> x = glassnet.tensor([[[1.0], [2.0], [3.0]]])
    >>> nn.LocalResponseNorm(3, alpha=3.0, beta=1.0)(x).flatten()  # 1/(1 + 1 + 4), 2/(1 + 1 + 4 + 9), …
    tensor([0.1667, 0.1333, 0.2143])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        check_whole(self._get_name(), size=size)
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """The input, each number made smaller by those of the channels beside it."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The size and the numbers of the formula."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """x / (k + alpha·s/size)^beta, where s is the sum of the squares of the channels beside x.

    An input [N, C, H, W] gives the same. These are (size − 1)/2 channels on either side, rounded down, so of an even
    ``size`` one fewer than in `LocalResponseNorm`. As in PyTorch, the first channel is counted by all that come after
    its neighbours too; the gradient is that of these values, while PyTorch's leaves the first channel out.

    Raises ShapeError for an input that is not of 4 dimensions.

    >>> x = glassnet.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    >>> nn.CrossMapLRN2d(3, alpha=3.0, beta=1.0)(x).flatten()  # 1/(1 + 1 + 4), 2/(1 + 1 + 4 + 9), 3/(1 + 1 + 4 + 9)
    tensor([0.1667, 0.1333, 0.2000])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        """The input, each number made smaller by those of the channels beside it."""
        if len(input.shape) != 4:
            raise ShapeError(f"CrossMapLRN2d: expected an input [N, C, H, W], got {written(input.shape)}")
        reach = (self.size - 1) // 2
        squares = input.square()
        sums = channel_sums(squares, reach, reach)
        if input.shape[1] > reach + 1:
            first = squares[:, :1].expand(-1, input.shape[1] - reach - 1, -1, -1)
            sums = sums + cat([zeros_like(squares[:, : reach + 1]), first], dim=1)
        divided: Tensor = input / (self.k + self.alpha / self.size * sums) ** self.beta
        return divided


def _sizes(layer: str, normalized_shape: Any) -> tuple[int, ...]:
    sizes = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (normalized_shape,)
    for size in sizes:
        check_whole(layer, normalized_shape=size)
    if not sizes:
        raise ValueError(f"{layer}: expected normalized_shape of 1 size or more, got none")
    return sizes
