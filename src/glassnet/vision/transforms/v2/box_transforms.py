"""Transforms of the boxes of samples: of their format, within the picture, without those that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.pytree import flatten
from glassnet.random import chosen
from glassnet.tensor import Tensor, as_array
from glassnet.tensor import wrap as as_tensor
from glassnet.vision import tv_tensors
from glassnet.vision.ops.box_geometry import box_convert, box_iou
from glassnet.vision.transforms import functional
from glassnet.vision.transforms.v2.joint import Transform, is_picture, size_of
from glassnet.vision.transforms.v2.placement import Placement, clamped, scaling


def _corners(boxes: Any) -> Any:
    return as_array(box_convert(as_tensor(as_array(boxes)), boxes.format.value.lower(), "xyxy"))


class ConvertBoundingBoxFormat(Transform):
    """Boxes in another format: "XYXY", "XYWH" or "CXCYWH".

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 4, 6]], format="XYXY", canvas_size=(8, 10))
    >>> v2.ConvertBoundingBoxFormat("XYWH")(boxes).tolist()
    [[1, 2, 3, 4]]
    """

    def __init__(self, format: tv_tensors.BoundingBoxFormat | str) -> None:
        self.format = tv_tensors.BoundingBoxFormat[format.upper()] if isinstance(format, str) else format

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Boxes in the format, the rest as it is."""
        if not isinstance(inpt, tv_tensors.BoundingBoxes):
            return inpt
        names = inpt.format.value.lower(), self.format.value.lower()
        found = as_array(box_convert(as_tensor(inpt.array), *names)).astype(inpt.array.dtype)
        return tv_tensors.wrap(as_tensor(found), like=inpt, format=self.format)


class ClampBoundingBoxes(Transform):
    """Boxes with their corners within the picture.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[-1, 2, 40, 6]], format="XYXY", canvas_size=(8, 10))
    >>> v2.ClampBoundingBoxes()(boxes).tolist()
    [[0, 2, 10, 6]]
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Boxes, clamped; the rest as it is."""
        if not isinstance(inpt, tv_tensors.BoundingBoxes):
            return inpt
        inside = as_tensor(clamped(_corners(inpt), inpt.canvas_size))
        found = as_array(box_convert(inside, "xyxy", inpt.format.value.lower()))
        return tv_tensors.wrap(as_tensor(found.astype(inpt.array.dtype)), like=inpt)


class ClampKeyPoints(Transform):
    """Key points within the picture.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> v2.ClampKeyPoints()(tv_tensors.KeyPoints([[-1, 20]], canvas_size=(8, 10))).tolist()
    [[0, 7]]
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Points, clamped; the rest as it is."""
        if not isinstance(inpt, tv_tensors.KeyPoints):
            return inpt
        height, width = inpt.canvas_size
        return tv_tensors.wrap(as_tensor(inpt.array.clip(0, [width - 1, height - 1])), like=inpt)


