"""Metrics of classifiers.

Outputs are a score for each class, [n, C] or [n, C, d₁, …], of which the largest counts; or one score for
each sample, [n] or [n, 1], which is class 1 above ``threshold``. Targets are class numbers, or a probability for
each class, in the shape of the outputs. Samples with the label −100 are not counted.

Precision, recall and F₁ are those of C. van Rijsbergen, Information Retrieval, 1979; 0/0 is 0. "Macro" is the mean
over the classes that occur as a target or as a prediction (Y. Yang, 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from glassnet.explain.confusion import ClassCounts, Confused, check_cells, class_counts
from glassnet.files.schema import a_count, named, whole
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, wrap
from glassnet.training.errors import TrainingError, check_whole
from glassnet.training.metrics.metric import Metric, table_of

IGNORED = -100


class OfClasses(Metric):
    """The base of metrics of classifiers. ``threshold`` None is 0, or the one that belongs to the trainer's loss."""

    def __init__(self, name: str | None = None, threshold: float | None = None) -> None:
        super().__init__(name)
        self.threshold = threshold

    def rows(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        """A row of scores [C] for each label, and the labels."""
        if outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1):
            outputs = outputs.reshape(-1)
            if targets.size != outputs.size:
                raise self._misfit("a target for each sample", outputs, targets)
            above = outputs - (self.threshold or 0.0)
            return np.stack([-above, above], 1), self._labels(targets.reshape(-1), outputs)
        if outputs.ndim < 2:
            raise self._misfit("an output for each class", outputs, targets)
        if targets.shape == outputs.shape and targets.dtype.kind == "f":
            if not np.allclose(targets.sum(1), 1, atol=1e-3):
                raise self._misfit("one class for each sample; of several, give a function", outputs, targets)
            targets = targets.argmax(1)
        if targets.shape != outputs.shape[:1] + outputs.shape[2:]:
            raise self._misfit("class numbers, one for each row of outputs", outputs, targets)
        scores = outputs if outputs.ndim == 2 else np.moveaxis(outputs, 1, -1).reshape(-1, outputs.shape[1])
        labels = self._labels(targets.reshape(-1), outputs)
        if labels.min(initial=0) < 0:
            counted = labels != IGNORED
            scores, labels = scores[counted], labels[counted]
        if not (labels.min(initial=0) >= 0 and labels.max(initial=0) < scores.shape[1]):
            raise TrainingError(
                f"{self.name}: expected classes from 0 to {scores.shape[1] - 1}, for {scores.shape[1]} outputs, got "
                f"{labels.min()} to {labels.max()}"
            )
        return scores, labels

    def _labels(self, targets: Array, outputs: Array) -> Array:
        if targets.dtype.kind in "iub":
            return targets.astype(np.int64, copy=False)
        if not np.isin(targets, (0.0, 1.0)).all():
            raise self._misfit("class numbers as targets; for a regression use mae, rmse or r2", outputs, targets)
        return targets.astype(np.int64)


class Accuracy(OfClasses):
    """The share of samples whose largest output is that of the target.

    >>> from glassnet.training.metrics import Accuracy
    >>> Accuracy().measure([[2.0, 1.0], [0.0, 3.0]], [0, 0])
    {'accuracy': 0.5}
    """

    name = "accuracy"
    kinds: ClassVar = {"right": a_count, "samples": a_count}

    def start(self) -> dict[str, Any]:
        """No samples."""
        return {"right": 0, "samples": 0}

    def update(self, outputs: Array, targets: Array) -> None:
        """Count those that are right."""
        scores, labels = self.rows(outputs, targets)
        self.totals["right"] += int(np.count_nonzero(self.are_right(scores, labels)))
        self.totals["samples"] += len(labels)

    def are_right(self, scores: Array, labels: Array) -> Array:
        """Which rows are right."""
        right: Array = scores.argmax(1) == labels
        return right

    def compute(self) -> dict[str, float]:
        """The share; NaN of no samples."""
        return {self.name: _share(self.totals["right"], self.totals["samples"], float("nan"))}


class TopK(Accuracy):
    """The share of samples whose target is among the ``k`` largest outputs; of equal ones the first come first.

    >>> from glassnet.training.metrics import TopK
    >>> TopK(2).measure([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]], [1, 2])
    {'top_2': 0.5}
    """

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        self.k = check_whole("TopK: k", k)
        super().__init__(name or f"top_{k}")

    def are_right(self, scores: Array, labels: Array) -> Array:
        """Which targets fewer than k others are before."""
        if self.k > scores.shape[1]:
            raise TrainingError(f"{self.name}: expected at least {self.k} classes, got {scores.shape[1]}")
        places = np.arange(len(labels))
        own = scores[places, labels][:, None]
        first = np.arange(scores.shape[1]) < labels[:, None]
        before = (scores > own) | ((scores == own) & first)
        right: Array = (before.sum(1) < self.k) & ~np.isnan(own[:, 0])
        return right


