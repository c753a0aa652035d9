"""One epoch of MNIST as in the seed: ToTensor, Normalize, DataLoader(64, shuffle), 784-256-10 with sigmoid, SGD.

glassnet gathers and transforms a batch at once. PyTorch's contender does for each picture the operations that
torchvision does, written out, as torchvision may not be there; the PIL image in between is left out. The files
are looked for in the folder GLASSNET_DATA, or beside the repository, in ../shared/data; without them the pictures are
random.
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Compile, Run

IMAGES, BATCH, LEARNING_RATE = 60_000, 64, 0.1
STEPS, PER = -(-IMAGES // BATCH), "epoch"


def _mnist(transform: Any = None) -> Any:
    """MNIST's training half, as a user of glassnet writes it, or random pictures in its place."""
    from glassnet.data import TensorDataset, Transformed
    from glassnet.vision.datasets import MNIST, MissingDataError

    folder = os.environ.get("GLASSNET_DATA") or Path(__file__).parents[3] / "shared" / "data"
    try:
        return MNIST(folder, train=True, transform=transform)
    except MissingDataError:
        random = np.random.default_rng(0)
        images, labels = random.integers(0, 256, (IMAGES, 28, 28), np.uint8), random.integers(0, 10, IMAGES)
        return Transformed(TensorDataset(images, labels), transform)


def _as_in_the_seed() -> Any:
    """The same with the seed's transform."""
    from glassnet.vision import transforms

    return _mnist(transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]))


def _trained(library: Any, dataset: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    loader = library.utils.data.DataLoader(dataset, batch_size=BATCH, shuffle=True)
    nn = library.nn
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 10))
    optimizer = library.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    step = compiled(common.training_step(model, optimizer, nn.CrossEntropyLoss()))

    def run(steps: int) -> float:
        for images, labels in islice(loader, steps):
            loss = step(images, labels)
        return float(loss.item())

    return run


def glassnet_eager() -> Run:
    import glassnet

    return _trained(glassnet, _as_in_the_seed())


def glassnet_compiled() -> Run:
    import glassnet

    return _trained(glassnet, _as_in_the_seed(), common.by_engine("numpy"))


def torch_eager() -> Run:
    """PyTorch's DataLoader over a dataset that makes one picture after another."""
    import torch

    images, labels = (torch.from_numpy(x.numpy()) for x in _mnist().batch_at(np.arange(IMAGES)))

    def to_tensor(array: Any) -> Any:
        image = torch.from_numpy(np.array(array)).view(28, 28, 1).permute(2, 0, 1).contiguous()
        return image.to(torch.get_default_dtype()).div(255)

    def normalize(image: Any) -> Any:
        image = image.clone()
        mean, std = (torch.as_tensor((0.5,), dtype=image.dtype, device=image.device) for _ in range(2))
        if (std == 0).any():
            raise ValueError("a division by 0")
        return image.sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1))

    class PerSample(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return len(images)

        def __getitem__(self, index: int) -> Any:
            image, target = images[index], int(labels[index])
            return normalize(to_tensor(image.numpy())), target

    return _trained(torch, PerSample())


CONTENDERS = {
    "glassnet compiled": glassnet_compiled,
    "glassnet eager": glassnet_eager,
    "PyTorch eager": torch_eager,
}
