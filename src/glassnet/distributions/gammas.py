"""The gamma distribution and its kin: chi-squared, inverse gamma, beta, Dirichlet, Kumaraswamy."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution, ExponentialFamily
from glassnet.distributions.drawing import open_uniform, standard_gamma
from glassnet.distributions.utils import broadcast_all, euler_constant, smallest_step
from glassnet.functional import one_hot
from glassnet.ops.functions.incomplete_gamma import igamma, igammac
from glassnet.tensor import Tensor, apply
from glassnet.tensor.functions.special_functions import digamma, lgamma, xlogy
from glassnet.tensor.joining import where


class Gamma(ExponentialFamily):
    """The sum of ``concentration`` exponential waits of ``rate``, which need not be a whole number of them.

    Gradients go back through its samples by implicit differentiation.

    >>> d = glassnet.distributions.Gamma(2.0, 4.0)
    >>> d.mean, d.variance
    (tensor(0.5000), tensor(0.1250))
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return standard_gamma(self.concentration.expand(*shape)) / self.rate

    def _log_prob(self, value: Any) -> Any:
        a, rate = self.concentration, self.rate
        return xlogy(a, rate) + xlogy(a - 1, value) - rate * value - lgamma(a)

    def _cdf(self, value: Any) -> Any:
        return apply(igamma, self.concentration, self.rate * value)

    def _entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + lgamma(a) + (1.0 - a) * digamma(a)

    def _mean(self) -> Any:
        return self.concentration / self.rate

    def _mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    def _variance(self) -> Any:
        return self.concentration / self.rate**2

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return lgamma(x + 1) - (x + 1) * (-y).log()


class Chi2(Gamma):
    """The sum of the squares of ``df`` normal numbers.

    >>> glassnet.distributions.Chi2(3.0).mean
    tensor(3.)
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (self.df,) = broadcast_all(df)
        super().__init__(0.5 * self.df, 0.5, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = super().expand(batch_shape, _instance)
        new.concentration, new.rate = (x.expand(*batch_shape) for x in (self.concentration, self.rate))
        return new


class InverseGamma(Distribution):
    """One divided by a gamma number of ``concentration`` and ``rate``.

    >>> glassnet.distributions.InverseGamma(3.0, 1.0).mean
    tensor(0.5000)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return self.rate / standard_gamma(self.concentration.expand(*shape))

    def _log_prob(self, value: Any) -> Any:
        a, rate = self.concentration, self.rate
        return a * rate.log() - lgamma(a) - (a + 1) * value.log() - rate / value

    def _cdf(self, value: Any) -> Any:
        return apply(igammac, self.concentration, self.rate / value)

    def _entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + lgamma(a) - (1 + a) * digamma(a)

    def _mean(self) -> Any:
        a = self.concentration
        return where(a > 1, self.rate / where(a > 1, a - 1, 1.0), math.inf)

    def _mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    def _variance(self) -> Any:
        a = where(self.concentration > 2, self.concentration, 3.0)
        return where(self.concentration > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), math.inf)


class Dirichlet(ExponentialFamily):
    """Shares of a whole, which add up to 1: gamma numbers of these concentrations, divided by their sum.

    concentration: [*, K].

    >>> glassnet.distributions.Dirichlet(glassnet.tensor([1.0, 3.0])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("Dirichlet: expected a concentration for each share, got a single number")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        drawn = standard_gamma(self.concentration.expand(*shape))
        return drawn / drawn.sum(-1, keepdim=True)

    def _log_prob(self, value: Any) -> Any:
        a = self.concentration
        return xlogy(a - 1.0, value).sum(-1) + lgamma(a.sum(-1)) - lgamma(a).sum(-1)

    def _entropy(self) -> Any:
        a = self.concentration
        total = a.sum(-1)
        log_beta = lgamma(a).sum(-1) - lgamma(total)
        return log_beta - (a.shape[-1] - total) * digamma(total) - ((a - 1.0) * digamma(a)).sum(-1)

    def _mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    def _mode(self) -> Any:
        above = (self.concentration - 1).clamp(min=0.0)
        total = above.sum(-1, keepdim=True)
        corner = one_hot(self.concentration.argmax(-1), self.concentration.shape[-1]).to(above.dtype)
        is_in_corner = (self.concentration < 1).all(-1, keepdim=True)
        return where(is_in_corner, corner, above / total)

    def _variance(self) -> Any:
        a = self.concentration
        total = a.sum(-1, keepdim=True)
        return a * (total - a) / (total**2 * (total + 1))

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.concentration,)

    def _log_normalizer(self, x: Any) -> Any:
        return lgamma(x).sum(-1) - lgamma(x.sum(-1))


class Beta(ExponentialFamily):
    """A share: what a gamma number of ``concentration1`` is of itself and one of ``concentration0``.

    >>> glassnet.distributions.Beta(1.0, 3.0).mean
    tensor(0.2500)
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        one = standard_gamma(self.concentration1.expand(*shape))
        return one / (one + standard_gamma(self.concentration0.expand(*shape)))

    def _log_prob(self, value: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        return xlogy(a - 1.0, value) + xlogy(b - 1.0, 1.0 - value) + lgamma(a + b) - lgamma(a) - lgamma(b)

    def _entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
        return log_beta - (2.0 - a - b) * digamma(a + b) - (a - 1.0) * digamma(a) - (b - 1.0) * digamma(b)

    def _mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    def _mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        one, zero = (a - 1).clamp(min=0.0), (b - 1).clamp(min=0.0)
        return where((a < 1) & (b < 1), (a >= b).to(a.dtype), one / (one + zero))

    def _variance(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return a * b / ((a + b) ** 2 * (a + b + 1))

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return lgamma(x) + lgamma(y) - lgamma(x + y)


class Kumaraswamy(Distribution):
    """Much like `Beta`, with a simple distribution function: 1 − (1 − xᵃ)ᵇ, a = concentration1, b = concentration0.

    >>> glassnet.distributions.Kumaraswamy(1.0, 1.0).cdf(glassnet.tensor(0.25))
    tensor(0.2500)
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        step = smallest_step(self.concentration1)
        return self._icdf(open_uniform(shape, self.concentration1.dtype)).clamp(min=step / 4, max=1 - step / 2)

    def _log_prob(self, value: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        return a.log() + b.log() + xlogy(a - 1, value) + xlogy(b - 1, 1 - value**a)

    def _cdf(self, value: Any) -> Any:
        return 1 - (1 - value**self.concentration1) ** self.concentration0

    def _icdf(self, value: Any) -> Any:
        return (1 - (1 - value) ** (1 / self.concentration0)) ** (1 / self.concentration1)

    def _entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (digamma(b + 1) + euler_constant) - a.log() - b.log()

    def _moment(self, n: int) -> Any:
        a, b = self.concentration1, self.concentration0
        return b * (lgamma(1 + n / a) + lgamma(b) - lgamma(1 + n / a + b)).exp()

    def _mean(self) -> Any:
        return self._moment(1)

    def _mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return where((a >= 1) & (b >= 1) & (a * b > 1), ((a - 1) / (a * b - 1)) ** (1 / a), math.nan)

    def _variance(self) -> Any:
        return self._moment(2) - self._moment(1) ** 2
