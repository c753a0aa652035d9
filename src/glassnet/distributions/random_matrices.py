"""Distributions of matrices: of correlations, and of covariances."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution
from glassnet.distributions.drawing import normal, standard_gamma
from glassnet.distributions.multivariate_normal import MultivariateNormal, log_diagonal
from glassnet.distributions.utils import broadcast_all, smallest_number
from glassnet.tensor import Tensor
from glassnet.tensor.creation import arange
from glassnet.tensor.functions.special_functions import digamma, lgamma, mvlgamma
from glassnet.tensor.joining import where
from glassnet.tensor.linalg.equations import solve_triangular


class LKJCholesky(Distribution):
    """The Cholesky factor of a correlation matrix [dim, dim], whose determinant has the power concentration − 1.

    With ``concentration`` 1 all correlation matrices are alike; a greater one is nearer to no correlation.
    Source: Lewandowski, Kurowicka, Joe, "Generating random correlation matrices based on vines and extended onion
    method" (2009).

    >>> factor = glassnet.distributions.LKJCholesky(3, 1.0).sample()
    >>> (factor @ factor.mT).diagonal()
    tensor([1., 1., 1.])
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: expected dim of 2 or more, got {dim}")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        """Row by row, the onion's way: a direction, and how much of the row's length of 1 lies in it."""
        rows = (arange(self.dim, dtype=self.concentration.dtype) - 1).clamp(min=0)
        total = self.concentration.unsqueeze(-1) + 0.5 * (self.dim - 2) - 0.5 * rows
        taken = standard_gamma((rows + 0.5).expand(*shape[:-1]))
        share = taken / (taken + standard_gamma(total.expand(*shape[:-1])))
        direction = normal(shape, self.concentration.dtype).tril(-1)
        length = direction.norm(dim=-1, keepdim=True)
        below = share.unsqueeze(-1).sqrt() * direction / where(length > 0, length, 1.0)
        left = (1 - (below**2).sum(-1)).clamp(min=smallest_number(below)).sqrt()
        return below + left.diag_embed()

    def _log_prob(self, value: Any) -> Any:
        n = self.dim - 1
        diagonal = value.diagonal(dim1=-2, dim2=-1)[..., 1:]
        powers = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1, dtype=value.dtype)
        alpha = self.concentration + 0.5 * n
        volume = 0.5 * n * math.log(math.pi) + mvlgamma(alpha - 0.5, n) - n * lgamma(alpha)
        return (powers * diagonal.log()).sum(-1) - volume


class Wishart(Distribution):
    """The sum of ``df`` products x · xᵀ of normal vectors x of mean 0: what a covariance, estimated, comes to.

    The covariance of x is told as that of `MultivariateNormal` is. Source: Bartlett (1933), for the samples.

    >>> glassnet.distributions.Wishart(glassnet.tensor(3.0), glassnet.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    arg_constraints = {
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
        "df": constraints.greater_than(0),
    }
    support = constraints.positive_definite
    has_rsample = True

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        matrix = next((m for m in (covariance_matrix, precision_matrix, scale_tril) if m is not None), None)
        if matrix is None or matrix.dim() < 2:
            raise ValueError("Wishart: expected a matrix as covariance_matrix, precision_matrix or scale_tril")
        n = matrix.shape[-1]
        (df,) = broadcast_all(df)
        of_vectors = MultivariateNormal(
            df.new_zeros(*df.shape, n).to(matrix.dtype),
            covariance_matrix,
            precision_matrix,
            scale_tril,
            validate_args=False,
        )
        self._of_vectors = of_vectors
        given = ("covariance_matrix", "precision_matrix", "scale_tril")
        vars(self).update({name: vars(of_vectors)[name] for name in given if name in vars(of_vectors)})
        self.df = df.expand(*of_vectors.batch_shape)
        if not bool((self.df > n - 1).all()):
            raise ValueError(f"Wishart: expected df to be greater than {n - 1}, the size of the matrices less 1")
        super().__init__(of_vectors.batch_shape, (n, n), validate_args=validate_args)

    def __getattr__(self, name: str) -> Any:
        if name in ("covariance_matrix", "precision_matrix", "scale_tril"):
            return getattr(self._of_vectors, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r:.80}", name=name, obj=self)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = super().expand(batch_shape, _instance)
        new._of_vectors = self._of_vectors.expand(batch_shape)
        return new

    @property
    def _n(self) -> int:
        return int(self._event_shape[0])

    @property
    def _halves(self) -> Any:
        """(df − i) / 2 for each row i."""
        return (self.df.unsqueeze(-1) - arange(self._n, dtype=self.df.dtype)) / 2

    def _draw(self, shape: Any) -> Tensor:
        diagonal = (2 * standard_gamma(self._halves.expand(*shape[:-1]))).sqrt()
        factor = self.scale_tril @ (normal(shape, self.df.dtype).tril(-1) + diagonal.diag_embed())
        return factor @ factor.mT

    def _log_prob(self, value: Any) -> Any:
        n, half = self._n, self.df / 2
        solved = solve_triangular(self.scale_tril, value.expand(*value.shape), upper=False)
        trace = solve_triangular(self.scale_tril, solved.mT, upper=False).diagonal(dim1=-2, dim2=-1).sum(-1)
        normalizer = half * n * math.log(2) + self.df * log_diagonal(self.scale_tril) + self._log_gamma()
        return -normalizer + (self.df - n - 1) / 2 * value.logdet() - trace / 2

    def _log_gamma(self) -> Any:
        """The logarithm of the gamma function of n dimensions, of df / 2."""
        return lgamma(self._halves).sum(-1) + self._n * (self._n - 1) / 4 * math.log(math.pi)

    def _entropy(self) -> Any:
        n = self._n
        psi = digamma(self._halves).sum(-1)
        spread = (n + 1) * (log_diagonal(self.scale_tril) + n * math.log(2) / 2)
        return spread + self._log_gamma() - (self.df - n - 1) / 2 * psi + self.df * n / 2

    def _mean(self) -> Any:
        return self.df[..., None, None] * self.covariance_matrix

    def _mode(self) -> Any:
        factor = self.df - self._n - 1
        return where(factor > 0, factor, math.nan)[..., None, None] * self.covariance_matrix

    def _variance(self) -> Any:
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (v**2 + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))
