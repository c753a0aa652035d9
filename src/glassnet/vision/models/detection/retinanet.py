"""RetinaNet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.autograd import no_grad
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.joining import cat, stack
from glassnet.vision.models.building import builders
from glassnet.vision.models.detection.anchors import AnchorGenerator
from glassnet.vision.models.detection.faster_rcnn import DEVIATION, MEAN, resnet50_backbone
from glassnet.vision.models.detection.generalized_rcnn import Detector
from glassnet.vision.models.detection.matching import BETWEEN, BoxCoder, matched
from glassnet.vision.models.detection.picture_batches import GeneralizedRCNNTransform
from glassnet.vision.models.detection.region_proposals import by_anchor, start_narrow
from glassnet.vision.ops.box_geometry import batched_nms, box_iou, clip_boxes_to_image
from glassnet.vision.ops.box_losses import generalized_box_iou_loss
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker
from glassnet.vision.ops.feature_pyramid import LastLevelP6P7
from glassnet.vision.ops.focal_loss import sigmoid_focal_loss


def _convolutions(channels: int, norm_layer: Maker | None) -> nn.Sequential:
    return nn.Sequential(*(Conv2dNormActivation(channels, channels, norm_layer=norm_layer) for _ in range(4)))


class RetinaNetClassificationHead(Module):
    """For each anchor a score of each class.

    >>> from glassnet.vision.models import detection
    >>> detection.RetinaNetClassificationHead(8, 3, 5)([glassnet.zeros(1, 8, 2, 2)]).shape
    (1, 12, 5)
    """

    def __init__(
        self, in_channels: int, num_anchors: int, num_classes: int, prior_probability: float = 0.01,
        norm_layer: Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = _convolutions(in_channels, norm_layer)
        self.cls_logits = nn.Conv2d(in_channels, num_anchors * num_classes, 3, 1, 1)
        start_narrow(self)
        bias: Any = self.cls_logits.bias
        init.constant_(bias, -math.log((1 - prior_probability) / prior_probability))
        self.num_classes, self.num_anchors = num_classes, num_anchors

    def forward(self, x: Sequence[Tensor]) -> Tensor:
        """Of all maps, one after another: [n, anchors, classes]."""
        return cat([by_anchor(self.cls_logits(self.conv(each)), self.num_classes) for each in x], 1)


class RetinaNetRegressionHead(Module):
    """For each anchor four numbers, how the box lies to it.

    >>> from glassnet.vision.models import detection
    >>> detection.RetinaNetRegressionHead(8, 3)([glassnet.zeros(1, 8, 2, 2)]).shape
    (1, 12, 4)
    """

    def __init__(self, in_channels: int, num_anchors: int, norm_layer: Maker | None = None) -> None:
        super().__init__()
        self.conv = _convolutions(in_channels, norm_layer)
        self.bbox_reg = nn.Conv2d(in_channels, num_anchors * 4, 3, 1, 1)
        start_narrow(self)

    def forward(self, x: Sequence[Tensor]) -> Tensor:
        """Of all maps, one after another: [n, anchors, 4]."""
        return cat([by_anchor(self.bbox_reg(self.conv(each)), 4) for each in x], 1)


class RetinaNetHead(Module):
    """Both heads: scores of classes, and boxes.

    >>> from glassnet.vision.models import detection
    >>> found = detection.RetinaNetHead(8, 3, 5)([glassnet.zeros(1, 8, 2, 2)])
    >>> {name: x.shape for name, x in found.items()}
    {'cls_logits': (1, 12, 5), 'bbox_regression': (1, 12, 4)}
    """

    def __init__(self, in_channels: int, num_anchors: int, num_classes: int, norm_layer: Maker | None = None) -> None:
        super().__init__()
        self.classification_head = RetinaNetClassificationHead(
            in_channels, num_anchors, num_classes, norm_layer=norm_layer
        )
        self.regression_head = RetinaNetRegressionHead(in_channels, num_anchors, norm_layer)

    def forward(self, x: Sequence[Tensor]) -> dict[str, Tensor]:
        """Of all maps."""
        return {"cls_logits": self.classification_head(x), "bbox_regression": self.regression_head(x)}


class RetinaNet(Detector):
    """Finds things in one step: every anchor is told (Lin et al., "Focal Loss for Dense Object Detection", 2017).

    Targets and what is found are as of `FasterRCNN`; labels are from 0. ``backbone`` has ``out_channels``, and gives a
    map or a dict of maps, for each of which ``anchor_generator`` has sizes. ``box_loss`` is "l1" or "giou".

    >>> from glassnet.vision.models import detection
    >>> backbone = nn.Sequential(nn.Conv2d(3, 8, 3, 8, 1))
    >>> backbone.out_channels = 8
    >>> anchors = detection.AnchorGenerator(((16, 32),), ((1.0,),))
    >>> model = detection.RetinaNet(backbone, 3, min_size=64, max_size=64, anchor_generator=anchors)
    >>> target = {"boxes": glassnet.tensor([[4.0, 4.0, 30.0, 40.0]]), "labels": glassnet.tensor([1])}
    >>> list(model([glassnet.rand(3, 64, 64)], [target]))
    ['classification', 'bbox_regression']
    """

    def __init__(
        self,
        backbone: Any,
        num_classes: int,
        min_size: int | Sequence[int] = 800,
        max_size: int = 1333,
        image_mean: Sequence[float] | None = None,
        image_std: Sequence[float] | None = None,
        anchor_generator: AnchorGenerator | None = None,
        head: Module | None = None,
        score_thresh: float = 0.05,
        nms_thresh: float = 0.5,
        detections_per_img: int = 300,
        fg_iou_thresh: float = 0.5,
        bg_iou_thresh: float = 0.4,
        topk_candidates: int = 1000,
        box_loss: str = "l1",
    ) -> None:
        super().__init__()
        if getattr(backbone, "out_channels", None) is None:
            raise ValueError("RetinaNet: expected a backbone with out_channels, the channels of its maps; set it")
        self.backbone = backbone
        self.anchor_generator = anchor_generator or _anchors()
        number = self.anchor_generator.num_anchors_per_location()[0]
        self.head = head or RetinaNetHead(backbone.out_channels, number, num_classes)
        self.box_coder = BoxCoder((1.0, 1.0, 1.0, 1.0))
        self.transform = GeneralizedRCNNTransform(min_size, max_size, image_mean or MEAN, image_std or DEVIATION)
        self.score_thresh, self.nms_thresh, self.detections_per_img = score_thresh, nms_thresh, detections_per_img
        self.fg_iou_thresh, self.bg_iou_thresh = fg_iou_thresh, bg_iou_thresh
        self.topk_candidates, self.box_loss = topk_candidates, box_loss

    def looked_at(self, images: Any, features: Mapping[str, Tensor], targets: Any) -> tuple[Any, dict[str, Tensor]]:
        """Every anchor is told."""
        maps = list(features.values())
        outputs = self.head(maps)
        anchors = self.anchor_generator(images, maps)
        if self.training:
            return [], self._losses(outputs, anchors, targets)
        per_place = outputs["cls_logits"].shape[1] // sum(x.shape[2] * x.shape[3] for x in maps)
        counts = [x.shape[2] * x.shape[3] * per_place for x in maps]
        with no_grad():
            scores, moves = as_array(outputs["cls_logits"].sigmoid()), outputs["bbox_regression"]
            found = [
                self._found(scores[n], as_array(self.box_coder.decode_single(moves[n], at)), size, counts)
                for n, (at, size) in enumerate(zip(anchors, images.image_sizes, strict=True))
            ]
        return found, {}

    def _losses(self, outputs: dict[str, Tensor], anchors: Sequence[Tensor], targets: Any) -> dict[str, Tensor]:
        of_classes, of_boxes = [], []
        for number, (at, target) in enumerate(zip(anchors, targets, strict=True)):
            overlaps = as_array(box_iou(target["boxes"].reshape(-1, 4), at))
            of = matched(overlaps, self.bg_iou_thresh, self.fg_iou_thresh, allow_low_quality=True)
            positive = np.flatnonzero(of >= 0)
            count = max(1, len(positive))
            logits = outputs["cls_logits"][number]
            truth = np.zeros(logits.shape, logits.array.dtype)
            truth[positive, as_array(target["labels"])[of[positive]]] = 1
            told = np.flatnonzero(of != BETWEEN)
            focal = sigmoid_focal_loss(logits[wrap(told)], wrap(truth[told]), reduction="sum")
            of_classes.append(focal / count)
            moves = outputs["bbox_regression"][number][wrap(positive)]
            boxes = wrap(as_array(target["boxes"]).reshape(-1, 4)[of[positive]])
            of_boxes.append(self._far(moves, boxes, wrap(as_array(at)[positive])) / count)
        return {"classification": stack(of_classes).mean(), "bbox_regression": stack(of_boxes).mean()}

    def _far(self, moves: Tensor, boxes: Tensor, anchors: Tensor) -> Tensor:
        """How far boxes are from the true ones."""
        if self.box_loss == "giou":
            return generalized_box_iou_loss(self.box_coder.decode_single(moves, anchors), boxes, reduction="sum")
        return F.l1_loss(moves, self.box_coder.encode_single(boxes, anchors), reduction="sum")

    def _found(self, scores: Array, boxes: Array, size: tuple[int, int], counts: Sequence[int]) -> dict[str, Tensor]:
        """The best of each map, without those that overlap better ones of their class."""
        classes, kept, first = scores.shape[1], [], 0
        for count in counts:
            part = scores[first : first + count].ravel()
            good = np.flatnonzero(part > self.score_thresh)
            best = good[np.argsort(-part[good], kind="stable")[: self.topk_candidates]]
            kept.append(best + first * classes)
            first += count
        places, labels = np.divmod(np.concatenate(kept), classes)
        corners, chances = clip_boxes_to_image(wrap(boxes[places]), size), wrap(scores[places, labels])
        order = as_array(batched_nms(corners, chances, wrap(labels), self.nms_thresh))[: self.detections_per_img]
        return {"boxes": corners[wrap(order)], "scores": chances[wrap(order)], "labels": wrap(labels[order])}


def _anchors() -> AnchorGenerator:
    """Three sizes on each of five maps, a third of an octave apart, in three shapes."""
    sizes = tuple((x, int(x * 2 ** (1.0 / 3)), int(x * 2 ** (2.0 / 3))) for x in (32, 64, 128, 256, 512))
    return AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * 5)


def _retinanet(
    version: int, num_classes: int = 91, weights_backbone: Any = None, trainable_backbone_layers: int | None = None,
    trained: bool = False, **options: Any,
) -> RetinaNet:  # fmt: skip
    extra = LastLevelP6P7(256 if version == 1 else 2048, 256)
    backbone = resnet50_backbone(
        weights_backbone, trained, trainable_backbone_layers, returned_layers=[2, 3, 4], extra_blocks=extra
    )
    if version == 2:
        norm = partial(nn.GroupNorm, 32)
        options = {"head": RetinaNetHead(256, 9, num_classes, norm), "box_loss": "giou", **options}
    return RetinaNet(backbone, num_classes, **options)


__all__ = [
    "RetinaNet",
    "RetinaNetClassificationHead",
    "RetinaNetHead",
    "RetinaNetRegressionHead",
    *builders(
        _retinanet,
        {
            "retinanet_resnet50_fpn": ("RetinaNet_ResNet50_FPN", {"version": 1}),
            "retinanet_resnet50_fpn_v2": ("RetinaNet_ResNet50_FPN_V2", {"version": 2}),
        },
        RetinaNet,
    ),
]
