"""Programs carried out slice by slice compute what they do of all rows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.compilation.specialisation import Specialisation
from glassnet.compilation.tiers import by_name
from glassnet.program.evaluation import evaluate
from glassnet.program.passes import batch_analysis, optimize
from glassnet.program.passes.batch_analysis import batch_of
from glassnet.program.passes.batch_last import put_batch_last
from glassnet.program.passes.batch_slicing import slice_batch
from glassnet.program.program import Program
from glassnet.program.slices import SLICES, Region
from glassnet.program.verify import verify
from glassnet.trace.decomposition import passes_for
from tests.program.checks import check_equal
from tests.program.recipes import Kitchen, Recipe, recipes

BATCH = 12
Forward = Callable[[Any], Any]


def primitive(function: Callable[..., Any], *inputs: Any) -> tuple[Program, dict[str, Any]]:
    """The program of a function in primitive operations, and the state that it starts from."""
    for _ in range(2):  # at its first step an optimizer makes its state
        specialisation = Specialisation(function, inputs, {}, "step", by_name("numpy"))
    engine: Any = specialisation.engine
    state = {var.name: np.array(engine.module[var.name]) for var in specialisation.program.state}
    return optimize(specialisation.program.history["traced"], passes_for(lambda instruction: False)), state


def sliced(program: Program, rows: int) -> Program:
    return slice_batch(program, batch_of(program), rows)


def regions(program: Program) -> list[Region]:
    return list(dict.fromkeys(i.params["region"] for i in program if i.op is SLICES))


def check(program: Program, state: dict[str, Any], inputs: list[Any], *rows: int) -> None:
    expected = evaluate(program, inputs, state)
    for n in rows:
        in_slices = sliced(program, n)
        check_equal(evaluate(in_slices, inputs, state), expected, exactly=False)
        check_equal(evaluate(verify(put_batch_last(in_slices)), inputs, state), expected, exactly=False)


def trained(model: nn.Module, loss: Callable[..., Any], x: Any, y: Any) -> tuple[Program, dict[str, Any]]:
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return primitive(step, x, y)


NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {  # how it is made, and how many regions its training has
    "tanh": (lambda: nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 3)), 2),
    "softmax": (lambda: nn.Sequential(nn.Linear(5, 7), nn.Softmax(1), nn.Linear(7, 3)), 2),
    "layer norm": (lambda: nn.Sequential(nn.Linear(5, 6), nn.LayerNorm(6), nn.ReLU(), nn.Linear(6, 3)), 2),
    "batch norm": (lambda: nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)), 4),
    "two batch norms": (lambda: nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 3), nn.BatchNorm1d(3)), 6),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_trains_slice_by_slice(name: str) -> None:
    make, count = NETWORKS[name]
    x, y = gn.randn(BATCH, 5).double(), gn.randint(0, 3, (BATCH,))
    program, state = trained(make().double(), F.cross_entropy, x, y)
    check(program, state, [x.array, y.array], 4, 5, 1)
    assert len(regions(sliced(program, 4))) == count
    last = regions(put_batch_last(sliced(program, 4)))[-1].program
    assert (4, 3) not in {instruction.output.shape for instruction in last}  # but (3, 4): rows are columns


LOSSES: dict[str, Callable[..., Any]] = {
    "mean": F.cross_entropy,
    "sum": lambda y, t: F.cross_entropy(y, t, reduction="sum"),
    "ignored labels": lambda y, t: F.cross_entropy(y, t, ignore_index=1),
    "weights": lambda y, t: F.cross_entropy(y, t, weight=gn.tensor([1.0, 2.0, 0.5]).double()),
    "smoothing": lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1),
    "squares": lambda y, t: F.mse_loss(y, F.one_hot(t, 3).double()),
    "largest": lambda y, t: (y - t.unsqueeze(1)).abs().amax(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    x, y = gn.randn(BATCH, 5).double(), gn.randint(0, 3, (BATCH,))
    program, state = trained(nn.Linear(5, 3).double(), LOSSES[name], x, y)
    check(program, state, [x.array, y.array], 4, 5)
    assert regions(sliced(program, 4))


class Words(nn.Module):
    """A classifier of sentences, of a few kinds of layer, in which rows and time are one dimension and two."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.attention = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)
        self.convolution = nn.Conv1d(4, 3, 3, padding=1)
        self.last = nn.Linear(3, 3)

    def forward(self, x: Any) -> Any:
        h = self.attention(self.embedding(x))
        return self.last(self.convolution(h.transpose(1, 2)).mean(2))


