"""Datasets of every kind, for the tests that hold each of them to the same promises."""

from collections import namedtuple

import numpy as np

import glassnet
from glassnet.data import (
    ConcatDataset,
    Dataset,
    Subset,
    TensorDataset,
    Transformed,
    batched,
    random_split,
)

Pair = namedtuple("Pair", ["image", "label"])


class Counting(TensorDataset):
    """A TensorDataset that counts what is asked of it."""

    def __init__(self, *tensors):
        super().__init__(*tensors)
        self.samples = 0
        self.batches = 0

    def __getitem__(self, index):
        self.samples += 1
        return super().__getitem__(index)

    def batch_at(self, indices):
        self.batches += 1
        return super().batch_at(indices)


class OneByOne(Dataset):
    """A dataset as most people write one: Python objects, no `batch_at`."""

    def __init__(self, n, kind):
        self.n = n
        self.kind = kind

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if not -self.n <= index < self.n:
            raise IndexError(index)
        index = index % self.n
        row = np.arange(3, dtype=np.float32) + index
        return {
            "arrays": (row, index),
            "dict": {"x": row, "name": f"sample {index}", "deep": [index, (index / 2, index > 3)]},
            "named": Pair(glassnet.tensor(row), index),
            "text": f"sample {index}",
            "number": index * 0.5,
        }[self.kind]


class Fetching(OneByOne):
    """A dataset with PyTorch's __getitems__."""

    def __getitems__(self, indices):
        return [self[i] for i in indices]


class Named(Dataset):
    """A dataset of one's own with `batch_at`, whose batches are dicts with text in them."""

    def __init__(self, n):
        self.x = np.arange(n * 2, dtype=np.float32).reshape(n, 2)
        self.names = [f"sample {i}" for i in range(n)]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return {"x": self.x[index], "pair": (self.names[index], glassnet.tensor(index))}

    def batch_at(self, indices):
        x = glassnet.tensor(self.x[indices])
        return {"x": x, "pair": [tuple(self.names[i] for i in indices), glassnet.tensor(indices)]}


class Doubled(TensorDataset):
    """A subclass that changes the sample and knows nothing of batches."""

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x * 2, y


class DoubledSubset(Subset):
    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x * 2, y


def tensors(n=11, offset=0):
    x = np.random.default_rng(n + offset).standard_normal((n, 4)).astype(np.float32)
    return x, np.arange(n) + offset


def array_dataset(n=11, offset=0):
    return TensorDataset(*tensors(n, offset))


@batched
def halved(x):
    return x / 2


def halved_alone(x):
    assert x.shape == (4,)
    return x / 2


@batched
def negated(y):
    return -y


# What gives whole batches by gathering, and what gives them by a loop.
GATHERED = {
    "TensorDataset": array_dataset,
    "TensorDataset of columns": lambda: TensorDataset(np.arange(44.0).reshape(4, 11).T, np.arange(11)),
    "TensorDataset of one tensor": lambda: TensorDataset(np.arange(11.0)),
    "tensor": lambda: glassnet.tensor(tensors()[0]),
    "array": lambda: tensors()[0],
    "vector": lambda: tensors()[1],
    "Subset": lambda: Subset(array_dataset(), [7, 2, -1, 2, 0, 10]),
    "Subset of a range": lambda: Subset(array_dataset(), range(1, 10, 2)),
    "Subset of Subset": lambda: Subset(Subset(array_dataset(), [7, 2, 9, 4, 0, 10]), glassnet.tensor([5, 5, 0, 3])),
    "Subset of a tensor": lambda: Subset(glassnet.tensor(tensors()[0]), [3, 1]),
    "random_split": lambda: random_split(array_dataset(), [0.7, 0.3])[0],
    "ConcatDataset": lambda: ConcatDataset([array_dataset(5), array_dataset(1, 20), array_dataset(4, 40)]),
    "ConcatDataset of one": lambda: ConcatDataset([array_dataset(5)]),
    "ConcatDataset of two dtypes": lambda: ConcatDataset([tensors(3)[1], tensors(4)[0][:, 0]]),
    "sum of datasets": lambda: Subset(array_dataset(6), [5, 1]) + array_dataset(3, 30),
    "ConcatDataset of dicts": lambda: ConcatDataset([Named(4), Named(3)]),
    "Transformed": lambda: Transformed(array_dataset(), halved),
    "Transformed twice": lambda: Transformed(Transformed(array_dataset(), halved, negated), None, negated),
    "Transformed tensor": lambda: Transformed(tensors()[0], halved),
    "Subset of Transformed": lambda: Subset(Transformed(array_dataset(), halved), [4, 4, 1]),
    "one's own": lambda: Named(6),
}
LOOPED = {
    "list": lambda: [(1.0, 2), (3.0, 4), (5.0, 6)],
    "array of text": lambda: np.array(["a", "b", "c"]),
    **{f"one by one: {kind}": lambda kind=kind: OneByOne(9, kind) for kind in ("arrays", "dict", "named", "text")},
    "one by one: number": lambda: OneByOne(9, "number"),
    "fetching": lambda: Fetching(9, "arrays"),
    "Subset, fetching": lambda: Subset(Fetching(9, "dict"), [3, 8, 1]),
    "Subset, one by one": lambda: Subset(OneByOne(9, "dict"), [3, 8, 1]),
    "ConcatDataset, mixed": lambda: ConcatDataset([OneByOne(4, "arrays"), TensorDataset(np.ones((2, 3)), [7, 8])]),
    "Transformed, one by one": lambda: Transformed(array_dataset(), halved_alone),
    "Transformed, text": lambda: Transformed(OneByOne(5, "text"), str.upper),
    "Transformed, named": lambda: Transformed(OneByOne(5, "named"), None, negated),
    "subclass that changes __getitem__": lambda: Doubled(*tensors()),
    "Subset that changes __getitem__": lambda: DoubledSubset(array_dataset(), [1, 0, 5]),
    "Subset of a subclass": lambda: Subset(Doubled(*tensors()), [1, 0, 5]),
}
DATASETS = {**GATHERED, **LOOPED}


def same(a, b):
    """Whether two batches are of the same kinds, dtypes and values, all through."""
    if isinstance(a, glassnet.Tensor):
        return isinstance(b, glassnet.Tensor) and a.dtype == b.dtype and np.array_equal(a.array, b.array)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b
