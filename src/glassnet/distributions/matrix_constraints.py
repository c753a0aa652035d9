"""Constraints of matrices, and constraints of parts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.distributions.constraint_kinds import Constraint
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.joining import cat as concatenated
from glassnet.tensor.joining import stack as stacked
from glassnet.tensor.linalg.factorizations import eigvalsh


class _Square(Constraint):
    event_dim = 2
    says = "square matrices"

    def check(self, value: Any) -> Tensor:
        rows, columns = value.shape[-2:]
        return value.new_full(value.shape[:-2], rows == columns, dtype=bool)


class _Symmetric(_Square):
    says = "symmetric matrices"

    def check(self, value: Any) -> Tensor:
        square = super().check(value)
        if not square.array.all():
            return square
        array = value._read("a check of values")
        return wrap(np.isclose(array, array.mT, atol=1e-6).all((-2, -1)))


class _PositiveSemidefinite(_Symmetric):
    says = "symmetric matrices none of whose eigenvalues is negative"

    def check(self, value: Any) -> Tensor:
        symmetric = super().check(value)
        return (eigvalsh(value) >= 0).all(-1) if bool(symmetric.all()) else symmetric


class _PositiveDefinite(_Symmetric):
    says = "symmetric matrices whose eigenvalues are greater than 0"

    def check(self, value: Any) -> Tensor:
        symmetric = super().check(value)
        if not symmetric.array.all():
            return symmetric
        with suppress(np.linalg.LinAlgError):  # no eigenvalues are needed where all have a factor
            np.linalg.cholesky(value._read("a check of values"))
            return symmetric
        return (eigvalsh(value) > 0).all(-1)


class _LowerTriangular(Constraint):
    event_dim = 2
    says = "matrices that are 0 above the diagonal"

    def check(self, value: Any) -> Tensor:
        return (value.tril() == value).all(-1).all(-1)


class _LowerCholesky(_LowerTriangular):
    says = "matrices that are 0 above the diagonal and greater than 0 on it"

    def check(self, value: Any) -> Tensor:
        return super().check(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    says = "Cholesky factors of correlation matrices: 0 above the diagonal, above 0 on it, rows of length 1"

    def check(self, value: Any) -> Tensor:
        tolerance = 10 * value.shape[-1] * _step(value)
        return super().check(value) & ((value.norm(dim=-1) - 1).abs() < tolerance).all(-1)


def _step(value: Any) -> float:
    return 2.0**-52 if value.element_size() == 8 else 2.0**-23


class cat(Constraint):
    """Parts along a dimension, of ``lengths``, each with a constraint of its own.

    >>> from glassnet.distributions import constraints
    >>> constraints.cat([constraints.positive, constraints.real]).check(glassnet.tensor([-1.0, -1.0]))
    tensor([False,  True])
    """

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        self.cseq = list(cseq)
        self.dim = dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        self.says = "parts, each as its own constraint says"

    @property
    def is_discrete(self) -> bool:
        """Whether any is."""
        return any(one.is_discrete for one in self.cseq)

    @property
    def event_dim(self) -> int:
        """The most of any."""
        return max(one.event_dim for one in self.cseq)

    def check(self, value: Any) -> Tensor:
        """Whether each part keeps its constraint."""
        parts = value.split(self.lengths, self.dim)
        return concatenated([one.check(part) for one, part in zip(self.cseq, parts, strict=True)], self.dim)


class stack(Constraint):
    """Slices along a dimension, each with a constraint of its own.

    >>> from glassnet.distributions import constraints
    >>> constraints.stack([constraints.positive, constraints.real]).check(glassnet.tensor([-1.0, -1.0]))
    tensor([False,  True])
    """

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq = list(cseq)
        self.dim = dim
        self.says = "slices, each as its own constraint says"

    @property
    def is_discrete(self) -> bool:
        """Whether any is."""
        return any(one.is_discrete for one in self.cseq)

    @property
    def event_dim(self) -> int:
        """The most of any, and the dimension that counts them."""
        dims = max(one.event_dim for one in self.cseq)
        return dims + 1 if self.dim + dims < 0 else dims

    def check(self, value: Any) -> Tensor:
        """Whether each slice keeps its constraint."""
        slices = value.unbind(self.dim)
        return stacked([one.check(part) for one, part in zip(self.cseq, slices, strict=True)], self.dim)
