"""Callbacks: early stopping, logs, and event files that TensorBoard reads."""

import json
import struct

import numpy as np
import pytest

import glassnet
from glassnet import nn, optim
from glassnet.training import Checkpoint, CSVLogger, EarlyStopping, JSONLLogger, TensorBoard, Trainer, TrainingError
from glassnet.training.callbacks import Callback
from glassnet.utils.tensorboard.event_file import crc32c, record
from glassnet.utils.tensorboard.protobuf import varint
from tests.utils.event_files import events, fields

X = glassnet.randn(20, 3, generator=glassnet.Generator(0))
Y = (X.sum(1) > 0).long()


def fitted(*callbacks, epochs=3, script=None, **options):
    """A run whose held-out losses are those of ``script``."""
    model = nn.Linear(3, 2)
    callbacks = [Script(script), *callbacks] if script else callbacks
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=callbacks, **options
    )
    trainer.fit((X, Y), (X, Y), epochs=epochs)
    return trainer


class Script(Callback):
    def __init__(self, losses):
        self.losses = losses

    def on_validation_end(self, trainer):
        trainer.result["val_loss"] = self.losses[trainer.epoch - 1]


class Keep(Callback):
    def on_fit_start(self, trainer):
        self.weights = []

    def on_epoch_end(self, trainer):
        self.weights.append(trainer.model.weight.array.copy())


# early stopping ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "script", "best", "epochs"),
    [
        ({"patience": 1}, [3, 2, 2.5, 1], 2, 3),
        ({"patience": 2}, [3, 2, 2.5, 1, 2, 2, 0], 4, 6),
        ({"patience": 1, "min_delta": 0.6}, [3, 2, 1.5, 1], 2, 3),
        ({"patience": 1, "mode": "max"}, [3, 4, 2, 1], 2, 3),
        ({"patience": 1, "monitor": "val_loss"}, [3, 2, 2], 2, 3),
        ({"patience": 9}, [3, 2, 1], 3, 3),
    ],
)
def test_stops(options, script, best, epochs):
    stopping, keep = EarlyStopping(**options), Keep()
    trainer = fitted(stopping, keep, epochs=len(script), script=script)
    assert len(trainer.history) == epochs
    assert stopping.best_epoch == best
    assert stopping.best == script[best - 1]
    assert np.array_equal(trainer.model.weight.array, keep.weights[best - 1])
    assert stopping.stopped_epoch == (epochs if epochs < len(script) or trainer.should_stop else None)


def test_does_not_restore():
    keep = Keep()
    trainer = fitted(EarlyStopping(patience=2, restore_best=False), keep, epochs=5, script=[1, 2, 3, 4, 5])
    assert np.array_equal(trainer.model.weight.array, keep.weights[-1])
    assert len(keep.weights) == 3


@pytest.mark.parametrize(("monitor", "more"), [("train_accuracy", True), ("train_loss", False), (None, False)])
def test_auto(monitor, more):
    stopping = EarlyStopping(monitor)
    fitted(stopping, metrics="accuracy")
    stopping.best = 0.5
    assert stopping._is_better(0.6) is more


def test_used_again():
    """Another run begins from nothing."""
    stopping = EarlyStopping(patience=1)
    fitted(stopping, epochs=3, script=[1, 2, 3])
    assert len(fitted(stopping, epochs=3, script=[9, 8, 7]).history) == 3


def test_without_validation():
    model = nn.Linear(3, 2)
    stopping = EarlyStopping()
    Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=stopping).fit((X, Y))
    assert stopping.best > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 0}, "patience: expected a whole number"),
        ({"mode": "best"}, "mode: expected one of 'auto', 'min', 'max'"),
        ({"min_delta": -1}, "min_delta of 0 or more"),
    ],
)
def test_misuse(options, message):
    with pytest.raises(TrainingError, match=message):
        EarlyStopping(**options)


def test_unknown_monitor():
    with pytest.raises(
        TrainingError, match="EarlyStopping: monitor='val_f1' is no number of an epoch; there are train_"
    ):
        fitted(EarlyStopping("val_f1"))


def test_state_of_one_that_is_not_there():
    state = fitted(EarlyStopping()).state_dict()
    model = nn.Linear(3, 2)
    trainer = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(TrainingError, match="the saved run had a callback EarlyStopping"):
        trainer.load_state_dict(state)


def test_state_that_cannot_be_saved():
    class Odd(Callback):
        def state_dict(self):
            return {"file": [object()]}

    with pytest.raises(TypeError, match=r"callbacks\.0\.state\.file\.0 is of type object; a file holds tensors"):
        fitted(Odd())


# logs -------------------------------------------------------------------------------------------------------


