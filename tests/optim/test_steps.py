"""The first steps of every optimizer, computed by hand, and what all of them have in common."""

from __future__ import annotations

import importlib
import inspect
import math
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import GradientError, Tensor, nn, no_grad, optim, tensor
from glassnet.ops import record
from glassnet.optim import optimizer as optimizer_module
from tests.optim.samples import OPTIONS, label
from tests.shares import one_in


def after(name: str, gradients: list[float], options: dict[str, Any]) -> float:
    """1, after steps by the gradients."""
    w = tensor(np.array(1.0), requires_grad=True)
    optimizer = getattr(optim, name)([w], **options)
    for g in gradients:
        w.grad = tensor(np.array(g))
        optimizer.step()
    return float(w.detach())


MU = [0.9 * (1 - 0.5 * 0.96 ** (t * 0.004)) for t in (1, 2)]

STEPS: list[tuple[str, dict[str, Any], list[float], float]] = [
    ("SGD", {"lr": 0.1}, [0.5], 0.95),
    ("SGD", {}, [0.5], 0.9995),
    ("SGD", {"lr": 0.1, "maximize": True}, [0.5], 1.05),
    ("SGD", {"lr": 0.1, "weight_decay": 0.2}, [0.5], 1 - 0.1 * (0.5 + 0.2)),
    ("SGD", {"lr": 0.1, "weight_decay": 0.2, "maximize": True}, [0.5], 1 - 0.1 * (-0.5 + 0.2)),
    ("SGD", {"lr": 0.1, "momentum": 0.9}, [0.5, 0.5], 1 - 0.1 * 0.5 - 0.1 * (0.9 * 0.5 + 0.5)),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, [0.5, 0.5], 1 - 0.1 * 0.5 - 0.1 * (0.45 + 0.5 * 0.5)),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True}, [0.5], 1.05),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, [0.5], 1 - 0.1 * (0.5 + 0.9 * 0.5)),
    ("Adagrad", {"lr": 0.1, "eps": 0}, [0.5, 0.5], 1 - 0.1 - 0.1 * 0.5 / math.sqrt(0.5)),
    ("Adagrad", {"lr": 0.1, "eps": 0, "lr_decay": 1.0}, [0.5, 0.5], 1 - 0.1 - 0.05 * 0.5 / math.sqrt(0.5)),
    ("Adagrad", {"lr": 0.1, "eps": 0, "initial_accumulator_value": 0.75}, [0.5], 1 - 0.1 * 0.5),
    ("RMSprop", {"lr": 0.01, "alpha": 0.99, "eps": 0}, [0.5], 1 - 0.01 * 0.5 / 0.05),
    ("RMSprop", {"lr": 0.01, "alpha": 0.75, "eps": 0, "momentum": 0.5}, [0.5, 0.0], 1 - 0.01 * 2 - 0.01 * 1),
    ("RMSprop", {"lr": 0.01, "alpha": 0.5, "eps": 0, "centered": True}, [0.5], 1 - 0.01 * 0.5 / 0.25),
    ("Adadelta", {"eps": 1e-2}, [0.5], 1 - math.sqrt(0.01) / math.sqrt(0.1 * 0.25 + 0.01) * 0.5),
    ("Adam", {"lr": 0.1, "eps": 0}, [0.5], 0.9),
    ("Adam", {"lr": 0.1, "eps": 0}, [-7.0], 1.1),
    ("Adam", {"lr": 0.1, "eps": 0.5}, [0.5], 0.95),
    ("Adam", {"lr": 0.1, "eps": 0, "maximize": True}, [0.5], 1.1),
    ("Adam", {"lr": 0.1, "eps": 0, "betas": (0.0, 0.5)}, [2.0, 0.0, 2.0], 0.9 - 0.1 * 2 / math.sqrt(2.5 / 0.875)),
    ("Adam", {"lr": 0.1, "eps": 0, "betas": (0.0, 0.5), "amsgrad": True}, [2.0, 1.0], 0.9 - 0.1 / math.sqrt(2 / 0.75)),
    ("AdamW", {"lr": 0.1, "eps": 0}, [0.5], 1 - 0.1 * 0.01 - 0.1),
    ("Adamax", {"lr": 0.1, "eps": 0}, [0.5], 0.9),
    ("Adamax", {"lr": 0.1, "eps": 0, "betas": (0.0, 0.5)}, [2.0, 0.1], 0.9 - 0.1 * 0.1),
    ("RAdam", {"lr": 0.1}, [0.5], 1 - 0.1 * 0.5),
    ("RAdam", {"lr": 0.1, "betas": (0.5, 0.6)}, [0.5] * 9, 1 - 9 * 0.1 * 0.5),
    ("SparseAdam", {"lr": 0.1, "eps": 0}, [0.5, 0.0], 0.9),
    ("Rprop", {"lr": 0.1}, [0.5, 7.0, -1.0, -1.0], 1 - 0.1 - 0.12 + 0.06),
    ("Rprop", {"lr": 0.1, "step_sizes": (0.08, 0.1)}, [0.5, 7.0, -1.0, -1.0], 1 - 0.1 - 0.1 + 0.08),
    ("ASGD", {"lr": 0.1, "lambd": 0.5, "alpha": 1.0}, [0.5], 1 - 0.1 * 0.5 - 0.1 * 0.5),
    ("Adafactor", {"lr": 0.1}, [0.5], 0.9),
    ("Adafactor", {"lr": 0.1, "weight_decay": 0.5}, [0.5], 0.95 - 0.1),
    ("NAdam", {"lr": 0.1, "eps": 0}, [0.5], 1 - 0.1 * (0.5 + MU[1] * 0.05 / (1 - MU[0] * MU[1])) / 0.5),
]


