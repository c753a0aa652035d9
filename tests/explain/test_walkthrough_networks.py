"""What else comes: large, empty, shared, not finite, Korean; and what cannot be shown says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.explain.walkthrough import Value, WalkthroughError, walkthrough
from glassnet.explain.walkthrough.text import columns
from glassnet.nn import functional as F
from glassnet.trace.tracer import TraceError
from tests.explain.arithmetic_text import holds
from tests.explain.walked import Net, batch, everything, walked


def test_a_million_parameters_are_summarised() -> None:
    model = nn.Sequential(nn.Linear(1000, 1000), nn.ReLU(), nn.Linear(1000, 2))
    w = walkthrough(model, gn.randn(2, 1000), gn.tensor([0, 1]), F.cross_entropy)
    text = str(w)
    assert len(text) < 20_000
    assert re.search(r"min -?[\d.]+  mean -?[\d.e-]+  max [\d.]+", text)
    line = w.element("linear2", 1, 1).forward.lines[0]
    assert "… 996 more terms" in line.arithmetic
    assert holds(line.arithmetic, line.number)


def test_an_empty_batch() -> None:
    w = walkthrough(Net(), gn.zeros(0, 2), gn.zeros(0, dtype=gn.int64), F.cross_entropy)
    assert np.isnan(w.loss)
    assert "empty" in str(w)
    assert str(w.open("loss"))
    assert np.isnan(w.element("loss").number)
    assert str(w.element("fc1_weight", 0, 0))
    with pytest.raises(WalkthroughError, match=r"fc1 has shape \[0, 3\]: there is no element in it"):
        w.element("fc1", 0, 1)


def test_of_an_empty_batch_it_is_said_why_the_loss_is_nan() -> None:
    layer, x, y = nn.Linear(3, 2), gn.zeros(0, 3), gn.zeros(0, 2)
    why = "the batch is empty: there is not one number in x or y"
    w = walkthrough(layer, x, y, F.mse_loss)
    for shown in (str(w), w.to_markdown(), w._repr_html_()):
        assert f"{why}, so a mean over it is 0 / 0, nan" in " ".join(shown.split())
    assert f"{why}\n" in str(walkthrough(layer, x, y, lambda a, b: (a - b).sum()))


class Thrice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        return self.fc(gn.tanh(self.fc(gn.tanh(self.fc(x)))))


def test_a_module_that_is_used_three_times() -> None:
    model = Thrice()
    x, y = batch()
    w = walkthrough(model, x, y, F.cross_entropy)
    F.cross_entropy(model(x), y).backward()
    np.testing.assert_array_equal(w["fc_weight"].gradient.array, model.fc.weight.grad.array)
    assert sum(i.op.name == "linear" for i in w.program) == 3
    element = w.element("fc_weight", 0, 1)
    for line in element.backward.lines:
        assert line.expr is None or holds(line.arithmetic, line.number)
    assert element.backward.lines[0].formula.count("d_") >= 2  # a sum over its uses


def test_nan_is_shown_and_where_it_began() -> None:
    w = walkthrough(Net(lambda x: gn.log(x - 100)), *batch(), F.cross_entropy)
    text = str(w)
    assert text.count("the first that is not finite") == 1
    row = next(row for row in w.page.sections[0].rows if "not finite" in row.aside)
    assert w[row.name].instruction.op.name == "log"
    assert "nan" in text
    line = w.element(row.name, 0, 0).forward.lines[0]
    assert line.arithmetic.endswith("= nan")
    assert holds(line.arithmetic, line.number)


def test_inputs_that_are_not_finite() -> None:
    x = gn.tensor([[np.nan, np.inf], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
    w = walkthrough(Net(), x, batch()[1], F.cross_entropy)
    for name in ("fc1", "h1", "fc2"):
        for line in w.element(name, 0, 1).forward.lines:
            assert line.expr is None or holds(line.arithmetic, line.number), line.arithmetic
    model = nn.Linear(10, 10)
    with gn.no_grad():
        model.weight[:5] = np.inf
    assert "50 of 100 are infinite" in str(
        walkthrough(model, gn.ones(20, 10), gn.zeros(20).long(), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))
    )


def test_korean_names() -> None:
    class 신경망(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.입력층 = nn.Linear(2, 3)
            self.출력층 = nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            return self.출력층(gn.relu(self.입력층(x)))

    w = walkthrough(신경망(), *batch(), nn.CrossEntropyLoss())
    assert "입력층_weight[1,0]" in w.element("입력층", 0, 1).forward.lines[0].formula
    for text in (str(w), str(w.element("출력층", 0, 1)), str(w.open("출력층"))):
        assert all(columns(line) <= 80 for line in text.splitlines())
    assert "입력층" in w.to_latex()


def test_several_inputs_and_plain_arrays() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 1)

        def forward(self, a: Any, b: Any) -> Any:
            return self.fc(a * b)

    a = np.array([[1.0, 2.0]], np.float32)
    w = walkthrough(Sum(), (a, a), [[1.0]], nn.MSELoss())
    assert {"x", "x_2", "y"} <= w.values.keys()
    np.testing.assert_array_equal(w["x_2"].array, a)


def test_an_autoencoder_has_one_tensor_as_x_and_y() -> None:
    x = gn.randn(3, 2)
    w = walkthrough(nn.Linear(2, 2), x, x, F.mse_loss)
    np.testing.assert_array_equal(w["x"].array, w["y"].array)


def test_a_step_written_by_hand_and_batch_norm_like_buffers() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.register_buffer("running", gn.zeros(2))

        def forward(self, x: Any) -> Any:
            with gn.no_grad():
                self.running.mul_(0.9).add_(x.mean(0) * 0.1)
            return self.fc(x - self.running)

    model = Counting()
    x, y = batch()
    w = walkthrough(model, x, y, F.cross_entropy)
    assert (model.running.array == 0).all()
    model(x)
    np.testing.assert_array_equal(w["x"].array - model.running.array, w["sub1"].array)
    assert w["running"].kind == "state"


def test_a_generator_of_its_own_is_as_before() -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.generator = gn.Generator().manual_seed(3)

        def forward(self, x: Any) -> Any:
            return self.fc(x + gn.randn(x.shape, generator=self.generator))

    model = Noisy()
    x, y = batch()
    w = walkthrough(model, x, y, F.cross_entropy)
    assert w.loss == F.cross_entropy(model(x), y).item()
    model.generator.manual_seed(3)
    assert w.loss == F.cross_entropy(model(x), y).item()
    assert "drawn from the normal distribution" in str(w.element("normal1", 0, 0))


def test_a_function_as_model_and_an_optimizer_of_ones_own() -> None:
    class Own(optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": 0.1})

        @gn.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad

    net = Net()
    x, y = batch()
    before = everything(net, None)
    w = walkthrough(lambda x: net(x), x, y, F.cross_entropy, Own(net.parameters()))
    for a, b in zip(before, everything(net, None), strict=True):
        np.testing.assert_array_equal(a, b)
    weight = w["fc1.weight"]
    np.testing.assert_allclose(w["new_fc1_weight"].array, weight.array - 0.1 * weight.gradient.array, rtol=1e-6)
    assert w["new_fc1_weight"].before is weight
    assert w.element("fc1_weight", 0, 0).update is not None


def test_a_compiled_model_and_an_embedding() -> None:
    model = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 2))
    rows = gn.tensor([[0, 1], [2, 2]])
    w = walkthrough(gn.compile(model), rows, gn.tensor([0, 1]), F.cross_entropy)
    first, moved, *_ = w.element("embedding0_weight", 2, 1).backward.lines
    assert first.formula == "d_embedding0[1,0,1] + d_embedding0[1,1,1]"  # it was picked twice
    assert moved.formula == "d_flatten1[1,1]"
    assert f"{moved.name} = d_flatten1[1,1] = " in str(w.element("embedding0_weight", 2, 1))


def test_the_program_says_which_gradient_is_whose() -> None:
    w = walked()
    assert w.program.derivatives["h1"] == "d_h1"
    assert w.program.derivatives["fc1_weight"] == "d_fc1_weight"


@pytest.mark.parametrize("training", [True, False])
def test_modes_and_gradients_that_are_there_are_kept(training: bool) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train(training)
    x, y = batch()
    F.cross_entropy(model(x), y).backward()
    before = everything(model, None)
    with gn.no_grad():
        w = walkthrough(model, x, y, F.cross_entropy)
    for a, b in zip(before, everything(model, None), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any("bernoulli" in i.op.name for i in w.program) == training


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no model": (
        lambda: walkthrough(3, 1, 2, F.mse_loss),
        WalkthroughError,
        "expected a model that can be called, got int",
    ),
    "no loss": (lambda: walkthrough(Net(), *batch(), "mse"), WalkthroughError, "expected a loss that can be called"),
    "no optimizer": (
        lambda: walkthrough(Net(), *batch(), F.cross_entropy, 0.1),
        WalkthroughError,
        "expected an optimizer",
    ),
    "a loss of many": (
        lambda: walkthrough(Net(), *batch(), lambda a, b: F.cross_entropy(a, b, reduction="none")),
        WalkthroughError,
        r"one number, got shape \[4\]; take its mean\(\) or sum\(\)",
    ),
    "a loss of none": (
        lambda: walkthrough(Net(), *batch(), lambda a, b: 1.0),
        WalkthroughError,
        "gives a tensor, got float",
    ),
    "a frozen model": (
        lambda: walkthrough(Net().requires_grad_(False), *batch(), F.cross_entropy),
        WalkthroughError,
        "Is the model frozen",
    ),
    "a value read": (
        lambda: walkthrough(Net(lambda x: x * x.mean().item()), *batch(), F.cross_entropy),
        TraceError,
        "item",
    ),
    "a wrong shape": (lambda: walkthrough(Net(), gn.zeros(4, 3), batch()[1], F.cross_entropy), gn.ShapeError, "fc1"),
    "no such value": (lambda: walked()["fc3"], WalkthroughError, "there are fc2, fc1"),
    "no such element": (
        lambda: walked().element("fc1", 4, 0),
        WalkthroughError,
        r"2 numbers \(0 … 3, 0 … 2\), got 4, 0",
    ),
    "too few indices": (lambda: walked().element("fc1"), WalkthroughError, "got none"),
}


@pytest.mark.parametrize(("call", "kind", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_shown_says_why(call: Callable[[], Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()
    assert gn.is_grad_enabled()


def test_within_a_recorded_function_it_is_refused() -> None:
    @gn.compile
    def step(x: Any) -> Any:
        walkthrough(Net(), x, gn.tensor([0]), F.cross_entropy)
        return x

    with pytest.raises(WalkthroughError, match="call it outside"):
        step(gn.ones(1, 2))


def test_values_know_who_uses_them() -> None:
    w = walked()
    users: list[Value] = w["h1"].users
    assert "fc2" in [user.name for user in users]
    assert all(w["h1"] in user.operands for user in users)
