"""Activation modules: each is its function, with its options kept."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn
from glassnet.nn import activation, shrinkage, softmax
from glassnet.tensor import Tensor

ALL = [*activation.__all__, *shrinkage.__all__, *softmax.__all__]

# (class, arguments, function, its options, extra_repr)
MODULES: list[tuple[str, dict[str, Any], str, dict[str, Any], str]] = [
    ("Step", {}, "step", {}, ""),
    ("ReLU", {}, "relu", {}, ""),
    ("ReLU6", {}, "relu6", {}, ""),
    ("Hardtanh", {}, "hardtanh", {}, "min_val=-1.0, max_val=1.0"),
    (
        "Hardtanh",
        {"min_val": -2.0, "max_val": 0.5},
        "hardtanh",
        {"min_val": -2.0, "max_val": 0.5},
        "min_val=-2.0, max_val=0.5",
    ),
    ("Hardsigmoid", {}, "hardsigmoid", {}, ""),
    ("Hardswish", {}, "hardswish", {}, ""),
    ("LeakyReLU", {}, "leaky_relu", {}, "negative_slope=0.01"),
    ("LeakyReLU", {"negative_slope": 0.2}, "leaky_relu", {"negative_slope": 0.2}, "negative_slope=0.2"),
    ("PReLU", {}, "prelu", {"weight": gn.tensor([0.25])}, "num_parameters=1"),
    (
        "PReLU",
        {"num_parameters": 4, "init": 0.5},
        "prelu",
        {"weight": gn.tensor([0.5] * 4)},
        "num_parameters=4",
    ),
    (
        "Threshold",
        {"threshold": 0.1, "value": 20},
        "threshold",
        {"threshold": 0.1, "value": 20},
        "threshold=0.1, value=20",
    ),
    ("Hardshrink", {}, "hardshrink", {}, "0.5"),
    ("Softshrink", {"lambd": 0.3}, "softshrink", {"lambd": 0.3}, "0.3"),
    ("Sigmoid", {}, "sigmoid", {}, ""),
    ("LogSigmoid", {}, "logsigmoid", {}, ""),
    ("Tanh", {}, "tanh", {}, ""),
    ("Tanhshrink", {}, "tanhshrink", {}, ""),
    ("Softsign", {}, "softsign", {}, ""),
    ("Softplus", {}, "softplus", {}, "beta=1.0, threshold=20.0"),
    (
        "Softplus",
        {"beta": 2.0, "threshold": 3.0},
        "softplus",
        {"beta": 2.0, "threshold": 3.0},
        "beta=2.0, threshold=3.0",
    ),
    ("ELU", {}, "elu", {}, "alpha=1.0"),
    ("ELU", {"alpha": 2.0}, "elu", {"alpha": 2.0}, "alpha=2.0"),
    ("CELU", {"alpha": 2.0}, "celu", {"alpha": 2.0}, "alpha=2.0"),
    ("SELU", {}, "selu", {}, ""),
    ("SiLU", {}, "silu", {}, ""),
    ("Mish", {}, "mish", {}, ""),
    ("GELU", {}, "gelu", {}, "approximate='none'"),
    ("GELU", {"approximate": "tanh"}, "gelu", {"approximate": "tanh"}, "approximate='tanh'"),
    ("GLU", {}, "glu", {}, "dim=-1"),
    ("GLU", {"dim": 1}, "glu", {"dim": 1}, "dim=1"),
    ("Softmax", {"dim": 1}, "softmax", {"dim": 1}, "dim=1"),
    ("LogSoftmax", {"dim": -1}, "log_softmax", {"dim": -1}, "dim=-1"),
    ("Softmin", {"dim": 1}, "softmin", {"dim": 1}, "dim=1"),
]
IN_PLACE = [
    *("CELU", "ELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "Mish"),
    *("RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Threshold"),
]

modules = pytest.mark.parametrize(("name", "arguments", "function", "options", "extra"), MODULES)


@pytest.fixture
def x() -> Tensor:
    return gn.randn(3, 4, 2) * 3


@modules
def test_it_is_its_function(x: Tensor, name: str, arguments: Any, function: str, options: Any, extra: str) -> None:
    module = getattr(nn, name)(**arguments)
    expected = getattr(F, function)(x, **options)
    np.testing.assert_array_equal(module(x).detach().numpy(), expected.numpy())


@modules
def test_repr(name: str, arguments: Any, function: str, options: Any, extra: str) -> None:
    assert repr(getattr(nn, name)(**arguments)) == f"{name}({extra})"


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(x: Tensor, name: str) -> None:
    arguments = {"threshold": 0.1, "value": 20} if name == "Threshold" else {}
    module = getattr(nn, name)(**arguments, inplace=True).eval()
    expected = getattr(nn, name)(**arguments).eval()(x)
    y = x.clone()
    assert module(y) is y
    assert y.tolist() == expected.tolist()
    assert repr(module).endswith("inplace=True)")


def test_every_module_is_tested() -> None:
    tested = {name for name, *_ in MODULES} | {"RReLU", "Softmax2d"}
    assert tested == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_module_is_documented_and_in_nn(name: str) -> None:
    assert getattr(nn, name).__doc__


def test_options_are_read_at_each_call() -> None:
    module = activation.LeakyReLU(0.1)
    module.negative_slope = 0.5
    assert module(gn.tensor([-2.0])).item() == -1
    module.inplace = True
    x = gn.tensor([-2.0])
    assert module(x) is x


def test_nothing_is_shared_by_copies() -> None:
    module = activation.ELU(2.0)
    other = copy.deepcopy(module)
    other.alpha = 3.0
    assert module.alpha == 2.0
    assert dict(module.named_parameters()) == {}


def test_prelu_learns_its_weight() -> None:
    module = activation.PReLU(2, 0.1, dtype=gn.float64)
    module(gn.tensor([[-1.0, -2.0], [3.0, -4.0]], dtype=gn.float64)).sum().backward()
    assert module.weight.grad.tolist() == [-1, -6]
    assert list(module.state_dict()) == ["weight"]
    module.weight.data.fill_(7)
    module.reset_parameters()
    assert module.weight.tolist() == [0.1, 0.1]
    with pytest.raises(ValueError, match="PReLU: expected num_parameters of 1 or more, got 0"):
        activation.PReLU(0)


def test_rrelu_draws_in_training_alone() -> None:
    module = activation.RReLU(0.1, 0.3)
    assert repr(module) == "RReLU(lower=0.1, upper=0.3)"
    x = gn.full((100,), -1.0)
    assert len(set(module(x).tolist())) > 90
    assert module.eval()(x).tolist() == pytest.approx([-0.2] * 100)


def test_softmax_without_dim_warns_which_one_it_takes() -> None:
    with pytest.warns(UserWarning, match=r"^softmax: without dim, .* along dim=1 of \[2, 4\]; say which"):
        assert nn.Softmax()(gn.ones(2, 4)).tolist() == [[0.25] * 4] * 2
    assert nn.Softmax()(gn.zeros(2)).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4, 5)])
def test_softmax2d_is_over_the_channels(shape: tuple[int, ...]) -> None:
    y = nn.Softmax2d()(gn.randn(*shape))
    np.testing.assert_allclose(y.sum(-3).numpy(), 1, rtol=1e-6)
    with pytest.raises(RuntimeError, match=r"Softmax2d: expected \[n, channels, height, width\], got \[2, 3\]"):
        nn.Softmax2d()(gn.ones(2, 3))


@pytest.mark.parity
@modules
def test_parity_of_repr_and_defaults(name: str, arguments: Any, function: str, options: Any, extra: str) -> None:
    torch = pytest.importorskip("torch")
    if name == "Step":  # which PyTorch does not have
        return
    ours, theirs = getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments)
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32) * 3
    np.testing.assert_allclose(
        ours(gn.tensor(x)).detach().numpy(), theirs(torch.tensor(x)).detach().numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parity
@pytest.mark.parametrize("name", [n for n in IN_PLACE if n not in ("Hardsigmoid", "Hardswish", "Threshold")])
def test_parity_of_repr_in_place(name: str) -> None:
    torch = pytest.importorskip("torch")
    assert repr(getattr(nn, name)(inplace=True)) == repr(getattr(torch.nn, name)(inplace=True))
