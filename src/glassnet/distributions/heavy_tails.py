"""Distributions with heavy tails, which have no mean or no variance: Cauchy, its half, Student's t, Fisher's F."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution
from glassnet.distributions.drawing import normal, open_uniform, standard_gamma
from glassnet.distributions.utils import broadcast_all
from glassnet.tensor import Tensor
from glassnet.tensor.creation import full_like, zeros_like
from glassnet.tensor.functions.special_functions import digamma, lgamma
from glassnet.tensor.joining import where


def _cauchy_log_density(value: Any, loc: Any, scale: Any) -> Any:
    return -math.log(math.pi) - scale.log() - (((value - loc) / scale) ** 2).log1p()


class Cauchy(Distribution):
    """The ratio of two normal numbers, at ``loc``, of half width ``scale``: it has no mean and no variance.

    >>> glassnet.distributions.Cauchy(0.0, 1.0).cdf(glassnet.tensor(1.0))
    tensor(0.7500)
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
        return _cauchy_log_density(value, self.loc, self.scale)

    def _cdf(self, value: Any) -> Any:
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def _icdf(self, value: Any) -> Any:
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def _entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()

    def _mean(self) -> Any:
        return full_like(self.loc, math.nan)

    def _mode(self) -> Any:
        return self.loc

    def _variance(self) -> Any:
        return full_like(self.loc, math.inf)


class HalfCauchy(Distribution):
    """The absolute value of a Cauchy number of half width ``scale``.

    >>> glassnet.distributions.HalfCauchy(1.0).cdf(glassnet.tensor(1.0))
    tensor(0.5000)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        (self.scale,) = broadcast_all(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return self._icdf(open_uniform(shape, self.scale.dtype))

    def _log_prob(self, value: Any) -> Any:
        density = _cauchy_log_density(value, 0.0, self.scale) + math.log(2)
        return where(value >= 0, density, -math.inf)

    def _cdf(self, value: Any) -> Any:
        return (value / self.scale).atan() * (2 / math.pi)

    def _icdf(self, value: Any) -> Any:
        return (math.pi / 2 * value).tan() * self.scale

    def _entropy(self) -> Any:
        return math.log(2 * math.pi) + self.scale.log()

    def _mean(self) -> Any:
        return full_like(self.scale, math.inf)

    def _mode(self) -> Any:
        return zeros_like(self.scale)

    _variance = _mean


class GeneralizedPareto(Distribution):
    """What exceeds a high threshold ``loc``: exponential for ``concentration`` 0, with a heavier tail above it.

    >>> glassnet.distributions.GeneralizedPareto(0.0, 1.0, 0.5).mean
    tensor(2.)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From loc on: to loc − scale / concentration, if that is negative."""
        falls = self.concentration < 0
        end = self.loc - self.scale / where(falls, self.concentration, -1.0)
        return constraints.interval(self.loc, where(falls, end, math.inf))

    @property
    def _is_exponential(self) -> Any:
        return self.concentration.abs() < 1e-8

    @property
    def _power(self) -> Any:
        """The concentration, or 1 where it is 0."""
        return where(self._is_exponential, 1.0, self.concentration)

    def _draw(self, shape: Any) -> Tensor:
        return self._icdf(open_uniform(shape, self.loc.dtype))

    def _log_above(self, value: Any) -> Any:
        """The logarithm of the probability of more."""
        z, c = (value - self.loc) / self.scale, self._power
        return where(self._is_exponential, -z, -(c * z).log1p() / c)

    def _log_prob(self, value: Any) -> Any:
        above = self._log_above(value)
        return where(self._is_exponential, above, (1 + self.concentration) * above) - self.scale.log()

    def _cdf(self, value: Any) -> Any:
        return -self._log_above(value).expm1()

    def _icdf(self, value: Any) -> Any:
        log_above, c = (-value).log1p(), self._power
        return self.loc + self.scale * where(self._is_exponential, -log_above, (-c * log_above).expm1() / c)

    def _entropy(self) -> Any:
        return self.scale.log() + self.concentration + 1

    def _mean(self) -> Any:
        c = self.concentration
        return where(c < 1, self.loc + self.scale / where(c < 1, 1 - c, 1.0), math.inf)

    def _mode(self) -> Any:
        return self.loc

    def _variance(self) -> Any:
        c = where(self.concentration < 0.5, self.concentration, 0.0)
        finite = self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c))
        return where(self.concentration < 0.5, finite, math.inf)


class StudentT(Distribution):
    """Student's t of ``df`` degrees of freedom, at ``loc``, stretched by ``scale``.

    >>> glassnet.distributions.StudentT(4.0).variance
    tensor(2.)
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        half = 0.5 * self.df.expand(*shape)
        return self.loc + self.scale * normal(shape, self.df.dtype) * (standard_gamma(half) / half).rsqrt()

    def _log_prob(self, value: Any) -> Any:
        y = (value - self.loc) / self.scale
        half = 0.5 * self.df
        spread = self.scale.log() + 0.5 * (math.pi * self.df).log() + lgamma(half) - lgamma(half + 0.5)
        return -(half + 0.5) * (y**2 / self.df).log1p() - spread

    def _entropy(self) -> Any:
        half = 0.5 * self.df
        log_beta = lgamma(half) + math.lgamma(0.5) - lgamma(half + 0.5)
        slope = (half + 0.5) * (digamma(half + 0.5) - digamma(half))
        return self.scale.log() + slope + 0.5 * self.df.log() + log_beta

    def _mean(self) -> Any:
        return where(self.df > 1, self.loc, math.nan)

    def _mode(self) -> Any:
        return self.loc

    def _variance(self) -> Any:
        finite = self.scale**2 * self.df / where(self.df > 2, self.df - 2, 1.0)
        return where(self.df > 2, finite, where(self.df > 1, math.inf, math.nan))


class FisherSnedecor(Distribution):
    """The ratio of two mean squares, of ``df1`` and ``df2`` degrees of freedom: the F of an analysis of variance.

    >>> glassnet.distributions.FisherSnedecor(2.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        one, two = 0.5 * self.df1.expand(*shape), 0.5 * self.df2.expand(*shape)
        return standard_gamma(one) / one / (standard_gamma(two) / two)

    def _log_prob(self, value: Any) -> Any:
        one, two = self.df1 * 0.5, self.df2 * 0.5
        ratio = self.df1 / self.df2
        spread = lgamma(one + two) - lgamma(one) - lgamma(two)
        return spread + one * ratio.log() + (one - 1) * value.log() - (one + two) * (ratio * value).log1p()

    def _mean(self) -> Any:
        return where(self.df2 > 2, self.df2 / where(self.df2 > 2, self.df2 - 2, 1.0), math.nan)

    def _mode(self) -> Any:
        peak = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return where(self.df1 > 2, peak, math.nan)

    def _variance(self) -> Any:
        df2 = where(self.df2 > 4, self.df2, math.nan)
        return 2 * df2**2 * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2) ** 2 * (df2 - 4))