@pytest.mark.parametrize(("name", "options", "gradients", "expected"), STEPS, ids=label)
def test_first_steps(name: str, options: dict[str, Any], gradients: list[float], expected: float) -> None:
    assert after(name, gradients, options) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
@pytest.mark.parametrize("dtype", one_in(2, [np.float32, np.float64]))
def test_a_quadratic_goes_down(name: str, options: dict[str, Any], dtype: Any) -> None:
    w = tensor(np.array([0.0, 5.0, -2.0], dtype), requires_grad=True)
    array = w.array
    optimizer = getattr(optim, name)([w], **options)

    def loss() -> Any:
        optimizer.zero_grad()
        value = ((w - 3.0) ** 2).sum() * (-1.0 if options.get("maximize") else 1.0)
        value.backward()
        return value

    values = [abs(optimizer.step(loss).item()) for _ in range(200)]
    assert values[-1] < 0.95 * values[0]
    assert w.array is array
    assert w.dtype == dtype
    assert all(x.dtype == (dtype if x.shape else np.float64) for x in optimizer.state[w].values())


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_nan_stays_nan(name: str, options: dict[str, Any]) -> None:
    w = tensor(np.ones(2), requires_grad=True)
    optimizer = getattr(optim, name)([w], **options)
    w.grad = tensor(np.array([math.nan, 1.0]))
    optimizer.step()
    assert np.isnan(w.detach().numpy()).tolist() == [True, False]


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_without_a_gradient_nothing_happens(name: str, options: dict[str, Any]) -> None:
    still, moved = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    optimizer = getattr(optim, name)([still, moved], **options)
    moved.grad = Tensor([1.0, 1.0])
    optimizer.step()
    assert still.tolist() == [1.0, 2.0]
    assert moved.tolist() != [1.0, 2.0]
    assert still not in optimizer.state


# L-BFGS, which needs a closure --------------------------------------------------------------------------


def minimised(steps: int, **options: Any) -> tuple[Tensor, Any, int]:
    """What L-BFGS finds in Rosenbrock's valley, and how often it looked."""
    w = tensor(np.array([-1.0, 1.0]), requires_grad=True)
    optimizer = optim.LBFGS([w], **options)
    looked = 0

    def closure() -> Any:
        nonlocal looked
        looked += 1
        optimizer.zero_grad()
        loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return w.detach(), optimizer, looked


def test_lbfgs_finds_the_end_of_the_valley() -> None:
    w, optimizer, looked = minimised(3, line_search_fn="strong_wolfe")
    np.testing.assert_allclose(w.numpy(), [1, 1], atol=1e-4)
    (state,) = optimizer.state.values()
    assert state["func_evals"] == looked < 70


def test_lbfgs_remembers_as_much_as_it_is_told_to() -> None:
    (state,) = minimised(1, history_size=3)[1].state.values()
    assert len(state["old_dirs"]) == len(state["old_stps"]) == len(state["ro"]) == 3


def test_lbfgs_keeps_to_its_limits() -> None:
    assert minimised(1, max_iter=3)[2] == 3
    assert minimised(1, max_iter=3, max_eval=2)[2] == 2
    assert minimised(1, tolerance_grad=1e9)[2] == 1
    assert minimised(1, tolerance_change=1e9)[2] == 1


def test_lbfgs_goes_on_from_a_saved_state() -> None:
    at_once, _, _ = minimised(4, max_iter=4)
    w, optimizer, _ = minimised(2, max_iter=4)
    w = w.requires_grad_()
    later = optim.LBFGS([w])
    later.load_state_dict(optimizer.state_dict())
    for _ in range(2):
        later.step(lambda: rosenbrock(w, later))
    np.testing.assert_array_equal(w.detach().numpy(), at_once.numpy())


def rosenbrock(w: Tensor, optimizer: Any) -> Any:
    optimizer.zero_grad()
    loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    loss.backward()
    return loss


def test_a_step_of_lbfgs_is_no_program_but_its_closure_is() -> None:
    w = tensor([-1.0, 1.0], requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=2)
    with pytest.raises(RuntimeError, match=r"makes steps until the loss is low enough.*Compile the closure instead"):
        glassnet.compile(lambda: optimizer.step(lambda: rosenbrock(w, optimizer)))()
    optimizer.step(glassnet.compile(lambda: rosenbrock(w, optimizer)))
    assert w.tolist() != [-1.0, 1.0]


