"""Names in programs are those that a person would give."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.ops import record
from glassnet.program.names import Namer, identifier

Tensor = gn.Tensor


def names_of(function: Any, *args: Any) -> tuple[set[str], Any]:
    compiled = function if isinstance(function, gn.Compiled) else gn.compile(function)
    compiled(*args)
    if not compiled.specialisations:
        compiled(*args)
    program = compiled.program.after("traced")
    names = {var.name for var in (*program.inputs, *program.state, *program.constants)}
    return names | {i.output.name for i in program}, compiled


def test_an_operation_that_is_added_after_the_first_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    Namer()  # knows the names of all operations
    monkeypatch.setitem(record._registry, "added_later", record.registry["relu"])
    assert Namer()("added_later") == "added_later1"


def training(model: nn.Module, optimizer: Any = None, loss: Any = F.mse_loss) -> Any:
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.1)

    @gn.compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss_ = loss(model(x), y)
        loss_.backward()
        optimizer.step()
        return loss_

    return step


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(4, 5)
        self.fc2 = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.relu(self.fc1(x)))


def test_a_network_with_names() -> None:
    names, step = names_of(training(Net()), gn.randn(3, 4), gn.randn(3, 2))
    assert {"x", "y", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias", "lr"} <= names
    assert {"fc1", "h1", "fc2", "loss", "d_fc1", "d_h1", "d_fc2", "d_fc1_weight", "d_fc2_bias"} <= names
    assert {"new_fc1_weight", "new_fc2_bias"} <= names
    assert "fc1_weight" in step.source
    by_name = {i.output.name: i for i in step.program.after("traced")}
    assert (by_name["fc1"].module, by_name["fc1"].phase) == ("fc1", "forward")
    assert (by_name["d_fc1_weight"].derivative_of, by_name["d_fc1_weight"].phase) == ("fc1", "backward")
    assert by_name["new_fc1_weight"].phase == "update"


def test_optimizers_memory_is_named_after_the_parameter() -> None:
    model = Net()
    names, _ = names_of(training(model, optim.Adam(model.parameters())), gn.randn(3, 4), gn.randn(3, 2))
    assert {"fc1_weight_exp_avg", "fc1_weight_exp_avg_sq", "fc2_bias_step"} <= names


def test_the_layers_of_a_sequential_are_named_by_kind_and_place() -> None:
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Sequential(nn.Linear(5, 2), nn.Sigmoid()))
    names, _ = names_of(training(model), gn.randn(3, 4), gn.randn(3, 2))
    assert {"linear0", "linear0_weight", "tanh1", "2_linear0".replace("2_", "_2_"), "_2_sigmoid1"} <= names


def test_a_module_that_is_used_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)
            self.same = self.fc

        def forward(self, x: Tensor) -> Tensor:
            return self.same(F.relu(self.fc(x)))

    names, step = names_of(training(Twice()), gn.randn(3, 4), gn.randn(3, 4))
    assert {"fc_weight", "fc_bias", "fc", "linear1"} <= names
    assert not any("same" in name for name in names)
    assert sum(i.module == "fc" for i in step.program.after("traced").phase("forward")) == 2


def test_two_networks_are_told_apart() -> None:
    maker, judge = Net(), nn.Linear(2, 1)

    @gn.compile
    def step(x: Tensor) -> Tensor:
        return judge(maker(x)).mean()

    names, _ = names_of(step, gn.randn(3, 4))
    assert {"maker_fc1_weight", "maker_fc2", "judge_weight", "judge"} <= names


def test_names_that_mean_something_else_are_left_alone() -> None:
    class Clashing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name in ("linear", "relu", "np", "step", "lambda", "print", "add", "loss", "softmax", "blocks", "math"):
                setattr(self, name, nn.Linear(4, 4))
            self.written = nn.Parameter(gn.ones(4))

        def forward(self, x: Tensor, sum: Tensor, out: Tensor, direction: Tensor) -> Tensor:
            for module in self.children():
                x = torch_like(module(x))
            return (x + sum + out) * self.written + direction

    def torch_like(x: Tensor) -> Tensor:
        return F.leaky_relu(x).softmax(-1)

    model = Clashing()
    optimizer = optim.Adam(model.parameters())

    @gn.compile
    def cross_entropy(x: Tensor, sum: Tensor, out: Tensor, direction: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x, sum, out, direction), gn.tensor([0, 1, 2]))
        loss.backward()
        optimizer.step()
        return loss

    eager = Clashing()
    eager.load_state_dict(model.state_dict())
    other = optim.Adam(eager.parameters())
    for _ in range(4):
        given = [gn.randn(3, 4) for _ in range(4)]
        came = cross_entropy(*given)
        other.zero_grad()
        loss = F.cross_entropy(eager(*given), gn.tensor([0, 1, 2]))
        loss.backward()
        other.step()
        assert came.item() == pytest.approx(loss.item(), rel=1e-5)
    for p, q in zip(model.parameters(), eager.parameters(), strict=True):
        assert p.allclose(q, atol=1e-5)


def test_names_in_korean() -> None:
    class 신경망(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.은닉층 = nn.Linear(4, 5)
            self.출력층 = nn.Linear(5, 2)

        def forward(self, 입력: Tensor) -> Tensor:
            return self.출력층(self.은닉층(입력).sigmoid())

    names, step = names_of(training(신경망()), gn.randn(3, 4), gn.randn(3, 2))
    assert {"은닉층_weight", "은닉층", "출력층", "d_은닉층_weight"} <= names
    assert "np.dot(" in step.source
    assert "은닉층" in step.source


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("fc1", "fc1"),
        ("layers.fc 1", "layers_fc_1"),
        ("a-b.c", "a_b_c"),
        ("3d", "_3d"),
        ("ﬁlter", "filter"),  # as Python reads it
        ("층.가중치", "층_가중치"),
        ("😀", "_"),
        ("𐄇.൰", "___"),  # \\w, and in no name of Python's
        ("\ud800", "_"),
        ("", "_"),
    ],
)
def test_paths_become_identifiers(path: str, name: str) -> None:
    assert identifier(path) == name
    assert name.isidentifier()


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_path_becomes_a_name_as_python_reads_it(path: str, other: str) -> None:
    name = identifier(path)
    assert name.isidentifier()
    scope: dict[str, Any] = {}
    exec(f"{Namer()(name)} = 1", scope)
    assert Namer()(name) in scope
    if identifier(other) != name:
        assert unicodedata.normalize("NFKC", identifier(other)) != unicodedata.normalize("NFKC", name)


@pytest.mark.parametrize("name", ["class", "None", "print", "np", "__file__", "__builtins__", "__name__", "__debug__"])
def test_a_name_that_means_something_is_given_to_nothing_else(name: str) -> None:
    other = Namer()(name)
    assert other != name
    scope: dict[str, Any] = {}
    exec(f"{other} = 1", scope)
    assert other in scope


def test_a_namer_gives_every_name_once() -> None:
    name = Namer()
    assert [name("sum") for _ in range(3)] == ["sum1", "sum2", "sum3"]
    assert [name("fc") for _ in range(3)] == ["fc", "fc_2", "fc_3"]
    assert name("lambda") == "lambda_2"
    assert name("np") == "np_2"


def test_arguments_go_by_the_names_of_their_places() -> None:
    @gn.compile
    def f(batch: Any, *rest: Tensor, scale: Tensor) -> Tensor:
        return batch["in puts"][0] + batch["labels"] + rest[0] + rest[1] + scale

    one = gn.ones(2)
    _names, _ = (
        names_of(f, {"in puts": (one, 3), "labels": one.clone()}, one.clone(), one.clone()) if False else ({}, f)
    )
    f({"in puts": (one, 3), "labels": one.clone()}, one.clone(), one.clone(), scale=one.clone())
    assert [v.name for v in f.program.inputs] == ["batch_in_puts_0", "batch_labels", "rest_0", "rest_1", "scale"]


def test_names_of_arguments_do_not_collide() -> None:
    @gn.compile
    def f(a: list[Tensor], a_0: Tensor) -> Tensor:
        return a[0] - a_0

    x, y = gn.tensor([3.0]), gn.tensor([1.0])
    assert [f([x], y).item() for _ in range(2)] == [2.0, 2.0]
    assert [v.name for v in f.program.inputs] == ["a_0", "a_0_2"]
