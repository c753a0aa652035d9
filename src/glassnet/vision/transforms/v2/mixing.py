"""Two samples of a batch in one: mixed, or a part of one in the other; their labels are shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.pytree import flatten
from glassnet.random import chosen
from glassnet.tensor import Tensor, as_array
from glassnet.tensor import wrap as as_tensor
from glassnet.vision import tv_tensors
from glassnet.vision.transforms.transform import ModuleOfFields


class _Mixing(ModuleOfFields):
    def __init__(
        self, *, alpha: float = 1.0, num_classes: int | None = None,
        labels_getter: Callable[[Any], Any] | str = "default",
    ) -> None:  # fmt: skip
        if alpha <= 0:
            raise ValueError(f"{type(self).__name__}: alpha must be above 0, got {alpha}")
        self.alpha, self.num_classes, self.labels_getter = float(alpha), num_classes, labels_getter

    def forward(self, *inputs: Any) -> Any:
        """The batch, each sample with the one before it; labels [n] become shares [n, classes]."""
        name, sample = type(self).__name__, inputs if len(inputs) > 1 else inputs[0]
        labels = self._labels(sample)
        if not isinstance(labels, Tensor):
            raise ValueError(f"{name}: expected labels as a tensor, got {type(labels).__name__}")
        if labels.ndim == 1 and self.num_classes is None:
            raise ValueError(f"{name}: expected num_classes, the number of classes, to make shares of labels")
        if labels.ndim not in (1, 2):
            raise ShapeError(f"{name}: expected labels [n] or [n, classes], got {written(labels.shape)}")
        shares = as_array(labels)
        if labels.ndim == 1:
            shares = np.eye(self.num_classes or 0, dtype=np.float32)[shares]
        share = float(chosen(None).numpy.beta(self.alpha, self.alpha))
        parts, structure = flatten(sample)
        changed: list[Any] = []
        for part in parts:
            if part is labels:
                changed.append(None)
            elif isinstance(part, Tensor) and part.ndim == 4 and len(part) == len(shares):
                pixels, share = self.mixed(as_array(part), share)
                changed.append(tv_tensors.wrap(as_tensor(pixels), like=part))
            elif isinstance(part, Tensor) and part.ndim == 4:
                raise ShapeError(f"{name}: expected {len(shares)} pictures, as there are labels, got {len(part)}")
            else:
                changed.append(part)
        mixed = (share * shares + (1 - share) * np.roll(shares, 1, 0)).astype(shares.dtype)
        return structure.unflatten([as_tensor(mixed) if part is None else part for part in changed])

    def mixed(self, pixels: Array, share: float) -> tuple[Array, float]:
        """Pictures with the ones before them, and the share of each that is its own."""
        raise NotImplementedError

    def _labels(self, sample: Any) -> Any:
        if callable(self.labels_getter):
            return self.labels_getter(sample)
        if isinstance(sample, tuple | list) and len(sample) > 1:
            second = sample[1]
            return second.get("labels") if isinstance(second, dict) else second
        return sample.get("labels") if isinstance(sample, dict) else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(alpha={self.alpha}, num_classes={self.num_classes})"


class MixUp(_Mixing):
    """Mixes each picture of a batch [n, channels, height, width] with the one before it (Zhang et al., "mixup", 2018).

    The share is drawn from a Beta distribution of ``alpha``.

    >>> from glassnet.vision.transforms import v2
    >>> pictures, labels = v2.MixUp(num_classes=3)(glassnet.rand(2, 1, 4, 4), glassnet.tensor([0, 2]))
    >>> labels.shape, labels.sum(1)
    ((2, 3), tensor([1., 1.]))
    """

    def mixed(self, pixels: Array, share: float) -> tuple[Array, float]:
        """Means, weighed by the share."""
        return (share * pixels + (1 - share) * np.roll(pixels, 1, 0)).astype(pixels.dtype), share


class CutMix(_Mixing):
    """Puts a random part of the one before into each picture of a batch (Yun et al., "CutMix", 2019).

    >>> from glassnet.vision.transforms import v2
    >>> pictures, labels = v2.CutMix(num_classes=3)(glassnet.rand(2, 1, 4, 4), glassnet.tensor([0, 2]))
    >>> labels.shape, labels.sum(1)
    ((2, 3), tensor([1., 1.]))
    """

    def mixed(self, pixels: Array, share: float) -> tuple[Array, float]:
        """A rectangle of the one before, whose area is 1 less the share where it fits."""
        height, width = pixels.shape[2:]
        middle_x, middle_y = int(chosen(None).integers(width)), int(chosen(None).integers(height))
        half = 0.5 * np.sqrt(1 - share)
        wide, tall = int(half * width), int(half * height)
        top, bottom = max(middle_y - tall, 0), min(middle_y + tall, height)
        left, right = max(middle_x - wide, 0), min(middle_x + wide, width)
        result = pixels.copy()
        result[..., top:bottom, left:right] = np.roll(pixels, 1, 0)[..., top:bottom, left:right]
        return result, 1 - (bottom - top) * (right - left) / (height * width)