def test_state_before_the_first_step() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w])
    assert optimizer.state == {}
    assert optimizer.state[w] == {}  # as in PyTorch: it may be asked


def test_closure_computes_gradients_even_without() -> None:
    w = tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.25)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 4.0
    assert w.tolist() == [1.0]
    assert optimizer.step() is None


def test_backward_after_a_step_is_refused() -> None:
    w = tensor([2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    optim.Adam([w]).step()
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()


def test_options_are_read_anew_each_step() -> None:
    w = tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    w.grad = tensor([0.25])
    optimizer.step()
    (group,) = optimizer.param_groups
    group["lr"] = np.float32(2.0)
    optimizer.step()
    assert w.tolist() == [0.25]
    group.update(momentum=0.5, lr=1.0)  # from now on there is something to remember
    optimizer.step()
    optimizer.step()
    assert w.tolist() == [0.25 - 0.25 - 0.375]
    group["momentum"] = 0
    optimizer.step()
    assert w.tolist() == [-0.375 - 0.25]
    assert optimizer.state[w]["momentum_buffer"].tolist() == [0.375]


def test_rates_are_tensors_that_stay() -> None:
    first, second = tensor([1.0], requires_grad=True), tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([{"params": [first], "lr": 0.5}])
    (rate,) = optimizer.rates()
    assert rate.item() == 0.5
    optimizer.add_param_group({"params": [second]})
    optimizer.param_groups[0]["lr"] = 0.25
    rates = optimizer.rates()
    assert rates[0] is rate
    assert [r.item() for r in rates] == [0.25, 0.001]


def test_zero_grad() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x, y])
    x.grad = tensor([3.0, 4.0])
    memory = x.grad.array
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0.0, 0.0]
    assert x.grad.array is memory
    assert y.grad is None
    optimizer.zero_grad()
    assert x.grad is None
    x.grad = tensor([1.0, 1.0], requires_grad=True) * 2  # as with create_graph=True
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.grad_fn is None
    assert x.grad.tolist() == [0.0, 0.0]


def test_an_optimizer_with_a_step_of_its_own() -> None:
    class Sign(optim.Optimizer):
        def __init__(self, params: Any, lr: float = 0.1) -> None:
            super().__init__(params, {"lr": lr})

        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for p in group["params"]:
                    p.data.sub_(p.grad.sign(), alpha=group["lr"])
                    self.state[p]["seen"] = True

    w = tensor([1.0, 2.0], requires_grad=True)
    w.grad = tensor([5.0, -5.0])
    optimizer = Sign([w], lr=0.5)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
    scheduler.step()  # that it came first cannot be known
    optimizer.step()
    assert w.tolist() == pytest.approx([0.95, 2.05])
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.state[w] == {"seen": True}


def test_an_optimizer_of_another_update() -> None:
    class Momentum(optim.SGD):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, lr, momentum=0.5)

    w = tensor([1.0], requires_grad=True)
    w.grad = tensor([1.0])
    optimizer = Momentum([w], lr=0.1)
    optimizer.step()
    optimizer.step()
    assert w.tolist() == pytest.approx([0.75])
    with pytest.raises(NotImplementedError, match="has no step"):
        optim.Optimizer([w], {"lr": 0.1}).step()


def test_the_optimizer_of_the_docstring_trains_is_compiled_and_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(record, "_registry", dict(record._registry))
    code = textwrap.dedent(str(optimizer_module.__doc__).split("::\n")[1].split("It then trains")[0])
    (tmp_path / "signed_optimizer.py").write_text(
        "from __future__ import annotations\nimport numpy as np\nfrom glassnet.ops.elementary import sign\n"
        "from glassnet.ops.update.common import update\n"
        f"from glassnet.optim.optimizer import Optimizer, Params, Slot, options\n{code}"
    )
    monkeypatch.syspath_prepend(tmp_path)
    kind: Any = importlib.import_module("signed_optimizer").Signed
    parameters = inspect.signature(kind).parameters
    assert [p.default for p in parameters.values()][1:] == [1e-3, 0.9]

    ends = []
    for compiles in (False, True):
        w = nn.Parameter(tensor([1.0, -2.0]))
        optimizer = kind([w], lr=0.25)

        def step(w: Tensor = w, optimizer: Any = optimizer) -> Tensor:
            optimizer.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            optimizer.step()
            return loss

        run = glassnet.compile(step) if compiles else step
        for _ in range(4):
            run()
        ends.append((w.tolist(), optimizer.state[w]["momentum_buffer"].tolist()))
        other = kind([w])
        other.load_state_dict(optimizer.state_dict())
        assert other.param_groups[0]["momentum"] == 0.9
    assert ends[0] == ends[1]
    assert ends[0][0] == [0.0, -1.0]
