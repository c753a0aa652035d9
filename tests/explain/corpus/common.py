"""Scripts, tasks and networks that the corpus is made of."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.datasets import load_digits

Pair = tuple[glassnet.Tensor, glassnet.Tensor]


@dataclass
class Script:
    """A training script as far as a check-up sees it."""

    model: nn.Module
    data: Any
    loss: Callable[..., Any] = F.cross_entropy
    optimizer: Any = None
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.optimizer is None:
            self.optimizer = optim.Adam(self.model.parameters(), lr=0.005)


Make = Callable[[], Script]


@dataclass
class Corpus:
    """Scripts by name: those with a fault, with the findings that may stand first, and healthy ones."""

    broken: dict[str, tuple[tuple[str, ...], Make]] = field(default_factory=dict)
    healthy: dict[str, Make] = field(default_factory=dict)

    def has_fault(self, *kinds: str) -> Callable[[Make], Make]:
        """Register a script with a fault, which may be told in any of these ways."""

        def register(make: Make) -> Make:
            assert make.__name__ not in self.broken, make.__name__
            self.broken[make.__name__] = (kinds, make)
            return make

        return register

    def is_healthy(self, make: Make) -> Make:
        """Register a script that nothing is wrong with."""
        assert make.__name__ not in self.healthy, make.__name__
        self.healthy[make.__name__] = make
        return make


FIRST = Corpus()
"""The scripts that the checks were made with."""
SECOND = Corpus()
"""Scripts by somebody else, who did not know the checks; what was missed in them has been mended since."""
THIRD = Corpus()
"""Scripts made after the mends, of other kinds, and not used for any."""
broken, healthy = FIRST.has_fault, FIRST.is_healthy


# tasks --------------------------------------------------------------------------------------------------


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def tensors(x: Any, y: Any) -> Pair:
    y = np.asarray(y)
    return glassnet.tensor(np.asarray(x, np.float32)), glassnet.tensor(y if y.dtype.kind == "i" else y.astype("f4"))


def blobs(classes: int = 3, features: int = 4, n: int = 240, seed: int = 0) -> Pair:
    random = rng(seed)
    centres = random.normal(0, 2, (classes, features))
    labels = np.arange(n) % classes
    x = centres[labels] + random.normal(0, 0.7, (n, features))
    return tensors(x / 2, labels)


def moons(n: int = 256, seed: int = 0) -> Pair:
    random = rng(seed)
    angle, label = random.uniform(0, np.pi, n), np.arange(n) % 2
    x = np.stack([np.cos(angle), np.sin(angle)], 1) * (1 - 2 * label[:, None]) + label[:, None] * [1.0, 0.5]
    return tensors(x + random.normal(0, 0.1, (n, 2)), label)


def digits(n: int = 400) -> Pair:
    images, labels = load_digits()
    return tensors(images[:n] / 16, labels[:n])


def line(features: int = 5, n: int = 256, seed: int = 0) -> Pair:
    random = rng(seed)
    x = random.normal(0, 1, (n, features))
    return tensors(x, (x @ random.normal(0, 1, (features, 1)) + 0.1 * random.normal(0, 1, (n, 1))))


def wave(n: int = 256, seed: int = 0) -> Pair:
    x = rng(seed).uniform(-1, 1, (n, 1))
    return tensors(x, np.sin(3 * x))


def words(n: int = 240, length: int = 6, vocabulary: int = 20, seed: int = 0) -> Pair:
    """Sequences of words, and whether most are of the first half of the vocabulary."""
    x = rng(seed).integers(0, vocabulary, (n, length))
    return glassnet.tensor(x), glassnet.tensor(((x < vocabulary // 2).mean(1) > 0.5).astype(np.int64))


def binary(n: int = 256, seed: int = 0) -> Pair:
    x, y = moons(n, seed)
    return x, y.float().unsqueeze(1)


# networks -----------------------------------------------------------------------------------------------


def mlp(*sizes: int, activation: Callable[[], nn.Module] = nn.ReLU, last: nn.Module | None = None) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(a, b), activation()]
    layers.append(nn.Linear(sizes[-2], sizes[-1]))
    return nn.Sequential(*layers, *([last] if last else []))


class Residual(nn.Module):
    def __init__(self, features: int, width: int, classes: int, depth: int = 3) -> None:
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.leave = nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        x = self.enter(x)
        for block in self.blocks:
            x = x + 0.5 * F.relu(block(x))
        return self.leave(x)


class Words(nn.Module):
    def __init__(self, vocabulary: int = 20, width: int = 16, classes: int = 2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        return self.fc(self.embedding(x).mean(1))


class Digits(nn.Module):
    def __init__(self, width: int = 32, classes: int = 10) -> None:
        super().__init__()
        self.fc1 = nn.Linear(64, width)
        self.dropout = nn.Dropout(0.2)
        self.fc2 = nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        return self.fc2(self.dropout(F.relu(self.fc1(x.flatten(1)))))


def stepping(model: nn.Module, loss: Callable[..., Any], optimizer: Any) -> Callable[[Any, Any], Any]:
    """A whole training step."""

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step
