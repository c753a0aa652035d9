"""Runs that fail: where, why, which instruction began it, and what is left of them."""

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.data import DataLoader
from glassnet.training import Callback, TrainingFailed
from tests.training.samples import Pairs, data, same, tracer, trainer, weights


class Spike(Callback):
    """Makes the steps too large from an epoch on."""

    def __init__(self, epoch, lr):
        self.epoch, self.lr = epoch, lr

    def on_epoch_start(self, t):
        if t.epoch == self.epoch:
            t.optimizer.param_groups[0]["lr"] = self.lr

    def on_epoch_end(self, t):
        self.end = weights(t.model)


@pytest.mark.parametrize("compiled", [True, False])
def test_fails(compiled):
    spike = Spike(3, 1e20)
    calls = []
    x, y = data()
    t = trainer(
        nn.Sequential(nn.Linear(3, 1)),
        nn.MSELoss(),
        lr=0.01,
        callbacks=[spike, tracer(calls)],
        compile=compiled,
    )
    with pytest.raises(TrainingFailed, match=r"in epoch 3, batch \d of 5, the loss became .*lr=1e\+19") as caught:
        t.fit((x, y.float().unsqueeze(1)), epochs=5, batch_size=8)
    assert caught.value.epoch == 3
    assert caught.value.learning_rate == 1e20
    assert len(t.history) == 2
    assert same(weights(t.model), spike.end)
    assert calls[-1][0] == "on_exception"
    assert t.learning_rate == 0.01


def test_failure_is_explained():
    x, y = data()
    x = x * 1e6
    model = nn.Sequential(nn.Linear(3, 1))
    t = trainer(model, nn.MSELoss(), lr=10.0)
    with pytest.raises(TrainingFailed, match=r"What a check-up says of it:\n\n1\. the inputs are not scaled"):
        t.fit((x, y.float().unsqueeze(1)), epochs=5)


def test_failure_in_the_data():
    x, y = data(8)
    x[5, 0] = float("nan")
    t = trainer()
    before = weights(t.model)
    with pytest.raises(
        TrainingFailed, match=r"batch 3 of 4, the loss became nan: the data holds numbers that are not finite; corr"
    ):
        t.fit(DataLoader(Pairs(x, y), 2))
    assert same(weights(t.model), before)


def test_failure_nobody_can_explain():
    """Batches of three parts are nothing that the check-up looks at."""

    class Triples(Pairs):
        def __getitem__(self, i):
            return (*super().__getitem__(i), np.float32(1))

    x, y = data(8)
    x[5, 0] = float("inf")
    loader = DataLoader(Triples(x, y), 8)
    with pytest.raises(TrainingFailed) as caught:
        trainer().fit(loader)
    assert "check-up" not in str(caught.value)


def test_failure_held_out():
    x, y = data(8)
    with pytest.raises(TrainingFailed, match="in epoch 1, the held-out loss became nan") as caught:
        trainer().fit((x, y), (x * float("nan"), y))
    assert caught.value.batch is None


def test_failure_after_the_last_batch():
    class Break(Callback):
        def on_batch_end(self, t):
            next(t.model.parameters()).array[0, 0] = np.nan

    with pytest.raises(TrainingFailed, match="the weights became nan or infinite"):
        trainer(callbacks=Break()).fit(data(8))


# the first instruction that made it -------------------------------------------------------------------------


