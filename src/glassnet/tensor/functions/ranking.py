"""Which element is where in order: kthvalue, mode, aminmax, msort; and distances and lengths brought to a limit."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.errors import NoElementsError, RangeError, ShapeError
from glassnet.ops.functions import ranks
from glassnet.ops.selection import where
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.methods.reduction import Dim
from glassnet.tensor.spellings import takes_axis
from glassnet.tensor.tensor import Tensor, apply
from glassnet.tensor.wording import Found, found, returned, returned_by

__all__ = ["aminmax", "dist", "kthvalue", "mode", "msort", "renorm"]


@returned_by("aminmax")
class Extremes(NamedTuple):
    """The smallest and the largest."""

    min: Tensor
    max: Tensor


@takes_axis
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Found[Tensor]:
    """(values, indices) of the ``k``-th smallest along ``dim``, counted from 1.

    >>> glassnet.tensor([30, 10, 20]).kthvalue(2)
    return_types.kthvalue(
    values=tensor(20),
    indices=tensor(2))
    """
    d = normalize_dim("kthvalue", dim, input.ndim)
    n = input.shape[d] if input.ndim else 1
    if not 1 <= k <= n:
        raise RangeError(f"kthvalue: expected k from 1 to {n}, the size of dim {dim}, got {k}")
    indices = input.argsort(d)
    return _picked("kthvalue", input, indices.narrow(d, k - 1, 1) if input.ndim else indices, d, keepdim)


def _picked(name: str, input: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Found[Tensor]:
    values = input.gather(dim, indices)
    if keepdim or not input.ndim:
        return found(name, values, indices)
    return found(name, values.squeeze(dim), indices.squeeze(dim))


@takes_axis
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Found[Tensor]:
    """(values, indices) of the commonest along ``dim``: of equally common ones the smallest, where it stands last.

    >>> glassnet.tensor([3, 1, 3, 1, 2]).mode()
    return_types.mode(
    values=tensor(1),
    indices=tensor(3))
    """
    d = normalize_dim("mode", dim, input.ndim)
    if input.ndim and input.shape[d] == 0:
        raise NoElementsError(f"mode: expected at least one element along dim {dim}, got shape {written(input.shape)}")
    position = apply(ranks.mode_position, input, dim=d)
    return _picked("mode", input, position.unsqueeze(d) if input.ndim else position, d, keepdim)


@takes_axis
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """(min, max) over ``dim``, or of all; equal ones share the gradient.

    >>> glassnet.tensor([3, 1, 2]).aminmax()
    return_types.aminmax(
    min=tensor(1),
    max=tensor(3))
    """
    return returned(Extremes, input.amin(dim, keepdim), input.amax(dim, keepdim))


def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension.

    >>> glassnet.tensor([3, 1, 2]).msort()
    tensor([1, 2, 3])
    """
    return input.sort(0).values


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The ``p``-norm of the difference, of all elements.

    >>> glassnet.dist(glassnet.tensor([1.0, 2.0]), glassnet.tensor([4.0, 6.0]))
    tensor(5.)
    """
    return (input - other).norm(p)


def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along ``dim`` whose ``p``-norm is larger than ``maxnorm`` made shorter, so that it is that.

    >>> glassnet.tensor([[3.0, 4.0], [0.3, 0.4]]).renorm(2, 0, 1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    if input.ndim < 2:
        raise ShapeError(f"renorm: expected 2 dimensions or more, got {written(input.shape)}")
    if p <= 0 or maxnorm < 0:
        raise RangeError(f"renorm: expected p > 0 and maxnorm of 0 or more, got {p} and {maxnorm}")
    d = normalize_dim("renorm", dim, input.ndim)
    others: Dim = [i for i in range(input.ndim) if i != d]
    length = input.norm(p, others, keepdim=True)
    return input * apply(where, length > maxnorm, maxnorm / (length + 1e-7), 1.0)
