"""Between the discrete and the continuous: relaxed Bernoulli and categories, continuous Bernoulli; angles."""

from __future__ import annotations

import math
from typing import Any

from glassnet import functional as F
from glassnet.distributions import constraints
from glassnet.distributions.categorical import ByProbabilities
from glassnet.distributions.counts import ByProbability, binary_cross_entropy
from glassnet.distributions.distribution import Distribution, ExponentialFamily
from glassnet.distributions.drawing import open_uniform, von_mises
from glassnet.distributions.utils import broadcast_all, clamp_probs, smallest_number, smallest_step
from glassnet.ops.functions import bessel
from glassnet.tensor import Tensor, apply
from glassnet.tensor.joining import where


class _AtTemperature(Distribution):
    """A distribution whose ``temperature`` is one for all of a batch."""

    temperature: Any

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions, repeated to a larger ``batch_shape``."""
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new


class RelaxedBernoulli(ByProbability, _AtTemperature):
    """A number between 0 and 1 that is nearer to one of them the lower the ``temperature``; gradients go through it.

    Source: Maddison, Mnih, Teh, "The Concrete Distribution" (2017); Jang, Gu, Poole (2017).

    >>> d = glassnet.distributions.RelaxedBernoulli(glassnet.tensor(0.5), probs=glassnet.tensor(0.5))
    >>> 0 < d.sample() < 1
    tensor(True)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        self._take(probs, logits)
        super().__init__(self.param_shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        probs = clamp_probs(self.probs)
        drawn = open_uniform(shape, probs.dtype)
        logits = drawn.log() - (-drawn).log1p() + probs.log() - (-probs).log1p()
        step = smallest_step(probs)
        return (logits / self.temperature).sigmoid().clamp(min=smallest_number(probs), max=1 - step)

    def _log_prob(self, value: Any) -> Any:
        value = value.clamp(min=smallest_number(value), max=1 - smallest_step(value))
        log_odds = value.log() - (-value).log1p()
        difference = self.logits - log_odds * self.temperature
        temperature = broadcast_all(self.temperature, difference)[0]
        density = temperature.log() + difference - 2 * difference.exp().log1p()
        return density + F.softplus(log_odds) + F.softplus(-log_odds)


class RelaxedOneHotCategorical(ByProbabilities, _AtTemperature):
    """Shares of which one is nearly 1, the more so the lower the ``temperature`` ("Gumbel-softmax").

    Source: as `RelaxedBernoulli`.

    >>> d = glassnet.distributions.RelaxedOneHotCategorical(glassnet.tensor(0.5), logits=glassnet.zeros(3))
    >>> d.rsample().sum()
    tensor(1.)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        self._take(probs, logits)
        super().__init__(self.param_shape[:-1], self.param_shape[-1:], validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        gumbels = -(-open_uniform(shape, self.logits.dtype).log()).log()
        return F.softmax((self.logits + gumbels) / self.temperature, dim=-1)

    def _log_prob(self, value: Any) -> Any:
        logarithm = value.log()
        k = self._given.shape[-1]
        temperature = broadcast_all(self.temperature, self.logits.new_zeros(()))[0]
        score = self.logits - logarithm * temperature
        score = (score - score.logsumexp(-1, keepdim=True)).sum(-1)
        return math.lgamma(k) + (k - 1) * temperature.log() + score - logarithm.sum(-1)


class ContinuousBernoulli(ByProbability, ExponentialFamily):
    """Numbers from 0 to 1 of density ~ pˣ(1 − p)¹⁻ˣ: what a decoder of grey pictures gives, properly.

    Between ``lims``, where the formulas come to 0 / 0, a Taylor series stands for them.
    Source: Loaiza-Ganem, Cunningham, "The continuous Bernoulli" (2019).

    >>> glassnet.distributions.ContinuousBernoulli(0.5).mean
    tensor(0.5000)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        self._take(probs, logits)
        super().__init__(self.param_shape, validate_args=validate_args)
        if "probs" in vars(self):
            self.probs = clamp_probs(self.probs)

    @property
    def _is_far(self) -> Any:
        """Whether p is far enough from a half for the formulas."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    @property
    def _far(self) -> Any:
        """p, kept off a half."""
        return where(self._is_far, self.probs, self._lims[0])

    def _or_near(self, far: Any, near: Any) -> Any:
        return where(self._is_far, far, near)

    def _log_norm(self) -> Any:
        p = self._far
        far = ((-p).log1p() - p.log()).abs().log() - (1 - 2 * p).abs().log()
        x = (self.probs - 0.5) ** 2
        return self._or_near(far, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    def _draw(self, shape: Any) -> Tensor:
        return self._icdf(open_uniform(shape, self.probs.dtype))

    def _log_prob(self, value: Any) -> Any:
        return -binary_cross_entropy(self.logits, value) + self._log_norm()

    def _cdf(self, value: Any) -> Any:
        p = self._far
        far = (p**value * (1.0 - p) ** (1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = self._or_near(far, value)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, inside))

    def _icdf(self, value: Any) -> Any:
        p = self._far
        far = ((-p + value * (2.0 * p - 1.0)).log1p() - (-p).log1p()) / (p.log() - (-p).log1p())
        return self._or_near(far, value)

    def _entropy(self) -> Any:
        zero, one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (zero - one) - self._log_norm() - zero

    def _mean(self) -> Any:
        p, x = self._far, self.probs - 0.5
        far = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        return self._or_near(far, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x**2) * x)

    def _variance(self) -> Any:
        p, x = self._far, (self.probs - 0.5) ** 2
        far = p * (p - 1.0) / (1.0 - 2.0 * p) ** 2 + 1.0 / ((-p).log1p() - p.log()) ** 2
        return self._or_near(far, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        is_far = (x <= -4e-3) | (x > 4e-3)
        far = where(is_far, x, 1.0)
        near = 0.5 * x + x**2 / 24.0 - x**4 / 2880.0
        return where(is_far, ((far.exp() - 1).abs()).log() - far.abs().log(), near)


class VonMises(Distribution):
    """Angles around ``loc``, the more closely the greater ``concentration``: the normal distribution of a circle.

    The variance is the circular one, 1 − I₁(κ) / I₀(κ).

    >>> glassnet.distributions.VonMises(0.0, 1.0).variance
    tensor(0.5536)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def _draw(self, shape: Any) -> Tensor:
        angle = self.loc + von_mises(self.concentration.expand(*shape))
        return (angle + math.pi) % (2 * math.pi) - math.pi

    def _log_prob(self, value: Any) -> Any:
        k = self.concentration
        return k * ((value - self.loc).cos() - 1) - math.log(2 * math.pi) - apply(bessel.i0e, k).log()

    def _mean(self) -> Any:
        return self.loc

    _mode = _mean

    def _variance(self) -> Any:
        return 1 - apply(bessel.i1e, self.concentration) / apply(bessel.i0e, self.concentration)
