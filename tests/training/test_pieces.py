"""Epochs learned in pieces, many batches in one call by the native engine: the run that they make batch by batch."""

from __future__ import annotations

import signal
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import data, nn, optim
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.many_runs import ManyRuns
from glassnet.errors import GlassnetWarning
from glassnet.training import Callback, Checkpoint, Trainer, TrainingError, TrainingFailed
from tests.engines.native.counting import counted_runs

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

SAMPLES, BATCH = 80, 16


class EachBatch(Callback):
    """Has something to do with each batch."""

    def on_batch_end(self, trainer: Trainer) -> None:
        """Something."""


class States(Callback):
    """The states of the trainer after each piece."""

    every_batch = False

    def __init__(self) -> None:
        self.states: list[Any] = []

    def on_batch_end(self, trainer: Trainer) -> None:
        """Keep it."""
        self.states.append((trainer.batch, trainer.state_dict()))


def samples() -> tuple[gn.Tensor, gn.Tensor]:
    generator = gn.Generator(5)
    return gn.randn(SAMPLES, 4, generator=generator), gn.randint(0, 3, (SAMPLES,), generator=generator)


def made(*callbacks: Callback, engine: str = "native", **options: Any) -> Trainer:
    gn.manual_seed(2)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    return Trainer(
        model, nn.CrossEntropyLoss(), optimizer, metrics="accuracy", callbacks=callbacks, schedule=schedule,
        engine=engine, **options,
    )  # fmt: skip


def outcome(trainer: Trainer, given: Any = None, epochs: int = 3) -> tuple[Any, ...]:
    """The history of a run, and the parameters after it."""
    history = trainer.fit(samples() if given is None else given, samples(), epochs=epochs, batch_size=BATCH)
    return history.epochs, [p.tolist() for p in trainer.model.parameters()], gn.rand(1).item()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many batches each call of the loop in C ran."""
    return counted_runs(monkeypatch)


def test_a_run_is_the_same_as_batch_by_batch_which_a_callback_may_ask_for(counted: list[int]) -> None:
    whole = outcome(made())
    assert sum(counted) >= 3 * 2  # of five batches in each epoch
    counted.clear()
    with pytest.warns(GlassnetWarning, match="EachBatch has something to do with each; set every_batch") as warned:
        alone = outcome(made(EachBatch()))
    assert (len(warned), counted) == (1, [])
    assert alone == whole
    assert outcome(made(EachBatch(), engine="numpy"))[0][-1]["epoch"] == 3  # says nothing: there was nothing to gain


def test_a_run_goes_on_from_the_middle_of_an_epoch(counted: list[int]) -> None:
    states = States()
    whole = outcome(made(states))
    batches = [batch for batch, _ in states.states]
    assert len(batches) < 3 * SAMPLES // BATCH  # several batches at a time
    for batch, state in states.states[1::3]:
        trainer = made()
        trainer.load_state_dict(state)
        gn.manual_seed(99)
        assert outcome(trainer) == whole, batch


def test_samples_count_for_what_they_weigh(counted: list[int]) -> None:
    """Labels that are ignored, whole batches of them too; weights of classes, and of samples."""
    x, y = samples()
    ignored = y.clone()
    ignored[:70] = -100
    ignored[20] = 1
    weights = gn.linspace(0.5, 2.0, SAMPLES)
    runs = [
        ((x, ignored), {}, {}, 0),
        ((x, y), {"class_weight": [1.0, 2.0, 3.0]}, {}, 4),
        ((x, y), {}, {"sample_weight": weights}, 4),
    ]
    for given, options, more, least in runs:
        counted.clear()
        more = {"epochs": 2, "batch_size": BATCH, "shuffle": False, **more}
        trainer, alone = made(**options), made(EachBatch(), **options)
        together = trainer.fit(given, **more)
        assert sum(counted) >= least
        with pytest.warns(GlassnetWarning, match="EachBatch"):
            assert alone.fit(given, **more) == together
        for p, q in zip(trainer.model.parameters(), alone.model.parameters(), strict=True):
            np.testing.assert_array_equal(p.array, q.array)


def test_ctrl_c_in_a_piece_leaves_the_last_whole_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = made()
    begun = trainer.fit(samples(), epochs=2, batch_size=BATCH).epochs
    parameters = [p.tolist() for p in trainer.model.parameters()]
    run = ManyRuns.__call__

    def interrupted(self: ManyRuns, *args: Any) -> Any:
        found = run(self, *args)
        signal.raise_signal(signal.SIGINT)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ManyRuns, "__call__", interrupted)
        assert trainer.fit(samples(), epochs=3, batch_size=BATCH).epochs == begun
    assert trainer.interrupted
    assert [p.tolist() for p in trainer.model.parameters()] == parameters
    whole = made().fit(samples(), epochs=3, batch_size=BATCH)
    assert trainer.fit(samples(), epochs=3, batch_size=BATCH) == whole


def test_a_run_that_fails_in_a_piece_names_its_batch() -> None:
    x, y = samples()
    x[3 * BATCH + 1] = np.nan
    trainer = made()
    with pytest.raises(TrainingFailed) as failed:
        trainer.fit(data.DataLoader(data.TensorDataset(x, y), BATCH), epochs=2)
    assert (failed.value.epoch, failed.value.batch) == (1, 4)
    assert all(np.isfinite(p.array).all() for p in trainer.model.parameters())


def test_what_a_callback_has_to_do() -> None:
    assert (Checkpoint("a", every=0).every_batch, Checkpoint("a").every_batch) == (True, False)
    with pytest.raises(TrainingError, match="engine: compile: expected engine"):
        made(engine="steam")
