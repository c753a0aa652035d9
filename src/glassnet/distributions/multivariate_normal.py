"""The normal distribution of vectors, told by a whole covariance or by one of low rank."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution
from glassnet.distributions.drawing import normal
from glassnet.distributions.utils import lazy_property
from glassnet.tensor import Tensor
from glassnet.tensor.creation import eye
from glassnet.tensor.functions.positions import broadcast_shapes
from glassnet.tensor.linalg.equations import inv, solve_triangular
from glassnet.tensor.linalg.factorizations import cholesky


def times(matrix: Any, vector: Any) -> Any:
    """Matrices times vectors, one by one."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def squared_distance(factor: Any, difference: Any) -> Any:
    """differenceᵀ · (factor · factorᵀ)⁻¹ · difference: Mahalanobis' distance, squared; ``factor`` is triangular."""
    batch = broadcast_shapes(factor.shape[:-2], difference.shape[:-1])
    factor = factor.expand(*batch, *factor.shape[-2:])
    difference = difference.expand(*batch, difference.shape[-1])
    return (solve_triangular(factor, difference.unsqueeze(-1), upper=False) ** 2).sum((-2, -1))


def log_diagonal(factor: Any) -> Any:
    """The sum of the logarithms on the diagonal: half the logarithm of the determinant of factor · factorᵀ."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _factor_of_inverse(precision: Any) -> Any:
    """The lower triangular factor of the inverse of a matrix, from the factor of the matrix turned about."""
    upside_down = cholesky(precision.flip((-2, -1)))
    factor = upside_down.flip((-2, -1)).mT
    n = precision.shape[-1]
    return solve_triangular(factor, eye(n, dtype=precision.dtype).expand(*factor.shape), upper=False)


class MultivariateNormal(Distribution):
    """The normal distribution of vectors of mean ``loc``: [*, n].

    Its spread is told by one of ``covariance_matrix``, ``precision_matrix`` (the inverse of that) and ``scale_tril``
    (a lower triangular matrix L; the covariance is L · Lᵀ, and this is the quickest).

    >>> d = glassnet.distributions.MultivariateNormal(glassnet.zeros(2), glassnet.eye(2))
    >>> d.log_prob(glassnet.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("MultivariateNormal: expected loc of one dimension or more, got a single number")
        forms = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = [name for name, matrix in forms.items() if matrix is not None]
        if len(given) != 1:
            raise ValueError(
                "MultivariateNormal: expected one of covariance_matrix, precision_matrix and scale_tril, got "
                f"{' and '.join(given) or 'none'}"
            )
        matrix = forms[given[0]]
        if matrix.dim() < 2:
            raise ValueError(f"MultivariateNormal: expected {given[0]} to be a matrix, got shape {list(matrix.shape)}")
        batch = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, given[0], matrix.expand(*batch, *matrix.shape[-2:]))
        self.loc = loc.expand(*batch, loc.shape[-1])
        super().__init__(batch, loc.shape[-1:], validate_args=validate_args)

    @lazy_property
    def _factor(self) -> Any:
        """What `scale_tril` is; kept under a name of its own, so that what is printed is what was given."""
        given = vars(self)
        if "scale_tril" in given:
            return given["scale_tril"]
        return (
            cholesky(self.covariance_matrix)
            if "covariance_matrix" in given
            else _factor_of_inverse(self.precision_matrix)
        )

    @lazy_property
    def scale_tril(self) -> Any:
        """L, lower triangular, of the covariance L · Lᵀ."""
        return self._factor

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        return self._factor @ self._factor.mT

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        return inv(self.covariance_matrix)

    def _draw(self, shape: Any) -> Tensor:
        return self.loc + times(self._factor, normal(shape, self.loc.dtype))

    def _log_prob(self, value: Any) -> Any:
        distance = squared_distance(self._factor, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - log_diagonal(self._factor)

    def _entropy(self) -> Any:
        return 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + log_diagonal(self._factor)

    def _mean(self) -> Any:
        return self.loc

    _mode = _mean

    def _variance(self) -> Any:
        return (self._factor**2).sum(-1)


class LowRankMultivariateNormal(Distribution):
    """`MultivariateNormal` of covariance W · Wᵀ + D: W is ``cov_factor``, [*, n, rank], D has ``cov_diag``, [*, n].

    What it computes grows with the rank, by Woodbury's identity, and not with n³.

    >>> d = glassnet.distributions.LowRankMultivariateNormal(glassnet.zeros(2), glassnet.ones(2, 1), glassnet.ones(2))
    >>> d.covariance_matrix
    tensor([[2., 1.],
            [1., 2.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("LowRankMultivariateNormal: expected loc of one dimension or more, got a single number")
        n = loc.shape[-1]
        if cov_factor.dim() < 2 or cov_factor.shape[-2] != n or cov_diag.shape[-1:] != (n,):
            raise ValueError(
                f"LowRankMultivariateNormal: expected cov_factor of shape [*, {n}, rank] and cov_diag of [*, {n}], got "
                f"{list(cov_factor.shape)} and {list(cov_diag.shape)}"
            )
        batch = broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        self.loc, self.cov_diag = loc.expand(*batch, n), cov_diag.expand(*batch, n)
        self.cov_factor = cov_factor.expand(*batch, *cov_factor.shape[-2:])
        super().__init__(batch, (n,), validate_args=validate_args)

    @property
    def _capacitance_tril(self) -> Any:
        """The lower triangular factor of I + Wᵀ · D⁻¹ · W."""
        w = self.cov_factor
        return cholesky(w.mT @ (w / self.cov_diag.unsqueeze(-1)) + eye(w.shape[-1], dtype=w.dtype))

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        return self.cov_factor @ self.cov_factor.mT + self.cov_diag.diag_embed()

    @lazy_property
    def _factor(self) -> Any:
        return cholesky(self.covariance_matrix)

    @lazy_property
    def scale_tril(self) -> Any:
        """L, lower triangular, of the covariance L · Lᵀ."""
        return self._factor

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        a = solve_triangular(self._capacitance_tril, self.cov_factor.mT / self.cov_diag.unsqueeze(-2), upper=False)
        return self.cov_diag.reciprocal().diag_embed() - a.mT @ a

    def _draw(self, shape: Any) -> Tensor:
        along = normal((*shape[:-1], self.cov_factor.shape[-1]), self.loc.dtype)
        return self.loc + times(self.cov_factor, along) + self.cov_diag.sqrt() * normal(shape, self.loc.dtype)

    def _log_prob(self, value: Any) -> Any:
        difference, capacitance = value - self.loc, self._capacitance_tril
        along = times(self.cov_factor.mT / self.cov_diag.unsqueeze(-2), difference)
        distance = (difference**2 / self.cov_diag).sum(-1) - squared_distance(capacitance, along)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_determinant() + distance)

    def _log_determinant(self) -> Any:
        return 2 * log_diagonal(self._capacitance_tril) + self.cov_diag.log().sum(-1)

    def _entropy(self) -> Any:
        return 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_determinant())

    def _mean(self) -> Any:
        return self.loc

    _mode = _mean

    def _variance(self) -> Any:
        return (self.cov_factor**2).sum(-1) + self.cov_diag
