"""What layers compute: linear maps, dropout."""

from __future__ import annotations

from glassnet.errors import DtypeError, RangeError
from glassnet.ops import indexing, sampling
from glassnet.ops import linear as linear_ops
from glassnet.ops.activation import SELU_ALPHA, SELU_SCALE
from glassnet.ops.arithmetic import mul
from glassnet.ops.dtypes import int64
from glassnet.random import chosen
from glassnet.tensor import Tensor, apply, write

__all__ = ["alpha_dropout", "bilinear", "dropout", "linear", "one_hot"]


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
    if tensor.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: expected labels of an integer dtype, got {tensor.dtype}; convert them: x.long()")
    if num_classes == -1:
        if tensor.numel() == 0:
            raise RangeError("one_hot: without labels the number of classes is unknown; pass num_classes")
        num_classes = int(tensor._read("one_hot() without num_classes").max()) + 1
    least, most = tensor.array.min(initial=0), tensor.array.max(initial=0)
    if least < 0 or most >= num_classes:
        raise RangeError(f"one_hot: expected labels from 0 to {num_classes - 1}, got {least if least < 0 else most}")
    return apply(indexing.one_hot, tensor, classes=num_classes, dtype=int64)


def _kept(name: str, input: Tensor, p: float, training: bool) -> Tensor | None:
    """1 with probability 1 − p for each element of ``input``, else 0; None if nothing is dropped."""
    if not 0 <= p <= 1:
        raise RangeError(f"{name}: expected a probability p from 0 to 1, got {p}")
    if not training or p == 0:
        return None
    return apply(sampling.bernoulli, shape=input.shape, dtype=input.dtype, generator=chosen(None), p=1 - p)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element set to 0 with probability ``p``, the rest multiplied by 1/(1 − p) to keep the mean.

    The input itself if not ``training``. Raises ValueError for a ``p`` that is no probability.
    N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014.

    >>> F.dropout(glassnet.ones(1000), p=0.5).unique()
    tensor([0., 2.])
    """
    kept = _kept("dropout", input, p, training)
    if kept is None:
        return input
    if p < 1:
        write(kept, mul, kept, 1 / (1 - p))
    return write(input, mul, input, kept) if inplace else input * kept


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout for `selu`: dropped elements become selu's limit at −∞; mean 0 and variance 1 are kept.

    G. Klambauer et al., Self-Normalizing Neural Networks, 2017.

    >>> x = F.alpha_dropout(glassnet.randn(10000), p=0.1)
    >>> abs(x.mean().item()) < 0.1, abs(x.std().item() - 1) < 0.1
    (True, True)
    """
    kept = _kept("alpha_dropout", input, p, training)
    if kept is None:
        return input
    limit = -SELU_ALPHA * SELU_SCALE
    scale = 0.0 if p == 1 else ((1 - p) * (1 + p * limit**2)) ** -0.5
    result = (input * kept + (1 - kept) * limit) * scale - scale * p * limit
    return input.copy_(result) if inplace else result
