"""What several tests of training share: small data, a network, a trainer."""

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import Dataset, IterableDataset
from glassnet.training import Callback, Trainer
from glassnet.training.callbacks import HOOKS

X, Y = glassnet.zeros(6, 3), glassnet.zeros(6).long()


def data(samples=40, features=3):
    x = glassnet.randn(samples, features)
    return x, (x.sum(1) > 0).long()


def network(outputs=2, features=3):
    return nn.Sequential(nn.Linear(features, 8), nn.ReLU(), nn.Linear(8, outputs))


def trainer(model=None, loss=None, lr=0.1, **options):
    model = model or network()
    return Trainer(model, loss or nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=lr), **options)


def weights(model):
    return [p.array.copy() for p in model.parameters()]


def same(first, second, tolerance=0.0):
    return all(np.allclose(a, b, rtol=0, atol=tolerance) for a, b in zip(first, second, strict=True))


def by_hand(model, x, y, epochs, size):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        for i in range(0, len(x), size):
            optimizer.zero_grad()
            F.cross_entropy(model(x[i : i + size]), y[i : i + size]).backward()
            optimizer.step()
    return weights(model)


class Pairs(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Stream(IterableDataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iter__(self):
        return zip(self.x, self.y, strict=True)


def tracer(calls, name="", last=False):
    def method(hook):
        return lambda self, t, *error: calls.append((hook + name, t.epoch, t.batch))

    return type("Tracer", (Callback,), {**{hook: method(hook) for hook in HOOKS}, "is_last": last})()
