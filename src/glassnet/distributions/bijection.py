"""The base of transforms, and those of single numbers."""

from __future__ import annotations

import math
from typing import Any

from glassnet import functional as F
from glassnet.distributions import constraints
from glassnet.distributions.utils import smallest_number, smallest_step
from glassnet.tensor import Tensor
from glassnet.tensor.creation import full_like
from glassnet.tensor.functions.positions import broadcast_shapes
from glassnet.tensor.wording import Size


class Transform:
    """A function from ``domain`` to ``codomain``, called like one; ``inv`` is the way back, if it is ``bijective``.

    A subclass says ``_call(x)``, ``_inverse(y)`` and ``log_abs_det_jacobian(x, y)``: the logarithm of how much an event
    is stretched at x. With ``cache_size=1``, the inverse of the last result is the very argument.

    >>> t = glassnet.distributions.ExpTransform()
    >>> t(glassnet.tensor(0.0)), t.inv(glassnet.tensor(1.0))
    (tensor(1.), tensor(0.))
    """

    bijective: Any = False
    domain: Any = None
    codomain: Any = None
    _sign: Any = None

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: expected cache_size 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._last: Any = (None, None)

    @property
    def inv(self) -> Any:
        """The inverse transform."""
        return _InverseTransform(self)

    @property
    def sign(self) -> Any:
        """1 if greater arguments give greater results, −1 if smaller ones."""
        if self._sign is None:
            raise NotImplementedError(f"{type(self).__name__} has no sign: it does not always rise or always fall")
        return self._sign

    @property
    def event_dim(self) -> int:
        """How many dimensions an event has, which it takes and gives. Raises ValueError where these differ."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError(
                f"{type(self).__name__}: its events have {self.domain.event_dim} dimensions, and others after"
            )
        return int(self.domain.event_dim)

    def with_cache(self, cache_size: int = 1) -> Any:
        """The same transform with another ``cache_size``."""
        if self._cache_size == cache_size:
            return self
        other = type(self).__new__(type(self))
        other.__dict__.update(vars(self))
        other._cache_size, other._last = cache_size, (None, None)
        return other

    def __call__(self, x: Any) -> Any:
        """What it makes of ``x``."""
        if self._cache_size and self._last[0] is x:
            return self._last[1]
        y = self._call(x)
        self._last = (x, y) if self._cache_size else self._last
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and self._last[1] is y:
            return self._last[0]
        x = self._inverse(y)
        self._last = (x, y) if self._cache_size else self._last
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} says no _call()")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of how much an event is stretched at ``x``, which gives ``y``."""
        return self._log_stretch(x, y)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian: it is not one to one")

    def forward_shape(self, shape: Any) -> Any:
        """The shape of what it gives for an argument of this shape."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of what gives a result of this shape."""
        return shape

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _same(_told(self), _told(other))

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _told(transform: Any) -> dict[str, Any]:
    return {name: x for name, x in vars(transform).items() if name not in ("_cache_size", "_last")}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    for name, x in one.items():
        y = other.get(name)
        if x is y:
            continue
        equal = x == y
        if not (bool(equal.all()) if isinstance(equal, Tensor) else equal):
            return False
    return True


