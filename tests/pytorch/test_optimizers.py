"""Every optimizer beside PyTorch's, on the options of PyTorch's own tests: 20 steps, and what is refused.

pytest tests/pytorch/test_optimizers.py -k LBFGS -rs        # one of them
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import optim
from tests.pytorch.differences.optimizers import REFUSALS, STEPS
from tests.pytorch.samples import optimizer_infos
from tests.pytorch.twins import NotHere, torch, twin

pytestmark = [
    pytest.mark.parity,
    pytest.mark.slow("PyTorch's samples take seconds to import"),
    pytest.mark.filterwarnings("ignore"),  # PyTorch warns of its own samples
]

OPTIMIZERS = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Muon", "NAdam", "RAdam", "RMSprop",
    "Rprop", "SGD", "SparseAdam",
]  # fmt: skip

rng = np.random.default_rng(3)
X, Y = rng.standard_normal((7, 4)), rng.standard_normal(7)
NETWORK = [rng.standard_normal(shape) for shape in ((4, 3), (3,), (3,), ())]
MATRICES = [rng.standard_normal(shape) for shape in ((4, 3), (3, 5))]


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """PyTorch keeps numbers such as ASGD's rate in its default dtype; here they are always float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def loss_of(name: str, params: list[Any], x: Any, y: Any) -> Any:
    """A loss that is not convex; but L-BFGS, which doubles a difference in a rounding each step, has a parabola."""
    if name == "Muon":
        return ((x @ params[0]).sin() @ params[1]).sin().pow(2).mean()
    w, b, v, c = params
    if name == "LBFGS":
        return sum((p * p).sum() for p in params) + ((x @ w + b).sum(1) - y).pow(2).mean()
    return ((x @ w + b).sin() @ v + c - y).pow(2).mean()


def trained(library: Any, tensor: Callable[..., Any], name: str, options: dict[str, Any]) -> tuple[list[Any], Any]:
    """The parameters after 20 steps, and the optimizer."""
    params = [tensor(p.copy(), requires_grad=True) for p in (MATRICES if name == "Muon" else NETWORK)]
    optimizer = getattr(library, name)(params, **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of(name, params, tensor(X), tensor(Y))
        (-loss if options.get("maximize") else loss).backward()
        if name == "SparseAdam" and library is torch.optim:
            for p in params:
                p.grad = p.grad.to_sparse()
        return loss

    for _ in range(20):
        if name == "LBFGS":
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
    return [p.detach().numpy() for p in params], optimizer


def check_steps(name: str, options: dict[str, Any]) -> None:
    ours, optimizer = trained(optim, gn.tensor, name, twin(options))
    theirs, other = trained(torch.optim, torch.tensor, name, options)
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)
    assert repr(optimizer) == repr(other)
    state, wanted = optimizer.state_dict()["state"], other.state_dict()["state"]
    assert {key: set(entries) for key, entries in state.items()} == {
        key: {slot for slot, value in entries.items() if value is not None} for key, entries in wanted.items()
    }


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps(name: str, subtests: Any) -> None:
    for sample in optimizer_infos()[name].optim_inputs_func(device="cpu"):
        with subtests.test(sample.desc):
            if (name, sample.desc) in STEPS:
                with pytest.raises(AssertionError):
                    check_steps(name, sample.kwargs)
            else:
                check_steps(name, sample.kwargs)


def test_steps_of_muon_are_near() -> None:
    """As near as numbers of two digits can be."""
    ours, theirs = trained(optim, gn.tensor, "Muon", {})[0], trained(torch.optim, torch.tensor, "Muon", {})[0]
    for x, y, start in zip(ours, theirs, MATRICES, strict=True):
        assert np.abs(x - y).max() < 0.02 * np.abs(x - start).max()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_pytorch_refuses_is_refused(name: str, subtests: Any) -> None:
    for sample in optimizer_infos()[name].optim_error_inputs_func(device="cpu", dtype=torch.float64):
        with subtests.test(sample.error_regex):
            known = (name, sample.error_regex) in REFUSALS
            try:
                check_refusal(name, sample)
            except NotHere:
                assert known
            else:
                assert not known, "refused by now: take it off the list"


def check_refusal(name: str, sample: Any) -> None:
    given = sample.optimizer_error_input
    params = [gn.tensor([1.0], requires_grad=True)] if given.params is None else twin(given.params)
    if given.params is None and name == "Muon":
        params = [gn.tensor([[1.0]], requires_grad=True)]
    options = twin(given.kwargs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(sample.error_type):
            make_and_step(name, params, options)


def make_and_step(name: str, params: Any, options: dict[str, Any]) -> None:
    optimizer = getattr(optim, name)(params, **options)
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = gn.ones_like(p)
    optimizer.step()


def test_the_names_are_pytorchs() -> None:
    assert sorted(OPTIMIZERS) == sorted(optimizer_infos())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_goes_on_in_the_other_library(name: str) -> None:
    """Here as there, from the other's state after 20 steps: the state of the first parameters stays what it was."""
    _, ours = trained(optim, gn.tensor, name, {})
    _, theirs = trained(torch.optim, torch.tensor, name, {})
    there = {
        "state": {key: other(entries, torch.from_numpy) for key, entries in ours.state_dict()["state"].items()},
        "param_groups": ours.state_dict()["param_groups"],
    }
    here = {
        "state": {key: other(entries, gn.from_numpy) for key, entries in theirs.state_dict()["state"].items()},
        "param_groups": theirs.state_dict()["param_groups"],
    }
    ours.load_state_dict(here)
    theirs.load_state_dict(there)
    for key, entries in ours.state_dict()["state"].items():
        for slot, value in entries.items():
            wanted = theirs.state_dict()["state"][key][slot]
            if isinstance(value, gn.Tensor) and name != "Muon":
                np.testing.assert_allclose(value.numpy(), np.asarray(wanted), rtol=1e-6, atol=1e-6)


def other(value: Any, tensor: Callable[[Any], Any]) -> Any:
    """``value`` with its tensors made ones of the other library."""
    if isinstance(value, dict):
        return {key: other(x, tensor) for key, x in value.items()}
    if isinstance(value, list):
        return [other(x, tensor) for x in value]
    return tensor(value.numpy().copy()) if hasattr(value, "numpy") else value


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS} - {"Adafactor", "Muon", "SparseAdam"}))
def test_complex_parameters(name: str) -> None:
    start = np.random.default_rng(5).standard_normal((2, 3, 2))
    start = start[0] + 1j * start[1]
    found = []
    for library, tensor in ((optim, gn.tensor), (torch.optim, torch.tensor)):
        z, w = tensor(start.copy(), requires_grad=True), tensor(start.T.copy()[:, :1].T[0], requires_grad=True)
        options = {"initial_accumulator_value": 0.1} if name == "Adagrad" else {}
        optimizer = getattr(library, name)([z, w], lr=0.05, **options)
        for _ in range(1 if name == "LBFGS" else 3):  # near the minimum L-BFGS magnifies what rounding changed
            optimizer.step(partial(complex_loss, z, w, optimizer))
        found.append([z.detach().numpy(), w.detach().numpy()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


def complex_loss(z: Any, w: Any, optimizer: Any) -> Any:
    optimizer.zero_grad()
    loss = ((z - (1 + 2j)).abs() ** 2).sum() + ((z @ w).abs() ** 2).sum()
    loss.backward()
    return loss
