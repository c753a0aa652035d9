"""Probability distributions by the names of `torch.distributions`: samples, densities, entropies, divergences."""

from __future__ import annotations

from glassnet.distributions import constraints, kl, transforms, utils
from glassnet.distributions import crossed_divergences as _crossed
from glassnet.distributions import divergences as _divergences
from glassnet.distributions.categorical import (
    Categorical,
    Multinomial,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from glassnet.distributions.compound import (
    Independent,
    LogisticNormal,
    MixtureSameFamily,
    TransformedDistribution,
)
from glassnet.distributions.constraint_registry import biject_to, transform_to
from glassnet.distributions.counts import Bernoulli, Binomial, Geometric, NegativeBinomial, Poisson
from glassnet.distributions.distribution import Distribution, ExponentialFamily
from glassnet.distributions.gammas import Beta, Chi2, Dirichlet, Gamma, InverseGamma, Kumaraswamy
from glassnet.distributions.heavy_tails import Cauchy, FisherSnedecor, GeneralizedPareto, HalfCauchy, StudentT
from glassnet.distributions.kl import kl_divergence, register_kl
from glassnet.distributions.multivariate_normal import LowRankMultivariateNormal, MultivariateNormal
from glassnet.distributions.normals import HalfNormal, LogNormal, Normal, Uniform
from glassnet.distributions.random_matrices import LKJCholesky, Wishart
from glassnet.distributions.relaxed import (
    ContinuousBernoulli,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
    VonMises,
)
from glassnet.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StackTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)
from glassnet.distributions.waiting import Exponential, Gumbel, Laplace, Pareto, Weibull

__all__ = [
    "AbsTransform", "AffineTransform", "Bernoulli", "Beta", "Binomial", "CatTransform", "Categorical", "Cauchy", "Chi2",
    "ComposeTransform", "ContinuousBernoulli", "CorrCholeskyTransform", "CumulativeDistributionTransform", "Dirichlet",
    "Distribution", "ExpTransform", "Exponential", "ExponentialFamily", "FisherSnedecor", "Gamma", "GeneralizedPareto",
    "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "Independent", "IndependentTransform", "InverseGamma",
    "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal", "LogisticNormal", "LowRankMultivariateNormal",
    "LowerCholeskyTransform", "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson", "PositiveDefiniteTransform",
    "PowerTransform", "RelaxedBernoulli", "RelaxedOneHotCategorical", "ReshapeTransform", "SigmoidTransform",
    "SoftmaxTransform", "SoftplusTransform", "StackTransform", "StickBreakingTransform", "StudentT", "TanhTransform",
    "Transform", "TransformedDistribution", "Uniform", "VonMises", "Weibull", "Wishart", "biject_to",
    "identity_transform", "kl_divergence", "register_kl", "transform_to",
]  # fmt: skip
