"""784-128-64-10 with ReLU, batches of 64, SGD: one epoch over 60,000 made images.

Each function is one contender: it prepares everything and gives the epoch, to be timed. All read
their batches the same way, from arrays in memory in shuffled order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

IMAGES, BATCH, LEARNING_RATE = 60_000, 64, 0.1
SIZES = (784, 128, 64, 10)


def made_images() -> tuple[np.ndarray, np.ndarray]:
    """Images [60000, 784] of random pixels, and labels that a network can learn from them."""
    random = np.random.default_rng(0)
    images = random.random((IMAGES, SIZES[0]), dtype=np.float32)
    labels = (images @ random.standard_normal((SIZES[0], SIZES[-1]), dtype=np.float32)).argmax(1)
    return images, labels


def glassnet() -> Callable[[], float]:
    """Eager, as a user writes it."""
    import glassnet
    from glassnet import nn

    glassnet.manual_seed(0)
    images, labels = map(glassnet.from_numpy, made_images())
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = glassnet.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    criterion = nn.CrossEntropyLoss()

    def epoch() -> float:
        order = glassnet.randperm(IMAGES)
        for start in range(0, IMAGES, BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = criterion(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
        return float(loss.item())

    return epoch


def torch() -> Callable[[], float]:
    """PyTorch eager, the same text."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    images, labels = map(torch.from_numpy, made_images())
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    criterion = nn.CrossEntropyLoss()

    def epoch() -> float:
        order = torch.randperm(IMAGES)
        for start in range(0, IMAGES, BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = criterion(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
        return float(loss.item())

    return epoch


def sklearn() -> Callable[[], float]:
    """scikit-learn's MLPClassifier, one partial_fit over all images in batches of 64."""
    from sklearn.neural_network import MLPClassifier

    images, labels = made_images()
    model = MLPClassifier(
        SIZES[1:-1], solver="sgd", batch_size=BATCH, learning_rate_init=LEARNING_RATE, momentum=0.0, alpha=0.0,
        random_state=0,
    )  # fmt: skip

    def epoch() -> float:
        model.partial_fit(images, labels, classes=range(10))
        return float(model.loss_)

    return epoch


CONTENDERS = {"glassnet": glassnet, "torch": torch, "sklearn": sklearn}
