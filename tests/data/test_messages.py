"""Every error says what was expected, what it got, and what to do."""

import numpy as np
import pytest

import glassnet
from glassnet.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    Transformed,
    WeightedRandomSampler,
    batched,
    default_collate,
    random_split,
)
from glassnet.errors import ShapeError

FIVE = TensorDataset(np.zeros((5, 2)), np.arange(5))


class Stream(IterableDataset):
    pass


def first(*args, **kwargs):
    return next(iter(DataLoader(*args, **kwargs)))


def ragged(*shapes):
    return [(np.zeros(shape), 0) for shape in shapes]


@batched
def mean(x):
    return x.mean()


@batched
def as_list(x):
    return x.tolist()


MESSAGES = [
    # datasets
    (lambda: TensorDataset(), ValueError, "TensorDataset: expected at least one tensor"),
    (lambda: TensorDataset(3.0), ShapeError, "tensor 0 is a single number"),
    (
        lambda: TensorDataset(np.zeros((5, 2)), [1]),
        ShapeError,
        r"tensor 1 is \[1\] and tensor 0 is \[5, 2\]; each needs",
    ),
    (lambda: FIVE[5], IndexError, "5"),
    (lambda: FIVE.batch_at([0, 7]), IndexError, "dataset: expected indices from -5 to 4, for 5 samples, got 7"),
    (lambda: FIVE.batch_at([[0]]), ShapeError, r"indices of samples in one dimension, got shape \[1, 1\]"),
    (lambda: FIVE.batch_at([0.5]), TypeError, "indices of samples as whole numbers, got float64"),
    (lambda: Subset(FIVE, [0, 5]).batch_at([1]), IndexError, "expected indices from -5 to 4, for 5 samples, got 5"),
    (lambda: Subset(FIVE, [-6])[0], IndexError, "-6"),
    (lambda: Subset(FIVE, [True, False]), TypeError, r"got bool; of a mask, take mask.nonzero\(\)"),
    (
        lambda: Subset(FIVE, [0, 1]).batch_at([2]),
        IndexError,
        "Subset: expected indices from -2 to 1, for 2 samples, got 2",
    ),
    (lambda: Subset(FIVE, [0, 1])[2], IndexError, "range"),
    (lambda: ConcatDataset([]), ValueError, "ConcatDataset: expected at least one dataset"),
    (lambda: ConcatDataset([FIVE, Stream()]), TypeError, "dataset 1 is an IterableDataset; use ChainDataset"),
    (lambda: (FIVE + FIVE)[10], IndexError, "ConcatDataset: expected indices from -10 to 9, for 10 samples, got 10"),
    (lambda: (FIVE + FIVE)[-11], IndexError, "got -11"),
    (lambda: (FIVE + FIVE).batch_at([0, -11]), IndexError, "got -11"),
    (lambda: (FIVE + FIVE).batch_at([]), ValueError, "expected at least one sample in a batch"),
    (
        lambda: first(TensorDataset([1.0]) + TensorDataset([[2.0]]), 2),
        ShapeError,
        r"have one shape, got \[\], \[1\]; pad",
    ),
    (lambda: first(TensorDataset([1.0]) + FIVE, 2), ShapeError, "have as many parts each, got 1, 2"),
    (lambda: first(ConcatDataset([np.ones(2), FIVE]), 7), TypeError, "of one kind, got batches of Tensor, list"),
    (lambda: ChainDataset([Stream(), FIVE]), TypeError, "dataset 1 is TensorDataset; use ConcatDataset"),
    (lambda: Dataset()[0], NotImplementedError, "Dataset must define __getitem__"),
    (lambda: iter(Stream()), NotImplementedError, "Stream must define __iter__"),
    (lambda: random_split(FIVE, [2, 2]), ValueError, r"the 5 samples .*got \[2, 2\], which add up to 4"),
    (lambda: random_split(FIVE, [6, -1]), ValueError, "lengths of 0 or more"),
    (lambda: random_split(FIVE, [1.5, -0.5]), ValueError, "lengths of 0 or more"),
    (lambda: random_split(FIVE, [0.8, 0.3]), ValueError, "fractions must add up to 1"),
    # transforms
    (
        lambda: first(Transformed(FIVE, mean), 5),
        ShapeError,
        r"as many samples as it gets, but mean made \[\] of \[5, 2\]",
    ),
    (lambda: first(Transformed(FIVE, as_list), 5), TypeError, "must give a tensor, but as_list gave list"),
    (lambda: Transformed(np.ones(3), None, mean)[0], TypeError, r"two parts \(input, target\), got float64"),
    (lambda: Transformed(TensorDataset([1.0]), None, mean)[0], TypeError, "got 1 part"),
    # samplers
    (lambda: iter(Sampler()), NotImplementedError, "Sampler must define __iter__"),
    (lambda: RandomSampler([]), ValueError, "at least one sample to draw from, got an empty dataset"),
    (lambda: RandomSampler("ab", num_samples=0), ValueError, "num_samples must be a whole number of 1 or more, got 0"),
    (lambda: RandomSampler("ab", replacement=1), TypeError, "replacement must be True or False, got 1"),
    (lambda: list(SubsetRandomSampler([0.5])), TypeError, "whole numbers, got float64"),
    (lambda: WeightedRandomSampler([1.0], 0), ValueError, "num_samples must be"),
    (lambda: WeightedRandomSampler([1.0], 1, replacement=None), ValueError, "replacement must be True or False"),
    (lambda: WeightedRandomSampler([[1.0]], 1), ShapeError, r"in one dimension, got shape \[1, 1\]"),
    (lambda: WeightedRandomSampler([1, -1], 1), ValueError, "finite, 0 or more, and not all 0"),
    (lambda: WeightedRandomSampler([0, 0], 1), ValueError, "not all 0"),
    (lambda: WeightedRandomSampler([1, np.nan], 1), ValueError, "finite"),
    (lambda: WeightedRandomSampler([1, 0, 1], 3, False), ValueError, "num_samples=3 .* but only 2 weights"),
    (lambda: BatchSampler([1], 0, False), ValueError, "BatchSampler: batch_size must be a whole number of 1 or more"),
    (lambda: BatchSampler([1], 2, None), ValueError, "BatchSampler: drop_last must be True or False"),
    # the loader
    (
        lambda: DataLoader(FIVE, batch_size=0),
        ValueError,
        "DataLoader: batch_size must be a whole number of 1 or more, got 0",
    ),
    (lambda: DataLoader(FIVE, batch_size=-1), ValueError, "got -1"),
    (lambda: DataLoader(FIVE, batch_size=2.0), ValueError, "got 2.0"),
    (lambda: DataLoader(FIVE, batch_size=True), ValueError, "got True"),
    (lambda: DataLoader(FIVE, drop_last=1), ValueError, "drop_last must be True or False, got 1"),
    (
        lambda: DataLoader(FIVE, shuffle=True, sampler=[0]),
        ValueError,
        "sampler decides the order.*together with shuffle",
    ),
    (lambda: DataLoader(FIVE, 2, batch_sampler=[[0]]), ValueError, "batch_sampler decides .*together with batch_size"),
    (lambda: DataLoader(FIVE, shuffle=True, batch_sampler=[[0]]), ValueError, "together with shuffle"),
    (
        lambda: DataLoader(FIVE, sampler=[0], batch_sampler=[[0]], drop_last=True),
        ValueError,
        "together with sampler, drop_last; leave one out",
    ),
    (lambda: DataLoader(FIVE, batch_size=None, drop_last=True), ValueError, "batch_size=None turns batches off"),
    (lambda: DataLoader(Stream(), shuffle=True), ValueError, "an IterableDataset has an order of its own"),
    (lambda: DataLoader(Stream(), sampler=[0]), ValueError, "together with sampler"),
    (lambda: DataLoader(Stream(), batch_sampler=[[0]]), ValueError, "together with batch_sampler"),
    (lambda: DataLoader([]), ValueError, "expected at least one sample, got an empty dataset"),
    (lambda: DataLoader(TensorDataset(np.zeros((0, 3))), shuffle=True), ValueError, "expected at least one sample"),
    (lambda: DataLoader(iter([1])), TypeError, "list_iterator has none; define __len__"),
    (lambda: DataLoader(FIVE, num_workers=-1), ValueError, "num_workers must be 0 or more, got -1"),
    (lambda: DataLoader(FIVE, timeout=-1), ValueError, "timeout must be 0 or more"),
    (lambda: DataLoader(FIVE, prefetch_factor=2), ValueError, "needs num_workers > 0"),
    (lambda: DataLoader(FIVE, num_workers=1, prefetch_factor=-2), ValueError, "prefetch_factor must be 0 or more"),
    (lambda: DataLoader(FIVE, persistent_workers=True), ValueError, "persistent_workers needs num_workers > 0"),
    (lambda: setattr(DataLoader(FIVE), "batch_size", 3), ValueError, "batch_size cannot be changed; make"),
    (lambda: first(FIVE, sampler=[9]), IndexError, "expected indices from -5 to 4, for 5 samples, got 9"),
    (lambda: first(FIVE, sampler=["a"]), TypeError, "whole numbers, got <U1"),
    # collating
    (lambda: default_collate([]), ValueError, "expected at least one sample, got an empty batch"),
    (
        lambda: default_collate([np.zeros(3), np.zeros(3), np.zeros(2)]),
        ShapeError,
        r"sample 2 has \[2\] and sample 0 has \[3\]; pad or crop them in the dataset, or give .* a collate_fn",
    ),
    (
        lambda: first(ragged(3, 3, (1, 3)), 2, sampler=[1, 2]),
        ShapeError,
        r"sample 1 \(dataset\[2\]\), at \[0\], has \[1, 3\] and sample 0 \(dataset\[1\]\) has \[3\]",
    ),
    (
        lambda: default_collate([{"a": {"b": np.zeros(1)}}, {"a": {"b": np.zeros(2)}}]),
        ShapeError,
        r"at \['a'\]\['b'\],",
    ),
    (lambda: default_collate([[1, 2], [1]]), ShapeError, "as many parts each, but sample 1 has 1 and sample 0 has 2"),
    (lambda: default_collate([{"a": 1}, {"b": 1}]), KeyError, r"sample 1 has no key 'a', .*its keys are \['b'\]"),
    (lambda: default_collate([None]), TypeError, "got NoneType in sample 0; give the DataLoader a collate_fn"),
    (lambda: default_collate([(1, None)]), TypeError, r"got NoneType in sample 0, at \[1\],"),
    (lambda: default_collate([1, None]), TypeError, "of one kind, but sample 1 is NoneType and sample 0 is int"),
    (lambda: default_collate([1, np.zeros(2)]), ShapeError, r"sample 1 has \[2\] and sample 0 has \[\]"),
    (lambda: default_collate([[1], "a"]), TypeError, "sample 1 is str and sample 0 is list"),
    (lambda: default_collate([{}, 1]), TypeError, "sample 1 is int and sample 0 is dict"),
    (lambda: default_collate([np.zeros(1), [0]]), TypeError, "sample 1 is list and sample 0 is ndarray"),
    (lambda: default_collate([np.array(["a"])]), TypeError, "expected numbers, got an array of <U1 in sample 0"),
]


@pytest.mark.parametrize(("act", "error", "message"), MESSAGES, ids=[message[:60] for *_, message in MESSAGES])
def test_message(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_shape_errors_are_what_pytorch_raises():
    with pytest.raises(RuntimeError):
        default_collate([glassnet.ones(1), glassnet.ones(2)])