class SanitizeBoundingBoxes(Transform):
    """Leaves out boxes with a side below ``min_size``, an area below ``min_area``, or a corner outside of the picture.

    Their labels and masks go with them. ``labels_getter`` finds the labels in a sample: by default what a dict has as
    "labels"; None for no labels.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 4, 6], [3, 3, 3, 5]], format="XYXY", canvas_size=(8, 10))
    >>> v2.SanitizeBoundingBoxes()({"boxes": boxes, "labels": glassnet.tensor([7, 8])})["labels"]
    tensor([7])
    """

    def __init__(
        self, min_size: float = 1.0, min_area: float = 1.0,
        labels_getter: Callable[[Any], Any] | str | None = "default",
    ) -> None:  # fmt: skip
        self.min_size, self.min_area, self.labels_getter = min_size, min_area, labels_getter

    def forward(self, *inputs: Any) -> Any:
        """The sample without them."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        parts, structure = flatten(sample)
        boxes = next((part for part in parts if isinstance(part, tv_tensors.BoundingBoxes)), None)
        if boxes is None:
            raise ValueError("SanitizeBoundingBoxes: expected a sample with BoundingBoxes, got none")
        corners, (height, width) = _corners(boxes), boxes.canvas_size
        sides = corners[:, 2:] - corners[:, :2]
        inside = (corners >= 0).all(1) & (corners <= [width, height] * 2).all(1)
        kept = as_tensor(np.flatnonzero((sides >= self.min_size).all(1) & (sides.prod(1) >= self.min_area) & inside))
        labels = {id(part) for part in self._labels(sample)}

        def of(part: Any) -> Any:
            if id(part) in labels or part is boxes:
                return tv_tensors.wrap(as_tensor(as_array(part))[kept], like=part)
            is_theirs = isinstance(part, tv_tensors.Mask) and part.ndim == 3 and len(part) == len(corners)
            return tv_tensors.wrap(as_tensor(part.array)[kept], like=part) if is_theirs else part

        return structure.unflatten([of(part) for part in parts])

    def _labels(self, sample: Any) -> list[Any]:
        if self.labels_getter is None:
            return []
        if callable(self.labels_getter):
            found = self.labels_getter(sample)
            return list(found) if isinstance(found, tuple) else [found]
        dicts = [part for part in (sample if isinstance(sample, tuple) else (sample,)) if isinstance(part, dict)]
        return [part["labels"] for part in dicts if isinstance(part.get("labels"), Tensor)]


class RandomIoUCrop(Transform):
    """Crops a sample to a random part that overlaps some box by one of ``sampler_options``, or not (Liu et al., 2015).

    Boxes whose centre is outside become empty: `SanitizeBoundingBoxes` takes them out.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 4, 6]], format="XYXY", canvas_size=(8, 10))
    >>> v2.RandomIoUCrop(sampler_options=[2.0])(glassnet.zeros(3, 8, 10), boxes)[0].shape
    (3, 8, 10)
    """

    def __init__(
        self, min_scale: float = 0.3, max_scale: float = 1.0, min_aspect_ratio: float = 0.5,
        max_aspect_ratio: float = 2.0, sampler_options: list[float] | None = None, trials: int = 40,
    ) -> None:  # fmt: skip
        self.min_scale, self.max_scale = min_scale, max_scale
        self.min_aspect_ratio, self.max_aspect_ratio = min_aspect_ratio, max_aspect_ratio
        self.options = sampler_options or [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0]
        self.trials = trials

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """A part, and which boxes have their centre in it; nothing where the sample stays as it is."""
        boxes = next((part for part in flat_inputs if isinstance(part, tv_tensors.BoundingBoxes)), None)
        if boxes is None or not any(is_picture(part) for part in flat_inputs):
            raise TypeError("RandomIoUCrop: expected a sample with a picture and BoundingBoxes")
        generator, (height, width), corners = chosen(None), size_of(flat_inputs), _corners(boxes)
        while True:
            least = self.options[int(generator.integers(len(self.options)))]
            if least >= 1.0:
                return {}
            for _ in range(self.trials):
                scales = self.min_scale + (self.max_scale - self.min_scale) * generator.random(2)
                wide, tall = int(width * float(scales[0])), int(height * float(scales[1]))
                if not tall or not self.min_aspect_ratio <= wide / tall <= self.max_aspect_ratio:
                    continue
                right, down = generator.random(2)
                left, top = int((width - wide) * float(right)), int((height - tall) * float(down))
                part = np.array([[left, top, left + wide, top + tall]], np.float64)
                centres = (corners[:, :2] + corners[:, 2:]) / 2
                within = ((centres > part[0, :2]) & (centres < part[0, 2:])).all(1)
                if not within.any():
                    continue
                overlaps = as_array(box_iou(as_tensor(corners[within].astype(np.float64)), as_tensor(part)))
                if overlaps.max() >= least:
                    return {"part": (top, left, tall, wide), "within": within}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A part, cropped."""
        if not params:
            return inpt
        top, left, tall, wide = params["part"]
        placement = Placement(
            lambda picture, _: functional.crop(picture, top, left, tall, wide), scaling(1, 1, -left, -top), (tall, wide)
        )
        found = placement(inpt)
        if isinstance(found, tv_tensors.BoundingBoxes):
            found.array[~params["within"]] = 0
        return found
