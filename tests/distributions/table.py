"""The distributions that are tested: each with several parameters, as plain numbers, and what has no formula."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A distribution and its parameters. ``lacks``: what PyTorch has no formula for, or another one."""

    name: str
    parameters: dict[str, Any]
    lacks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What the test is called."""
        return f"{self.name}-{'-'.join(self.parameters)}-{np.ndim(next(iter(self.parameters.values())))}"


_X = np.array([-1.3, 0.0, 2.5])
_UP = np.array([0.4, 1.0, 3.7])
_SMALL = np.array([0.3, 2.2, 11.0])
_P = np.array([0.15, 0.5, 0.93])
_ROWS = np.array([[0.2, 0.5, 0.3], [0.05, 0.05, 0.9]])
_LOGITS = np.array([[0.4, -1.0, 2.0], [0.0, 0.0, 0.0]])
_LOWER = np.array([[1.2, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.5]])
_SPREAD = _LOWER @ _LOWER.T
_FACTOR = np.array([[0.3, 1.0], [-0.7, 0.1], [0.2, 0.5]])

CASES = [
    *(Case(name, {"loc": _X, "scale": _UP}) for name in ("Normal", "LogNormal", "Laplace", "Cauchy", "Gumbel")),
    Case("Normal", {"loc": 0.5, "scale": 2.0}),
    *(Case(name, {"scale": _UP}) for name in ("HalfNormal", "HalfCauchy")),
    Case("Uniform", {"low": _X, "high": _X + _UP}),
    Case("Exponential", {"rate": _UP}),
    Case("Weibull", {"scale": _UP, "concentration": _SMALL}),
    Case("Pareto", {"scale": _UP, "alpha": _SMALL}),
    Case("StudentT", {"df": _SMALL, "loc": _X, "scale": _UP}),
    Case("FisherSnedecor", {"df1": _SMALL, "df2": _UP + 1.5}),
    Case("Gamma", {"concentration": _SMALL, "rate": _UP}),
    Case("Chi2", {"df": _SMALL}),
    Case("InverseGamma", {"concentration": _SMALL, "rate": _UP}),
    Case("GeneralizedPareto", {"loc": _X, "scale": _UP, "concentration": np.array([-0.5, 0.0, 0.3])}),
    Case("LKJCholesky", {"dim": 3, "concentration": _UP}),
    Case("Wishart", {"df": np.array([4.0, 7.5]), "covariance_matrix": _SPREAD}),
    Case("Wishart", {"df": np.array([4.0, 7.5]), "precision_matrix": _SPREAD}),
    Case("Beta", {"concentration1": _SMALL, "concentration0": _UP}, ("mode",)),  # as Dirichlet's
    Case("Beta", {"concentration1": _UP, "concentration0": _UP}),
    Case("Kumaraswamy", {"concentration1": _SMALL, "concentration0": _UP}, ("mode",)),  # PyTorch's is always nan
    Case("Dirichlet", {"concentration": np.array([[0.5, 1.5, 3.0], [0.2, 0.3, 0.1]])}, ("mode",)),  # PyTorch's: share 0
    *(Case(name, {"probs": _P}) for name in ("Bernoulli", "Geometric", "ContinuousBernoulli")),
    *(Case(name, {"logits": _X}) for name in ("Bernoulli", "Geometric", "ContinuousBernoulli")),
    Case("Bernoulli", {"probs": 0.3}),
    Case("Binomial", {"total_count": 5, "probs": _P}),
    Case("Binomial", {"total_count": 5, "logits": _X}),
    Case("NegativeBinomial", {"total_count": _SMALL, "probs": _P}),
    Case("NegativeBinomial", {"total_count": 3.0, "logits": _X}),
    Case("Poisson", {"rate": _SMALL}),
    *(
        Case(name, {which: rows})
        for name in ("Categorical", "OneHotCategorical", "OneHotCategoricalStraightThrough")
        for which, rows in (("probs", _ROWS), ("logits", _LOGITS))
    ),
    Case("Multinomial", {"total_count": 4, "probs": _ROWS}),
    Case("Multinomial", {"total_count": 4, "logits": _LOGITS}),
    Case("RelaxedBernoulli", {"temperature": 0.7, "probs": _P}),
    Case("RelaxedBernoulli", {"temperature": 0.7, "logits": _X}),
    Case("RelaxedOneHotCategorical", {"temperature": 0.7, "logits": _LOGITS}),
    Case("VonMises", {"loc": _X, "concentration": _SMALL}),
    Case("MultivariateNormal", {"loc": _X, "covariance_matrix": _SPREAD}),
    Case("MultivariateNormal", {"loc": _X, "precision_matrix": _SPREAD}),
    Case("MultivariateNormal", {"loc": np.stack([_X, _UP]), "scale_tril": _LOWER}),
    Case("LowRankMultivariateNormal", {"loc": _X, "cov_factor": _FACTOR, "cov_diag": _UP}),
    Case("LogisticNormal", {"loc": _X, "scale": _UP}),
]


def made(library: Any, case: Case, tensor: Any, **options: Any) -> Any:
    """The distribution of a case, in glassnet or PyTorch, whose arrays ``tensor`` makes tensors of."""
    given = {name: tensor(x) if isinstance(x, np.ndarray) else x for name, x in case.parameters.items()}
    if "temperature" in given:
        given["temperature"] = tensor(np.array(given["temperature"]))
    return getattr(library, case.name)(**given, **options)
