"""Constraints: what the parameters of a distribution may be, and what it gives.

``constraint.check(value)`` is True for each number, or each event of ``event_dim`` dimensions, that keeps it.
"""

from __future__ import annotations

from glassnet.distributions.constraint_kinds import (
    Constraint,
    MixtureSameFamilyConstraint,
    _Boolean,
    _Dependent,
    _IntegerGreaterThan,
    _OneHot,
    _Real,
    _Simplex,
    dependent_property,
    greater_than,
    greater_than_eq,
    half_open_interval,
    independent,
    integer_interval,
    interval,
    is_dependent,
    less_than,
    multinomial,
)
from glassnet.distributions.matrix_constraints import (
    _CorrCholesky,
    _LowerCholesky,
    _LowerTriangular,
    _PositiveDefinite,
    _PositiveSemidefinite,
    _Square,
    _Symmetric,
    cat,
    stack,
)

__all__ = [
    "Constraint", "MixtureSameFamilyConstraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property",
    "greater_than", "greater_than_eq", "half_open_interval", "independent", "integer_interval", "interval",
    "is_dependent", "less_than", "lower_cholesky", "lower_triangular", "multinomial", "nonnegative",
    "nonnegative_integer", "one_hot", "positive", "positive_definite", "positive_integer", "positive_semidefinite",
    "real", "real_vector", "simplex", "square", "stack", "symmetric", "unit_interval",
]  # fmt: skip

boolean = _Boolean()
corr_cholesky = _CorrCholesky()
dependent = _Dependent()
lower_cholesky = _LowerCholesky()
lower_triangular = _LowerTriangular()
nonnegative = greater_than_eq(0.0)
nonnegative_integer = _IntegerGreaterThan(0)
one_hot = _OneHot()
positive = greater_than(0.0)
positive_definite = _PositiveDefinite()
positive_integer = _IntegerGreaterThan(1)
positive_semidefinite = _PositiveSemidefinite()
real = _Real()
real_vector = independent(real, 1)
simplex = _Simplex()
square = _Square()
symmetric = _Symmetric()
unit_interval = interval(0.0, 1.0)
