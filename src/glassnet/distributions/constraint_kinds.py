"""Kinds of constraints: numbers between bounds, whole numbers, rows of a sum; and those that depend on other values."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.observer import mode
from glassnet.tensor import Tensor, wrap


class Constraint:
    """What values have to be; ``says`` is that in words, for messages.

    >>> from glassnet.distributions import constraints
    >>> constraints.positive.check(glassnet.tensor([-1.0, 2.0]))
    tensor([False,  True])
    """

    is_discrete: Any = False  # dependent ones have properties of these names
    event_dim: Any = 0
    says = ""

    def check(self, value: Any) -> Tensor:
        """Whether each event of ``value`` keeps the constraint."""
        raise NotImplementedError(f"{self!r} has no check")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in vars(self).items() if name.endswith("_bound"))
        return f"{type(self).__name__.removeprefix('_')}({shown})"


class _Dependent(Constraint):
    says = "what the other parameters make of it"

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> None:
        self._is_discrete, self._event_dim = is_discrete, event_dim

    @property
    def is_discrete(self) -> bool:
        return bool(_known(self._is_discrete, "is_discrete"))

    @property
    def event_dim(self) -> int:
        return int(_known(self._event_dim, "event_dim"))

    def __call__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> _Dependent:
        return _Dependent(
            is_discrete=self._is_discrete if is_discrete is NotImplemented else is_discrete,
            event_dim=self._event_dim if event_dim is NotImplemented else event_dim,
        )

    def check(self, value: Any) -> Tensor:
        raise ValueError("a constraint that depends on other values can be checked of an object only, not of its class")


def _known(value: Any, name: str) -> Any:
    if value is NotImplemented:
        raise NotImplementedError(f"{name} of a dependent constraint is known of an object only, not of its class")
    return value


class dependent_property(property, _Dependent):
    """A property whose value is a constraint, one for each object.

    >>> from glassnet.distributions import constraints
    >>> constraints.is_dependent(glassnet.distributions.Uniform.support)
    True
    """

    def __init__(self, fn: Any = None, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> None:
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn: Any = None, **_: Any) -> Any:
        """The property, decorated: ``@dependent_property(is_discrete=False)``."""
        return dependent_property(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)


def is_dependent(constraint: Any) -> bool:
    """Whether a constraint depends on other values.

    >>> from glassnet.distributions import constraints
    >>> constraints.is_dependent(constraints.positive)
    False
    """
    return isinstance(constraint, _Dependent)


class independent(Constraint):
    """A constraint of numbers, for events of so many more dimensions: all the numbers of one must keep it.

    >>> from glassnet.distributions import constraints
    >>> constraints.independent(constraints.positive, 1).check(glassnet.tensor([[1.0, 2.0], [-1.0, 2.0]]))
    tensor([ True, False])
    """

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.says = base_constraint.says

    @property
    def is_discrete(self) -> bool:
        """That of the constraint within."""
        return bool(self.base_constraint.is_discrete)

    @property
    def event_dim(self) -> int:
        """The dimensions of an event."""
        return int(self.base_constraint.event_dim + self.reinterpreted_batch_ndims)

    def check(self, value: Any) -> Tensor:
        """Whether all numbers of each event keep it."""
        kept = self.base_constraint.check(value)
        if kept.dim() < self.reinterpreted_batch_ndims:
            raise ValueError(f"expected {self.event_dim} dimensions or more, got shape {tuple(value.shape)}")
        lasting = kept.dim() - self.reinterpreted_batch_ndims
        return kept.reshape(*kept.shape[:lasting], -1).all(-1)

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """What a mixture gives keeps the constraint of every component.

    >>> from glassnet.distributions import constraints
    >>> constraints.MixtureSameFamilyConstraint(constraints.positive)
    MixtureSameFamilyConstraint(GreaterThan(lower_bound=0.0))
    """

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint
        self.says = base_constraint.says

    @property
    def is_discrete(self) -> bool:
        """That of the components'."""
        return bool(self.base_constraint.is_discrete)

    @property
    def event_dim(self) -> int:
        """The dimensions of an event."""
        return int(self.base_constraint.event_dim)

    def check(self, value: Any) -> Tensor:
        """Whether each event is one of every component."""
        kept = self.base_constraint.check(value.unsqueeze(-1 - self.event_dim))
        lasting = value.dim() - self.event_dim
        return kept.reshape(*kept.shape[:lasting], -1).all(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamilyConstraint({self.base_constraint!r})"


class _Boolean(Constraint):
    is_discrete = True
    says = "0 or 1"

    def check(self, value: Any) -> Tensor:
        array = value._read("a check of values")
        return wrap((array == 0) | (array == 1))


class _OneHot(Constraint):
    is_discrete = True
    event_dim = 1
    says = "one 1 and else 0 along the last dimension"

    def check(self, value: Any) -> Tensor:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


def _is_whole(value: Any) -> Tensor:
    whole: Tensor = value % 1 == 0
    return whole


class integer_interval(Constraint):
    """Whole numbers from ``lower_bound`` to ``upper_bound``, both included.

    >>> from glassnet.distributions import constraints
    >>> constraints.integer_interval(0, 2).check(glassnet.tensor([2.0, 1.5, 3.0]))
    tensor([ True, False, False])
    """

    is_discrete = True

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound
        self.says = f"whole numbers from {lower_bound} to {upper_bound}"

    def check(self, value: Any) -> Tensor:
        """Whether each is one of them."""
        array = value._read("a check of values")
        low, high = (getattr(bound, "array", bound) for bound in (self.lower_bound, self.upper_bound))
        return wrap((array % 1 == 0) & (low <= array) & (array <= high))

    def __repr__(self) -> str:
        return f"IntegerInterval(lower_bound={self.lower_bound}, upper_bound={self.upper_bound})"


class _IntegerGreaterThan(Constraint):
    is_discrete = True

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound
        self.says = f"whole numbers of {lower_bound} or more"

    def check(self, value: Any) -> Tensor:
        kept: Tensor = _is_whole(value) & (value >= self.lower_bound)
        return kept


class multinomial(Constraint):
    """Counts that add up to ``upper_bound``.

    >>> from glassnet.distributions import constraints
    >>> constraints.multinomial(3).check(glassnet.tensor([[1.0, 2.0], [1.0, 1.0]]))
    tensor([ True, False])
    """

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound
        self.says = f"counts of 0 or more that add up to {upper_bound}"

    def check(self, value: Any) -> Tensor:
        """Whether each row is such counts."""
        kept: Tensor = (value >= 0).all(-1) & (value.sum(-1) == self.upper_bound)
        return kept

    def __repr__(self) -> str:
        return "Multinomial()"


class _Real(Constraint):
    says = "real numbers, none of them nan"

    def check(self, value: Any) -> Tensor:
        kept: Tensor = value == value
        return kept


class _Bounded(Constraint):
    """Numbers between bounds: ``words`` has what is said of them."""

    def __init__(self, lower_bound: Any = None, upper_bound: Any = None) -> None:
        if lower_bound is not None:
            self.lower_bound = lower_bound
        if upper_bound is not None:
            self.upper_bound = upper_bound
        self.says = self.words.format(**{name: _written(bound) for name, bound in vars(self).items()})

    words = ""

    def __repr__(self) -> str:
        return "".join(part.capitalize() for part in type(self).__name__.split("_")) + (
            "(" + ", ".join(f"{name}={value}" for name, value in vars(self).items() if name != "says") + ")"
        )


def _written(bound: Any) -> str:
    if isinstance(bound, Tensor):
        return f"{bound.item():g}" if bound.numel() == 1 and mode.tracer is None else "its bound"
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


class greater_than(_Bounded):
    """Numbers above ``lower_bound``.

    >>> from glassnet.distributions import constraints
    >>> constraints.greater_than(1.0).check(glassnet.tensor([1.0, 2.0]))
    tensor([False,  True])
    """

    words = "greater than {lower_bound}"

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)

    def check(self, value: Any) -> Tensor:
        """Whether each is above it."""
        kept: Tensor = self.lower_bound < value
        return kept


