"""Metric: a number that says how good outputs are, over a whole set that comes in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.files.schema import Kind, an_object, items, record
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, wrap
from glassnet.training.errors import TrainingError


class Metric:
    """The base of all metrics: `update` takes a batch, `compute` gives the result of all batches since `reset`.

    ``totals`` are the sums that are kept between batches, by name, so that the result is that of the whole set,
    however it was divided. A subclass says in `start` what they begin with.

    >>> from glassnet.training.metrics import Metric
    >>> class Largest(Metric):
    ...     name = "largest"
    ...     def start(self):
    ...         return {"value": 0.0}
    ...     def update(self, outputs, targets):
    ...         self.totals["value"] = max(self.totals["value"], float(abs(outputs - targets).max()))
    ...     def compute(self):
    ...         return {self.name: self.totals["value"]}
    >>> Largest().measure([1.0, 2.0, 5.0], [1.0, 2.5, 3.0])
    {'largest': 2.0}
    """

    name = "metric"
    kinds: ClassVar[Mapping[str, Kind]] = {}  # of the totals, to check those of a file; none: they may be anything

    def __init__(self, name: str | None = None) -> None:
        self.name = name or type(self).name
        self.totals: dict[str, Any] = self.start()

    def start(self) -> dict[str, Any]:
        """The totals before any batch."""
        return {}

    def reset(self) -> None:
        """Forget all batches."""
        self.totals = self.start()

    def update(self, outputs: Array, targets: Array) -> None:
        """Take a batch: the outputs of the network, and the targets, as arrays."""
        raise NotImplementedError(f"{type(self).__name__} has no update: say there what a batch adds to the totals")

    def compute(self) -> dict[str, float]:
        """The result by name: one number, or some, such as one for each class."""
        raise NotImplementedError(f"{type(self).__name__} has no compute: say there what comes of the totals")

    def state_dict(self) -> dict[str, Any]:
        """The totals."""
        return dict(self.totals)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave. Raises Misfit, and changes nothing, for totals of other kinds."""
        (record(self.kinds) if self.kinds else an_object).check(state_dict)
        self.totals = {name: _as_was(value) for name, value in state_dict.items()}

    def measure(self, outputs: Any, targets: Any) -> dict[str, float]:
        """The result for these outputs and targets alone, tensors or arrays."""
        self.reset()
        self.update(*(np.asarray(x.array if isinstance(x, Tensor) else x) for x in (outputs, targets)))
        return self.compute()

    def _misfit(self, expected: str, outputs: Array, targets: Array) -> TrainingError:
        return TrainingError(
            f"{self.name}: expected {expected}, got outputs {written(outputs.shape)} and targets "
            f"{targets.dtype}{written(targets.shape)}"
        )


_PARTS = ("outputs", "targets")


class Whole(Metric):
    """A function of all outputs and targets, as tensors: it is called once, with the whole set.

    >>> from glassnet.training.metrics import Whole
    >>> Whole(lambda outputs, targets: (outputs - targets).abs().max(), "largest").measure([1.0, 5.0], [1.0, 3.0])
    {'largest': 2.0}
    """

    def __init__(self, function: Callable[[Tensor, Tensor], Any], name: str | None = None) -> None:
        self.function = function
        called = name or str(getattr(function, "__name__", type(function).__name__))
        if not called.isidentifier():
            raise TrainingError("metrics: a function needs a name to be shown under; give a dict: {'name': function}")
        super().__init__(called)

    kinds: ClassVar = {part: items(Kind("a tensor", lambda x: isinstance(x, Tensor | np.ndarray))) for part in _PARTS}

    def start(self) -> dict[str, Any]:
        """No batches."""
        return {part: [] for part in _PARTS}

    def update(self, outputs: Array, targets: Array) -> None:
        """Keep the batch."""
        self.totals["outputs"].append(outputs.copy())
        self.totals["targets"].append(targets.copy())

    def compute(self) -> dict[str, float]:
        """The function of everything."""
        value = self.function(*(wrap(self._whole(self.totals[part])) for part in _PARTS))
        if isinstance(value, Tensor | np.ndarray | np.generic):
            value = value.item() if np.prod(value.shape) == 1 else value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TrainingError(f"metrics: expected {self.name} to give one number, got {type(value).__name__}")
        return {self.name: float(value)}

    def _whole(self, batches: list[Array]) -> Array:
        try:
            return np.concatenate(batches)
        except ValueError:
            shapes = ", ".join(dict.fromkeys(written(batch.shape[1:]) for batch in batches)) or "none"
            raise TrainingError(f"{self.name}: expected batches of samples of one shape, got {shapes}") from None


def table_of(kind: str, ndim: int, words: str) -> Kind:
    """Tensors and arrays of ``ndim`` dimensions whose numbers are of a ``kind``, as NumPy's letters say it."""

    def fits(value: Any) -> bool:
        array = value.array if isinstance(value, Tensor) else value
        return isinstance(array, np.ndarray) and array.dtype.kind in kind and array.ndim == ndim

    return Kind(words, fits)


def _as_was(value: Any) -> Any:
    """A saved total as it was: where there was an array, a file gives a tensor."""
    if isinstance(value, list):
        return [_as_was(x) for x in value]
    return value.array if isinstance(value, Tensor) else value
