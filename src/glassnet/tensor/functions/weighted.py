"""Sums in which each part has a weight: addcmul, addcdiv, lerp."""

from __future__ import annotations

from typing import Any

from glassnet.ops.dtypes import result_type
from glassnet.ops.shapes import equal_dtypes
from glassnet.tensor.spellings import scale_last
from glassnet.tensor.tensor import Tensor

__all__ = ["addcdiv", "addcmul", "lerp"]


def addcmul(input: Tensor, tensor1: Any, tensor2: Tensor, last: Any = None, *, value: float = 1) -> Tensor:
    """``input + value · tensor1 · tensor2``, element by element.

    >>> glassnet.addcmul(glassnet.ones(2), glassnet.tensor([1.0, 2.0]), glassnet.tensor([3.0, 4.0]), value=0.5)
    tensor([2.5000, 5.0000])
    """
    if last is not None:
        tensor1, tensor2, value = scale_last(tensor1, tensor2, last)
    return input.add(_common(tensor1, tensor2, input) * tensor2, alpha=value)


def addcdiv(input: Tensor, tensor1: Any, tensor2: Tensor, last: Any = None, *, value: float = 1) -> Tensor:
    """``input + value · tensor1 / tensor2``, element by element.

    >>> glassnet.addcdiv(glassnet.zeros(2), glassnet.tensor([1.0, 2.0]), glassnet.tensor([2.0, 8.0]))
    tensor([0.5000, 0.2500])
    """
    if last is not None:
        tensor1, tensor2, value = scale_last(tensor1, tensor2, last)
    return input.add(_common(tensor1, tensor2, input) / tensor2, alpha=value)


def lerp(input: Tensor, end: Any, weight: Any) -> Tensor:
    """``input + weight · (end − input)``: from ``input`` at weight 0 to ``end`` at weight 1.

    >>> glassnet.lerp(glassnet.tensor([0.0, 10.0]), glassnet.tensor([10.0, 20.0]), 0.1)
    tensor([ 1., 11.])
    """
    equal_dtypes("lerp", input, end)
    added: Tensor = (end - input) * weight
    return input + added


def _common(tensor: Any, *others: Any) -> Any:
    """``tensor`` in the dtype that it has in common with the ``others``: a smaller one would lose digits."""
    return tensor.to(result_type(tensor, *others)) if isinstance(tensor, Tensor) else tensor
