"""Distributions of counts: Bernoulli, binomial, geometric, negative binomial, Poisson."""

from __future__ import annotations

import math
from typing import Any

from glassnet import functional as F
from glassnet.distributions import constraints
from glassnet.distributions.distribution import Distribution, ExponentialFamily
from glassnet.distributions.drawing import binomial, open_uniform, poisson, standard_gamma, uniform
from glassnet.distributions.utils import (
    broadcast_all,
    lazy_property,
    logits_to_probs,
    one_of_two,
    probs_to_logits,
)
from glassnet.tensor import Tensor
from glassnet.tensor.creation import arange, zeros_like
from glassnet.tensor.functions.special_functions import lgamma, xlogy
from glassnet.tensor.joining import where
from glassnet.tensor.wording import Size


class ProbsOrLogits:
    """What is told as ``probs`` or as ``logits``; the other follows."""

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter that was given."""
        return Size(self._given.shape)

    @property
    def _given(self) -> Any:
        return vars(self).get("probs", vars(self).get("logits"))


class ByProbability(ProbsOrLogits):
    """What has a probability of success, told as ``probs`` or as ``logits``; the other follows."""

    @lazy_property
    def logits(self) -> Any:
        """log(p / (1 − p)) of the probability."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Any:
        """The probability."""
        return logits_to_probs(self.logits, is_binary=True)

    def _take(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        """Keep the one of the two that is given; all of one shape. Returns the others."""
        name = one_of_two(type(self).__name__, probs, logits)
        given, *rest = broadcast_all(logits if probs is None else probs, *others)
        setattr(self, name, given)
        return tuple(rest)


def binary_cross_entropy(logits: Any, value: Any) -> Any:
    """−log of the probability of ``value``, 0 or 1 or between."""
    logits, value = broadcast_all(logits, value)
    return F.binary_cross_entropy_with_logits(logits, value, reduction="none")


class Bernoulli(ByProbability, ExponentialFamily):
    """1 with probability ``probs``, or that of ``logits``, else 0.

    >>> glassnet.distributions.Bernoulli(probs=0.25).log_prob(glassnet.tensor(1.0)).exp()
    tensor(0.2500)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self.param_shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return (uniform(shape, self.probs.dtype) < self.probs).to(self.probs.dtype)

    def _log_prob(self, value: Any) -> Any:
        return -binary_cross_entropy(self.logits, value)

    def _entropy(self) -> Any:
        return binary_cross_entropy(self.logits, self.probs)

    def _values(self) -> Any:
        return arange(2, dtype=self.probs.dtype)

    def _mean(self) -> Any:
        return self.probs

    def _mode(self) -> Any:
        return where(self.probs == 0.5, math.nan, (self.probs >= 0.5).to(self.probs.dtype))

    def _variance(self) -> Any:
        return self.probs * (1 - self.probs)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        return x.exp().log1p()


class Binomial(ByProbability, Distribution):
    """How many of ``total_count`` tries succeed.

    >>> glassnet.distributions.Binomial(10, probs=glassnet.tensor(0.5)).mean
    tensor(5.)
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (self.total_count,) = self._take(probs, logits, total_count)
        self.total_count = self.total_count.to(self._given.dtype)
        super().__init__(self.param_shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """From 0 to total_count."""
        return constraints.integer_interval(0, self.total_count)

    def _draw(self, shape: Any) -> Tensor:
        return binomial(self.total_count.expand(*shape), self.probs.expand(*shape))

    def _log_prob(self, value: Any) -> Any:
        n, logits = self.total_count, self.logits
        ways = lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
        return ways + value * logits - n * F.softplus(logits, threshold=50)

    def _entropy(self) -> Any:
        log_probs = self._log_prob(self.enumerate_support(expand=False))
        return -(log_probs.exp() * log_probs).sum(0)

    def _values(self) -> Any:
        count = int(self.total_count.max())
        if not bool((self.total_count == count).all()):
            raise NotImplementedError("Binomial: the values are not the same for different total_counts")
        return arange(count + 1, dtype=self.probs.dtype)

    def _mean(self) -> Any:
        return self.total_count * self.probs

    def _mode(self) -> Any:
        most = ((self.total_count + 1) * self.probs).floor()
        return most.minimum(self.total_count)

    def _variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)


class Geometric(ByProbability, Distribution):
    """How many tries fail before the first that succeeds.

    >>> glassnet.distributions.Geometric(probs=0.25).mean
    tensor(3.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self.param_shape, validate_args=validate_args)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if "probs" in vars(self) and not bool((self.probs > 0).all()):
            raise ValueError("Geometric: expected probs to be greater than 0, else no try ever succeeds")

    def _draw(self, shape: Any) -> Tensor:
        return (open_uniform(shape, self.probs.dtype).log() / (-self.probs).log1p()).floor()

    def _log_prob(self, value: Any) -> Any:
        probs = where((self.probs == 1) & (value == 0), 0.0, self.probs)
        return value * (-probs).log1p() + self.probs.log()

    def _entropy(self) -> Any:
        return binary_cross_entropy(self.logits, self.probs) / self.probs

    def _mean(self) -> Any:
        return 1.0 / self.probs - 1.0

    def _mode(self) -> Any:
        return zeros_like(self.probs)

    def _variance(self) -> Any:
        return (1.0 / self.probs - 1.0) / self.probs


class NegativeBinomial(ByProbability, Distribution):
    """How many tries succeed before ``total_count`` have failed.

    >>> glassnet.distributions.NegativeBinomial(3, probs=glassnet.tensor(0.5)).mean
    tensor(3.)
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (count,) = self._take(probs, logits, total_count)
        self.total_count = count.to(self._given.dtype)
        super().__init__(self.param_shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return poisson(standard_gamma(self.total_count.expand(*shape)) * self.logits.exp())

    def _log_prob(self, value: Any) -> Any:
        n = self.total_count
        each = n * F.logsigmoid(-self.logits) + value * F.logsigmoid(self.logits)
        ways = lgamma(n + value) - lgamma(1.0 + value) - lgamma(n)
        return each + where(n + value == 0.0, 0.0, ways)

    def _mean(self) -> Any:
        return self.total_count * self.logits.exp()

    def _mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    def _variance(self) -> Any:
        return self.mean / (-self.logits).sigmoid()


class Poisson(ExponentialFamily):
    """How often something happens that happens ``rate`` times in the mean.

    >>> glassnet.distributions.Poisson(2.0).log_prob(glassnet.tensor(0.0))
    tensor(-2.)
    """

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return poisson(self.rate.expand(*shape))

    def _log_prob(self, value: Any) -> Any:
        rate, value = broadcast_all(self.rate, value)
        return xlogy(value, rate) - rate - lgamma(value + 1)

    def _mean(self) -> Any:
        return self.rate

    def _mode(self) -> Any:
        return self.rate.floor()

    _variance = _mean

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.rate.log(),)

    def _log_normalizer(self, x: Any) -> Any:
        return x.exp()
