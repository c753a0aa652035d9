"""Metrics by name, and several of them as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from glassnet.files.schema import an_object, named, within
from glassnet.pytree import TreeDef, flatten
from glassnet.tensor import Tensor
from glassnet.training.errors import TrainingError
from glassnet.training.metrics.classification import F1, Accuracy, Confusion, OfClasses, Precision, Recall, TopK
from glassnet.training.metrics.metric import Metric, Whole
from glassnet.training.metrics.regression import MAE, R2, RMSE

METRICS: dict[str, Callable[[], Metric]] = {
    "accuracy": Accuracy,
    "precision": Precision,
    "recall": Recall,
    "f1": F1,
    "precision_per_class": partial(Precision, per_class=True),
    "recall_per_class": partial(Recall, per_class=True),
    "f1_per_class": partial(F1, per_class=True),
    "confusion": Confusion,
    "mae": MAE,
    "rmse": RMSE,
    "r2": R2,
}
"""How a metric is made, by name; "top_3" and the like are there too."""


def as_metric(metric: Any, name: str | None = None) -> Metric:
    """The metric that is meant by a name, a function of (outputs, targets), or a metric.

    >>> from glassnet.training.metrics import as_metric
    >>> as_metric("top_3").measure([[3.0, 2.0, 1.0, 0.0]], [2])
    {'top_3': 1.0}
    """
    if isinstance(metric, str):
        top = re.fullmatch(r"top_([1-9]\d*)", metric)
        if top is None and metric not in METRICS:
            raise TrainingError(
                f"metrics: there is no metric {metric!r}; there are {', '.join(METRICS)}, and top_2, top_3, …; or give "
                "a function of (outputs, targets)"
            )
        metric = TopK(int(top[1])) if top else METRICS[metric]()
    elif isinstance(metric, type) or not (isinstance(metric, Metric) or callable(metric)):
        got = f"the class {metric.__name__}; make one" if isinstance(metric, type) else repr(metric)
        raise TrainingError(f"metrics: expected a name, a metric or a function of (outputs, targets), got {got}")
    elif not isinstance(metric, Metric):
        return Whole(metric, name)
    result: Metric = metric
    result.name = name or result.name
    return result


def tensors_within(outputs: Any, who: str) -> tuple[list[Tensor], TreeDef]:
    """The tensors that a model returned for a batch, one or several in tuples, lists and dicts, and their tree."""
    tensors, tree = flatten(outputs)
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TrainingError(
                f"{who}: expected the model to give tensors, or tuples, lists and dicts of them, got {type(x).__name__}"
            )
    return tensors, tree


class Metrics(Mapping[str, Metric]):
    """Several metrics as one: names, metrics or functions, a list of them, or a dict that gives them names.

    ``decode`` is a function of an array that turns outputs and targets into the units people know before they are
    measured. For a model with several outputs it takes all of them and picks the array to measure. ``threshold``
    is for those metrics of one output that have none of their own.

    >>> from glassnet.training.metrics import Metrics
    >>> metrics = Metrics(["accuracy", "f1"])
    >>> for outputs, targets in [([[2.0, 1.0]], [0]), ([[0.0, 3.0]], [1])]:
    ...     metrics.update(glassnet.tensor(outputs), glassnet.tensor(targets))
    >>> metrics.compute()
    {'accuracy': 1.0, 'f1': 1.0}
    """

    def __init__(self, metrics: Any = (), decode: Callable[[Any], Any] | None = None, threshold: float = 0.0) -> None:
        if decode is not None and not callable(decode):
            raise TrainingError(f"decode: expected a function of the outputs, got {decode!r}")
        self._decode = decode
        if isinstance(metrics, Mapping):
            listed = [as_metric(metric, name) for name, metric in metrics.items()]
        else:
            several = [metrics] if isinstance(metrics, str | Metric) or callable(metrics) else list(metrics)
            listed = [as_metric(metric) for metric in several]
        self._metrics = {metric.name: metric for metric in listed}
        if len(self._metrics) < len(listed) or "loss" in self._metrics:
            names = ", ".join(metric.name for metric in listed)
            raise TrainingError(
                f'metrics: expected names that differ, and none of them "loss", got {names}; give a dict'
            )
        for metric in listed:
            if isinstance(metric, OfClasses) and metric.threshold is None:
                metric.threshold = threshold

    def __getitem__(self, name: str) -> Metric:
        return self._metrics[name]

    def __iter__(self) -> Any:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)

    def copy(self) -> Metrics:
        """The same metrics, with totals of their own, of nothing."""
        other = deepcopy(self)
        other.reset()
        return other

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self._metrics.values():
            metric.reset()

    def update(self, outputs: Any, targets: Tensor) -> None:
        """Take a batch."""
        if not self._metrics:
            return
        tensors, tree = tensors_within(outputs, "metrics")
        scores, labels = tree.unflatten(x.array for x in tensors), targets.array
        if self._decode is not None:
            labels = np.asarray(self._decode(labels)) if isinstance(outputs, Tensor) else labels
            scores = np.asarray(self._decode(scores))
        elif not isinstance(outputs, Tensor):
            raise TrainingError(
                f"metrics: the model gives a {type(outputs).__name__}; say which of it is measured, such as "
                "decode=lambda outputs: outputs['scores']"
            )
        for metric in self._metrics.values():
            metric.update(scores, labels)

    def compute(self) -> dict[str, float]:
        """All results."""
        return {name: float(value) for metric in self._metrics.values() for name, value in metric.compute().items()}

    def state_dict(self) -> dict[str, Any]:
        """The totals of all."""
        return {name: metric.state_dict() for name, metric in self._metrics.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        named(an_object).check(state_dict)
        if set(state_dict) != set(self._metrics):
            raise TrainingError(
                f"load_state_dict: the saved run measured {', '.join(state_dict) or 'nothing'}, this trainer measures "
                f"{', '.join(self._metrics) or 'nothing'}; give the same metrics"
            )
        for name, metric in self._metrics.items():
            with within(name):
                metric.load_state_dict(dict(state_dict[name]))
