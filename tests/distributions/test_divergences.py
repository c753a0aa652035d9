"""KL divergences: those of PyTorch, all pairs of which it has one; and by samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.distributions as ours
from glassnet.distributions.kl import _said

ROWS = [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]
LOWER = [[1.2, 0.0], [0.4, 0.9]]

# Two of a kind, one to each side; parameters as nested lists.
PARAMETERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Bernoulli": ({"probs": [0.2, 0.7]}, {"probs": [0.6, 0.3]}),
    "Beta": (
        {"concentration1": [0.7, 2.0], "concentration0": [1.5, 3.0]},
        {"concentration1": [1.7, 2.2], "concentration0": [0.6, 1.0]},
    ),
    "Binomial": ({"total_count": 4, "probs": [0.2, 0.7]}, {"total_count": 4, "probs": [0.3, 0.6]}),
    "Categorical": ({"probs": ROWS}, {"logits": [[0.1, 2.0, -1.0], [0.0, 0.3, 0.0]]}),
    "Cauchy": ({"loc": [0.3, 1.0], "scale": [1.0, 0.6]}, {"loc": [0.0, 2.0], "scale": [0.5, 1.6]}),
    "ContinuousBernoulli": ({"probs": [0.2, 0.5]}, {"probs": [0.6, 0.5]}),
    "Dirichlet": ({"concentration": ROWS}, {"concentration": [[1.0, 2.0, 3.0], [0.5, 0.5, 0.5]]}),
    "Exponential": ({"rate": [0.7, 2.0]}, {"rate": [1.1, 0.6]}),
    "Gamma": ({"concentration": [0.7, 2.0], "rate": [1.5, 0.4]}, {"concentration": [1.2, 0.6], "rate": [0.5, 1.3]}),
    "Geometric": ({"probs": [0.2, 0.7]}, {"probs": [0.6, 0.3]}),
    "Gumbel": ({"loc": [0.3, 1.0], "scale": [1.0, 0.6]}, {"loc": [0.0, 2.0], "scale": [0.5, 1.6]}),
    "HalfNormal": ({"scale": [1.0, 0.6]}, {"scale": [0.5, 1.6]}),
    "Laplace": ({"loc": [0.3, 1.0], "scale": [1.0, 0.6]}, {"loc": [0.0, 2.0], "scale": [0.5, 1.6]}),
    "LogNormal": ({"loc": [0.3, 1.0], "scale": [1.0, 0.6]}, {"loc": [0.0, 2.0], "scale": [0.5, 1.6]}),
    "LowRankMultivariateNormal": (
        {"loc": [0.3, 1.0], "cov_factor": [[0.3], [1.0]], "cov_diag": [1.0, 0.5]},
        {"loc": [0.0, 2.0], "cov_factor": [[0.9], [-0.4]], "cov_diag": [0.4, 1.5]},
    ),
    "MultivariateNormal": (
        {"loc": [0.3, 1.0], "scale_tril": LOWER},
        {"loc": [0.0, 2.0], "covariance_matrix": [[2.0, 0.5], [0.5, 1.0]]},
    ),
    "Normal": ({"loc": [0.3, 1.0], "scale": [1.0, 0.6]}, {"loc": [0.0, 2.0], "scale": [0.5, 1.6]}),
    "OneHotCategorical": ({"probs": ROWS}, {"logits": [[0.1, 2.0, -1.0], [0.0, 0.3, 0.0]]}),
    "Pareto": ({"scale": [1.0, 0.9], "alpha": [3.0, 2.5]}, {"scale": [0.6, 1.0], "alpha": [1.5, 4.0]}),
    "Poisson": ({"rate": [0.7, 2.0]}, {"rate": [1.1, 0.6]}),
    "Uniform": ({"low": [0.2, 0.4], "high": [0.9, 0.8]}, {"low": [0.0, 0.3], "high": [1.0, 1.9]}),
}


# A density of shares in what is even from 0 to 1: PyTorch says inf where the one is within the other.
NOT_AS_IN_PYTORCH = [("ContinuousBernoulli", "Uniform")]


def made(library: Any, tensor: Any, name: str, side: int) -> Any:
    given = {key: x if isinstance(x, int) else tensor(x) for key, x in PARAMETERS[name][side].items()}
    return getattr(library, name)(**given)


def leaf(x: Any) -> Any:
    return gn.tensor(x, dtype=gn.float64, requires_grad=True)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of 0 · inf and the like
def test_every_pair_of_pytorch(subtests: Any) -> None:
    torch = pytest.importorskip("torch")

    def twin(x: Any) -> Any:
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    seen = 0
    for one, other in torch.distributions.kl._KL_REGISTRY:
        names = one.__name__, other.__name__
        if not all(name in PARAMETERS for name in names) or names in NOT_AS_IN_PYTORCH:
            continue
        seen += 1
        with subtests.test(pair=names):
            found = ours.kl_divergence(made(ours, leaf, names[0], 0), made(ours, leaf, names[1], 1))
            p, q = (made(torch.distributions, twin, name, side) for side, name in enumerate(names))
            expected = torch.distributions.kl_divergence(p, q)
            assert found.shape == tuple(expected.shape)
            assert found.detach().numpy() == pytest.approx(expected.detach().numpy(), rel=1e-10, abs=1e-12)
    assert seen > 75


def test_it_is_the_mean_of_what_the_densities_differ_by(subtests: Any) -> None:
    """Of every pair, by samples of the one; infinite where they are of no density of the other's."""
    gn.manual_seed(1)
    n = 2000
    for one, other in sorted(_said, key=str):
        if not {one.__name__, other.__name__} <= PARAMETERS.keys():
            continue
        with subtests.test(pair=(one.__name__, other.__name__)):
            p, q = made(ours, gn.tensor, one.__name__, 0), made(ours, gn.tensor, other.__name__, 1)
            found = ours.kl_divergence(p, q).double().numpy()
            x = p.sample((n,))
            q._validate_args = False
            terms = (p.log_prob(x) - q.log_prob(x)).double().numpy()
            is_finite = np.isfinite(found)
            error = 6 * terms[:, is_finite].std(0) / np.sqrt(n) + 1e-3
            assert (np.abs(terms.mean(0)[is_finite] - found[is_finite]) <= error).all()


