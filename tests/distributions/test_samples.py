"""Samples: their mean and variance are those that the distribution says, and gradients go back through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.distributions as D
from glassnet.distributions.drawing import standard_gamma
from tests.distributions.table import CASES, Case, made

N = 4000


def tensor(x: np.ndarray) -> Any:
    return gn.tensor(x, dtype=gn.float64)


# No variance, no fourth moment to speak of, or no mean at all.
WILD = (
    "GeneralizedPareto", "Cauchy", "HalfCauchy", "Pareto", "FisherSnedecor", "InverseGamma", "StudentT", "Weibull",
    "LogNormal", "Gamma",
)  # fmt: skip
NO_MOMENTS = (
    "Categorical", "LKJCholesky", "RelaxedBernoulli", "RelaxedOneHotCategorical", "LogisticNormal", "VonMises",
)  # fmt: skip
TAME = [case for case in CASES if case.name not in WILD + NO_MOMENTS]


@pytest.mark.parametrize("case", TAME, ids=[case.label for case in TAME])
def test_mean_and_variance(case: Case) -> None:
    gn.manual_seed(3)
    d = made(D, case, tensor)
    x = d.sample((N,)).numpy()
    spread = np.sqrt(d.variance.numpy())
    assert (np.abs(x.mean(0) - d.mean.numpy()) <= 5 * spread / np.sqrt(N)).all()
    assert x.var(0) == pytest.approx(d.variance.numpy(), rel=0.35)


ORDERED = [
    D.Cauchy(1.0, 2.0), D.HalfCauchy(2.0), D.Pareto(1.0, 1.5), D.Weibull(2.0, 0.7), D.LogNormal(0.3, 1.0),
    D.Gumbel(0.0, 2.0), D.Kumaraswamy(2.0, 3.0), D.Laplace(1.0, 1.0), D.ContinuousBernoulli(0.8), D.HalfNormal(1.0),
    D.GeneralizedPareto(0.0, 1.0, 0.3),
]  # fmt: skip


@pytest.mark.parametrize("d", ORDERED, ids=[type(d).__name__ for d in ORDERED])
def test_samples_come_as_the_distribution_function_says(d: Any) -> None:
    """Kolmogorov's and Smirnov's test: no place where more than 2.2 / √N too few or too many are below."""
    gn.manual_seed(4)
    below = np.sort(d.cdf(d.sample((N,))).numpy())
    assert np.abs(below - (np.arange(N) + 0.5) / N).max() < 2.2 / np.sqrt(N)
    assert d.cdf(d.icdf(gn.tensor(0.3))).item() == pytest.approx(0.3, abs=1e-5)


@pytest.mark.parametrize("concentration", [0.05, 0.6, 3.0, 40.0, 1500.0, 1e5])
def test_the_gradient_of_a_gamma_number_keeps_its_place(concentration: float) -> None:
    """Moved along the gradient, a sample still has as many below it: the mean and the variance grow as they should."""
    gn.manual_seed(5)
    a = gn.full((4000,), concentration, dtype=gn.float64).requires_grad_()
    x = standard_gamma(a)
    x.sum().backward()
    slope, drawn = a.grad.numpy(), x.detach().numpy()
    assert slope.mean() == pytest.approx(1.0, abs=5 * slope.std() / np.sqrt(4000) + 1e-6)  # d mean / d a
    of_square = 2 * drawn * slope  # d E[x²] / d a = 2a + 1
    assert of_square.mean() == pytest.approx(2 * concentration + 1, abs=5 * of_square.std() / np.sqrt(4000) + 1e-6)


def test_categories_of_probability_0_never_come() -> None:
    probs = gn.tensor([0.0, 1e-3, 0.0, 0.999, 0.0])
    drawn = D.Categorical(probs).sample((20000,)).numpy()
    assert set(drawn) == {1, 3}


REPARAMETRISED = [case for case in CASES if getattr(D, case.name).has_rsample is True]


@pytest.mark.parametrize("case", REPARAMETRISED, ids=[case.label for case in REPARAMETRISED])
def test_gradients_go_through_samples(case: Case) -> None:
    leaves: list[Any] = []

    def leaf(x: np.ndarray) -> Any:
        leaves.append(tensor(x).requires_grad_())
        return leaves[-1]

    d = made(D, case, leaf)
    assert not d.sample((2,)).requires_grad
    if leaves:
        (d.rsample((2,)) ** 2).sum().backward()
        assert any(x.grad is not None and (x.grad != 0).any() for x in leaves)


def test_a_mixture_draws_from_all_its_parts() -> None:
    gn.manual_seed(6)
    parts = D.Independent(D.Normal(gn.tensor([[-5.0, 0.0], [5.0, 0.0]]), 1.0), 1)
    mixture = D.MixtureSameFamily(D.Categorical(gn.tensor([1.0, 3.0])), parts)
    x = mixture.sample((2000,))
    assert x.shape == (2000, 2)
    assert (x[:, 0] > 0).float().mean().item() == pytest.approx(0.75, abs=0.05)
    assert x.mean(0).numpy() == pytest.approx(mixture.mean.numpy(), abs=0.4)
    assert x.var(0).numpy() == pytest.approx(mixture.variance.numpy(), rel=0.2)


def test_a_sample_can_be_compiled() -> None:
    loc = gn.tensor([1.0, 2.0])

    @gn.compile
    def step(scale: Any) -> Any:
        d = D.Normal(loc, scale)
        return d.log_prob(d.rsample()).sum()

    gn.manual_seed(0)
    one = [step(gn.ones(2)).item() for _ in range(3)]
    gn.manual_seed(0)
    d = D.Normal(loc, gn.ones(2))
    assert one == pytest.approx([d.log_prob(d.rsample()).sum().item() for _ in range(3)])
    assert len(set(one)) == 3


def test_gamma_numbers_can_be_compiled() -> None:
    step = gn.compile(lambda a: D.Gamma(a, 1.0).rsample())
    gn.manual_seed(0)
    drawn = step(gn.tensor([2.0, 3.0]))
    gn.manual_seed(0)
    assert drawn.tolist() == pytest.approx(D.Gamma(gn.tensor([2.0, 3.0]), 1.0).rsample().tolist())


def test_what_has_no_gradient_says_what_to_do() -> None:
    with pytest.raises(NotImplementedError, match="REINFORCE"):
        D.Categorical(gn.ones(3)).rsample()
    with pytest.raises(NotImplementedError, match="has no cdf"):
        D.Beta(1.0, 1.0).cdf(gn.tensor(1.0))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: D.Normal(0.0, -1.0), "Normal: expected scale to be greater than 0, got -1"),
        (lambda: D.Categorical(), "either probs or logits, got neither"),
        (lambda: D.Bernoulli(0.5, 0.0), "either probs or logits, got both"),
        (lambda: D.Bernoulli(0.5).log_prob(gn.tensor(2.0)), "a value that is 0 or 1, got 2; to have it"),
        (lambda: D.Normal(0.0, 1.0).log_prob(2.0), "as a tensor, got float"),
        (lambda: D.Normal("a", 1.0), "a tensor or a number"),
        (lambda: D.Uniform(1.0, 0.0), "low to be below its high"),
        (lambda: D.MultivariateNormal(gn.zeros(2)), "covariance_matrix, precision_matrix and scale_tril, got none"),
        (lambda: D.Independent(D.Normal(0.0, 1.0), 1), "of 0 or less"),
        (lambda: D.Distribution.set_default_validate_args(3), "True or False"),
    ],
)  # fmt: skip
def test_messages(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
