"""Measuring: what the numbers are of, and that a run does not depend on whether it is measured."""

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.data import DataLoader, Dataset, RandomSampler, SubsetRandomSampler, TensorDataset
from glassnet.training import Callback
from tests.training.samples import data, network, same, trainer, weights


def test_running_loss_is_the_mean_over_samples():
    """Batches of 16, 16 and 8 count for what they hold; a rate of almost 0 changes nothing."""
    x, y = data()
    t = trainer(lr=1e-12, metrics="accuracy")
    history = t.fit((x, y), epochs=1, batch_size=16)
    measured = t.evaluate((x, y))
    assert history["train_loss"][0] == pytest.approx(measured["loss"], rel=1e-6)
    assert history["train_accuracy"][0] == measured["accuracy"]
    assert measured["loss"] == pytest.approx(F.cross_entropy(t.model(x), y).item(), rel=1e-6)


def test_measured_after():
    """Without dropout, and with the weights at the end of the epoch."""
    x, y = data()
    model = nn.Sequential(nn.Dropout(0.5), network())
    t = trainer(model, measure="after", metrics="accuracy")
    history = t.fit((x, y), (x, y), epochs=2)
    assert history["train_loss"] == pytest.approx(history["val_loss"])
    assert history["train_accuracy"] == history["val_accuracy"]


def looked_at(how):
    """A run with shuffling and dropout, which is measured in different ways on the way."""
    glassnet.manual_seed(2)
    x, y = data()
    loader = DataLoader(Noisy(x, y), 8, shuffle=True, generator=glassnet.Generator(3))
    looks = {
        "not at all": lambda t: None,
        "evaluate": lambda t: t.evaluate(loader),
        "evaluate, default generator": lambda t: t.evaluate(DataLoader(Noisy(x, y), 8, shuffle=True)),
        "evaluate, another sampler": lambda t: t.evaluate(
            DataLoader(Noisy(x, y), 8, sampler=RandomSampler(x, True, generator=loader.sampler.generator))
        ),
    }
    look = type("Look", (Callback,), {"on_batch_end": lambda self, t: looks.get(how, looks["not at all"])(t)})
    t = trainer(
        nn.Sequential(nn.Dropout(0.2), network()), measure=how if how == "after" else "running", callbacks=look()
    )
    t.fit(loader, DataLoader(Noisy(x, y), 8, shuffle=True) if how == "validation" else None, epochs=3)
    return weights(t.model)


class Noisy(Dataset):
    """Draws for every sample, as an augmentation does."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] + 0.1 * glassnet.randn(3), self.y[i]


@pytest.mark.parametrize(
    "how", ["after", "validation", "evaluate", "evaluate, default generator", "evaluate, another sampler"]
)
def test_a_run_does_not_depend_on_whether_it_is_measured(how):
    assert same(looked_at(how), looked_at("not at all"))


@pytest.mark.parametrize("drop_last", [False, True])
def test_what_is_measured_of_a_loader(drop_last):
    """One that shuffles gives its samples in their order; any other sampler says which samples count."""
    x, y = data()
    order = []

    def first(outputs, targets):
        order.append(outputs.array[:, 0].tolist())
        return 0.0

    t = trainer(nn.Linear(3, 2), metrics=first)
    own = t.predict(x).array
    dataset = TensorDataset(x, y)
    t.evaluate(DataLoader(dataset, 7, shuffle=True, drop_last=drop_last))
    t.evaluate(DataLoader(dataset, 7, sampler=SubsetRandomSampler(range(5))))
    whole, subset = order
    count = 35 if drop_last else 40
    assert np.allclose(whole, own[:count, 0], atol=1e-6)
    assert np.allclose(sorted(subset), sorted(own[:5, 0]), atol=1e-6)
    assert np.allclose(t.predict(DataLoader(dataset, 7, shuffle=True)).array, own, atol=1e-6)


def test_predict():
    x, y = data(2500)
    t = trainer(nn.Sequential(nn.Dropout(0.9), network()))
    t.model.train()
    outputs = t.predict(x)
    assert t.model.training
    assert not outputs.requires_grad
    t.model.eval()
    assert np.allclose(outputs.array, t.model(x).detach().array, atol=1e-6)
    for other in (x.array, TensorDataset(x, y), DataLoader(TensorDataset(x, y), 100), DataLoader(x, 100)):
        assert np.allclose(t.predict(other).array, outputs.array, atol=1e-6)


def test_decode():
    """Measured in the units that people know."""
    x = glassnet.randn(30, 3)
    y = x.sum(1, keepdim=True)
    model = nn.Sequential(nn.Linear(3, 1))
    t = trainer(model, nn.MSELoss(), metrics=["mae", "rmse", "r2"], decode=lambda values: values * 10 + 3)
    plain = trainer(model, nn.MSELoss(), metrics=["mae", "rmse", "r2"])
    first, second = t.evaluate((x, y)), plain.evaluate((x, y))
    assert first["mae"] == pytest.approx(second["mae"] * 10, rel=1e-5)
    assert first["rmse"] == pytest.approx(second["rmse"] * 10, rel=1e-5)
    assert first["r2"] == pytest.approx(second["r2"], rel=1e-5)
    assert first["loss"] == second["loss"]


def test_sum_is_the_sum():
    """Over a whole set, a loss that adds up is the sum."""
    x, y = data()
    loss = nn.CrossEntropyLoss(reduction="sum")
    t = trainer(loss=loss, lr=1e-12)
    assert t.evaluate(DataLoader(TensorDataset(x, y), 7))["loss"] == pytest.approx(loss(t.model(x), y).item(), rel=1e-5)
    history = t.fit((x, y), batch_size=7)
    assert history["train_loss"][0] == pytest.approx(loss(t.model(x), y).item(), rel=1e-5)
