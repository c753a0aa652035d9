"""Callbacks, in their order, and how a run ends: whole, stopped, broken off, by Ctrl-C."""

import pytest

import glassnet
from glassnet import nn
from glassnet.training import Callback
from tests.training.samples import data, network, same, tracer, trainer, weights


def test_order_of_callbacks():
    calls = []
    t = trainer(callbacks=tracer(calls), compile=False)
    t.fit(data(8), data(4), epochs=2, batch_size=4)
    epoch = ["on_epoch_start", *["on_batch_start", "on_batch_end"] * 2, "on_validation_end", "on_epoch_end"]
    assert [name for name, _, _ in calls] == ["on_fit_start", *epoch * 2, "on_fit_end"]
    assert t.callbacks[0].state_dict() == {}
    assert t.batch_loss > 0
    assert calls[2:4] == [("on_batch_start", 1, 1), ("on_batch_end", 1, 1)]
    assert calls[-2] == ("on_epoch_end", 2, 2)


def test_no_validation_no_hook():
    calls = []
    trainer(callbacks=[tracer(calls)]).fit(data(8))
    names = [name for name, _, _ in calls]
    assert "on_validation_end" not in names
    assert names.count("on_compiled") == 1


def test_last_callbacks():
    calls = []
    trainer(callbacks=[tracer(calls, " saves", last=True), tracer(calls)]).fit(data(8))
    assert [name for name, _, _ in calls][:2] == ["on_fit_start", "on_fit_start saves"]


def test_should_stop():
    class Enough(Callback):
        def on_batch_end(self, t):
            t.should_stop = True

    t = trainer(callbacks=Enough())
    assert len(t.fit(data(), epochs=5)) == 1
    with pytest.warns(UserWarning, match="it was stopped"):
        t.fit(data(), epochs=5)


def test_error_in_callback():
    """It comes out as it is; the trainer is as it was before that epoch, and goes on as if nothing had been."""
    x, y = data()
    seen = []

    class Broken(Callback):
        def on_batch_end(self, t):
            if (t.epoch, t.batch) == (2, 2) and not seen:
                raise LookupError("broken")

        def on_exception(self, t, error):
            seen.append((error, t.epoch, len(t.history)))

    def run(callbacks):
        glassnet.manual_seed(1)
        return trainer(nn.Sequential(nn.Dropout(0.2), network()), callbacks=callbacks)

    t = run(Broken())
    with pytest.raises(LookupError, match="broken") as caught:
        t.fit((x, y), epochs=3, batch_size=8)
    assert seen == [(caught.value, 1, 1)]
    assert not t.model.training
    assert not t.interrupted
    t.fit((x, y), epochs=3, batch_size=8)
    other = run(())
    other.fit((x, y), epochs=3, batch_size=8)
    assert t.history == other.history
    assert same(weights(t.model), weights(other.model))


class Interrupt(Callback):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.ends = [None]

    def on_epoch_end(self, t):
        self.ends.append(weights(t.model))

    def on_batch_end(self, t):
        if t.epoch == self.epoch and t.batch == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [1, 3])
def test_interrupted(epoch):
    glassnet.manual_seed(1)
    stop = Interrupt(epoch)
    t = trainer(nn.Sequential(nn.Dropout(0.2), network()), callbacks=stop)
    before = weights(t.model)
    x, y = data()
    history = t.fit((x, y), epochs=5, batch_size=8)
    assert t.interrupted
    assert len(history) == epoch - 1
    assert t.epoch == epoch - 1
    assert same(weights(t.model), stop.ends[-1] or before)
    stop.epoch = 0
    t.fit((x, y), epochs=5, batch_size=8)  # as if nothing had been
    assert not t.interrupted
    glassnet.manual_seed(1)
    other = trainer(nn.Sequential(nn.Dropout(0.2), network()))
    x, y = data()
    other.fit((x, y), epochs=5, batch_size=8)
    assert other.history == t.history
    assert same(weights(t.model), weights(other.model))
