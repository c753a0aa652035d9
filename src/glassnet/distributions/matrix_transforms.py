"""Transforms from real vectors and matrices to shares of a whole, and to triangular and positive definite matrices."""

from __future__ import annotations

import math
from typing import Any

from glassnet import functional as F
from glassnet.distributions import constraints
from glassnet.distributions.bijection import Transform
from glassnet.distributions.utils import smallest_number, smallest_step, tril_matrix_to_vec, vec_to_tril_matrix
from glassnet.tensor.creation import arange, eye
from glassnet.tensor.linalg.factorizations import cholesky
from glassnet.tensor.wording import Size


class SoftmaxTransform(Transform):
    """y = softmax(x): not one to one, for x may be moved by a number.

    >>> glassnet.distributions.SoftmaxTransform()(glassnet.zeros(2))
    tensor([0.5000, 0.5000])
    """

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Any) -> Any:
        return F.softmax(x, dim=-1)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        """The same. Raises ValueError for a single number."""
        if len(shape) < 1:
            raise ValueError("SoftmaxTransform: expected one dimension or more, got a single number")
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Transform):
    """n real numbers to n + 1 shares: each breaks its part off what the ones before left of a stick; one to one.

    >>> glassnet.distributions.StickBreakingTransform()(glassnet.zeros(2))
    tensor([0.3333, 0.3333, 0.3333])
    """

    domain, codomain, bijective = constraints.real_vector, constraints.simplex, True

    def _offset(self, n: int, like: Any) -> Any:
        """log of how many shares are to come: with it, zeros give equal shares."""
        return arange(n, 0, -1, dtype=like.dtype).log()

    def _call(self, x: Any) -> Any:
        broken = (x - self._offset(x.shape[-1], x)).sigmoid()
        broken = broken.clamp(min=smallest_number(x), max=1 - smallest_step(x))
        left = (1 - broken).cumprod(-1)
        return F.pad(broken, [0, 1], value=1.0) * F.pad(left, [1, 0], value=1.0)

    def _inverse(self, y: Any) -> Any:
        shares = y[..., :-1]
        left = (1 - shares.cumsum(-1)).clamp(min=smallest_number(y))
        return shares.log() - left.log() + self._offset(shares.shape[-1], y)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        x = x - self._offset(x.shape[-1], x)
        return (-x + F.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        """One more. Raises ValueError for a single number."""
        if len(shape) < 1:
            raise ValueError("StickBreakingTransform: expected one dimension or more, got a single number")
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        """One less."""
        if len(shape) < 1:
            raise ValueError("StickBreakingTransform: expected one dimension or more, got a single number")
        return Size((*shape[:-1], shape[-1] - 1))


class LowerCholeskyTransform(Transform):
    """Any square matrix to a lower triangular one of a positive diagonal: its lower part, and exp of its diagonal.

    >>> glassnet.distributions.LowerCholeskyTransform()(glassnet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """Any square matrix to a positive definite one: L · Lᵀ of what `LowerCholeskyTransform` gives.

    >>> glassnet.distributions.PositiveDefiniteTransform()(glassnet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x: Any) -> Any:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """n(n − 1)/2 real numbers to the Cholesky factor of a correlation matrix [n, n].

    tanh makes partial correlations of them, and each row breaks a stick of length 1 into the squares of its numbers.

    >>> glassnet.distributions.CorrCholeskyTransform()(glassnet.zeros(1))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain, bijective = constraints.real_vector, constraints.corr_cholesky, True

    def _call(self, x: Any) -> Any:
        step = smallest_step(x)
        partial = vec_to_tril_matrix(x.tanh().clamp(min=-1 + step, max=1 - step), diag=-1)
        left = (1 - partial**2).sqrt().cumprod(-1)
        diagonal = partial + eye(partial.shape[-1], dtype=x.dtype)
        return diagonal * F.pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        used = F.pad((1 - (y * y).cumsum(-1))[..., :-1], [1, 0], value=1)
        partial = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(used, diag=-1).sqrt()
        return (partial.log1p() - (-partial).log1p()) / 2

    def _log_stretch(self, x: Any, y: Any) -> Any:
        left = tril_matrix_to_vec(1 - (y * y).cumsum(-1), diag=-2)
        by_sticks = 0.5 * left.log().sum(-1)
        by_tanh = -2 * (x + F.softplus(-2 * x) - math.log(2.0)).sum(-1)
        return by_sticks + by_tanh

    def forward_shape(self, shape: Any) -> Any:
        """A matrix. Raises ValueError where the length is no n(n − 1)/2."""
        if len(shape) < 1:
            raise ValueError("CorrCholeskyTransform: expected one dimension or more, got a single number")
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError(f"CorrCholeskyTransform: expected n(n − 1)/2 numbers (1, 3, 6, 10 …), got {shape[-1]}")
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Any) -> Any:
        """The numbers below the diagonal."""
        if len(shape) < 2 or shape[-2] != shape[-1]:
            raise ValueError(f"CorrCholeskyTransform: expected square matrices, got shape {list(shape)}")
        n = shape[-1]
        return Size((*shape[:-2], n * (n - 1) // 2))
