"""`Report`: the contents of a report, checked to fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.ops.dtypes import Array

TASKS = ("classification", "regression")


class ReportError(GlassnetError, ValueError):
    """Parts of a report that do not fit together."""


@dataclass(frozen=True)
class Forecast:
    """What was held out of a series, and what was forecast: numbers [n] of one step each, nan where there is none.

    ``predicted`` are forecasts of ``horizon`` steps, one after the other, as is the ``baseline``, called ``beside``,
    whose mean absolute ``error`` is that of all its forecasts. ``steps`` says how long a step is, and when it was.
    """

    actual: Array
    predicted: Array
    baseline: Array
    beside: str
    error: float
    horizon: int
    steps: str = "step"


@dataclass(frozen=True)
class Report:
    """The contents of the report of one training run. What is left out has no section.

    Raises ReportError where numbers of samples, classes or features differ.
    """

    title: str
    """What was trained on what: "digits: 64-64-32-10"."""
    task: str
    """"classification" or "regression"."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Facts about the run, by name, in the order they are shown: data, origin, split, network (a line each layer),
    training options, results, versions, date. A line break in a text is kept."""
    history: Sequence[Mapping[str, float]] = ()
    """The numbers of each epoch by name; ``train_x``, ``x`` and ``val_x`` share a chart. Without "epoch" they
    count from 1. A number may be missing, infinite or not a number."""
    classes: Sequence[str] = ()
    """The names of the classes, in the order of their numbers; () for a regression."""
    targets: Array | None = None
    """Of each held-out sample its class number, or the number to predict in its own unit: [n] or [n, 1]."""
    probabilities: Array | None = None
    """Of each held-out sample the probability of every class: [n, classes]. Classification only."""
    predictions: Array | None = None
    """Of each held-out sample the class number or the number predicted, in its own unit: [n] or [n, 1]. Of a
    classification that has probabilities, not needed: the most probable class counts."""
    certainty: Array | None = None
    """Of each held-out sample the probability of the class predicted, [n]: beside ``predictions``, where the
    probabilities of all classes are not at hand."""
    target_name: str = "target"
    """What is predicted, in words: "quality"."""
    images: Array | None = None
    """The held-out samples as pictures, [n, h, w] or [n, h, w, 3]: bytes, 0 to 1, or any other range."""
    rows: Sequence[Mapping[str, Any]] | None = None
    """The held-out samples as rows of the table they come from."""
    row_numbers: Sequence[int] | None = None
    """Where each of ``rows`` stands in that table, from 1; None where that is not known."""
    feature_names: Sequence[str] = ()
    """What the inputs of the first layer are called; tells which columns of ``rows`` matter."""
    first_layer: Array | None = None
    """The weights of the first layer, [units, features]."""
    image_shape: Sequence[int] | None = None
    """How the features of the first layer lie in a picture: (h, w), (1, h, w) or (3, h, w)."""
    forecast: Forecast | None = None
    """The forecasts of a series, in time."""
    command: str = ""
    """The exact command that repeats the run."""

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ReportError(f"Report: expected task to be one of {', '.join(TASKS)}, got {self.task!r:.80}")
        if self.targets is not None:
            self._check_samples(np.size(self.targets))
        if self.first_layer is not None:
            self._check_weights(self.first_layer.shape)

    def _check_samples(self, samples: int) -> None:
        parts = {
            "probabilities": self.probabilities, "predictions": self.predictions, "certainty": self.certainty,
            "images": self.images, "rows": self.rows, "row_numbers": self.row_numbers,
        }  # fmt: skip
        for name, part in parts.items():
            if part is not None and len(part) != samples:
                raise ReportError(f"Report: expected {name} of the {samples} samples in targets, got {len(part)}")
        if self.images is not None and not (self.images.ndim == 3 or self.images.shape[3:] == (3,)):
            raise ReportError(f"Report: expected images of [n, h, w] or [n, h, w, 3], got {list(self.images.shape)}")
        if self.task == "regression" or self.predicted is None:
            return
        if self.probabilities is not None and self.probabilities.shape[1:] != (len(self.classes),):
            raise ReportError(
                f"Report: expected probabilities of {len(self.classes)} classes, got {list(self.probabilities.shape)}"
            )
        for name, numbers in (("targets", self.actual), ("predictions", self.predicted)):
            if samples and not (numbers.min() >= 0 and numbers.max() < len(self.classes)):
                raise ReportError(
                    f"Report: expected {name} to be class numbers from 0 to {len(self.classes) - 1}, got "
                    f"{numbers.min()} to {numbers.max()}"
                )

    def _check_weights(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2:
            raise ReportError(f"Report: expected first_layer of [units, features], got {list(shape)}")
        picture = tuple(self.image_shape or ())
        if picture and (np.prod(picture) != shape[1] or not (len(picture) == 2 or picture[0] in (1, 3))):
            raise ReportError(
                f"Report: expected image_shape to be (h, w), (1, h, w) or (3, h, w) of {shape[1]} numbers in all, as "
                f"first_layer has features, got {picture}"
            )

    @property
    def actual(self) -> Array:
        """The targets, [n]: class numbers, or numbers of float64."""
        return self._flat(self.targets)

    @property
    def predicted(self) -> Array | None:
        """The answers of the network, [n]; None if the report holds no samples."""
        if self.targets is None:
            return None
        if self.task == "classification" and self.probabilities is not None:
            return np.asarray(self.probabilities.argmax(1), np.int64)
        return None if self.predictions is None else self._flat(self.predictions)

    def sure(self, samples: Any) -> Array | None:
        """How probable the network took its answers for ``samples``, positions [k]; None where that is not known."""
        if self.probabilities is not None:
            return np.asarray(self.probabilities[samples].max(-1))
        return None if self.certainty is None else np.asarray(self.certainty[samples])

    def _flat(self, values: Any) -> Array:
        kind = np.int64 if self.task == "classification" else np.float64
        flat: Array = np.asarray(values).reshape(-1).astype(kind)
        return flat
