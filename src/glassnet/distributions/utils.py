"""What distributions share: numbers as tensors of one shape, probabilities as logits, values kept once computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet import functional as F
from glassnet.autograd import enable_grad
from glassnet.ops.dtypes import get_default_dtype
from glassnet.tensor import Tensor
from glassnet.tensor.creation import tensor, zeros
from glassnet.tensor.functions.arranging import broadcast_tensors
from glassnet.tensor.functions.positions import tril_indices

__all__ = [
    "broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits", "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]  # fmt: skip

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors and numbers as tensors of one shape; numbers get the dtype of the first tensor.

    >>> from glassnet.distributions.utils import broadcast_all
    >>> broadcast_all(glassnet.zeros(2), 1.0)
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    for value in values:
        if not isinstance(value, Tensor | int | float | np.generic):
            raise ValueError(f"expected a tensor or a number for each parameter, got {type(value).__name__}")
    dtype = next((value.dtype for value in values if isinstance(value, Tensor)), get_default_dtype())
    tensors = [value if isinstance(value, Tensor) else tensor(value, dtype=dtype) for value in values]
    return tuple(broadcast_tensors(*tensors)) if len({x.shape for x in tensors}) > 1 else tuple(tensors)


def smallest_step(x: Tensor) -> float:
    """The distance from 1 to the next number of its dtype."""
    return float(np.finfo(x.dtype).eps)


def smallest_number(x: Tensor) -> float:
    """The smallest number above 0 that its dtype holds with all its digits."""
    return float(np.finfo(x.dtype).tiny)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities that are kept off 0 and 1 by the smallest step of their dtype.

    >>> from glassnet.distributions.utils import clamp_probs
    >>> clamp_probs(glassnet.tensor([0.0, 0.5])) > 0
    tensor([True, True])
    """
    step = smallest_step(probs)
    return probs.clamp(min=step, max=1 - step)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """The logarithms of probabilities; of binary ones, those of p / (1 − p).

    >>> from glassnet.distributions.utils import probs_to_logits
    >>> probs_to_logits(glassnet.tensor([0.5, 0.8]), is_binary=True)
    tensor([0.0000, 1.3863])
    """
    kept = clamp_probs(probs)
    return kept.log() - (-kept).log1p() if is_binary else kept.log()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The probabilities that logits stand for: their sigmoid, if binary, else their softmax along the last dimension.

    >>> from glassnet.distributions.utils import logits_to_probs
    >>> logits_to_probs(glassnet.zeros(4))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    return logits.sigmoid() if is_binary else F.softmax(logits, dim=-1)


class lazy_property:
    """A property that is computed when it is first asked for, and kept.

    >>> from glassnet.distributions.utils import lazy_property
    >>> class Circle:
    ...     radius = 2
    ...
    ...     @lazy_property
    ...     def diameter(self):
    ...         return 2 * self.radius
    >>> Circle().diameter
    4
    """

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():  # it is kept, for those too who ask for its gradient later
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


def one_of_two(owner: str, probs: Any, logits: Any) -> str:
    """Which of ``probs`` and ``logits`` is given. Raises ValueError for both, and for neither."""
    if (probs is None) == (logits is None):
        given = "neither" if probs is None else "both"
        raise ValueError(f"{owner}: expected either probs or logits, got {given}")
    return "probs" if logits is None else "logits"


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangle of matrices, row by row, as vectors.

    >>> from glassnet.distributions.utils import tril_matrix_to_vec
    >>> tril_matrix_to_vec(glassnet.tensor([[1, 0], [2, 3]]))
    tensor([1, 2, 3])
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"tril_matrix_to_vec: expected diag from {-n} to {n - 1}, got {diag}")
    rows, columns = tril_indices(n, n, diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The opposite of `tril_matrix_to_vec`.

    >>> from glassnet.distributions.utils import vec_to_tril_matrix
    >>> vec_to_tril_matrix(glassnet.tensor([1, 2, 3]))
    tensor([[1, 0],
            [2, 3]])
    """
    length = vec.shape[-1]
    n = (-(1 + 2 * diag) + ((1 + 2 * diag) ** 2 + 8 * length + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if round(n) - n > 1e-6 or n - int(n) > 1e-6:
        raise ValueError(f"vec_to_tril_matrix: {length} numbers fill no lower triangle whose diagonal is {diag}")
    rows, columns = tril_indices(round(n), round(n), diag)
    matrix = zeros(*vec.shape[:-1], round(n), round(n), dtype=vec.dtype)
    matrix[..., rows, columns] = vec
    return matrix
