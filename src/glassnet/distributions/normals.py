"""Distributions around the normal one: normal, its exponential, its half; the uniform one."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution, ExponentialFamily
from glassnet.distributions.drawing import normal, uniform
from glassnet.distributions.utils import broadcast_all
from glassnet.tensor import Tensor
from glassnet.tensor.creation import full_like, zeros_like
from glassnet.tensor.functions.special_functions import erfinv
from glassnet.tensor.joining import where

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
_ROOT_TWO = math.sqrt(2)


def normal_log_density(value: Any, loc: Any, scale: Any) -> Any:
    """The logarithm of the normal density."""
    return -((value - loc) ** 2) / (2 * scale**2) - scale.log() - _HALF_LOG_TWO_PI


def normal_below(value: Any, loc: Any, scale: Any) -> Any:
    """The probability of less than ``value``."""
    return 0.5 * (1 + ((value - loc) / (scale * _ROOT_TWO)).erf())


class Normal(ExponentialFamily):
    """The normal (Gaussian) distribution of mean ``loc`` and standard deviation ``scale``.

    >>> glassnet.distributions.Normal(0.0, 1.0).log_prob(glassnet.tensor(0.0))
    tensor(-0.9189)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return self.loc + normal(shape, self.loc.dtype) * self.scale

    def _log_prob(self, value: Any) -> Any:
        return normal_log_density(value, self.loc, self.scale)

    def _cdf(self, value: Any) -> Any:
        return normal_below(value, self.loc, self.scale)

    def _icdf(self, value: Any) -> Any:
        return self.loc + self.scale * erfinv(2 * value - 1) * _ROOT_TWO

    def _entropy(self) -> Any:
        return 0.5 + _HALF_LOG_TWO_PI + self.scale.log()

    def _mean(self) -> Any:
        return self.loc

    _mode = _mean

    def _variance(self) -> Any:
        return self.scale**2

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.loc / self.scale**2, -0.5 / self.scale**2

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return -0.25 * x**2 / y + 0.5 * (-math.pi / y).log()


class LogNormal(Distribution):
    """What has a normal logarithm, of mean ``loc`` and standard deviation ``scale``.

    >>> glassnet.distributions.LogNormal(0.0, 1.0).mean
    tensor(1.6487)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def base_dist(self) -> Normal:
        """The distribution of the logarithm."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _draw(self, shape: Any) -> Tensor:
        return (self.loc + normal(shape, self.loc.dtype) * self.scale).exp()

    def _log_prob(self, value: Any) -> Any:
        logarithm = value.log()
        return normal_log_density(logarithm, self.loc, self.scale) - logarithm

    def _cdf(self, value: Any) -> Any:
        return normal_below(value.log(), self.loc, self.scale)

    def _icdf(self, value: Any) -> Any:
        return self.base_dist.icdf(value).exp()

    def _entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc

    def _mean(self) -> Any:
        return (self.loc + self.scale**2 / 2).exp()

    def _mode(self) -> Any:
        return (self.loc - self.scale**2).exp()

    def _variance(self) -> Any:
        return (self.scale**2).expm1() * (2 * self.loc + self.scale**2).exp()


class HalfNormal(Distribution):
    """The absolute value of a normal number of mean 0 and standard deviation ``scale``.

    >>> glassnet.distributions.HalfNormal(1.0).mean
    tensor(0.7979)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        (self.scale,) = broadcast_all(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return (normal(shape, self.scale.dtype) * self.scale).abs()

    def _log_prob(self, value: Any) -> Any:
        density = normal_log_density(value, 0.0, self.scale) + math.log(2)
        return where(value >= 0, density, -math.inf)

    def _cdf(self, value: Any) -> Any:
        return (value / (self.scale * _ROOT_TWO)).erf()

    def _icdf(self, value: Any) -> Any:
        return self.scale * erfinv(value) * _ROOT_TWO

    def _entropy(self) -> Any:
        return 0.5 + _HALF_LOG_TWO_PI + self.scale.log() - math.log(2)

    def _mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    def _mode(self) -> Any:
        return zeros_like(self.scale)

    def _variance(self) -> Any:
        return self.scale**2 * (1 - 2 / math.pi)


class Uniform(Distribution):
    """Evenly from ``low`` to ``high``. Raises ValueError where low is not below high.

    >>> glassnet.distributions.Uniform(0.0, 4.0).log_prob(glassnet.tensor(1.0)).exp()
    tensor(0.2500)
    """

    arg_constraints = {
        "low": constraints.dependent(is_discrete=False, event_dim=0),
        "high": constraints.dependent(is_discrete=False, event_dim=0),
    }
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)

    def _check_parameters(self) -> None:
        if not bool((self.low < self.high).all()):
            raise ValueError("Uniform: expected every low to be below its high")

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From low to high."""
        return constraints.interval(self.low, self.high)

    def _draw(self, shape: Any) -> Tensor:
        return self.low + uniform(shape, self.low.dtype) * (self.high - self.low)

    def _log_prob(self, value: Any) -> Any:
        inside = (self.low <= value) & (self.high > value)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def _cdf(self, value: Any) -> Any:
        return ((value - self.low) / (self.high - self.low)).clamp(min=0, max=1)

    def _icdf(self, value: Any) -> Any:
        return value * (self.high - self.low) + self.low

    def _entropy(self) -> Any:
        return (self.high - self.low).log()

    def _mean(self) -> Any:
        return (self.high + self.low) / 2

    def _mode(self) -> Any:
        return full_like(self.high, math.nan)

    def _variance(self) -> Any:
        return (self.high - self.low) ** 2 / 12