class _InverseTransform(Transform):
    """A transform the other way round."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._inv = transform

    @property
    def domain(self) -> Any:
        return self._inv.codomain

    @property
    def codomain(self) -> Any:
        return self._inv.domain

    @property
    def bijective(self) -> Any:
        return self._inv.bijective

    @property
    def sign(self) -> Any:
        return self._inv.sign

    @property
    def inv(self) -> Any:
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._inv.with_cache(cache_size).inv

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Any) -> Any:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._inv.forward_shape(shape)

    def __repr__(self) -> str:
        return f"_InverseTransform({self._inv!r})"


class ExpTransform(Transform):
    """y = exp(x).

    >>> glassnet.distributions.ExpTransform()(glassnet.tensor(0.0))
    tensor(1.)
    """

    domain, codomain, bijective, _sign = constraints.real, constraints.positive, True, 1

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Transform):
    """y = x to the power ``exponent``, of positive numbers.

    >>> glassnet.distributions.PowerTransform(glassnet.tensor(2.0))(glassnet.tensor(3.0))
    tensor(9.)
    """

    domain, codomain, bijective = constraints.positive, constraints.positive, True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent

    @property
    def sign(self) -> Any:
        """That of the exponent."""
        return self.exponent.sign()

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        """The shape of both together."""
        return broadcast_shapes(shape, getattr(self.exponent, "shape", ()))

    inverse_shape = forward_shape


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(−x)).

    >>> glassnet.distributions.SigmoidTransform()(glassnet.tensor(0.0))
    tensor(0.5000)
    """

    domain, codomain, bijective, _sign = constraints.real, constraints.unit_interval, True, 1

    def _call(self, x: Any) -> Any:
        return x.sigmoid().clamp(min=smallest_number(x), max=1 - smallest_step(x))

    def _inverse(self, y: Any) -> Any:
        y = y.clamp(min=smallest_number(y), max=1 - smallest_step(y))
        return y.log() - (-y).log1p()

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return -F.softplus(-x) - F.softplus(x)


class SoftplusTransform(Transform):
    """y = log(1 + exp(x)).

    >>> glassnet.distributions.SoftplusTransform()(glassnet.tensor(0.0))
    tensor(0.6931)
    """

    domain, codomain, bijective, _sign = constraints.real, constraints.positive, True, 1

    def _call(self, x: Any) -> Any:
        return F.softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-(-y).expm1()).log() + y

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return -F.softplus(-x)


class TanhTransform(Transform):
    """y = tanh(x).

    >>> glassnet.distributions.TanhTransform()(glassnet.tensor(0.0))
    tensor(0.)
    """

    domain, codomain, bijective, _sign = constraints.real, constraints.interval(-1.0, 1.0), True, 1

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return y.atanh()

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return 2.0 * (math.log(2.0) - x - F.softplus(-2.0 * x))


class AbsTransform(Transform):
    """y = |x|: two numbers give the same one, and the inverse is the positive of them.

    >>> glassnet.distributions.AbsTransform()(glassnet.tensor(-2.0))
    tensor(2.)
    """

    domain, codomain = constraints.real, constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class AffineTransform(Transform):
    """y = loc + scale·x, number by number; ``event_dim`` dimensions are one event.

    >>> glassnet.distributions.AffineTransform(1.0, 2.0)(glassnet.tensor(3.0))
    tensor(7.)
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale = loc, scale
        self._event_dim = event_dim

    @property
    def event_dim(self) -> int:
        """The dimensions of an event."""
        return self._event_dim

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """Real events."""
        return constraints.independent(constraints.real, self._event_dim) if self._event_dim else constraints.real

    codomain = domain

    @property
    def sign(self) -> Any:
        """That of the scale."""
        return self.scale.sign() if isinstance(self.scale, Tensor) else (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def _log_stretch(self, x: Any, y: Any) -> Any:
        if isinstance(self.scale, Tensor):
            stretch = self.scale.abs().log().expand(*broadcast_shapes(self.scale.shape, x.shape))
        else:
            stretch = full_like(x, math.log(abs(self.scale)))
        return stretch.sum(tuple(range(-self._event_dim, 0))) if self._event_dim else stretch

    def forward_shape(self, shape: Any) -> Any:
        """The shape of all three together."""
        return Size(broadcast_shapes(shape, getattr(self.loc, "shape", ()), getattr(self.scale, "shape", ())))

    inverse_shape = forward_shape


class CumulativeDistributionTransform(Transform):
    """y = distribution.cdf(x): what is drawn from it comes to be drawn evenly from 0 to 1.

    >>> t = glassnet.distributions.CumulativeDistributionTransform(glassnet.distributions.Normal(0.0, 1.0))
    >>> t(glassnet.tensor(0.0))
    tensor(0.5000)
    """

    bijective, codomain, _sign = True, constraints.unit_interval, 1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Any:
        """What the distribution gives."""
        return self.distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def _log_stretch(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)
