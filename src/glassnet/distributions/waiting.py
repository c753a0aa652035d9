"""Distributions of times and sizes: exponential, Laplace, Weibull, Pareto, Gumbel."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution, ExponentialFamily
from glassnet.distributions.drawing import open_uniform
from glassnet.distributions.utils import broadcast_all, euler_constant
from glassnet.tensor import Tensor
from glassnet.tensor.creation import zeros_like
from glassnet.tensor.functions.special_functions import lgamma


class Exponential(ExponentialFamily):
    """How long it takes until something happens that happens ``rate`` times in a unit of time.

    >>> glassnet.distributions.Exponential(2.0).mean
    tensor(0.5000)
    """

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return -open_uniform(shape, self.rate.dtype).log() / self.rate

    def _log_prob(self, value: Any) -> Any:
        return self.rate.log() - self.rate * value

    def _cdf(self, value: Any) -> Any:
        return 1 - (-self.rate * value).exp()

    def _icdf(self, value: Any) -> Any:
        return -(-value).log1p() / self.rate

    def _entropy(self) -> Any:
        return 1.0 - self.rate.log()

    def _mean(self) -> Any:
        return 1 / self.rate

    def _mode(self) -> Any:
        return zeros_like(self.rate)

    def _variance(self) -> Any:
        return self.rate**-2

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (-self.rate,)

    def _log_normalizer(self, x: Any) -> Any:
        return -(-x).log()


class Laplace(Distribution):
    """Two exponential ones, back to back at ``loc``; ``scale`` is the mean distance from it.

    >>> glassnet.distributions.Laplace(0.0, 1.0).variance
    tensor(2.)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return self._icdf(open_uniform(shape, self.loc.dtype))

    def _log_prob(self, value: Any) -> Any:
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def _cdf(self, value: Any) -> Any:
        distance = value - self.loc
        return 0.5 - 0.5 * distance.sign() * (-distance.abs() / self.scale).expm1()

    def _icdf(self, value: Any) -> Any:
        off_centre = value - 0.5
        return self.loc - self.scale * off_centre.sign() * (-2 * off_centre.abs()).log1p()

    def _entropy(self) -> Any:
        return 1 + (2 * self.scale).log()

    def _mean(self) -> Any:
        return self.loc

    _mode = _mean

    def _variance(self) -> Any:
        return 2 * self.scale**2


class Gumbel(Distribution):
    """The largest of many: of mean loc + 0.5772·scale.

    >>> glassnet.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return self._icdf(open_uniform(shape, self.loc.dtype))

    def _log_prob(self, value: Any) -> Any:
        y = (self.loc - value) / self.scale
        return y - y.exp() - self.scale.log()

    def _cdf(self, value: Any) -> Any:
        return (-((self.loc - value) / self.scale).exp()).exp()

    def _icdf(self, value: Any) -> Any:
        return self.loc - self.scale * (-value.log()).log()

    def _entropy(self) -> Any:
        return self.scale.log() + (1 + euler_constant)

    def _mean(self) -> Any:
        return self.loc + self.scale * euler_constant

    def _mode(self) -> Any:
        return self.loc

    def _variance(self) -> Any:
        return (math.pi / math.sqrt(6) * self.scale) ** 2


class Weibull(Distribution):
    """An exponential number to the power 1 / ``concentration``, times ``scale``: how long things last.

    >>> glassnet.distributions.Weibull(1.0, 1.0).mean
    tensor(1.)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        super().__init__(self.scale.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return self.scale * (-open_uniform(shape, self.scale.dtype).log()) ** (1 / self.concentration)

    def _log_prob(self, value: Any) -> Any:
        ratio = value / self.scale
        k = self.concentration
        return (k / self.scale).log() + (k - 1) * ratio.log() - ratio**k

    def _cdf(self, value: Any) -> Any:
        return -(-((value / self.scale) ** self.concentration)).expm1()

    def _icdf(self, value: Any) -> Any:
        return self.scale * (-(-value).log1p()) ** (1 / self.concentration)

    def _entropy(self) -> Any:
        inverse = 1 / self.concentration
        return euler_constant * (1 - inverse) + (self.scale * inverse).log() + 1

    def _mean(self) -> Any:
        return self.scale * lgamma(1 + 1 / self.concentration).exp()

    def _mode(self) -> Any:
        k = self.concentration
        return self.scale * ((k - 1) / k) ** (1 / k)

    def _variance(self) -> Any:
        inverse = 1 / self.concentration
        return self.scale**2 * (lgamma(1 + 2 * inverse).exp() - (2 * lgamma(1 + inverse)).exp())


class Pareto(Distribution):
    """From ``scale`` on, the more slowly falling the smaller ``alpha`` is: wealth, cities, words.

    >>> glassnet.distributions.Pareto(1.0, 3.0).mean
    tensor(1.5000)
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}
    has_rsample = True

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From scale on."""
        return constraints.greater_than_eq(self.scale)

    def _draw(self, shape: Any) -> Tensor:
        return self.scale * open_uniform(shape, self.scale.dtype) ** (-1 / self.alpha)

    def _log_prob(self, value: Any) -> Any:
        return self.alpha.log() + self.alpha * (self.scale / value).log() - value.log()

    def _cdf(self, value: Any) -> Any:
        return 1 - (self.scale / value) ** self.alpha

    def _icdf(self, value: Any) -> Any:
        return self.scale * (1 - value) ** (-1 / self.alpha)

    def _entropy(self) -> Any:
        return (self.scale / self.alpha).log() + (1 + 1 / self.alpha)

    def _mean(self) -> Any:
        alpha = self.alpha.clamp(min=1)
        return alpha * self.scale / (alpha - 1)

    def _mode(self) -> Any:
        return self.scale

    def _variance(self) -> Any:
        alpha = self.alpha.clamp(min=2)
        return self.scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))
