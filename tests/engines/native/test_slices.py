"""Steps that run slice by slice: as by NumPy, and the same bits by any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.engines.native import scheduling
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.scheduling import schedule_of
from glassnet.engines.native.target import Target
from glassnet.program.passes import optimize
from glassnet.trace.decomposition import passes_for

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


@pytest.fixture(autouse=True)
def _always_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices for programs that are small enough to do without."""
    monkeypatch.setattr(scheduling, "FAR", 0)
    monkeypatch.setattr(scheduling, "WORTH", 1e-9)


class Training:
    """Steps of a network made anew from the same seed."""

    def __init__(self, engine: str, make: Callable[[], nn.Module], **how: Any) -> None:
        gn.manual_seed(0)
        self.model = model = make()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x: gn.Tensor, y: gn.Tensor) -> tuple[gn.Tensor, gn.Tensor]:
            optimizer.zero_grad()
            scores = model(x)
            loss = F.cross_entropy(scores, y, **how)
            loss.backward()
            optimizer.step()
            return loss, scores

        self.step: Any = gn.compile(step, engine=engine)

    def run(self, x: gn.Tensor, y: gn.Tensor, times: int = 3) -> list[Any]:
        """What some steps give, and what they leave behind."""
        return [z.array.copy() for _ in range(times) for z in self.step(x, y)] + self.state

    @property
    def state(self) -> list[Any]:
        return [t.array.copy() for t in (*self.model.parameters(), *self.model.buffers())]


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 20), nn.Tanh(), nn.LayerNorm(20), nn.Linear(20, 9), nn.ReLU(), nn.Linear(9, 3))


def data(batch: int) -> tuple[gn.Tensor, gn.Tensor]:
    gn.manual_seed(1)
    return gn.randn(batch, 5), gn.randint(0, 3, (batch,))


def check_near(found: list[Any], expected: list[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def check_same(found: list[Any], expected: list[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_bits_do_not_depend_on_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data(211)  # which no slice divides
    wrong = y.clone()
    wrong[150] = 7
    outcomes = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("GLASSNET_THREADS", threads)
        training = Training("native", network, ignore_index=1)
        outcomes.append(training.run(x, y))
        with pytest.raises(IndexError, match="expected class labels from 0 to 2, got 7"):
            training.step(x, wrong)
        check_same(training.state, outcomes[-1][-len(training.state) :])
        assert training.step.specialisations[-1].engine.value("linear0") is None  # it lives within a slice
        training.step(x, y)
    assert "slice_1_rest(at, arena, fault, slice)" in training.step.source
    check_near(outcomes[0], Training("numpy", network, ignore_index=1).run(x, y))
    for outcome in outcomes[1:]:
        check_same(outcome, outcomes[0])


class Sentences(nn.Module):
    """Rows and time are one dimension and two."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)
        self.last = nn.Linear(4, 3)

    def forward(self, x: gn.Tensor) -> gn.Tensor:
        return self.last(self.attention(x.unsqueeze(2) * gn.ones(4)).mean(1))


class MadeWeight(nn.Module):
    """A weight that is a product, which is first read with its dimensions exchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(gn.randn(3, 2))
        self.b = nn.Parameter(gn.randn(2, 5))
        self.c = nn.Parameter(gn.randn(5, 3))

    def forward(self, x: gn.Tensor) -> gn.Tensor:
        weight = self.a @ self.b
        size = (weight.t() + self.c).exp().sum()
        return F.linear(x, weight) * size


CASES: dict[str, tuple[Callable[[], nn.Module], int, dict[str, Any]]] = {
    "batch norm": (lambda: nn.Sequential(nn.Linear(5, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 3)), 96, {}),
    "softmax": (lambda: nn.Sequential(nn.Linear(5, 9), nn.Softmax(1), nn.Linear(9, 3)), 64, {"reduction": "sum"}),
    "weights": (lambda: nn.Linear(5, 3), 200, {"weight": gn.tensor([1.0, 2.0, 0.5])}),
    "attention": (Sentences, 70, {"label_smoothing": 0.1}),
    "one row": (network, 1, {}),
    "a made weight": (MadeWeight, 64, {}),
    "a convolution": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 5)), nn.Conv1d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 3)),
        50,
        {},
    ),
}


@pytest.mark.slow("each is compiled by a C compiler")
@pytest.mark.parametrize("name", CASES)
def test_networks_and_losses(name: str) -> None:
    make, batch, how = CASES[name]
    x, y = data(batch)
    training = Training("native", make, **how)
    check_near(training.run(x, y), Training("numpy", make, **how).run(x, y))
    assert ("slice_0(" in training.step.source) == (batch > 1)


def test_slices_are_for_what_leaves_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide network of a small batch is better off with one gradient."""
    monkeypatch.undo()
    for widths, batch, expected in (((4, 32, 16, 4), 10_000, True), ((784, 128, 64, 10), 64, False)):
        layers = [m for a, b in pairwise(widths) for m in (nn.Linear(a, b), nn.ReLU())]
        training = Training("numpy", lambda layers=layers: nn.Sequential(*layers[:-1]))
        training.run(gn.randn(batch, widths[0]), gn.randint(0, widths[-1], (batch,)), times=2)
        program = optimize(training.step.program.history["traced"], passes_for(lambda instruction: False))
        assert bool(schedule_of(program, {}, Target(64)).slices) == expected
