"""Tasks and networks of the second corpus."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.datasets import load_digits, make_moons
from tests.explain.corpus.common import Pair


def digits(n: int = 500, scale: float = 16.0, flat: bool = True) -> Pair:
    images, labels = load_digits()
    x = glassnet.tensor(images[:n].astype("float32") / scale)
    return x.reshape(n, -1) if flat else x, glassnet.tensor(labels[:n])


def moons(n: int = 300, noise: float = 0.1) -> Pair:
    points, labels = make_moons(n, noise, 3)
    points = np.asarray(points, "float32")
    return glassnet.tensor((points - points.mean(0)) / points.std(0)), glassnet.tensor(np.asarray(labels))


def table(n: int = 200, features: int = 5, outputs: int = 1) -> Pair:
    """A regression table, standardised, with something to learn."""
    x = glassnet.randn(n, features)
    w = glassnet.randn(features, outputs)
    y = (x @ w).tanh() + 0.3 * x[:, :1] ** 2 + 0.05 * glassnet.randn(n, outputs)
    return x, y


def mlp(*sizes: int, act: Callable[[], nn.Module] = nn.ReLU, tail: Sequence[nn.Module] = ()) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers[:-1], *tail)


def fill(model: nn.Module, how: Callable[..., Any], *args: float) -> Any:
    """Weights by an initialiser, biases of zero."""
    with glassnet.no_grad():
        for p in model.parameters():
            if p.ndim > 1:
                how(p, *args)
            else:
                nn.init.zeros_(p)
    return model


class BagOfWords(nn.Module):
    def __init__(self, words: int = 50, size: int = 8, classes: int = 4, squash: Any = None) -> None:
        super().__init__()
        self.table = nn.Embedding(words, size)
        self.out = nn.Linear(size, classes)
        self.squash = squash

    def forward(self, tokens: Any) -> Any:
        scores = self.out(self.table(tokens).mean(1))
        return scores if self.squash is None else self.squash(scores)


def sentences(n: int = 200, words: int = 50, length: int = 6, classes: int = 4) -> Pair:
    y = glassnet.randint(0, classes, (n,))
    base = (y * (words // classes)).reshape(-1, 1)
    return base + glassnet.randint(0, words // classes, (n, length)), y


class AttentionPooling(nn.Module):
    """Weights over the steps of a sequence, softmaxed over ``dim``: 1 is right."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.score, self.out, self.dim = nn.Linear(6, 1), nn.Linear(6, 3), dim

    def forward(self, x: Any) -> Any:
        share = F.softmax(self.score(x).squeeze(-1), dim=self.dim)
        return self.out((x * share.unsqueeze(-1)).sum(1))


def sequences(n: int = 240, steps: int = 7, features: int = 6, classes: int = 3) -> Pair:
    y = glassnet.randint(0, classes, (n,))
    x = 0.7 * glassnet.randn(n, steps, features)
    where = glassnet.randint(0, steps, (n,)).numpy()
    a = x.numpy().copy()
    a[np.arange(n), where, y.numpy()] += 3
    return glassnet.tensor(a), y


class Squeezed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = mlp(5, 12, 1)

    def forward(self, x: Any) -> Any:
        return self.net(x).squeeze(1)


class LinearRecurrence(nn.Module):
    """h ← h·W + x·U, for 25 steps, by hand."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.u, self.w = nn.Linear(6, 20), nn.Linear(20, 20, bias=False)
        self.out = nn.Linear(20, 3)
        nn.init.normal_(self.w.weight, 0.0, std)

    def forward(self, x: Any) -> Any:
        h = self.u(x[:, 0])
        for t in range(1, x.shape[1]):
            h = self.w(h) + self.u(x[:, t])
        return self.out(h)


class Residual(nn.Module):
    def __init__(
        self, width: int, depth: int, inputs: int, outputs: int, normed: bool = False, std: float | None = None
    ) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(inputs, width), nn.Linear(width, outputs)
        self.blocks = nn.ModuleList([mlp(width, width, width) for _ in range(depth)])
        self.normed = normed
        if std is not None:
            for block in self.blocks:
                fill(block, nn.init.normal_, 0.0, std)

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for block in self.blocks:
            h = x
            if self.normed:
                h = (h - h.mean(1, keepdim=True)) / (h.var(1, keepdim=True) + 1e-5).sqrt()
            x = x + block(h)
        return self.last(x)


class Frozen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = mlp(64, 32, 16), nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        return self.head(self.encoder(x).detach().relu())


class Forgotten(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(5, 16), nn.Linear(16, 16), nn.Linear(16, 1)

    def forward(self, x: Any) -> Any:
        h = self.a(x).relu()
        self.b(h).relu()  # what it gives is not used
        return self.c(h)


class Listed(nn.Module):
    """Layers in a Python list: the module does not know them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(64, 32), nn.Linear(32, 32)]
        self.head = nn.Linear(32, 10)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x).relu()
        return self.head(x)


class Normed(nn.Module):
    """Each row divided by its length; a row of zeros has none."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp(64, 16, 10)

    def forward(self, x: Any) -> Any:
        return self.net(x / (x * x).sum(1, keepdim=True).sqrt())


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.u, self.w, self.out = nn.Linear(6, 24), nn.Linear(24, 24, bias=False), nn.Linear(24, 3)
        nn.init.orthogonal_(self.w.weight)

    def forward(self, x: Any) -> Any:
        h = glassnet.zeros(len(x), 24)
        for t in range(x.shape[1]):
            h = (self.u(x[:, t]) + self.w(h)).tanh()
        return self.out(h)
