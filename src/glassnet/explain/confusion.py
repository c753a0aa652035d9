"""Which class was taken for which: the counts behind the metrics, the report, the plot and the command.

A matrix has the square of the classes as cells. Up to `MANY` classes it can be read; of more, the worst confusions and
the counts of each class say what there is to see, and take no more room than the samples and the classes do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.ops.dtypes import Array

MANY = 30  # classes: of more, no page has room for a matrix
CELLS = 2**24  # of a matrix: 4,096 classes, 128 MB


class ClassCounts(NamedTuple):
    """For each class, how many samples are of it, were taken for it, and are right: int64 [classes] each."""

    actual: Array
    predicted: Array
    right: Array


class Confused(NamedTuple):
    """So many ``samples`` of the class ``true`` were taken for the class ``predicted``."""

    true: int
    predicted: int
    samples: int


def confusion_matrix(targets: Array, predicted: Array, classes: int) -> Array:
    """How many samples of class i were taken for class j: int64 [classes, classes], of class numbers [n] and [n].

    Raises ValueError where that would be more than `CELLS` counts; `worst_confusions` has no such limit.

    >>> from glassnet.training.metrics import confusion_matrix
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    check_cells(classes)
    return np.bincount(targets * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def check_cells(classes: int) -> None:
    """Raise ValueError where a matrix of so many classes would fill the memory."""
    if classes * classes > CELLS:
        raise ValueError(
            f"expected at most {int(CELLS**0.5):,} classes for a confusion matrix, got {classes:,}; "
            "see the worst confusions alone: worst_confusions(targets, predicted)"
        )


def class_counts(targets: Array, predicted: Array, classes: int) -> ClassCounts:
    """The counts of each class, of class numbers [n] and [n].

    >>> from glassnet.explain.confusion import class_counts
    >>> class_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).right
    array([1, 1])
    """
    right = targets[targets == predicted]
    return ClassCounts(*(np.bincount(numbers, minlength=classes) for numbers in (targets, predicted, right)))


def worst_confusions(targets: Array, predicted: Array, most: int | None = 20) -> list[Confused]:
    """The ``most`` frequent mistakes (None: all of them), the most frequent first, of class numbers [n] and [n].

    >>> from glassnet.training.metrics import worst_confusions
    >>> worst_confusions(np.array([0, 0, 1, 2]), np.array([1, 1, 1, 0]))
    [Confused(true=0, predicted=1, samples=2), Confused(true=2, predicted=0, samples=1)]
    """
    is_wrong = targets != predicted
    kinds, places = np.unique(np.stack([targets[is_wrong], predicted[is_wrong]]), return_inverse=True)
    true, taken = places.reshape(2, -1)  # below the number of kinds, whose square is a number of 64 bits
    pairs, counts = np.unique(true * len(kinds) + taken, return_counts=True)
    order = np.lexsort((pairs, -counts))[:most]
    worst = [(*divmod(int(pairs[i]), len(kinds)), int(counts[i])) for i in order]
    return [Confused(int(kinds[true]), int(kinds[taken]), samples) for true, taken, samples in worst]


def lowest_recall(counts: ClassCounts, most: int) -> list[int]:
    """The classes of which the least is right, the worst first, of equal ones the largest; none without samples.

    >>> from glassnet.explain.confusion import class_counts, lowest_recall
    >>> lowest_recall(class_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 3), 2)
    [0, 1]
    """
    recall = np.where(counts.actual > 0, counts.right / np.maximum(counts.actual, 1), np.inf)
    order = np.lexsort((np.arange(len(recall)), -counts.actual, recall))[:most]
    return [int(number) for number in order if counts.actual[number]]