def test_the_divergence_from_itself_is_0() -> None:
    for name in PARAMETERS:
        if name in ("Bernoulli", "ContinuousBernoulli"):
            continue  # log 0
        p = made(ours, leaf, name, 0)
        assert abs(ours.kl_divergence(p, p).detach().numpy()).max() < 1e-12, name


@pytest.mark.parametrize("name", ["Normal", "Exponential", "Gamma", "Beta", "Bernoulli", "Poisson", "Dirichlet"])
def test_of_a_family_by_its_log_normalizer(name: str) -> None:
    p, q = made(ours, leaf, name, 0), made(ours, leaf, name, 1)
    by_family = _said[ours.ExponentialFamily, ours.ExponentialFamily](p, q)
    assert by_family.detach().numpy() == pytest.approx(ours.kl_divergence(p, q).detach().numpy(), rel=1e-6)


def test_of_transformed_ones_with_the_same_transforms() -> None:
    p, q = (ours.TransformedDistribution(made(ours, leaf, "Normal", side), [ours.ExpTransform()]) for side in (0, 1))
    assert ours.kl_divergence(p, q).equal(ours.kl_divergence(p.base_dist, q.base_dist))
    other = ours.TransformedDistribution(q.base_dist, [ours.TanhTransform()])
    with pytest.raises(NotImplementedError, match="the same transforms"):
        ours.kl_divergence(p, other)
    with pytest.raises(NotImplementedError, match="Gamma ‖ Poisson"):
        ours.kl_divergence(made(ours, leaf, "Gamma", 0), made(ours, leaf, "Poisson", 0))
    with pytest.raises(TypeError, match="two classes of distributions"):
        ours.register_kl(int, ours.Normal)


def test_independent_parts_add_up() -> None:
    p, q = made(ours, leaf, "Normal", 0), made(ours, leaf, "Normal", 1)
    together = ours.kl_divergence(ours.Independent(p, 1), ours.Independent(q, 1))
    assert together.item() == pytest.approx(ours.kl_divergence(p, q).sum().item())


def test_a_pair_without_a_formula_says_what_to_do() -> None:
    with pytest.raises(NotImplementedError, match=r"Cauchy ‖ Normal.*register_kl"):
        ours.kl_divergence(ours.Cauchy(0.0, 1.0), ours.Normal(0.0, 1.0))
