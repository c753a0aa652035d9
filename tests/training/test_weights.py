"""What an update is made of: batches put together, gradients kept in bounds, weights of classes and samples."""

import copy

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.training.feed import Weighted
from tests.shares import one_in
from tests.training.samples import Stream, X, Y, data, same, trainer, weights


def test_weighted_sample_by_sample():
    sample = Weighted(TensorDataset(X, Y), glassnet.arange(6))[3]
    assert [x.tolist() for x in sample] == [[0.0, 0.0, 0.0], 0, 3]


@pytest.mark.parametrize("clip", one_in(3, [{"clip_norm": 0.05}, {}, {"clip_value": 0.01}]))
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("compiled", [True, False])
def test_accumulated(compiled, weighted, clip):
    """Four batches of 4, the last of 2, and batches of 16 make the same weights."""
    x, y = data(46)
    sample_weight = np.arange(1.0, 47.0) if weighted else None
    ends = []
    for accumulate in (1, 4):
        glassnet.manual_seed(1)
        t = trainer(accumulate=accumulate, compile=compiled, **clip)
        t.fit((x, y), epochs=2, batch_size=16 // accumulate, shuffle=False, sample_weight=sample_weight)
        ends.append((weights(t.model), t.history["train_loss"]))
    assert same(ends[0][0], ends[1][0], 1e-6)
    assert ends[0][1] == pytest.approx(ends[1][1], rel=1e-5)


@pytest.mark.parametrize("compiled", [True, False])
def test_the_last_batches_that_are_accumulated_are_fewer(compiled):
    """Of five batches three make one update and two the other: each that of one batch of all their samples."""
    x, y = data(18)
    t = trainer(accumulate=3, compile=compiled)
    model = copy.deepcopy(t.model)
    t.fit((x, y), epochs=2, batch_size=4, shuffle=False)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for part in [slice(0, 12), slice(12, 18)] * 2:
        optimizer.zero_grad()
        F.cross_entropy(model(x[part]), y[part]).backward()
        optimizer.step()
    assert same(weights(t.model), weights(model), 1e-6)


def test_accumulated_stream():
    """Where nobody knows how many batches there are, the last ones are not lost."""
    x, y = data(10)
    ends = []
    for given in ((x, y), DataLoader(Stream(x, y), 4)):
        glassnet.manual_seed(1)
        t = trainer(accumulate=2)
        t.fit(given, shuffle=False, **({} if isinstance(given, DataLoader) else {"batch_size": 4}))
        ends.append(weights(t.model))
    assert same(*ends)


def test_accumulated_with_a_part_that_does_nothing():
    """What has no gradient stays as it is; the loss may be a function, also where a state is loaded."""

    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(3, 2), nn.Linear(3, 2)

        def forward(self, x):
            return self.used(x)

    t = trainer(Half(), F.cross_entropy, accumulate=2)
    before = t.state_dict()
    t.fit(data(8), batch_size=4)
    assert same(weights(t.model.unused), [before["model"][f"unused.{name}"].array for name in ("weight", "bias")])
    assert not same(weights(t.model.used), [before["model"][f"used.{name}"].array for name in ("weight", "bias")])
    t.load_state_dict(before)
    assert t.is_new
    assert same(weights(t.model.used), [before["model"][f"used.{name}"].array for name in ("weight", "bias")])


def test_gradients_of_before_are_forgotten():
    x, y = data(8)
    ends = []
    for before in (False, True):
        glassnet.manual_seed(1)
        t = trainer(accumulate=2)
        if before:
            F.cross_entropy(t.model(x), y).backward()
        t.fit((x, y), batch_size=4, shuffle=False)
        ends.append(weights(t.model))
    assert same(*ends)


@pytest.mark.parametrize(("clip", "norm"), [({"clip_norm": 0.01}, 0.01), ({"clip_value": 0.001}, 0.02)])
def test_clip(clip, norm):
    t = trainer(lr=1.0, **clip)
    before = weights(t.model)
    t.fit(data(), batch_size=40)
    moved = np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(before, weights(t.model), strict=True)))
    assert 0 < moved <= norm * 1.01


def test_class_weight_is_that_of_the_loss():
    x, y = data()
    ends = []
    for options in ({"class_weight": [1, 5]}, {"loss": nn.CrossEntropyLoss(glassnet.tensor([1.0, 5.0]))}):
        glassnet.manual_seed(1)
        t = trainer(**options)
        t.fit((x, y), (x, y), epochs=2, batch_size=16, shuffle=False)
        ends.append((weights(t.model), t.history["train_loss"], t.history["val_loss"]))
    assert same(ends[0][0], ends[1][0], 1e-6)
    assert ends[0][1] == pytest.approx(ends[1][1], rel=1e-5)
    assert ends[0][2] == pytest.approx(ends[1][2], rel=1e-5)


def test_sample_weight_is_repetition():
    """A sample that weighs 2 is there twice; one that weighs 0 is not there."""
    x, y = data(12)
    counts = np.array([0, 1, 2] * 4)
    places = np.repeat(np.arange(12), counts)
    ends = []
    for given, sample_weight in (((x, y), counts), ((x[places], y[places]), None)):
        glassnet.manual_seed(1)
        t = trainer()
        t.fit(given, epochs=3, batch_size=12, shuffle=False, sample_weight=sample_weight)
        ends.append(weights(t.model))
    assert same(*ends, 1e-6)


def test_sample_weight_follows_the_samples():
    """Shuffled and divided, each keeps its own: samples that weigh nothing are never learned."""
    x, y = data()
    wrong = glassnet.cat([y[:20], 1 - y[20:]])
    t = trainer(metrics="accuracy")
    t.fit((x, wrong), 0.2, epochs=60, batch_size=8, sample_weight=[1.0] * 20 + [0.0] * 20)
    assert t.evaluate((x, y))["accuracy"] > 0.9


def test_a_batch_that_weighs_nothing():
    x, y = data(8)
    t = trainer()
    before = weights(t.model)
    t.fit((x, y), batch_size=4, shuffle=False, sample_weight=[0.0] * 4 + [1.0] * 4)
    assert not same(before, weights(t.model))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_sum_accumulated(reduction):
    x, y = data(16)
    ends = []
    for accumulate in (1, 4):
        glassnet.manual_seed(1)
        t = trainer(loss=nn.CrossEntropyLoss(reduction=reduction), lr=0.01, accumulate=accumulate)
        t.fit((x, y), batch_size=16 // accumulate, shuffle=False, sample_weight=np.linspace(0.1, 2, 16))
        ends.append(weights(t.model))
    assert same(*ends, 1e-6)
