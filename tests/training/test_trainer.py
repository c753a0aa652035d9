"""The trainer: what it learns, of what forms of data, as a program or not."""

import copy

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.training import History, Trainer
from glassnet.training.feed import Weighted
from tests.training.samples import Pairs, Stream, by_hand, data, network, same, trainer, weights


@pytest.mark.parametrize("compiled", [True, False])
def test_learns_as_a_loop_does(compiled):
    x, y = data()
    glassnet.manual_seed(1)
    expected = by_hand(network(), x, y, 3, 16)
    glassnet.manual_seed(1)
    t = trainer(compile=compiled)
    t.fit((x, y), epochs=3, batch_size=16, shuffle=False)
    assert same(weights(t.model), expected, 1e-6)
    assert (t.program is not None) is compiled


def test_history():
    t = trainer(metrics="accuracy")
    history = t.fit(data(), data(), epochs=4)
    names = ["epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"]
    assert isinstance(history, History)
    assert history.names == names
    assert history["epoch"] == [1, 2, 3, 4]
    assert history["train_loss"][-1] < history["train_loss"][0]
    assert history["learning_rate"] == [0.1] * 4
    assert not t.model.training


@pytest.mark.parametrize("options", [{}, {"accumulate": 2}, {"compile": False}], ids=str)
def test_a_copy_trains_its_own_network(options):
    x, y = data()
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    t = Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=schedule, **options)
    t.fit((x, y), shuffle=False)
    before, kept = weights(model), str(optimizer.state_dict())
    other = copy.deepcopy(t)
    other.load_state_dict(t.state_dict())
    other.fit((x, y), epochs=2, shuffle=False)
    assert same(weights(model), before)
    assert str(optimizer.state_dict()) == kept
    t.fit((x, y), epochs=2, shuffle=False)
    assert same(weights(other.model), weights(model))
    assert str(other.optimizer.state_dict()) == str(optimizer.state_dict())


@pytest.mark.parametrize(
    "form",
    [
        lambda x, y: (x, y),
        lambda x, y: (x.array.astype(np.float64), y.array),
        lambda x, y: (x.tolist(), y.tolist()),
        lambda x, y: TensorDataset(x, y),
        lambda x, y: Pairs(x, y),
        lambda x, y: Stream(x, y),
        lambda x, y: DataLoader(TensorDataset(x, y), 32),
        lambda x, y: DataLoader(TensorDataset(x, y, glassnet.ones(len(x))), 32),
        lambda x, y: (x, y, glassnet.ones(len(x))),
        lambda x, y: Weighted(Pairs(x, y), glassnet.ones(len(x))),
    ],
)
def test_forms_of_data(form):
    x, y = data()
    glassnet.manual_seed(1)
    t = trainer()
    t.fit((x, y), shuffle=False)
    expected = weights(t.model)
    glassnet.manual_seed(1)
    t = trainer()
    given = form(x, y)
    t.fit(given, given, shuffle=False)
    assert same(weights(t.model), expected, 1e-6)
    assert t.evaluate(given)["loss"] == pytest.approx(t.evaluate((x, y))["loss"])


def test_fraction():
    """As many samples are held out as were asked for, and those are not learned."""
    seen = set()

    class Seen(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network()

        def forward(self, x):
            if self.training:
                seen.update(x.array[:, 0].tolist())
            return self.inner(x)

    x, y = data()
    t = trainer(Seen(), compile=False)
    t.fit((x, y), 0.25, epochs=2)
    assert len(seen) == 30
    t.fit((x, y), 0.25, epochs=3)  # the same ones
    assert len(seen) == 30


def test_fit_is_repeatable():
    def run():
        glassnet.manual_seed(4)
        t = trainer(nn.Sequential(nn.Dropout(0.2), network()))
        t.fit(data(), 0.2, epochs=2, batch_size=8)
        return t

    first, second = run(), run()
    assert first.history == second.history
    assert same(weights(first.model), weights(second.model))


def test_uncompiled():
    """A loss that reads a number: one note says why, and the run goes on."""

    def odd(outputs, targets):
        loss = F.cross_entropy(outputs, targets)
        return loss * 2 if loss.item() > 1e6 else loss

    x, y = data()
    glassnet.manual_seed(1)
    t = trainer(loss=odd)
    with pytest.warns(UserWarning, match="runs uncompiled.*item") as warned:
        t.fit((x, y), epochs=3, batch_size=16, shuffle=False)
    assert len(warned) == 1
    assert t.program is None
    glassnet.manual_seed(1)
    assert same(weights(t.model), by_hand(network(), x, y, 3, 16), 1e-6)
