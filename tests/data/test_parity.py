"""PyTorch's loader on the same data gives the same batches."""

import operator
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import glassnet
from glassnet import data

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity
theirs = torch.utils.data if torch else None

Pair = namedtuple("Pair", ["x", "y"])


def plain(batch):
    """A batch without its library: arrays for tensors, and the classes of containers."""
    if isinstance(batch, torch.Tensor | glassnet.Tensor):
        array = batch.numpy()
        return "tensor", str(array.dtype), array.shape, array.tolist()
    if isinstance(batch, dict):
        return type(batch), [(key, plain(value)) for key, value in batch.items()]
    if isinstance(batch, list | tuple):
        return type(batch), [plain(value) for value in batch]
    return type(batch), batch


SAMPLES = {
    "ints": [1, 2, 3],
    "floats": [1.0, 2.5, 3.0],
    "ints, then floats": [1, 2.5, 3],
    "floats, then ints": [1.0, 2, 3],
    "bools, then ints": [True, 2, 3],
    "bools": [True, False, True],
    "text": ["a", "b", "c"],
    "arrays": [np.arange(3, dtype=np.int16) + i for i in range(3)],
    "NumPy numbers": [np.float32(i) for i in range(3)],
    "0-dimensional arrays": [np.array(i) for i in range(3)],
    "pairs": [(np.ones(2, np.float32) * i, i) for i in range(3)],
    "lists": [[i, [i + 0.5, "text"]] for i in range(3)],
    "dicts": [{"x": np.ones((2, 2)) * i, "y": {"label": i, "name": f"n{i}"}} for i in range(3)],
    "ordered dicts": [OrderedDict(b=i, a=(i, i)) for i in range(3)],
    "named tuples": [Pair(np.float64(i), Pair(i, i > 1)) for i in range(3)],
    "empty tuples": [(), (), ()],
}


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("batch_size", [1, 2, 3, None])
def test_collated_samples(samples, batch_size):
    ours = list(data.DataLoader(samples, batch_size=batch_size))
    expected = list(theirs.DataLoader(samples, batch_size=batch_size))
    assert [plain(batch) for batch in ours] == [plain(batch) for batch in expected]


DATASETS = {
    "TensorDataset": lambda d, tensor: d.TensorDataset(tensor(X), tensor(Y)),
    "one tensor": lambda d, tensor: d.TensorDataset(tensor(X)),
    "tensor": lambda d, tensor: tensor(X),
    "array": lambda d, tensor: X,
    "Subset": lambda d, tensor: d.Subset(d.TensorDataset(tensor(X), tensor(Y)), [3, 1, 12, 7, 7]),
    "Subset of Subset": lambda d, tensor: d.Subset(d.Subset(tensor(X), range(2, 12)), [9, 0, 4]),
    "ConcatDataset": lambda d, tensor: d.ConcatDataset([d.TensorDataset(tensor(X)), d.TensorDataset(tensor(X * 2))]),
    "sum": lambda d, tensor: d.TensorDataset(tensor(X), tensor(Y)) + d.TensorDataset(tensor(X[:2]), tensor(Y[:2])),
}
X = np.random.default_rng(0).standard_normal((13, 4))
Y = np.arange(13)


@pytest.mark.parametrize("make", DATASETS.values(), ids=DATASETS)
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [1, 4, 13, 20])
def test_batches_in_order(make, batch_size, drop_last):
    ours = data.DataLoader(make(data, glassnet.from_numpy), batch_size, drop_last=drop_last)
    expected = theirs.DataLoader(make(theirs, torch.from_numpy), batch_size, drop_last=drop_last)
    assert len(ours) == len(expected)
    assert [plain(batch) for batch in ours] == [plain(batch) for batch in expected]


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 3, "sampler": [5, 5, 1, 0]},
        {"batch_size": None, "sampler": [5, 5, 1, 0]},
        {"batch_sampler": [[1, 2], [3]]},
        {"batch_size": 5, "collate_fn": lambda samples: (type(samples), [type(sample) for sample in samples])},
        {"batch_size": 5, "collate_fn": operator.itemgetter(-1)},
    ],
)
def test_options(options):
    ours = data.DataLoader(data.TensorDataset(X, Y), **options)
    expected = theirs.DataLoader(theirs.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), **options)
    assert len(ours) == len(expected)
    assert [plain(batch) for batch in ours] == [plain(batch) for batch in expected]


@pytest.mark.parametrize("size", [0, 1, 7, 10, 101])
@pytest.mark.parametrize("fractions", [[0.5, 0.5], [0.8, 0.1, 0.1], [1 / 3, 1 / 3, 1 / 3], [1.0]])
@pytest.mark.filterwarnings("ignore:random_split", "ignore:Length of split")
def test_lengths_of_random_splits(size, fractions):
    ours = data.random_split(range(size), fractions)
    expected = theirs.random_split(range(size), fractions)
    assert [len(part) for part in ours] == [len(part) for part in expected]


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"batch_size": 2.0},
        {"batch_size": True},
        {"drop_last": None},
        {"shuffle": True, "sampler": [0]},
        {"batch_size": 2, "batch_sampler": [[0]]},
        {"batch_size": None, "drop_last": True},
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"persistent_workers": True},
    ],
    ids=str,
)
def test_what_pytorch_refuses_is_refused_in_the_same_class(options):
    with pytest.raises(Exception) as expected:  # noqa: PT011
        theirs.DataLoader(Y, **options)
    with pytest.raises(type(expected.value)):
        data.DataLoader(Y, **options)


def test_the_names_of_pytorch_that_have_no_counterpart_are_known():
    rooms = {"torch.utils.data.dataset", "torch.utils.data.sampler", "torch.utils.data.dataloader"}
    names = {name for name in theirs.__all__ if getattr(theirs, name).__module__ in rooms}
    assert len(names) > 10
    assert names - set(data.__all__) == {"_DatasetKind"}
