"""Criterion: the loss of a batch, with weights of classes and of samples.

All losses are those of a whole set: the losses of several batches are combined by `Criterion.count`, so that the
result is the loss of all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import glassnet.functional as F
from glassnet.data.gather import Indices
from glassnet.nn.module import FunctionModule
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import as_tensor
from glassnet.training.errors import TrainingError

Loss = Callable[[Any, Tensor], Tensor]
OF_LABELS = ("cross_entropy", "nll_loss")
OF_PROBABILITIES = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
_BUILT_IN = {
    getattr(F, name): name
    for name in (
        *OF_LABELS, *OF_PROBABILITIES, "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss",
        "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "poisson_nll_loss",
        "smooth_l1_loss", "soft_margin_loss",
    )
}  # fmt: skip


class BuiltIn(NamedTuple):
    """A built-in loss: the function, its name, and its options."""

    function: Callable[..., Tensor]
    name: str
    options: dict[str, Any]

    @property
    def reduction(self) -> str:
        """How the losses of the samples become one."""
        return str(self.options.get("reduction", "mean"))


def built_in(loss: Any) -> BuiltIn | None:
    """``loss`` as a built-in one: a function, a module, or a function with options; None if it is none."""
    if isinstance(loss, partial):
        inner = None if loss.args else built_in(loss.func)
        return None if inner is None else inner._replace(options={**inner.options, **loss.keywords})
    if isinstance(loss, FunctionModule) and type(loss).__module__.startswith("glassnet.nn."):
        inner = built_in(type(loss).function)
        return None if inner is None else inner._replace(options={name: getattr(loss, name) for name in loss.options})
    try:
        name = _BUILT_IN.get(loss)
    except TypeError:  # an object that has no hash
        return None
    return None if name is None else BuiltIn(loss, name, {})


def checked_weights(name: str, value: Any, of_what: str, count: int | None = None) -> Array:
    """``value`` as an array of float64 [count]; TrainingError unless it is a weight for each of ``of_what``."""
    try:
        weights = np.asarray(value.array if isinstance(value, Tensor) else value, np.float64)
    except (TypeError, ValueError):
        raise TrainingError(f"{name}: expected a weight for each {of_what}, got {value!r:.80}") from None
    if weights.ndim != 1 or (count is not None and len(weights) != count):
        many = f"{of_what}" if count is None else f"of the {count} {of_what}s"
        raise TrainingError(f"{name}: expected a weight for each {many}, got shape {written(weights.shape)}")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise TrainingError(f"{name}: expected weights that are finite, 0 or more, and not all 0")
    return weights


class Criterion:
    """``loss``, with weights of classes and of samples.

    ``class_weight`` is a weight for each class, by number: a list, a tensor, or a dict, in which a missing class
    weighs 1. Weights of classes and of samples are multiplied, and the mean is divided by their sum, as in
    `CrossEntropyLoss`. Raises TrainingError for what is no loss, and for weights that it cannot take.
    """

    def __init__(self, loss: Any, class_weight: Any = None) -> None:
        if isinstance(loss, type):
            raise TrainingError(f"loss: expected a loss, got the class {loss.__name__}; make one: {loss.__name__}()")
        if not callable(loss):
            raise TrainingError(f"loss: expected a module or a function of (outputs, targets), got {loss!r:.80}")
        self.loss: Loss = loss
        self.known = built_in(loss)
        if self.known is not None and self.known.reduction == "none":
            raise TrainingError("loss: expected one number for a batch; leave reduction='none' out")
        self.is_sum = self.known is not None and self.known.reduction == "sum"
        self.class_weight = None if class_weight is None else self._checked(class_weight)

    @property
    def name(self) -> str:
        """The name of the loss."""
        if self.known is not None:
            return self.known.name
        return getattr(self.loss, "__name__", type(self.loss).__name__)

    @property
    def threshold(self) -> float:
        """Above which output a network with one output means class 1: 0.5 for probabilities, 0 for logits."""
        return 0.5 if self.name == "binary_cross_entropy" else 0.0

    def _checked(self, class_weight: Any) -> Array:
        if self.known is None or self.known.name not in (*OF_LABELS, *OF_PROBABILITIES):
            raise TrainingError(
                f"class_weight: {self.name} does not know which class a sample is of; use CrossEntropyLoss, NLLLoss, "
                "BCELoss or BCEWithLogitsLoss, give fit() a sample_weight, or weigh the classes within your loss"
            )
        if isinstance(class_weight, Mapping):
            size = max((key for key in class_weight if isinstance(key, int)), default=-1) + 1
            class_weight = [class_weight.get(number, 1.0) for number in range(max(size, len(class_weight)))]
        weights = checked_weights("class_weight", class_weight, "class")
        if self.known.name in OF_PROBABILITIES and len(weights) != 2:
            raise TrainingError(f"class_weight: {self.name} tells two classes apart, got {len(weights)} weights")
        return weights

    # before the step, on plain arrays ---------------------------------------------------------------------

    def weigh(self, targets: Tensor, weights: Tensor | None) -> Tensor | None:
        """The weights by which the losses of a batch are multiplied; None where all weigh 1.

        TrainingError where the loss cannot take any.
        """
        if weights is None and self.class_weight is None:
            return None
        if self.known is None:
            raise TrainingError(
                f"sample_weight: {self.name} gives one number for a batch, so samples in it cannot be weighed; use a "
                "built-in loss, or a dataset whose targets hold the weights and a loss that multiplies with them"
            )
        labels = targets.array
        shares = np.ones(len(labels)) if weights is None else weights.array.astype(np.float64)
        if self.class_weight is not None:
            of_class = self._of_classes(labels)
            shares = of_class * shares.reshape(-1, *(1,) * (of_class.ndim - 1))
        return as_tensor(shares)

    def _of_classes(self, labels: Array) -> Array:
        assert self.class_weight is not None
        if self.name in OF_PROBABILITIES:
            chosen: Array = np.where(labels > 0.5, self.class_weight[1], self.class_weight[0])
            return chosen
        if labels.dtype.kind not in "iu":
            raise TrainingError("class_weight: expected targets that are class numbers, got probabilities; weigh those")
        is_counted = labels != self._ignored
        highest = int(labels[is_counted].max(initial=-1))
        if highest >= len(self.class_weight):
            raise TrainingError(f"class_weight: {len(self.class_weight)} weights, but there is a class {highest}")
        return np.where(is_counted, self.class_weight[np.where(is_counted, labels, 0)], 0.0)

    @property
    def _ignored(self) -> int:
        return int(self.known.options.get("ignore_index", -100)) if self.known else -100

    def count(self, targets: Tensor, weights: Tensor | None) -> float:
        """What the loss of a batch counts for among several batches: the number of samples, or their weight."""
        if self.is_sum:
            return 1.0
        labels = targets.array
        if self.name in OF_LABELS and labels.dtype.kind in "iu" and self.known is not None:
            is_counted = labels != self._ignored
            own = self.known.options.get("weight")
            if own is not None or weights is not None or np.count_nonzero(is_counted) < labels.size:
                shares = np.ones(labels.shape) if own is None else own.array[np.where(is_counted, labels, 0)]
                if weights is not None:
                    shares = shares * weights.array.reshape(
                        -1, *weights.shape[1:], *(1,) * (labels.ndim - weights.ndim)
                    )
                return float(shares[is_counted].sum(dtype=np.float64))
        return float(len(labels)) if weights is None else float(weights.array.sum(dtype=np.float64))

    def weigh_each(self, targets: Array, weights: Tensor | None, places: Indices) -> list[Tensor] | None:
        """`weigh` of each of several batches: ``targets[i]``, and the ``weights`` at ``places[i]``."""
        if weights is None and self.class_weight is None:
            return None
        own = (None if weights is None else wrap(weights.array[rows]) for rows in places)
        return [x for one, w in zip(targets, own, strict=True) if (x := self.weigh(wrap(one), w)) is not None]

    def count_each(self, targets: Array, weights: list[Tensor] | None) -> list[float]:
        """The `count` of each of several batches."""
        if weights is None and not self._differ(targets):
            return [self.count(wrap(targets[0]), None)] * len(targets)
        own: Iterable[Tensor | None] = [None] * len(targets) if weights is None else weights
        return [self.count(wrap(one), w) for one, w in zip(targets, own, strict=True)]

    def _differ(self, labels: Array) -> bool:
        """Whether some of the samples may count for more than others."""
        if self.known is None or self.name not in OF_LABELS or labels.dtype.kind not in "iu":
            return False
        return self.known.options.get("weight") is not None or bool((labels == self._ignored).any())

    def of_all(self, total: float, count: float) -> float:
        """The loss of all batches, from the sum of their losses, each times its count, and the sum of the counts."""
        if not count:
            raise TrainingError(f"{self.name}: expected at least one sample that counts, got none")
        return total if self.is_sum else total / count

    # within the step, on tensors --------------------------------------------------------------------------

    def function(self, is_weighted: bool) -> Callable[..., Tensor]:
        """The loss as a function of outputs, targets and weights; weighted, it is a sum: divide it by `count`."""
        if is_weighted and self.known is not None:
            adds = self.known.name in OF_LABELS or self.known.reduction in ("sum", "batchmean")
            return partial(_weighted_sum, self.known.function, {**self.known.options, "reduction": "none"}, adds)
        return partial(_plain, self.loss, self.name)

    def measured(self, outputs: Any, targets: Tensor, weights: Tensor | None) -> float:
        """The loss of a batch times its `count`."""
        value = float(self.function(weights is not None)(outputs, targets, weights).item())
        return value if weights is not None else value * self.count(targets, None)


def _plain(loss: Loss, name: str, outputs: Any, targets: Tensor, _weights: None) -> Tensor:
    value = loss(outputs, targets)
    if not isinstance(value, Tensor) or value.shape != ():
        got = f"a tensor of shape {list(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise TrainingError(
            f"loss: expected {name} to give a tensor of one number for a batch, got {got}; take its mean"
        )
    return value


def _weighted_sum(
    function: Callable[..., Tensor],
    options: dict[str, Any],
    adds: bool,
    outputs: Any,
    targets: Tensor,
    weights: Tensor,
) -> Tensor:
    losses = function(outputs, targets, **options)
    if losses.ndim > weights.ndim:
        rest = losses.reshape(*weights.shape, -1)
        losses = rest.sum(-1) if adds else rest.mean(-1)
    return (losses * weights.to(dtype=losses.dtype)).sum()
