"""Boxes (left, top, right, bottom), [n, 4]: areas, overlaps, and which of them to keep."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.joining import stack


def box_area(boxes: Tensor) -> Tensor:
    """The area of each box.

    >>> from glassnet.vision import ops
    >>> ops.box_area(glassnet.tensor([[0.0, 0.0, 2.0, 3.0]]))
    tensor([6.])
    """
    _check("box_area", boxes)
    area: Tensor = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return area


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """How much each of n boxes and each of m overlap, [n, m]: the area of both by the area of either.

    >>> from glassnet.vision import ops
    >>> boxes = glassnet.tensor([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]])
    >>> ops.box_iou(boxes, boxes)[0]
    tensor([1.0000, 0.3333])
    """
    both, either = _overlaps("box_iou", boxes1, boxes2)
    overlap: Tensor = both / either
    return overlap


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """`box_iou`, less the share of the smallest box around both that is in neither (Rezatofighi et al., 2019).

    >>> from glassnet.vision import ops
    >>> apart = glassnet.tensor([[0.0, 0.0, 1.0, 1.0]]), glassnet.tensor([[3.0, 0.0, 4.0, 1.0]])
    >>> ops.generalized_box_iou(*apart)
    tensor([[-0.5000]])
    """
    both, either = _overlaps("generalized_box_iou", boxes1, boxes2)
    low = boxes1[:, None, :2].minimum(boxes2[:, :2])
    high = boxes1[:, None, 2:].maximum(boxes2[:, 2:])
    sides = (high - low).clamp(min=0)
    around = sides[:, :, 0] * sides[:, :, 1]
    result: Tensor = both / either - (around - either) / around
    return result


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """`box_iou`, less how far apart the centres are, as a share of the box around both (Zheng et al., 2020).

    >>> from glassnet.vision import ops
    >>> apart = glassnet.tensor([[0.0, 0.0, 1.0, 1.0]]), glassnet.tensor([[3.0, 0.0, 4.0, 1.0]])
    >>> ops.distance_box_iou(*apart)
    tensor([[-0.5294]])
    """
    both, either = _overlaps("distance_box_iou", boxes1, boxes2)
    low = boxes1[:, None, :2].minimum(boxes2[:, :2])
    high = boxes1[:, None, 2:].maximum(boxes2[:, 2:])
    diagonal = (high - low).square().sum(-1) + eps
    apart = (boxes1[:, None, :2] + boxes1[:, None, 2:] - boxes2[:, :2] - boxes2[:, 2:]) / 2
    result: Tensor = both / either - apart.square().sum(-1) / diagonal
    return result


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """`distance_box_iou`, less how much the ratios of width and height differ (Zheng et al., 2020).

    >>> from glassnet.vision import ops
    >>> wide, high = glassnet.tensor([[0.0, 0.0, 2.0, 1.0]]), glassnet.tensor([[0.0, 0.0, 1.0, 2.0]])
    >>> ops.complete_box_iou(wide, high)
    tensor([[0.2371]])
    """
    overlap = box_iou(boxes1, boxes2)
    first, second = (boxes[:, 2:] - boxes[:, :2] for boxes in (boxes1, boxes2))
    slopes = (first[:, 0] / first[:, 1]).atan()[:, None] - (second[:, 0] / second[:, 1]).atan()
    difference = 4 / np.pi**2 * slopes.square()
    weight = (difference / (1 - overlap + difference + eps)).detach()
    result: Tensor = distance_box_iou(boxes1, boxes2, eps) - weight * difference
    return result


def masks_to_boxes(masks: Tensor) -> Tensor:
    """The smallest box around what is not 0 in each mask [n, height, width]: its outermost pixels.

    >>> from glassnet.vision import ops
    >>> ops.masks_to_boxes(glassnet.tensor([[[0, 0, 0, 0], [0, 1, 1, 0]]]))
    tensor([[1., 1., 2., 1.]])
    """
    shapes = as_array(masks) != 0
    if shapes.ndim != 3:
        raise ShapeError(f"masks_to_boxes: expected masks [n, height, width], got {written(shapes.shape)}")
    found = np.zeros((len(shapes), 4), np.float32)
    for box, shape in zip(found, shapes, strict=True):
        rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
        if rows.size:
            box[:] = columns[0], rows[0], columns[-1], rows[-1]
    return wrap(found)


def _overlaps(name: str, first: Tensor, second: Tensor) -> tuple[Any, Any]:
    _check(name, first)
    _check(name, second)
    low = first[:, None, :2].maximum(second[:, :2])
    high = first[:, None, 2:].minimum(second[:, 2:])
    sides = (high - low).clamp(min=0)
    both = sides[:, :, 0] * sides[:, :, 1]
    return both, box_area(first)[:, None] + box_area(second) - both


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """Boxes in another form: "xyxy" two corners, "xywh" a corner, width and height, "cxcywh" the centre and those.

    >>> from glassnet.vision import ops
    >>> ops.box_convert(glassnet.tensor([[1.0, 2.0, 4.0, 6.0]]), "xyxy", "cxcywh")
    tensor([[2.5000, 4.0000, 3.0000, 4.0000]])
    """
    forms = ("xyxy", "xywh", "cxcywh")
    if in_fmt not in forms or out_fmt not in forms:
        raise ValueError(f"box_convert: expected forms of {', '.join(forms)}, got {in_fmt!r:.20} and {out_fmt!r:.20}")
    a, b, c, d = boxes.unbind(-1)
    if in_fmt == "xywh":
        c, d = a + c, b + d
    elif in_fmt == "cxcywh":
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    if out_fmt == "xywh":
        c, d = c - a, d - b
    elif out_fmt == "cxcywh":
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
    return stack([a, b, c, d], -1)


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes with their corners inside a picture of ``size`` (height, width).

    >>> from glassnet.vision import ops
    >>> ops.clip_boxes_to_image(glassnet.tensor([[-1.0, 0.0, 9.0, 3.0]]), (4, 5))
    tensor([[0., 0., 5., 3.]])
    """
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return stack([x, y], -1).reshape(boxes.shape)


