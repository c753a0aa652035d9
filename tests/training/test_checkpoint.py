"""Checkpoints: when they are written, what becomes of them when something goes wrong, and what is not one."""

import errno
import os
import signal

import pytest

import glassnet
from glassnet import nn, optim
from glassnet.errors import GlassnetError
from glassnet.optim.lr_scheduler import CosineAnnealingLR, StepLR
from glassnet.serialization import ModelFileError
from glassnet.training import Callback, Checkpoint, CSVLogger, EarlyStopping, Trainer, TrainingError
from tests.training.samples import data

EPOCHS = 3


def made(*callbacks, width=6, optimizer=optim.Adam, schedule=StepLR, metrics="accuracy", loss=None):
    glassnet.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 2))
    held = optimizer(model.parameters(), lr=0.05)
    return Trainer(
        model,
        loss or nn.CrossEntropyLoss(),
        held,
        metrics=metrics,
        callbacks=callbacks,
        schedule=None if schedule is None else schedule(held, 2),
    )


def fit(trainer):
    glassnet.manual_seed(4)
    return trainer.fit(data(), 0.25, epochs=EPOCHS, batch_size=8)


def bytes_of(trainer, path):
    glassnet.save(trainer.state_dict(), path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def end(tmp_path_factory):
    """The state that the run ends with when nothing stops it, as bytes."""
    trainer = made()
    fit(trainer)
    return bytes_of(trainer, tmp_path_factory.mktemp("end") / "run")


def goes_on_to(end, path):
    trainer = made()
    trainer.load_state_dict(glassnet.load(path))
    fit(trainer)
    return bytes_of(trainer, path) == end


# written ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("every", "times"), [(0, EPOCHS * (4 + 1)), (1e9, 0)])
def test_how_often(tmp_path, monkeypatch, every, times):
    written = []
    monkeypatch.setattr(Checkpoint, "write", lambda self, trainer: written.append(trainer.batch))
    fit(made(Checkpoint(tmp_path / "run", every)))
    assert len(written) == times


@pytest.mark.parametrize("every", [-1, True, "often", float("nan")])
def test_misuse(every):
    with pytest.raises(TrainingError, match="expected every as seconds"):
        Checkpoint("run", every)


class Interrupt(Callback):
    """Ctrl-C in the third batch of the second epoch."""

    def on_batch_end(self, trainer):
        if (trainer.epoch, trainer.batch) == (2, 3):
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c(tmp_path, end):
    """The run so far is saved, also where it was not yet time to; logs are of whole epochs."""
    trainer = made(Interrupt(), Checkpoint(tmp_path / "run", every=1e9), CSVLogger(tmp_path / "log.csv"))
    assert len(fit(trainer)) == 1
    assert trainer.interrupted
    assert (tmp_path / "log.csv").read_text() == trainer.history.to_csv()
    assert goes_on_to(end, tmp_path / "run")


# a disk that is full ----------------------------------------------------------------------------------------


class FullFrom(Callback):
    """From a batch of the second epoch on, no more bytes go to the disk."""

    def __init__(self, monkeypatch, path):
        self.monkeypatch, self.path = monkeypatch, path

    def on_batch_start(self, trainer):
        def full(handle):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        if (trainer.epoch, trainer.batch) == (2, 3):
            self.monkeypatch.setattr("glassnet.files.writing.os.fsync", full)
            self.last = self.path.read_bytes()


def test_full_disk(tmp_path, monkeypatch, end):
    """One error that names the file; the last checkpoint is there as it was, and nothing beside it."""
    path = tmp_path / "run"
    full = FullFrom(monkeypatch, path)
    trainer = made(full, Checkpoint(path, every=0))
    with pytest.raises(OSError, match=r"No space left on device.*run"):
        fit(trainer)
    monkeypatch.undo()
    assert path.read_bytes() == full.last
    assert list(tmp_path.iterdir()) == [path]
    assert trainer.epoch == len(trainer.history) == 1
    assert goes_on_to(end, path)


# what is no checkpoint, or one of something else ------------------------------------------------------------


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "run"
    fit(made(Checkpoint(path, every=0), EarlyStopping(patience=9)))
    return path


def test_cut_off(tmp_path, checkpoint):
    whole = checkpoint.read_bytes()
    for length in [*range(40), *range(40, len(whole), 97), len(whole) - 1]:
        (tmp_path / "run").write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="run: "):
            glassnet.load(tmp_path / "run")


def test_garbage(tmp_path):
    for seed in range(20):
        (tmp_path / "run").write_bytes(bytes((seed * 37 + i * i) % 256 for i in range(500)))
        with pytest.raises(ModelFileError, match="not a safetensors file"):
            glassnet.load(tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 7}, "0.weight"),
        ({"optimizer": optim.SGD}, "of another run: SGD.load_state_dict"),
        ({"schedule": None}, "the saved run had a schedule"),
        ({"schedule": CosineAnnealingLR}, "it is of another schedule"),
        ({"metrics": "f1"}, "the saved run measured accuracy, this trainer measures f1"),
        ({}, "the saved run had a callback EarlyStopping"),
    ],
)
def test_of_another_run(tmp_path, checkpoint, options, message):
    """One error, and the trainer is as it was."""
    trainer = made(**options)
    before = bytes_of(trainer, tmp_path / "before")
    with pytest.raises(GlassnetError, match=message) as caught:
        trainer.load_state_dict(glassnet.load(checkpoint))
    assert "\n" not in str(caught.value)
    assert bytes_of(trainer, tmp_path / "after") == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "of another glassnet, in format 2; this one reads format 1"),
        ({"format": "new"}, "in format 'new'"),
        ({"progress": {}}, "its progress should be an object with 'epoch', got an object of nothing"),
        ({"progress": 3}, "its progress should be an object, got 3"),
        ({"optimizer": None}, "its optimizer should be an object, got None"),
        ({"optimizer": {}}, "of another run: Adam.load_state_dict: expected a dict"),
        ({"callbacks": [3]}, r"its callbacks\[0\] should be an object, got 3"),
    ],
)
def test_newer_or_edited(tmp_path, checkpoint, changes, message):
    trainer = made(EarlyStopping(patience=9))
    before = bytes_of(trainer, tmp_path / "before")
    with pytest.raises(TrainingError, match=message):
        trainer.load_state_dict({**glassnet.load(checkpoint), **changes})
    assert bytes_of(trainer, tmp_path / "after") == before


def test_a_model_is_no_checkpoint(tmp_path):
    trainer = made()
    glassnet.save(trainer.model.state_dict(), tmp_path / "model")
    with pytest.raises(TrainingError, match="it lacks format, model, loss, optimizer"):
        trainer.load_state_dict(glassnet.load(tmp_path / "model"))


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    """It goes when the next run begins; other files stay."""
    mine, others = tmp_path / ".glassnet-0123.tmp", tmp_path / ".other-0123.tmp"
    for left in (mine, others):
        left.write_bytes(b"half a fi")
    fit(made(Checkpoint(tmp_path / "run.safetensors", every=0)))
    assert not mine.exists()
    assert others.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [others.name, "run.safetensors"]
