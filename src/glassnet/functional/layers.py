"""What layers compute: linear maps."""

from __future__ import annotations

from glassnet.errors import DtypeError, RangeError
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops import indexing
from glassnet.ops import linear as linear_ops
from glassnet.ops.dtypes import int64
from glassnet.tensor import Tensor, apply

__all__ = ["bilinear", "linear", "one_hot"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x·Wᵀ + b: input [..., in], weight [out, in], bias [out] give [..., out].

    Raises ShapeError where the last dimension of ``input`` is not ``in``.

    >>> x, weight = glassnet.tensor([1.0, 2.0]), glassnet.tensor([[1.0, 1.0], [3.0, 0.0]])
    >>> F.linear(x, weight, glassnet.tensor([10.0, 20.0]))
    tensor([13., 23.])
    """
    if bias is None:
        return apply(linear_ops.linear, input, weight)
    return apply(linear_ops.linear, input, weight, bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x₁ᵀ·Wₖ·x₂ + bₖ for each k: [..., in1], [..., in2], weight [out, in1, in2], bias [out] give [..., out].

    >>> weight = glassnet.eye(2).unsqueeze(0)
    >>> F.bilinear(glassnet.tensor([[1.0, 2.0]]), glassnet.tensor([[3.0, 4.0]]), weight)
    tensor([[11.]])
    """
    if bias is None:
        return apply(linear_ops.bilinear, input1, input2, weight)
    return apply(linear_ops.bilinear, input1, input2, weight, bias)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Each label as a row of zeros with a 1 at its position: [...] gives [..., num_classes], int64.

    Without ``num_classes``, one more than the largest label. Raises DtypeError for labels that are
    not whole numbers, ValueError for one that is no class.

    >>> F.one_hot(glassnet.tensor([2, 0]), 3)
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    check_tensor("one_hot", tensor, "labels")
    if tensor.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: expected labels of an integer dtype, got {tensor.dtype}; convert them: x.long()")
    if num_classes == -1:
        if tensor.numel() == 0:
            raise RangeError("one_hot: without labels the number of classes is unknown; pass num_classes")
        num_classes = int(tensor._read("one_hot() without num_classes").max()) + 1
    least, most = tensor.array.min(initial=0), tensor.array.max(initial=0)
    if least < 0 or most >= num_classes:
        advice = (
            "the first class is 0: count the labels from there"
            if least < 0
            else f"there is a class for each number from 0 to the largest label: num_classes={most + 1}"
        )
        came = least if least < 0 else most
        raise RangeError(f"one_hot: expected labels from 0 to {num_classes - 1}, got {came}; {advice}")
    return apply(indexing.one_hot, tensor, classes=num_classes, dtype=int64)
