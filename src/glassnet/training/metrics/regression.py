"""Metrics of regressions: outputs and targets have one shape, [n] or [n, k]."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from glassnet.files.schema import Kind, a_count, number
from glassnet.ops.dtypes import Array
from glassnet.training.metrics.metric import Metric, table_of


class OfNumbers(Metric):
    """The base of metrics of regressions: sums over all errors."""

    kinds: ClassVar = {"sum": number(least=0), "numbers": a_count}

    def start(self) -> dict[str, Any]:
        """No numbers."""
        return {"sum": 0.0, "numbers": 0}

    def update(self, outputs: Array, targets: Array) -> None:
        """Add up what the errors of the batch amount to."""
        errors = self.errors(outputs, targets)
        self.totals["sum"] += float(self.amount(errors).sum())
        self.totals["numbers"] += errors.size

    def errors(self, outputs: Array, targets: Array) -> Array:
        """outputs − targets, in float64."""
        if outputs.shape != targets.shape:
            raise self._misfit("outputs and targets of one shape; for classes use accuracy or f1", outputs, targets)
        return outputs.astype(np.float64) - targets.astype(np.float64)

    def amount(self, errors: Array) -> Array:
        """What each error adds to the sum."""
        raise NotImplementedError

    def mean(self) -> float:
        """The mean over all numbers; NaN of none."""
        return float(self.totals["sum"] / self.totals["numbers"]) if self.totals["numbers"] else math.nan


class MAE(OfNumbers):
    """The mean absolute error, over all numbers.

    >>> from glassnet.training.metrics import MAE
    >>> MAE().measure([1.0, 3.0], [1.0, 2.0])
    {'mae': 0.5}
    """

    name = "mae"

    def amount(self, errors: Array) -> Array:
        """|e|."""
        return np.abs(errors)

    def compute(self) -> dict[str, float]:
        """The mean."""
        return {self.name: self.mean()}


class RMSE(OfNumbers):
    """The root of the mean squared error, over all numbers.

    >>> from glassnet.training.metrics import RMSE
    >>> RMSE().measure([1.0, 5.0], [1.0, 2.0])
    {'rmse': 2.1213203435596424}
    """

    name = "rmse"

    def amount(self, errors: Array) -> Array:
        """e²."""
        return errors**2

    def compute(self) -> dict[str, float]:
        """The root."""
        return {self.name: math.sqrt(self.mean())}


_ARRAY = table_of("f", 1, "a tensor of numbers, one for each output")
_SUMS = Kind(_ARRAY.expected, lambda x: _ARRAY.test(x) or number().test(x))  # a number before the first batch


class R2(OfNumbers):
    """R² = 1 − Σ(y − t)²/Σ(t − t̄)²: 1 is perfect, 0 as good as the mean of the targets. Of several outputs, the mean.

    Where all targets are equal it is 1 if each is met exactly, else 0. Means and sums of squares of batches are
    combined as in T. Chan, G. Golub and R. LeVeque, 1979.

    >>> from glassnet.training.metrics import R2
    >>> R2().measure([1.0, 2.5, 3.0], [1.0, 2.0, 3.0])
    {'r2': 0.875}
    """

    name = "r2"
    kinds: ClassVar = {"samples": a_count, **dict.fromkeys(("squares", "mean", "spread"), _SUMS)}

    def start(self) -> dict[str, Any]:
        """No samples."""
        return {"samples": 0, "squares": 0.0, "mean": 0.0, "spread": 0.0}

    def update(self, outputs: Array, targets: Array) -> None:
        """Combine the batch with those before."""
        totals, n = self.totals, len(targets)
        if not n:
            return
        errors = self.errors(outputs, targets).reshape(n, -1)
        t = targets.astype(np.float64).reshape(n, -1)
        mean = t.mean(0)
        if any(np.shape(totals[part]) not in ((), mean.shape) for part in ("squares", "mean", "spread")):
            raise self._misfit("as many outputs as in the batches before", outputs, targets)
        before, samples = totals["samples"], totals["samples"] + n
        apart = mean - totals["mean"]
        self.totals = {
            "samples": samples,
            "squares": totals["squares"] + (errors**2).sum(0),
            "mean": totals["mean"] + apart * n / samples,
            "spread": totals["spread"] + ((t - mean) ** 2).sum(0) + apart**2 * (before * n / samples),
        }

    def compute(self) -> dict[str, float]:
        """R², NaN of fewer than two samples."""
        if self.totals["samples"] < 2:
            return {self.name: math.nan}
        squares, spread = self.totals["squares"], self.totals["spread"]
        met = np.where(squares == 0, 1.0, 0.0)
        share = np.divide(squares, spread, out=np.ones_like(squares), where=spread > 0)
        return {self.name: float(np.where(spread > 0, 1 - share, met).mean())}
