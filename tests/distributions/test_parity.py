"""Distributions against PyTorch's: every number and its gradients, shapes, texts, and which of them are refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.distributions as ours
from tests.distributions.table import CASES, Case, made

torch = pytest.importorskip("torch")
theirs = torch.distributions

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore::UserWarning")]  # of PyTorch's Wishart

# PyTorch's I₀ is a polynomial for float32; its gradient of no interest, beside what that is exact to.
TOLERANCE = {"VonMises": 1e-6}
of_all = pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])


def leaf(x: np.ndarray) -> Any:
    return gn.tensor(x, dtype=gn.float64, requires_grad=True)


def twin(x: np.ndarray) -> Any:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def both(case: Case, **options: Any) -> tuple[Any, Any]:
    gn.set_default_dtype(gn.float64)
    torch.set_default_dtype(torch.float64)
    return made(ours, case, leaf, **options), made(theirs, case, twin, **options)


@pytest.fixture(autouse=True)
def default_dtypes():
    yield
    gn.set_default_dtype(gn.float32)
    torch.set_default_dtype(torch.float32)


def same(case: Case, what: str, mine: Any, other: Any) -> None:
    """The same numbers, and the same gradients of them with respect to all that they come from."""
    tolerance = TOLERANCE.get(case.name, 1e-10)
    a, b = mine.detach().numpy(), other.detach().numpy()
    assert a.shape == b.shape, what
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=what)


def gradients(make: Any, case: Case, library: Any, tensor: Any, value: Any = None) -> list[np.ndarray]:
    given = {name: tensor(x) for name, x in case.parameters.items() if isinstance(x, np.ndarray)}
    others = {name: x for name, x in case.parameters.items() if name not in given}
    if "temperature" in others:
        others["temperature"] = tensor(np.array(others["temperature"]))
    d = getattr(library, case.name)(**given, **others)
    result = make(d)
    if not result.requires_grad:
        return []
    weights = np.cos(np.arange(result.numel())).reshape(tuple(result.shape))
    weighted = result * (gn if library is ours else torch).tensor(weights)
    (gn if library is ours else torch).nan_to_num(weighted, 0.0, 0.0, 0.0).sum().backward()
    leaves = [*given.values(), *([] if value is None else [value])]
    return [np.zeros(tuple(x.shape)) if x.grad is None else x.grad.numpy() for x in leaves]


def values(case: Case, other: Any) -> np.ndarray:
    torch.manual_seed(0)
    drawn: np.ndarray = other.sample((4,)).numpy()
    return drawn


# PyTorch's are made of other distributions, and name no parameter of their own.
OURS_SAYS_MORE = (
    "LogNormal", "HalfNormal", "HalfCauchy", "Chi2", "InverseGamma", "Beta", "OneHotCategorical",
    "OneHotCategoricalStraightThrough", "Multinomial", "RelaxedBernoulli", "RelaxedOneHotCategorical",
    "LogisticNormal",
)  # fmt: skip


def _plain(text: str) -> str:
    """Without what makes a shape a torch.Size, and without histories."""
    text = re.sub(r", (requires_grad=True|grad_fn=<\w+>)", "", text)
    text = re.sub(r"torch\.Size\(\[([\d, ]*)\]\)", r"(\1)", text)
    return re.sub(r",\)", ")", text)


@of_all
def test_shapes_and_text(case: Case) -> None:
    mine, other = both(case)
    assert (tuple(mine.batch_shape), tuple(mine.event_shape)) == (tuple(other.batch_shape), tuple(other.event_shape))
    if case.name not in OURS_SAYS_MORE:
        assert _plain(repr(mine)) == _plain(repr(other))
    assert mine.has_rsample == other.has_rsample
    assert mine.has_enumerate_support == other.has_enumerate_support
    assert repr(mine.support).partition("(")[0] == repr(other.support).partition("(")[0]
    assert mine.support.event_dim == other.support.event_dim
    assert mine.support.is_discrete == other.support.is_discrete


@of_all
@pytest.mark.parametrize("what", ["mean", "mode", "variance", "stddev", "entropy", "perplexity"])
def test_numbers(case: Case, what: str) -> None:
    mine, other = both(case)

    def number(d: Any) -> Any:
        found = getattr(d, what)
        return found() if callable(found) else found

    if what in case.lacks:
        pytest.skip("PyTorch has another")
    try:
        expected = number(other)
    except NotImplementedError:
        if "entropy" in what or "perplexity" in what:
            return  # we may have one
        with pytest.raises(NotImplementedError):
            number(mine)
        return
    found = number(mine)
    same(case, what, found, expected)
    if what != "perplexity":
        for a, b in zip(gradients(number, case, ours, leaf), gradients(number, case, theirs, twin), strict=False):
            tolerance = max(TOLERANCE.get(case.name, 1e-9) * 10, 1e-9)
            np.testing.assert_allclose(np.nan_to_num(a), np.nan_to_num(b), rtol=tolerance, atol=tolerance)


@of_all
@pytest.mark.parametrize("what", ["log_prob", "cdf", "icdf"])
def test_functions_of_values(case: Case, what: str) -> None:
    mine, other = both(case)
    x = values(case, other)
    if what == "icdf":
        x = np.linspace(0.05, 0.9, x.size).reshape(x.shape)
    try:
        expected = getattr(other, what)(torch.tensor(x))
    except NotImplementedError:
        return
    if what in case.lacks:
        pytest.skip("not built")
    found = getattr(mine, what)(gn.tensor(x))
    same(case, what, found, expected)
    if what == "cdf" and case.name in ("Gamma", "Chi2", "InverseGamma"):
        return  # of which PyTorch has no derivative
    pairs = []
    for library, tensor in ((ours, leaf), (theirs, twin)):
        value = tensor(x)
        pairs.append(gradients(lambda d, v=value: getattr(d, what)(v), case, library, tensor, value))
    for a, b in zip(*pairs, strict=True):
        tolerance = max(TOLERANCE.get(case.name, 1e-9) * 10, 1e-9)
        np.testing.assert_allclose(np.nan_to_num(a), np.nan_to_num(b), rtol=tolerance, atol=tolerance)


@of_all
def test_expand(case: Case) -> None:
    mine, other = both(case)
    batch = (2, *mine.batch_shape)
    mine, other = mine.expand(batch), other.expand(batch)
    assert tuple(mine.batch_shape) == tuple(other.batch_shape)
    x = values(case, other)
    same(case, "log_prob", mine.log_prob(gn.tensor(x)), other.log_prob(torch.tensor(x)))
    assert tuple(mine.sample((4,)).shape) == x.shape


@of_all
def test_values_are_listed(case: Case) -> None:
    mine, other = both(case)
    for expand in (True, False):
        try:
            expected = other.enumerate_support(expand)
        except NotImplementedError:
            with pytest.raises(NotImplementedError):
                mine.enumerate_support(expand)
            return
        same(case, "values", mine.enumerate_support(expand), expected)


OUTSIDE = {
    "Normal": {"loc": [0.0, 1.0], "scale": [1.0, -1.0]},
    "Uniform": {"low": [1.0], "high": [0.5]},
    "Bernoulli": {"probs": [1.5]},
    "Categorical": {"probs": [0.5, -0.5]},
    "Gamma": {"concentration": [0.0], "rate": [1.0]},
    "Dirichlet": {"concentration": [1.0, 0.0]},
    "Poisson": {"rate": [-1.0]},
    "Geometric": {"probs": [0.0]},
    "Beta": {"concentration1": [float("nan")], "concentration0": [1.0]},
    "MultivariateNormal": {"loc": [0.0, 0.0], "covariance_matrix": [[1.0, 2.0], [2.0, 1.0]]},
    "StudentT": {"df": [0.0]},
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_parameters_that_are_refused(name: str) -> None:
    for library, tensor in ((ours, gn.tensor), (theirs, torch.tensor)):
        given = {key: tensor(x) for key, x in OUTSIDE[name].items()}
        with pytest.raises(ValueError, match=r"."):
            getattr(library, name)(**given)
        if name not in ("MultivariateNormal", "StudentT"):  # these are checked within, whatever is asked
            getattr(library, name)(**given, validate_args=False)


VALUES_OUTSIDE = [
    ("Exponential", {"rate": 1.0}, [-1.0]),
    ("Bernoulli", {"probs": 0.5}, [0.5]),
    ("Categorical", {"probs": [0.5, 0.5]}, [2]),
    ("Poisson", {"rate": 1.0}, [1.5]),
    ("Dirichlet", {"concentration": [1.0, 1.0]}, [0.5, 0.6]),
    ("Normal", {"loc": [0.0, 0.0], "scale": 1.0}, [0.0, 0.0, 0.0]),
    ("MultivariateNormal", {"loc": [0.0, 0.0], "covariance_matrix": [[1.0, 0.0], [0.0, 1.0]]}, [0.0, 0.0, 0.0]),
]


@pytest.mark.parametrize(("name", "parameters", "value"), VALUES_OUTSIDE)
def test_values_that_are_refused(name: str, parameters: dict[str, Any], value: Any) -> None:
    for library, tensor in ((ours, gn.tensor), (theirs, torch.tensor)):
        given = {key: tensor(x) for key, x in parameters.items()}
        with pytest.raises(ValueError, match=r"."):
            getattr(library, name)(**given).log_prob(tensor(value))
