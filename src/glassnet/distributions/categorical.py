"""Distributions over categories: their number, one 1 among 0s, how often each came."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet import functional as F
from glassnet.distributions import constraints
from glassnet.distributions.counts import Binomial, ProbsOrLogits
from glassnet.distributions.distribution import Distribution
from glassnet.distributions.drawing import category
from glassnet.distributions.utils import lazy_property, logits_to_probs, one_of_two, probs_to_logits
from glassnet.tensor import Tensor
from glassnet.tensor.creation import arange, eye, full
from glassnet.tensor.functions.arranging import broadcast_tensors
from glassnet.tensor.functions.special_functions import lgamma
from glassnet.tensor.joining import where


class ByProbabilities(ProbsOrLogits):
    """What has a probability for each of the last dimension, told as ``probs`` or as ``logits``; the other follows."""

    @lazy_property
    def logits(self) -> Any:
        """The logarithms of the probabilities."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities, which add up to 1."""
        return logits_to_probs(self.logits)

    def _take(self, probs: Any, logits: Any) -> None:
        """Keep the one of the two that is given, so that the probabilities add up to 1."""
        owner = type(self).__name__
        name = one_of_two(owner, probs, logits)
        given = logits if probs is None else probs
        if given.dim() < 1:
            raise ValueError(f"{owner}: expected {name} of one dimension or more, got a single number")
        if probs is not None:
            self.probs = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = logits - logits.logsumexp(-1, keepdim=True)


class Categorical(ByProbabilities, Distribution):
    """0 … K − 1, with the probabilities ``probs``, which are divided by their sum, or those of ``logits``: [*, K].

    >>> d = glassnet.distributions.Categorical(glassnet.tensor([1.0, 3.0]))
    >>> d.probs, d.log_prob(glassnet.tensor(1)).exp()
    (tensor([0.2500, 0.7500]), tensor(0.7500))
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self.param_shape[:-1], validate_args=validate_args)

    @property
    def _num_events(self) -> int:
        return int(self._given.shape[-1])

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """From 0 to K − 1."""
        return constraints.integer_interval(0, self._num_events - 1)

    def _draw(self, shape: Any) -> Tensor:
        return category(self.probs.expand(*shape, self._num_events))

    def _log_prob(self, value: Any) -> Any:
        value, log_pmf = value.long().unsqueeze(-1), self.logits
        if value.shape[:-1] != log_pmf.shape[:-1]:
            value, log_pmf = broadcast_tensors(value, log_pmf)
            value = value[..., :1]
        return log_pmf.gather(-1, value).squeeze(-1)

    def _entropy(self) -> Any:
        logits = self.logits.clamp(min=float(np.finfo(self.logits.dtype).min))
        return -(logits * self.probs).sum(-1)

    def _values(self) -> Any:
        return arange(self._num_events)

    def _mean(self) -> Any:
        return full(self._extended_shape(), math.nan, dtype=self.probs.dtype)

    def _mode(self) -> Any:
        return self.probs.argmax(-1)

    _variance = _mean


class OneHotCategorical(ByProbabilities, Distribution):
    """As `Categorical`, each sample a row of 0s with a 1 in the place of the category.

    >>> glassnet.distributions.OneHotCategorical(glassnet.tensor([0.0, 1.0])).sample()
    tensor([0., 1.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self.param_shape[:-1], self.param_shape[-1:], validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        return F.one_hot(category(self.probs.expand(*shape)), shape[-1]).to(self.probs.dtype)

    def _log_prob(self, value: Any) -> Any:
        value, logits = broadcast_tensors(value, self.logits)
        return logits.gather(-1, value.argmax(-1, keepdim=True)).squeeze(-1)

    def _entropy(self) -> Any:
        logits = self.logits.clamp(min=float(np.finfo(self.logits.dtype).min))
        return -(logits * self.probs).sum(-1)

    def _values(self) -> Any:
        return eye(self._given.shape[-1], dtype=self.probs.dtype)

    def _mean(self) -> Any:
        return self.probs

    def _mode(self) -> Any:
        return F.one_hot(self.probs.argmax(-1), self.probs.shape[-1]).to(self.probs.dtype)

    def _variance(self) -> Any:
        return self.probs * (1 - self.probs)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` whose samples have the gradient of the probabilities.

    Source: Bengio, Léonard, Courville, "Estimating or Propagating Gradients Through Stochastic Neurons" (2013).

    >>> probs = glassnet.tensor([0.0, 1.0], requires_grad=True)
    >>> glassnet.distributions.OneHotCategoricalStraightThrough(probs).rsample().requires_grad
    True
    """

    has_rsample = True

    def _draw(self, shape: Any) -> Tensor:
        return super()._draw(shape) + (self.probs - self.probs.detach())


class Multinomial(ByProbabilities, Distribution):
    """How often each category came in ``total_count`` draws.

    >>> glassnet.distributions.Multinomial(4, glassnet.tensor([0.25, 0.75])).mean
    tensor([1., 3.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("Multinomial: expected one whole number as total_count, for all rows")
        self.total_count = total_count
        self._take(probs, logits)
        super().__init__(self.param_shape[:-1], self.param_shape[-1:], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        """Counts that add up to total_count."""
        return constraints.multinomial(self.total_count)

    def _draw(self, shape: Any) -> Tensor:
        drawn = category(self.probs.expand(self.total_count, *shape))
        return F.one_hot(drawn, shape[-1]).sum(0).to(self.probs.dtype)

    def _log_prob(self, value: Any) -> Any:
        logits, value = broadcast_tensors(self.logits, value)
        never = (value == 0) & (logits == -math.inf)
        ways = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        return ways + (where(never, 0.0, logits) * value).sum(-1)

    def _entropy(self) -> Any:
        each = Binomial(self.total_count, self.probs, validate_args=False)
        possible = each.enumerate_support(expand=False)[1:]
        weights = each.log_prob(possible).exp()
        ways = (weights * lgamma(possible + 1)).sum((0, -1))
        entropy = -(self.logits.clamp(min=float(np.finfo(self.logits.dtype).min)) * self.probs).sum(-1)
        return self.total_count * entropy - math.lgamma(self.total_count + 1) + ways

    def _mean(self) -> Any:
        return self.probs * self.total_count

    def _variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)