class Root(nn.Module):
    """Its derivative is divided by the root of 0."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 1)

    def forward(self, x):
        y = self.fc(x)
        return ((y - y) ** 2).sqrt() + y


class Log(Root):
    """The logarithm of what may be less than 0."""

    def forward(self, x):
        return (self.fc(x) - 3).log()


def two_layers():
    return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.Linear(8, 1))


FAILURES = {
    "a huge step": (two_layers, 1e20, {}, r"began in batch 2: linear2 .* is the first that does: linear\(dropout"),
    "growth": (
        two_layers,
        2.0,
        {},
        r"in batch \d: linear\d = linear\(.* is the first that has grown without end",
    ),
    "derivative": (Root, 0.1, {}, r"began in batch 1: d_\w+ .* is the first that does: div\(.* \(backward\)"),
    "logarithm": (Log, 0.1, {}, r"began in batch 1: log1 .* is the first that does: log\(sub1\) \(forward\)"),
    "accumulated": (Log, 0.1, {"accumulate": 2}, r"began in batch 1: log1 "),
    "eager": (Log, 0.1, {"compile": False}, r"began in batch 1: log1 "),
}


@pytest.mark.parametrize("name", FAILURES)
def test_where_it_began(name):
    make, lr, options, message = FAILURES[name]
    x, y = data()
    spike = Spike(2, lr) if name == "growth" else Callback()
    t = trainer(make(), nn.MSELoss(), lr=0.01 if name == "growth" else lr, callbacks=spike, **options)
    with pytest.raises(TrainingFailed, match=message) as caught:
        t.fit((x, y.float().unsqueeze(1)), epochs=9, batch_size=8)
    assert str(caught.value).count("is the first that") == 1
    assert t.epoch == len(t.history) == caught.value.epoch - 1


def test_where_it_began_held_out():
    x, y = data(8)
    bad = x.clone()
    bad[6, 1] = float("inf")
    with pytest.raises(TrainingFailed, match=r"began in batch 2: the inputs are not all finite: 1 of 12 numbers"):
        trainer().fit((x, y), DataLoader(Pairs(bad, y), 4))


def test_where_it_began_with_weights():
    """Samples that weigh too much: the loss is looked at as it was learned."""
    x, y = data(8)
    with pytest.raises(TrainingFailed, match=r"in batch 1: \w+ .* is the first that does: cast\(.* in 1 … 1e\+39"):
        trainer().fit((x, y), batch_size=4, sample_weight=[1e39] + [1.0] * 7, shuffle=False)


def test_a_long_epoch_is_not_learned_again(monkeypatch):
    monkeypatch.setattr("glassnet.training.trainer.LONG", -1.0)
    x, y = data()
    with pytest.raises(TrainingFailed) as caught:
        trainer(Log(), nn.MSELoss()).fit((x, y.float().unsqueeze(1)))
    assert "It began" not in str(caught.value)


def test_a_run_goes_on_after_a_failure():
    """As if nothing had been: the epoch that failed is learned again, from the same generators."""
    x, y = data()
    y = y.float().unsqueeze(1)
    ends = []
    for epoch in (0, 2):
        glassnet.manual_seed(1)
        t = trainer(two_layers(), nn.MSELoss(), lr=0.01, callbacks=Spike(epoch, 1e20))
        if epoch:
            with pytest.raises(TrainingFailed):
                t.fit((x, y), epochs=3, batch_size=8)
            t.callbacks[0].epoch = 0
        t.fit((x, y), epochs=3, batch_size=8)
        ends.append((weights(t.model), t.history.epochs))
    assert same(ends[0][0], ends[1][0])
    assert ends[0][1] == ends[1][1]


def test_where_it_began_with_several_inputs():
    """Nobody looks into those; the failure is told all the same."""

    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, pair):
            return self.fc(pair[0] + pair[1])

    x, y = data(8)
    pairs = DataLoader(Pairs(x, y), 4, collate_fn=lambda batch: ((x[:4], x[4:] * float("inf")), y[:4]))
    with pytest.raises(TrainingFailed, match="in epoch 1, batch 1 of 2, the loss became nan") as caught:
        trainer(Sum()).fit(pairs)
    assert "It began" not in str(caught.value)


def test_what_nothing_explains(monkeypatch):
    """An explanation that breaks does not hide the failure."""
    monkeypatch.setattr("glassnet.training.failure.where_it_began", lambda *_: 1 / 0)
    x, y = data(8)
    with pytest.raises(TrainingFailed, match="the loss became nan"):
        trainer(Log(), nn.MSELoss()).fit((x, y.float().unsqueeze(1)))


def test_nothing_has_grown():
    """It is not the network that has failed, but what the loss is multiplied with."""
    scale = glassnet.tensor(1.0)

    class Raise(Callback):
        def on_epoch_end(self, t):
            scale.fill_(1e12)

    with pytest.raises(TrainingFailed, match="in epoch 2, batch 1 of 1, the loss became") as caught:
        trainer(loss=lambda outputs, targets: F.cross_entropy(outputs, targets) * scale, callbacks=Raise()).fit(
            data(8), epochs=2
        )
    assert "It began" not in str(caught.value)
