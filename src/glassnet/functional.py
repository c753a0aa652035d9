"""Functions by PyTorch's names: ``import glassnet.functional as F``; F.relu, F.cross_entropy …"""

from __future__ import annotations

from glassnet.ops import activation
from glassnet.ops import linear as _linear
from glassnet.tensor import Tensor, apply


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x·Wᵀ + b: input [..., in], weight [out, in], bias [out] give [..., out].

    Raises ShapeError where the last dimension of ``input`` is not ``in``.
    """
    if bias is None:
        return apply(_linear.linear, input, weight)
    return apply(_linear.linear, input, weight, bias)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0), for each element."""
    return input.relu_() if inplace else apply(activation.relu, input)


def softmax(input: Tensor, dim: int | None = None) -> Tensor:
    """Positive numbers that add up to 1 along ``dim``, in the ratio of exp(x)."""
    raise NotImplementedError