class greater_than_eq(_Bounded):
    """Numbers of ``lower_bound`` or more.

    >>> from glassnet.distributions import constraints
    >>> constraints.greater_than_eq(1.0).check(glassnet.tensor([1.0, 0.0]))
    tensor([ True, False])
    """

    words = "{lower_bound} or greater"

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)

    def check(self, value: Any) -> Tensor:
        """Whether each is that or more."""
        kept: Tensor = self.lower_bound <= value
        return kept


class less_than(_Bounded):
    """Numbers below ``upper_bound``.

    >>> from glassnet.distributions import constraints
    >>> constraints.less_than(1.0).check(glassnet.tensor([1.0, 0.0]))
    tensor([False,  True])
    """

    words = "less than {upper_bound}"

    def __init__(self, upper_bound: Any) -> None:
        super().__init__(None, upper_bound)

    def check(self, value: Any) -> Tensor:
        """Whether each is below it."""
        kept: Tensor = value < self.upper_bound
        return kept


class interval(_Bounded):
    """Numbers from ``lower_bound`` to ``upper_bound``, both included.

    >>> from glassnet.distributions import constraints
    >>> constraints.interval(0.0, 1.0).check(glassnet.tensor([1.0, 2.0]))
    tensor([ True, False])
    """

    words = "from {lower_bound} to {upper_bound}"

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        super().__init__(lower_bound, upper_bound)

    def check(self, value: Any) -> Tensor:
        """Whether each is between them."""
        kept: Tensor = (self.lower_bound <= value) & (value <= self.upper_bound)
        return kept


class half_open_interval(interval):
    """Numbers from ``lower_bound``, included, to ``upper_bound``, not included.

    >>> from glassnet.distributions import constraints
    >>> constraints.half_open_interval(0.0, 1.0).check(glassnet.tensor([0.0, 1.0]))
    tensor([ True, False])
    """

    words = "{lower_bound} or greater, and less than {upper_bound}"

    def check(self, value: Any) -> Tensor:
        """Whether each is between them."""
        kept: Tensor = (self.lower_bound <= value) & (value < self.upper_bound)
        return kept


class _Simplex(Constraint):
    event_dim = 1
    says = "0 or greater, with a sum of 1 along the last dimension"

    def check(self, value: Any) -> Tensor:
        array = value._read("a check of values")  # which needs no gradient, and is made at every step
        with np.errstate(invalid="ignore"):
            return wrap((array >= 0).all(-1) & (np.abs(array.sum(-1) - 1) < 1e-6))
