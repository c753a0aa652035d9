"""Losses between pairs of boxes: 1 less how much they overlap, with a price for how they lie apart."""

from __future__ import annotations

import math
from typing import Any

from glassnet.autograd import no_grad
from glassnet.tensor import Tensor


def generalized_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """1 less the generalized overlap of each pair of boxes [n, 4] (Rezatofighi et al., 2019).

    >>> from glassnet.vision import ops
    >>> apart = glassnet.tensor([[0.0, 0.0, 1.0, 1.0]]), glassnet.tensor([[3.0, 0.0, 4.0, 1.0]])
    >>> ops.generalized_box_iou_loss(*apart)
    tensor([1.5000])
    """
    overlap, either = _overlap(boxes1, boxes2, eps)
    wide, tall = _around(boxes1, boxes2)
    around = wide * tall
    return _reduced("generalized_box_iou_loss", 1 - overlap + (around - either) / (around + eps), reduction)


def distance_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """1 less the overlap of each pair of boxes [n, 4], and how far apart their centres are (Zheng et al., 2020).

    The distance is squared, and a share of the squared diagonal of the box around both.

    >>> from glassnet.vision import ops
    >>> apart = glassnet.tensor([[0.0, 0.0, 1.0, 1.0]]), glassnet.tensor([[3.0, 0.0, 4.0, 1.0]])
    >>> ops.distance_box_iou_loss(*apart)
    tensor([1.5294])
    """
    overlap, _ = _overlap(boxes1, boxes2, eps)
    return _reduced("distance_box_iou_loss", 1 - overlap + _distance(boxes1, boxes2, eps), reduction)


def complete_box_iou_loss(boxes1: Tensor, boxes2: Tensor, reduction: str = "none", eps: float = 1e-7) -> Tensor:
    """`distance_box_iou_loss`, and how much the ratios of width and height differ (Zheng et al., 2020).

    >>> from glassnet.vision import ops
    >>> pair = glassnet.tensor([[0.0, 0.0, 2.0, 2.0]]), glassnet.tensor([[0.0, 0.0, 4.0, 1.0]])
    >>> ops.complete_box_iou_loss(*pair)
    tensor([0.7470])
    """
    overlap, _ = _overlap(boxes1, boxes2, eps)
    difference = 4 / math.pi**2 * (_slope(boxes2) - _slope(boxes1)) ** 2
    with no_grad():
        weight = difference / (1 - overlap + difference + eps)
    loss = 1 - overlap + _distance(boxes1, boxes2, eps) + weight * difference
    return _reduced("complete_box_iou_loss", loss, reduction)


def _overlap(first: Tensor, second: Tensor, eps: float) -> tuple[Any, Any]:
    """How much each pair overlaps, and the area of either."""
    sides = (first[:, 2:].minimum(second[:, 2:]) - first[:, :2].maximum(second[:, :2])).clamp(min=0)
    both = sides[:, 0] * sides[:, 1]
    either = _area(first) + _area(second) - both
    return both / (either + eps), either


def _area(boxes: Tensor) -> Any:
    sides = boxes[:, 2:] - boxes[:, :2]
    return sides[:, 0] * sides[:, 1]


def _around(first: Tensor, second: Tensor) -> tuple[Any, Any]:
    """Width and height of the smallest box around each pair."""
    sides = first[:, 2:].maximum(second[:, 2:]) - first[:, :2].minimum(second[:, :2])
    return sides[:, 0], sides[:, 1]


def _distance(first: Tensor, second: Tensor, eps: float) -> Any:
    wide, tall = _around(first, second)
    apart = (first[:, :2] + first[:, 2:] - second[:, :2] - second[:, 2:]) / 2
    return apart.square().sum(1) / (wide * wide + tall * tall + eps)


def _slope(boxes: Tensor) -> Any:
    sides = boxes[:, 2:] - boxes[:, :2]
    return (sides[:, 0] / sides[:, 1]).atan()


def _reduced(name: str, loss: Any, reduction: str) -> Tensor:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f'{name}: expected reduction "none", "mean" or "sum", got {reduction!r:.40}')
    empty = reduction == "mean" and not loss.numel()  # of none, the sum, whose gradient is 0
    whole: Tensor = {"none": lambda: loss, "mean": loss.sum if empty else loss.mean, "sum": loss.sum}[reduction]()
    return whole
