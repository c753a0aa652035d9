"""KL divergences of the pairs of which there is a formula: two of a kind."""

from __future__ import annotations

import math
from typing import Any

from glassnet.autograd import grad
from glassnet.distributions.categorical import Categorical, OneHotCategorical
from glassnet.distributions.compound import Independent, TransformedDistribution, sum_rightmost
from glassnet.distributions.counts import Bernoulli, Binomial, Geometric, Poisson
from glassnet.distributions.distribution import ExponentialFamily
from glassnet.distributions.gammas import Beta, Dirichlet, Gamma
from glassnet.distributions.heavy_tails import Cauchy
from glassnet.distributions.kl import kl_divergence, register_kl
from glassnet.distributions.multivariate_normal import (
    LowRankMultivariateNormal,
    MultivariateNormal,
    log_diagonal,
    squared_distance,
)
from glassnet.distributions.normals import HalfNormal, LogNormal, Normal, Uniform
from glassnet.distributions.relaxed import ContinuousBernoulli
from glassnet.distributions.utils import euler_constant
from glassnet.distributions.waiting import Exponential, Gumbel, Laplace, Pareto
from glassnet.functional import softplus
from glassnet.tensor.functions.special_functions import digamma, lgamma
from glassnet.tensor.joining import where
from glassnet.tensor.linalg.equations import solve_triangular


@register_kl(ExponentialFamily, ExponentialFamily)
def _families(p: Any, q: Any) -> Any:
    """Of two of one family: the Bregman divergence of its log-normalizer."""
    if type(p) is not type(q):
        raise NotImplementedError(f"there is no formula for KL({type(p).__name__} ‖ {type(q).__name__})")
    of_p = [x.detach().requires_grad_() for x in p._natural_params]
    of_q = q._natural_params
    normalizer = p._log_normalizer(*of_p)
    slopes = grad(normalizer.sum(), of_p, create_graph=True)
    result = q._log_normalizer(*of_q) - normalizer
    for one, other, slope in zip(of_p, of_q, slopes, strict=True):
        result = result - sum_rightmost((other - one) * slope, len(q.event_shape))
    return result


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Any:
    gain = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    loss = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    one = where((q.probs == 0) & (p.probs != 0), math.inf, where(p.probs == 0, 0.0, gain))
    zero = where((q.probs == 1) & (p.probs != 1), math.inf, where(p.probs == 1, 0.0, loss))
    return one + zero


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Any:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Any:
    total_p, total_q = p.concentration1 + p.concentration0, q.concentration1 + q.concentration0
    spread = lgamma(q.concentration1) + lgamma(q.concentration0) + lgamma(total_p)
    spread = spread - lgamma(p.concentration1) - lgamma(p.concentration0) - lgamma(total_q)
    one = (p.concentration1 - q.concentration1) * digamma(p.concentration1)
    zero = (p.concentration0 - q.concentration0) * digamma(p.concentration0)
    return spread + one + zero + (total_q - total_p) * digamma(total_p)


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Any:
    if bool((q.total_count < p.total_count).any()):
        raise NotImplementedError("KL of two Binomials: expected total_count of q to be that of p")
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return where(p.total_count > q.total_count, math.inf, p.total_count * each)


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Any:
    terms = p.probs * (p.logits - q.logits)
    terms = where((q.probs == 0) & (p.probs != 0), math.inf, terms)
    return where(p.probs == 0, 0.0, terms).sum(-1)


register_kl(OneHotCategorical, OneHotCategorical)(_categorical)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Any:
    distance = (p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2
    return distance.log() - (4 * p.scale * q.scale).log()


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Any:
    mean = p.mean * (p.logits - q.logits)
    return mean + p._log_norm() + (-p.probs).log1p() - q._log_norm() - (-q.probs).log1p()


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    spread = lgamma(a.sum(-1)) - lgamma(b.sum(-1)) + (lgamma(b) - lgamma(a)).sum(-1)
    return spread + ((a - b) * (digamma(a) - digamma(a.sum(-1, keepdim=True)))).sum(-1)


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Any:
    spread = q.concentration * (p.rate / q.rate).log() + lgamma(q.concentration) - lgamma(p.concentration)
    slope = (p.concentration - q.concentration) * digamma(p.concentration)
    return spread + slope + (q.rate - p.rate) * (p.concentration / p.rate)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Any:
    scales, at_p, at_q = p.scale / q.scale, p.loc / q.scale, q.loc / q.scale
    moment = (at_q - at_p + lgamma(1 + scales)).exp() - (1 + euler_constant)
    return -scales.log() + scales * euler_constant + at_p - at_q + moment


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio - 1 - ratio.log())


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    distance = ((p.loc - q.loc) / q.scale) ** 2
    return 0.5 * (ratio + distance - 1 - ratio.log())


register_kl(LogNormal, LogNormal)(_normal)


def _log_determinants(p: Any, q: Any) -> Any:
    return 2 * (log_diagonal(q._factor) - log_diagonal(p._factor))


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL of two normal distributions of vectors: expected one length, got {list(p.event_shape)} and "
            f"{list(q.event_shape)}"
        )
    n = p.event_shape[0]
    batch = (q.loc - p.loc).shape[:-1]
    factors = (x._factor.expand(*batch, n, n) for x in (q, p))
    spread = (solve_triangular(*factors, upper=False) ** 2).sum((-2, -1))
    distance = squared_distance(q._factor, q.loc - p.loc)
    return 0.5 * (_log_determinants(p, q) + spread + distance - n)


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Any:
    ratio = p.scale / q.scale
    alphas = q.alpha / p.alpha
    result = q.alpha * ratio.log() - alphas.log() + alphas - 1
    return where(p.scale < q.scale, math.inf, result)


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("KL of two transformed distributions: expected the same transforms of both")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Any:
    result = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), math.inf, result)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL of two Independents: expected the same reinterpreted_batch_ndims")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
