"""KL divergences of pairs of different kinds."""

from __future__ import annotations

import math
from typing import Any

from glassnet.distributions.counts import Bernoulli, Binomial, Poisson
from glassnet.distributions.gammas import Beta, Gamma
from glassnet.distributions.kl import register_kl
from glassnet.distributions.normals import Normal, Uniform
from glassnet.distributions.relaxed import ContinuousBernoulli
from glassnet.distributions.utils import euler_constant
from glassnet.distributions.waiting import Exponential, Gumbel, Laplace, Pareto
from glassnet.tensor.creation import full_like
from glassnet.tensor.functions.special_functions import digamma, lgamma
from glassnet.tensor.joining import where

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)

# What p gives and q never does: the divergence is infinite.
_ENDLESS = (
    *((Beta, Pareto), (ContinuousBernoulli, Pareto), (Poisson, Bernoulli), (Poisson, Binomial)),
    *((p, q) for p in (Exponential, Gamma, Pareto) for q in (Beta, ContinuousBernoulli, Uniform)),
    *((p, Pareto) for p in (Exponential, Gamma)),
    *((p, q) for p in (Gumbel, Laplace, Normal) for q in (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto)),
    *((p, Uniform) for p in (Gumbel, Laplace, Normal)),
)


def _first(p: Any) -> Any:
    """A parameter of ``p``, for its shape."""
    return next(vars(p)[name] for name in p.arg_constraints if name in vars(p))


def _endless(p: Any, q: Any) -> Any:
    return full_like(_first(p) + _first(q) * 0, math.inf)


for _pair in _ENDLESS:
    register_kl(*_pair)(_endless)


def _of_normal(mean: Any, variance: Any, q: Any) -> Any:
    """−E log q of what has this mean and variance, q being normal."""
    return q.scale.log() + _HALF_LOG_TWO_PI + (variance + (mean - q.loc) ** 2) / (2 * q.scale**2)


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Any, q: Any) -> Any:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_norm()


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
def _mean_exponential(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Any, q: Any) -> Any:
    mean_log = digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0)
    spread = q.concentration * q.rate.log() - lgamma(q.concentration)
    return -p.entropy() - spread - (q.concentration - 1) * mean_log + q.rate * p.mean


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Uniform, Normal)
def _to_normal(p: Any, q: Any) -> Any:
    return -p.entropy() + _of_normal(p.mean, p.variance, q)


@register_kl(Pareto, Normal)
def _pareto_normal(p: Any, q: Any) -> Any:
    return where(p.alpha <= 2, math.inf, -p.entropy() + _of_normal(p.mean, p.variance, q))


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _share_uniform(p: Any, q: Any) -> Any:
    result = -p.entropy() + (q.high - q.low).log()
    return where((q.high < 1) | (q.low > 0), math.inf, result)


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    spread = lgamma(q.concentration) - q.concentration * ratio.log()
    return spread + ratio + euler_constant * (q.concentration - 1) - 1


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Any, q: Any) -> Any:
    scaled = p.rate * q.scale
    at = q.loc / q.scale
    return scaled.log() - 1 + at.exp() * scaled / (scaled + 1) - at + 1 / scaled


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Any, q: Any) -> Any:
    scaled, at = p.rate * q.scale, q.loc / q.scale
    slope = (p.concentration - 1) * digamma(p.concentration) - lgamma(p.concentration) - p.concentration
    return slope + scaled.log() + p.concentration / scaled - at + at.exp() * (1 + 1 / scaled) ** -p.concentration


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Any, q: Any) -> Any:
    distance, ratio = (p.loc - q.loc) / q.scale, (p.scale / q.scale) ** 2
    return -(p.scale / q.scale).log() - _HALF_LOG_TWO_PI - 0.5 + distance + (-distance + ratio * 0.5).exp()


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Any:
    distance = p.loc - q.loc
    z = distance / p.scale
    folded = math.sqrt(2 / math.pi) * p.scale * (-0.5 * z**2).exp() + distance * (z * math.sqrt(0.5)).erf()
    return -p.entropy() + (2 * q.scale).log() + folded / q.scale


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Any, q: Any) -> Any:
    scaled = p.scale * q.rate
    finite = (p.alpha / scaled).log() - 1 / p.alpha + p.alpha * scaled / (p.alpha - 1) - 1
    return where(p.alpha <= 1, math.inf, finite)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Any, q: Any) -> Any:
    mean_log = p.scale.log() + 1 / p.alpha
    spread = lgamma(q.concentration) - q.concentration * q.rate.log()
    finite = p.alpha.log() - p.scale.log() - 1 - 1 / p.alpha + spread + (1 - q.concentration) * mean_log
    return where(p.alpha <= 1, math.inf, finite + q.rate * p.alpha * p.scale / (p.alpha - 1))


@register_kl(Uniform, Beta)
def _uniform_beta(p: Any, q: Any) -> Any:
    width = p.high - p.low
    spread = lgamma(q.concentration1) + lgamma(q.concentration0) - lgamma(q.concentration1 + q.concentration0)
    one = (q.concentration1 - 1) * (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    zero = (q.concentration0 - 1) * (_x_log_x(1 - p.high) - _x_log_x(1 - p.low) + width) / width
    return where((p.high > 1) | (p.low < 0), math.inf, -width.log() + spread - one + zero)


def _x_log_x(x: Any) -> Any:
    return x * x.log()


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Any, q: Any) -> Any:
    finite = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_norm()
    return where((p.high > 1) | (p.low < 0), math.inf, finite)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Any, q: Any) -> Any:
    return where(p.low < 0, math.inf, q.rate * p.mean - (q.rate * (p.high - p.low)).log())


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Any, q: Any) -> Any:
    width = p.high - p.low
    spread = -width.log() + lgamma(q.concentration) - q.concentration * q.rate.log()
    mean_log = (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    return where(p.low < 0, math.inf, spread + (1 - q.concentration) * mean_log + q.rate * p.mean)


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Any, q: Any) -> Any:
    width = p.high - p.low
    high, low = (q.loc - p.high) / q.scale, (q.loc - p.low) / q.scale
    return (q.scale / width).log() + 0.5 * -(high + low) - q.scale / width * (high.exp() - low.exp())


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Any, q: Any) -> Any:
    width = p.high - p.low
    mean_log = (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    finite = mean_log * (q.alpha + 1) - (q.alpha * q.scale**q.alpha * width).log()
    return where(p.low < q.scale, math.inf, finite)