def remove_small_boxes(boxes: Tensor, min_size: float) -> Tensor:
    """The numbers of the boxes of which both sides are at least ``min_size``.

    >>> from glassnet.vision import ops
    >>> ops.remove_small_boxes(glassnet.tensor([[0.0, 0.0, 1.0, 9.0], [0.0, 0.0, 5.0, 5.0]]), 2)
    tensor([1])
    """
    corners = as_array(boxes)
    sides = corners[:, 2:] - corners[:, :2]
    return wrap(np.flatnonzero((sides >= min_size).all(1)))


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """The numbers of the boxes to keep, best first: one that overlaps a better one by more than the threshold goes.

    >>> from glassnet.vision import ops
    >>> boxes = glassnet.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [5.0, 5.0, 6.0, 6.0]])
    >>> ops.nms(boxes, glassnet.tensor([0.8, 0.9, 0.5]), 0.5)
    tensor([1, 2])
    """
    _check("nms", boxes)
    corners, best = as_array(boxes), as_array(scores)
    if best.shape != corners.shape[:1]:
        raise ShapeError(f"nms: expected a score for each of {len(corners)} boxes, got {written(best.shape)}")
    areas = (corners[:, 2:] - corners[:, :2]).prod(1)
    left = np.argsort(-best, kind="stable")
    kept = []
    while left.size:
        first, rest = left[0], left[1:]
        kept.append(first)
        low = np.maximum(corners[first, :2], corners[rest, :2])
        high = np.minimum(corners[first, 2:], corners[rest, 2:])
        both = (high - low).clip(0).prod(1)
        with np.errstate(invalid="ignore"):
            overlaps = both / (areas[first] + areas[rest] - both)
        left = rest[~(overlaps > iou_threshold)]
    return wrap(np.array(kept, np.int64))


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """`nms` of the boxes of each class by themselves; ``idxs`` are the classes.

    >>> from glassnet.vision import ops
    >>> boxes = glassnet.tensor([[0.0, 0.0, 2.0, 2.0]] * 3)
    >>> ops.batched_nms(boxes, glassnet.tensor([0.1, 0.3, 0.2]), glassnet.tensor([0, 1, 1]), 0.5)
    tensor([1, 0])
    """
    corners, classes = as_array(boxes), as_array(idxs)
    if not corners.size:
        return wrap(np.empty(0, np.int64))
    apart = (corners.max() - corners.min() + 1) * classes.astype(corners.dtype)  # so that none of two classes overlap
    return nms(wrap(corners + apart[:, None]), scores, iou_threshold)


def _check(name: str, boxes: Any) -> None:
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ShapeError(f"{name}: expected boxes [n, 4], got {written(boxes.shape)}")
