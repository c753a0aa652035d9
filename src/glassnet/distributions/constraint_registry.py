"""Which transform leads from all real numbers to what keeps a constraint: where to optimize parameters freely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.distributions import constraints, transforms
from glassnet.tensor import Tensor

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Makes a transform of a constraint, by its class: called with one.

    >>> transform = glassnet.distributions.biject_to(glassnet.distributions.constraints.positive)
    >>> transform(glassnet.tensor(0.0))
    tensor(1.)
    """

    def __init__(self) -> None:
        self._makers: dict[type, Callable[[Any], Any]] = {}

    def register(self, constraint: Any, factory: Any = None) -> Any:
        """Say how the transform of a class of constraints is made; a decorator if ``factory`` is left out."""
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, constraints.Constraint):
            raise TypeError(f"register: expected a constraint or a class of them, got {constraint!r:.80}")
        self._makers[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        """The transform to a constraint. Raises NotImplementedError where none is said."""
        maker = self._makers.get(type(constraint))
        if maker is None:
            raise NotImplementedError(
                f"there is no transform to {type(constraint).__name__}; say one: @transform_to.register(...)"
            )
        return maker(constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _real(constraint: Any) -> Any:
    return transforms.identity_transform


def _above(constraint: Any) -> Any:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.lower_bound, 1)]
    )


def _below(constraint: Any) -> Any:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


def _between(constraint: Any) -> Any:
    low, high = constraint.lower_bound, constraint.upper_bound
    if not isinstance(low, Tensor) and not isinstance(high, Tensor) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


for _registry in (biject_to, transform_to):
    _registry.register(constraints.real, _real)
    _registry.register(constraints.greater_than, _above)
    _registry.register(constraints.greater_than_eq, _above)
    _registry.register(constraints.less_than, _below)
    _registry.register(constraints.interval, _between)
    _registry.register(constraints.half_open_interval, _between)
    _registry.register(constraints.corr_cholesky, lambda _: transforms.CorrCholeskyTransform())
    _registry.register(
        constraints.independent,
        lambda c, to=_registry: transforms.IndependentTransform(to(c.base_constraint), c.reinterpreted_batch_ndims),
    )
    _registry.register(
        constraints.cat, lambda c, to=_registry: transforms.CatTransform([to(x) for x in c.cseq], c.dim, c.lengths)
    )
    _registry.register(
        constraints.stack, lambda c, to=_registry: transforms.StackTransform([to(x) for x in c.cseq], c.dim)
    )
biject_to.register(constraints.simplex, lambda _: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: transforms.SoftmaxTransform())
for _constraint in (constraints.positive_definite, constraints.positive_semidefinite):
    transform_to.register(_constraint, lambda _: transforms.PositiveDefiniteTransform())
transform_to.register(constraints.lower_cholesky, lambda _: transforms.LowerCholeskyTransform())
