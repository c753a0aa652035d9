"""What a distribution says of itself fits together: entropy and density, function and inverse, mode, values, copies."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest

import glassnet as gn
import glassnet.distributions as D
from glassnet.distributions.distribution import ExponentialFamily
from tests.distributions.table import CASES, Case, made

N = 2000
every = pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])


def tensor(x: np.ndarray) -> Any:
    return gn.tensor(x, dtype=gn.float64)


def is_near(found: Any, terms: Any) -> bool:
    """Whether ``found`` is the mean of what the ``terms`` are samples of, as well as samples can tell."""
    terms = terms.numpy()
    error = 6 * terms.std(0) / math.sqrt(N) + 1e-6
    return bool((np.abs(terms.mean(0) - found.numpy()) <= error).all())


@every
def test_the_entropy_is_the_mean_of_minus_the_logarithm_of_the_density(case: Case) -> None:
    gn.manual_seed(1)
    d = made(D, case, tensor)
    try:
        entropy = d.entropy()
    except NotImplementedError:
        return
    assert entropy.shape == d.batch_shape
    assert is_near(entropy, -d.log_prob(d.sample((N,))))
    assert d.perplexity().numpy() == pytest.approx(np.exp(entropy.numpy()))


@every
def test_what_it_gives_is_in_its_support_and_no_likelier_than_its_mode(case: Case) -> None:
    gn.manual_seed(2)
    d = made(D, case, tensor)
    x = d.sample((20,))
    assert d.support.check(x).all()
    densities = d.log_prob(x).numpy()
    try:
        mode = d.mode
    except NotImplementedError:
        return
    if case.name in ("Beta", "Dirichlet"):
        return  # infinite there
    at_mode = d.log_prob(gn.where(mode.isnan(), x[0], mode) if mode.is_floating_point() else mode).numpy()
    finite = ~np.isnan(mode.numpy().reshape(*d.batch_shape, -1).astype(float)).any(-1)
    assert (densities <= at_mode + 1e-9)[:, finite].all()


@every
def test_the_distribution_function_and_its_inverse(case: Case) -> None:
    d = made(D, case, tensor)
    if d.support.is_discrete or d.event_shape:
        return
    p = gn.linspace(0.1, 0.9, 4, dtype=gn.float64).reshape(4, *(1,) * len(d.batch_shape))
    try:
        x = d.icdf(p) * gn.ones(d.batch_shape, dtype=gn.float64)
        found = d.cdf(x)
    except NotImplementedError:
        return
    assert found.numpy() == pytest.approx(np.broadcast_to(p.numpy(), found.shape), abs=1e-7)
    leaf = x.detach().requires_grad_()
    d.cdf(leaf).sum().backward()
    assert leaf.grad.numpy() == pytest.approx(d.log_prob(x).exp().numpy(), rel=1e-6)


@every
def test_copies_for_a_larger_batch(case: Case) -> None:
    gn.manual_seed(3)
    d = made(D, case, tensor)
    many = d.expand((2, *d.batch_shape))
    x = d.sample()
    densities = many.log_prob(x)
    assert densities.shape == (2, *d.batch_shape)
    assert densities[1].numpy() == pytest.approx(d.log_prob(x).numpy())
    assert many.sample().shape == (2, *x.shape)
    assert type(d).__name__ in repr(d) or case.name == "LogisticNormal"  # which names what it is made of


LISTED = [case for case in CASES if getattr(D, case.name).has_enumerate_support is True]


@pytest.mark.parametrize("case", LISTED, ids=[case.label for case in LISTED])
def test_the_values_there_are_have_a_probability_of_1_together(case: Case) -> None:
    d = made(D, case, tensor)
    assert d.log_prob(d.enumerate_support()).exp().sum(0).numpy() == pytest.approx(np.ones(d.batch_shape))
    assert d.enumerate_support(expand=False).numel() <= d.enumerate_support().numel()


FAMILIES = [case for case in CASES if issubclass(getattr(D, case.name), ExponentialFamily)]


@pytest.mark.parametrize("case", FAMILIES, ids=[case.label for case in FAMILIES])
def test_the_entropy_of_a_family_by_its_log_normalizer(case: Case) -> None:
    d = made(D, case, tensor)
    if case.name in ("Chi2", "Dirichlet", "Beta", "Gamma", "Poisson"):
        return  # whose measure has no simple mean
    assert ExponentialFamily._entropy(d).detach().numpy() == pytest.approx(d.entropy().numpy(), rel=1e-6)


def test_parts_of_one_event() -> None:
    d = D.Independent(D.Bernoulli(tensor(np.array([[0.2, 0.5], [0.7, 0.9]]))), 1)
    assert d.entropy().numpy() == pytest.approx(d.base_dist.entropy().sum(-1).numpy())
    assert d.variance.equal(d.base_dist.variance)
    assert d.mode.shape == (2, 2)
    assert d.expand((3, 2)).log_prob(gn.ones(2, dtype=gn.float64)).shape == (3, 2)
    assert not d.has_enumerate_support
    with pytest.raises(NotImplementedError, match="not listed"):
        d.enumerate_support()
    assert D.Independent(D.Bernoulli(0.5), 0).enumerate_support().tolist() == [0.0, 1.0]
    assert repr(d) == "Independent(Bernoulli(probs: (2, 2), logits: (2, 2)), 1)"


def test_a_mixture() -> None:
    weights = D.Categorical(tensor(np.array([0.3, 0.7])))
    d = D.MixtureSameFamily(weights, D.Normal(tensor(np.array([-1.0, 2.0])), tensor(np.array([0.5, 1.0]))))
    x = tensor(np.array([-1.0, 0.5])).requires_grad_()
    d.cdf(x).sum().backward()
    assert x.grad.numpy() == pytest.approx(d.log_prob(x).exp().detach().numpy())
    assert d.expand((3,)).log_prob(x[0]).shape == (3,)
    assert d.support.check(x).all()
    for wrong in (D.Normal(tensor(np.zeros(3)), 1.0), D.Normal(0.0, 1.0), "Normal"):
        with pytest.raises(ValueError, match="MixtureSameFamily"):
            D.MixtureSameFamily(weights, wrong)
    with pytest.raises(ValueError, match="expected a Categorical"):
        D.MixtureSameFamily(D.Bernoulli(0.5), D.Normal(0.0, 1.0))


def test_what_transforms_make_of_samples() -> None:
    d = D.TransformedDistribution(D.Normal(0.0, 1.0), [D.AffineTransform(1.0, -2.0), D.ExpTransform()])
    assert d.cdf(d.icdf(gn.tensor(0.3))).item() == pytest.approx(0.3, abs=1e-6)
    x = d.icdf(gn.tensor(0.3)).requires_grad_()
    d.cdf(x).backward()
    assert x.grad.item() == pytest.approx(d.log_prob(x).exp().item(), rel=1e-5)
    assert d.expand((3,)).rsample((2,)).shape == (2, 3)
    assert D.TransformedDistribution(D.Normal(0.0, 1.0), []).support is D.constraints.real
    with pytest.raises(ValueError, match="a Transform or a list of them"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), ["exp"])
    with pytest.raises(ValueError, match="events of 1 dimensions or more"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())


def test_one_of_ones_own() -> None:
    """A subclass that overrides what PyTorch's documentation says to override."""

    class Fixed(D.Distribution):
        arg_constraints: ClassVar[Any] = {"loc": D.constraints.real}

        def __init__(self, loc: Any, validate_args: bool | None = None) -> None:
            self.loc = loc
            super().__init__(loc.shape, validate_args=validate_args)

        def sample(self, sample_shape: Any = ()) -> Any:
            return self.loc.expand(self._extended_shape(sample_shape))

        def log_prob(self, value: Any) -> Any:
            return gn.where(value == self.loc, 0.0, -math.inf)

    d = Fixed(gn.tensor([1.0, 2.0]))
    assert d.sample_n(3).shape == (3, 2)
    assert d.expand((4, 2)).batch_shape == (4, 2)
    for what in ("mean", "variance", "mode", "stddev"):
        with pytest.raises(NotImplementedError, match="Fixed has no"):
            getattr(d, what)
    for what in ("entropy", "enumerate_support"):
        with pytest.raises(NotImplementedError, match="Fixed has no"):
            getattr(d, what)()
    with pytest.raises(NotImplementedError, match="Fixed has no icdf"):
        d.icdf(gn.tensor(0.5))
