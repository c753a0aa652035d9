"""Models that give several outputs, and take several inputs."""

from collections import namedtuple

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, Dataset, TensorDataset
from glassnet.training import Trainer, TrainingError
from tests.training.samples import data

Pair = namedtuple("Pair", "scores size")


class Heads(nn.Module):
    """Scores of the classes and a size, put together by ``give``."""

    def __init__(self, give):
        super().__init__()
        self.scores, self.size, self.give = nn.Linear(3, 2), nn.Linear(3, 1), give

    def forward(self, x):
        return self.give(self.scores(x), self.size(x))


GIVEN = {
    "dict": (lambda a, b: {"scores": a, "size": b}, lambda outputs: outputs["scores"]),
    "tuple": (lambda a, b: (a, b), lambda outputs: outputs[0]),
    "named tuple": (Pair, lambda outputs: outputs.scores),
    "nested": (lambda a, b: [{"scores": a}, (b,)], lambda outputs: outputs[0]["scores"]),
}


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("give", "pick"), GIVEN.values(), ids=GIVEN)
def test_several_outputs(give, pick, compiled):
    model = Heads(give)

    def loss(outputs, targets):
        return F.cross_entropy(pick(outputs), targets)

    options = {"metrics": ["accuracy", "f1"], "decode": pick, "compile": compiled}
    trainer = Trainer(model, loss, optim.SGD(model.parameters(), lr=0.5), **options)
    x, y = data(2100)  # more than are measured at once
    history = trainer.fit((x, y), (x, y), epochs=3)
    scores = pick(trainer.predict(x))
    assert scores.shape == (2100, 2)
    accuracy = float((scores.argmax(1) == y).float().mean())
    assert history["val_accuracy"][-1] == pytest.approx(accuracy, abs=1e-6)
    assert accuracy > 0.9
    assert type(trainer.predict(x)) is type(give(glassnet.ones(1), glassnet.ones(1)))


def test_misuse():
    x, y = data()
    model = Heads(GIVEN["dict"][0])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    trainer = Trainer(model, lambda o, t: F.cross_entropy(o["scores"], t), optimizer, metrics="accuracy")
    with pytest.raises(TrainingError, match=r"the model gives a dict.*decode=lambda outputs: outputs\['scores'\]"):
        trainer.fit((x, y))
    odd = nn.Linear(3, 2)
    odd.forward = lambda x: "no"
    with pytest.raises(TrainingError, match=r"predict: expected the model to give tensors, or tuples, .* got str"):
        Trainer(odd, F.cross_entropy, optim.SGD(odd.parameters(), lr=0.1)).predict(x)
    with pytest.raises(TrainingError, match=r"train: inputs: expected one tensor or array, got a tuple of 2.*Dataset"):
        trainer.fit(((x, x), y))
    with pytest.raises(TrainingError, match="callbacks: expected callbacks, got function; derive it from Callback"):
        Trainer(model, F.cross_entropy, optimizer, callbacks=lambda trainer: None)


def test_several_inputs():
    class Sums(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 2)

        def forward(self, pair):
            return self.linear(pair[0] + pair[1])

    class Pairs(Dataset):
        def __init__(self):
            self.x, self.y = data(60)

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            return (self.x[i] * 2, -self.x[i]), self.y[i]

    model = Sums()
    trainer = Trainer(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.5), metrics="accuracy")
    history = trainer.fit(Pairs(), Pairs(), epochs=10, batch_size=8)
    assert history["val_accuracy"][-1] > 0.8
    assert np.isfinite(trainer.predict(Pairs()).array).all()


def test_outputs_that_change_their_structure():
    class Growing(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 1)

        def forward(self, x):
            return (self.fc(x),) * len(x)

    model = Growing()
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(TrainingError, match="outputs of the same structure for every batch"):
        trainer.predict(DataLoader(TensorDataset(glassnet.zeros(3, 2)), 2))