class Confusion(OfClasses):
    """Which class was taken for which, and how often: ``matrix``, or ``worst()``. It adds no number to the history.

    >>> from glassnet.training.metrics import Confusion
    >>> confusion = Confusion()
    >>> confusion.measure([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 0, 1])
    {}
    >>> confusion.matrix
    tensor([[1, 1],
            [0, 1]])
    >>> confusion.worst()
    [Confused(true=0, predicted=1, samples=1)]
    """

    name = "confusion"
    kinds: ClassVar = {"classes": whole(0, 2**31), "pairs": named(a_count, int, "counts by whole numbers")}

    def start(self) -> dict[str, Any]:
        """No samples: how many classes there are is not known yet. ``pairs`` are counts by true · classes + taken."""
        return {"classes": 0, "pairs": {}}

    def update(self, outputs: Array, targets: Array) -> None:
        """Count every pair; only those that there are take room."""
        scores, labels = self.rows(outputs, targets)
        self.totals["classes"] = classes = scores.shape[1]
        pairs = self.totals["pairs"]
        found, counts = np.unique(labels * classes + scores.argmax(1), return_counts=True)
        for pair, count in zip(found.tolist(), counts.tolist(), strict=True):
            pairs[pair] = pairs.get(pair, 0) + count

    @property
    def matrix(self) -> Tensor:
        """The counts, int64 [C, C]: a row for each target, a column for each prediction. Raises ValueError where that
        would fill the memory: see `worst`.
        """
        classes = self.totals["classes"]
        check_cells(classes)
        counts = np.zeros(classes * classes, np.int64)
        counts[list(self.totals["pairs"])] = list(self.totals["pairs"].values())
        return wrap(counts.reshape(classes, classes))

    def worst(self, most: int = 20) -> list[Confused]:
        """The ``most`` frequent mistakes, the most frequent first."""
        classes = self.totals["classes"]
        pairs = [Confused(pair // classes, pair % classes, count) for pair, count in self.totals["pairs"].items()]
        return sorted((p for p in pairs if p.true != p.predicted), key=lambda p: (-p.samples, p))[:most]

    def compute(self) -> dict[str, float]:
        """No number."""
        return {}


class OfEachClass(OfClasses):
    """The base of metrics with a number for each class: its macro mean or, with ``per_class``, each by its name.

    ``classes`` are the names, in the order of the class numbers; None means the numbers themselves.
    """

    def __init__(
        self,
        name: str | None = None,
        threshold: float | None = None,
        *,
        per_class: bool = False,
        classes: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, threshold)
        self.per_class = per_class or classes is not None
        self.classes = classes

    kinds: ClassVar = {part: table_of("iu", 1, "a tensor of counts") for part in ClassCounts._fields}

    def start(self) -> dict[str, Any]:
        """No samples: how many classes there are is not known yet."""
        return {part: np.zeros(0, np.int64) for part in ClassCounts._fields}

    def update(self, outputs: Array, targets: Array) -> None:
        """Count what is of each class, what was taken for it, and what is right."""
        scores, labels = self.rows(outputs, targets)
        counts = class_counts(labels, scores.argmax(1), scores.shape[1])
        if any(self.totals[part].shape not in ((0,), count.shape) for part, count in counts._asdict().items()):
            raise self._misfit("as many classes as in the batches before", outputs, targets)
        for part, count in counts._asdict().items():
            self.totals[part] = self.totals[part] + count if self.totals[part].size else count

    def of(self, right: Array, predicted: Array, actual: Array) -> Array:
        """The numbers, given for each class how often it was right, predicted, and the target."""
        raise NotImplementedError

    def compute(self) -> dict[str, float]:
        """The mean, or a number for each class."""
        actual, predicted, right = (self.totals[part] for part in ClassCounts._fields)
        values = self.of(right, predicted, actual)
        if not self.per_class:
            occurs = (predicted + actual) > 0
            return {self.name: float(values[occurs].mean()) if occurs.any() else float("nan")}
        names = range(len(values)) if self.classes is None else self.classes
        if len(names) != len(values):
            raise TrainingError(f"{self.name}: {len(names)} names of classes for {len(values)} classes")
        return {f"{self.name}_{name}": float(value) for name, value in zip(names, values, strict=True)}


class Precision(OfEachClass):
    """Of the samples that were taken for a class, the share that is of it; the macro mean.

    >>> from glassnet.training.metrics import Precision
    >>> Precision().measure([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 0, 1])
    {'precision': 0.75}
    """

    name = "precision"

    def of(self, right: Array, predicted: Array, actual: Array) -> Array:
        """right / predicted."""
        return _shares(right, predicted)


class Recall(OfEachClass):
    """Of the samples of a class, the share that was taken for it; the macro mean.

    >>> from glassnet.training.metrics import Recall
    >>> Recall(per_class=True).measure([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 0, 1])
    {'recall_0': 0.5, 'recall_1': 1.0}
    """

    name = "recall"

    def of(self, right: Array, predicted: Array, actual: Array) -> Array:
        """right / actual."""
        return _shares(right, actual)


class F1(OfEachClass):
    """The harmonic mean of precision and recall of each class; the macro mean.

    >>> from glassnet.training.metrics import F1
    >>> F1(classes=["cat", "dog"]).measure([[2.0, 1.0], [0.0, 3.0], [0.0, 1.0]], [0, 1, 1])
    {'f1_cat': 1.0, 'f1_dog': 1.0}
    """

    name = "f1"

    def of(self, right: Array, predicted: Array, actual: Array) -> Array:
        """2·right / (predicted + actual)."""
        return _shares(2 * right, predicted + actual)


def _share(part: float, whole: float, of_nothing: float) -> float:
    return part / whole if whole else of_nothing


def _shares(part: Array, whole: Array) -> Array:
    shares: Array = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