def test_sentences() -> None:
    x, y = gn.randint(0, 7, (BATCH, 5)), gn.randint(0, 3, (BATCH,))
    program, state = trained(Words().double(), F.cross_entropy, x, y)
    check(program, state, [x.array, y.array], 4, 5)
    (first, *_) = regions(sliced(program, 4))
    assert "matmul" in {instruction.op.name for instruction in regions(sliced(program, 4))[-1].program}
    assert first.count == 3


def test_what_is_given_back_and_what_rows_have_in_common() -> None:
    weight = gn.randn(BATCH, 3).double()

    def step(x: Any, z: Any) -> Any:
        y = x @ z.t()  # every row with every row
        return x * weight, (x + 1).t(), y.sum(1), (x - x.mean(0)).reshape(-1), x.cumsum(0)[-1]

    x, z = gn.randn(BATCH, 3).double(), gn.randn(BATCH, 3).double()
    program, state = primitive(step, x, z)
    check(program, state, [x.array, z.array], 4, 5)


def test_data_that_a_function_holds() -> None:
    """A function of no arguments has its batch as state."""
    model = nn.Linear(5, 3).double()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = gn.randn(BATCH, 5).double(), gn.randint(0, 3, (BATCH,))

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    program, state = primitive(step)
    check(program, state, [], 4, 5)
    assert [region.count for region in regions(sliced(program, 4))] == [3, 3]


def test_state_that_is_overwritten_is_read_as_it_was_then() -> None:
    """What reads the weights after the update reads the new ones."""
    model = nn.Linear(3, 2).double()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss, (model(x) ** 2).mean()

    x = gn.randn(BATCH, 3).double()
    program, state = primitive(step, x)
    check(program, state, [x.array], 4, 5)
    assert len(regions(sliced(program, 4))) == 1


@settings(max_examples=settings.default.max_examples // 2)
@given(recipe=recipes(), data=st.data())
def test_random_programs(recipe: Recipe, data: st.DataObject) -> None:
    """Whichever dimension is taken for the batch, the result is the same."""
    kitchen = Kitchen(recipe)
    program, state = primitive(kitchen.cook, *kitchen.inputs(1))
    sizes = sorted({x.shape[0] for x in program.inputs if x.shape and x.shape[0] > 1})
    if not sizes:
        return
    batch = data.draw(st.sampled_from(sizes))
    rows = data.draw(st.integers(1, batch - 1))
    inputs = [x.array for x in kitchen.inputs(2)]
    with np.errstate(all="ignore"):
        in_slices = slice_batch(program, [x for x in program.inputs if x.shape[:1] == (batch,)], rows)
        expected = evaluate(program, inputs, state)
        check_equal(evaluate(in_slices, inputs, state), expected, exactly=False)
        check_equal(evaluate(put_batch_last(in_slices), inputs, state), expected, exactly=False)


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums so far that took the rows for independent would begin anew with every slice."""
    x = gn.randn(BATCH, 3).double()
    program, state = primitive(lambda x: x.cumsum(0) - x, x)
    check(program, state, [x.array], 4)
    monkeypatch.setattr(batch_analysis, "RULES", {**batch_analysis.RULES, "cumsum": batch_analysis.ELEMENTWISE})
    with pytest.raises(AssertionError):
        check(program, state, [x.array], 4)