def test_csv(tmp_path):
    trainer = fitted(CSVLogger(tmp_path / "log.csv"), metrics="accuracy")
    text = (tmp_path / "log.csv").read_text()
    assert text == trainer.history.to_csv()
    assert text.splitlines()[0] == "epoch,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate"
    assert len(text.splitlines()) == 4


def test_jsonl(tmp_path):
    trainer = fitted(JSONLLogger(tmp_path / "log.jsonl"))
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == trainer.history.epochs


def test_a_log_is_whole_after_every_epoch(tmp_path):
    class See(Callback):
        is_last = True

        def on_epoch_end(self, trainer):
            assert (tmp_path / "log.csv").read_text() == trainer.history.to_csv()

    fitted(See(), CSVLogger(tmp_path / "log.csv"))


def test_nowhere_to_write(tmp_path):
    """It is told before anything is learned."""
    (tmp_path / "file").write_text("")
    for callback in (CSVLogger(tmp_path / "file" / "log.csv"), Checkpoint(tmp_path / "file" / "run")):
        keep = Keep()
        with pytest.raises(OSError, match="file"):
            fitted(callback, keep)
        assert getattr(keep, "weights", []) == []


def test_folders_are_made(tmp_path):
    fitted(JSONLLogger(tmp_path / "a" / "b" / "log.jsonl"), Checkpoint(tmp_path / "c" / "run", every=0))
    assert (tmp_path / "a" / "b" / "log.jsonl").exists()
    assert (tmp_path / "c" / "run").exists()


# TensorBoard ------------------------------------------------------------------------------------------------


def test_crc32c():
    """The check value of the polynomial, and those of RFC 3720, B.4."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def testvarint():
    """The example of the protocol buffers' own documentation, and the ends of one byte."""
    assert varint(150) == b"\x96\x01"
    assert varint(0) == b"\x00"
    assert varint(127) == b"\x7f"
    assert varint(128) == b"\x80\x01"


def test_record():
    data = record(b"abc")
    assert data[:8] == struct.pack("<Q", 3)
    assert data[12:15] == b"abc"
    assert len(data) == 19
    # so begins every event file that TensorFlow writes: 24 bytes, and their masked CRC
    assert record(bytes(24))[:12].hex() == "1800000000000000a37f4b22"


def test_tensorboard(tmp_path):
    trainer = fitted(TensorBoard(tmp_path / "logs"), metrics="accuracy")
    (path,) = (tmp_path / "logs").glob("events.out.tfevents.*")
    first, *epochs = events(path)
    assert first[3] == b"brain.Event:2"
    assert [event[2] for event in epochs] == [1, 2, 3]
    for event, epoch in zip(epochs, trainer.history, strict=True):
        values = [dict(fields(value)) for _, value in fields(event[5])]
        found = {value[1].decode(): struct.unpack("<f", value[2])[0] for value in values}
        assert set(found) == {"train/loss", "train/accuracy", "val/loss", "val/accuracy", "learning_rate"}
        assert found["val/loss"] == pytest.approx(epoch["val_loss"], rel=1e-6)


def test_tensorboard_itself_reads_it(tmp_path):
    loader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_file_loader", reason="tensorboard is not installed"
    )
    fitted(TensorBoard(tmp_path))
    (path,) = tmp_path.iterdir()
    found = list(loader.LegacyEventFileLoader(str(path)).Load())
    assert [event.step for event in found] == [0, 1, 2, 3]
    assert found[1].summary.value[0].tag == "train/loss"


def test_tensorboard_goes_on(tmp_path):
    """A second fit writes a file of its own."""
    board = TensorBoard(tmp_path)
    trainer = fitted(board)
    trainer.fit((X, Y), epochs=5)
    assert len(list(tmp_path.iterdir())) == 2


def test_tensorboard_reads_what_came_later_last(tmp_path, monkeypatch):
    """TensorBoard reads files in the order of their names, which say when they were begun: by a clock."""
    epochs = []
    for now in (2e9, 1e9, 0.0, 3e9):  # it was set back twice
        monkeypatch.setattr("glassnet.utils.tensorboard.event_file.time.time", lambda now=now: now)
        board, before = TensorBoard(tmp_path), set(tmp_path.iterdir())
        fitted(board)
        epochs += set(tmp_path.iterdir()) - before
    assert epochs == sorted(epochs)


def test_tensorboard_leaves_whole_records_on_a_disk_that_is_full(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            fitted(TensorBoard(tmp_path), metrics="accuracy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (path,) = tmp_path.iterdir()
    assert len(events(path)) == 1


def test_tensorboard_is_closed(tmp_path):
    class Broken(Callback):
        def on_epoch_end(self, trainer):
            raise LookupError

    board = TensorBoard(tmp_path)
    with pytest.raises(LookupError):
        fitted(board, Broken())
    assert board._file is None
    board.on_fit_end(None)
