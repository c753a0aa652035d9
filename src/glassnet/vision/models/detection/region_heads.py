"""What is told of each proposed region: its class, its box and, where there are heads, its mask and key points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.autograd import no_grad
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.joining import cat
from glassnet.vision.models.detection.keypoint_maps import found_keypoints, keypoint_loss
from glassnet.vision.models.detection.mask_maps import found_masks, mask_loss
from glassnet.vision.models.detection.matching import BETWEEN, BoxCoder, matched, sampled
from glassnet.vision.ops.box_geometry import batched_nms, box_iou, clip_boxes_to_image, remove_small_boxes

__all__ = ["RoIHeads"]

Target = Mapping[str, Any]
Found = list[dict[str, Tensor]]


class RoIHeads(Module):
    """The heads of a network of regions; see `FasterRCNN`, `MaskRCNN` and `KeypointRCNN`, which say what each is.

    >>> from glassnet.vision import ops
    >>> from glassnet.vision.models import detection
    >>> pool = ops.MultiScaleRoIAlign(["0"], 2, 2)
    >>> box_head, predictor = detection.TwoMLPHead(4 * 2 * 2, 8), detection.FastRCNNPredictor(8, 3)
    >>> heads = detection.RoIHeads(pool, box_head, predictor, 0.5, 0.5, 16, 0.25, None, 0.05, 0.5, 10).eval()
    >>> maps, boxes = {"0": glassnet.zeros(1, 4, 8, 8)}, [glassnet.tensor([[0.0, 0.0, 20.0, 20.0]])]
    >>> found, losses = heads(maps, boxes, [(32, 32)])
    >>> list(found[0]), losses
    (['boxes', 'labels', 'scores'], {})
    """

    def __init__(
        self, box_roi_pool: Module, box_head: Module, box_predictor: Module, fg_iou_thresh: float,
        bg_iou_thresh: float, batch_size_per_image: int, positive_fraction: float,
        bbox_reg_weights: Sequence[float] | None, score_thresh: float, nms_thresh: float, detections_per_img: int,
        mask_roi_pool: Module | None = None, mask_head: Module | None = None, mask_predictor: Module | None = None,
        keypoint_roi_pool: Module | None = None, keypoint_head: Module | None = None,
        keypoint_predictor: Module | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.fg_iou_thresh, self.bg_iou_thresh = fg_iou_thresh, bg_iou_thresh
        self.batch_size_per_image, self.positive_fraction = batch_size_per_image, positive_fraction
        self.box_coder = BoxCoder(bbox_reg_weights or (10.0, 10.0, 5.0, 5.0))
        self.box_roi_pool, self.box_head, self.box_predictor = box_roi_pool, box_head, box_predictor
        self.score_thresh, self.nms_thresh, self.detections_per_img = score_thresh, nms_thresh, detections_per_img
        self.mask_roi_pool, self.mask_head, self.mask_predictor = mask_roi_pool, mask_head, mask_predictor
        self.keypoint_roi_pool, self.keypoint_head = keypoint_roi_pool, keypoint_head
        self.keypoint_predictor = keypoint_predictor

    def has_mask(self) -> bool:
        """Whether masks are told."""
        return self.mask_roi_pool is not None

    def has_keypoint(self) -> bool:
        """Whether key points are told."""
        return self.keypoint_roi_pool is not None

    def forward(
        self, features: Mapping[str, Tensor], proposals: Sequence[Tensor], image_shapes: Sequence[tuple[int, int]],
        targets: Sequence[Target] | None = None,
    ) -> tuple[Found, dict[str, Tensor]]:  # fmt: skip
        """What is found in each picture, in evaluation; in training, the losses."""
        losses: dict[str, Tensor] = {}
        labels: list[Array] = []
        of: list[Array] = []
        if self.training:
            if targets is None:
                raise AssertionError("RoIHeads: expected targets in training")
            drawn = [self._drawn(boxes, target) for boxes, target in zip(proposals, targets, strict=True)]
            proposals, labels = [each[0] for each in drawn], [each[1] for each in drawn]
            of = [each[2] for each in drawn]
        pooled = self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        logits, moves = self.box_predictor(pooled)
        if self.training and targets is not None:
            losses = self._losses(logits, moves, proposals, labels, of, targets)
            found: Found = []
            regions = [wrap(as_array(boxes)[label > 0]) for boxes, label in zip(proposals, labels, strict=True)]
        else:
            with no_grad():
                found = self._found(logits, moves, proposals, image_shapes)
            regions = [each["boxes"] for each in found]
        positive = [(label[label > 0], number[label > 0]) for label, number in zip(labels, of, strict=True)]
        if self.mask_roi_pool is not None and self.mask_head is not None and self.mask_predictor is not None:
            maps = self.mask_predictor(self.mask_head(self.mask_roi_pool(features, regions, image_shapes)))
            if targets is not None and self.training:
                masks = [target["masks"] for target in targets]
                losses["loss_mask"] = mask_loss(maps, regions, masks, positive)
            else:
                found_masks(maps, found)
        if self.keypoint_roi_pool is not None and self.keypoint_head and self.keypoint_predictor:
            maps = self.keypoint_predictor(self.keypoint_head(self.keypoint_roi_pool(features, regions, image_shapes)))
            if targets is not None and self.training:
                points = [target["keypoints"] for target in targets]
                losses["loss_keypoint"] = keypoint_loss(maps, regions, points, positive)
            else:
                found_keypoints(maps, found)
        return found, losses

    def _drawn(self, proposals: Tensor, target: Target) -> tuple[Tensor, Array, Array]:
        """The regions of a picture that are trained with: the box, the class, the number of the true box of each."""
        boxes = as_array(target["boxes"]).reshape(-1, 4)
        regions = np.concatenate([as_array(proposals), boxes.astype(as_array(proposals).dtype)])
        overlaps = as_array(box_iou(wrap(boxes), wrap(regions)))
        of = matched(overlaps, self.bg_iou_thresh, self.fg_iou_thresh, allow_low_quality=False)
        classes = as_array(target["labels"]).astype(np.int64)
        known = classes[of.clip(0)] if len(classes) else np.zeros(len(of), np.int64)
        labels = np.where(of >= 0, known, np.where(of == BETWEEN, -1, 0))
        drawn = np.sort(np.concatenate(sampled(labels, self.batch_size_per_image, self.positive_fraction)))
        return wrap(regions[drawn]), labels[drawn], of[drawn].clip(0)

    def _losses(
        self, logits: Tensor, moves: Tensor, proposals: Sequence[Tensor], labels: list[Array], of: list[Array],
        targets: Sequence[Target],
    ) -> dict[str, Tensor]:  # fmt: skip
        label = np.concatenate(labels)
        positive = np.flatnonzero(label > 0)
        true = [
            as_array(target["boxes"]).reshape(-1, 4)[number] if len(target["boxes"]) else as_array(boxes)
            for target, number, boxes in zip(targets, of, proposals, strict=True)
        ]
        wanted = self.box_coder.encode_single(
            wrap(np.concatenate(true)[positive]), wrap(as_array(cat(list(proposals)))[positive])
        )
        by_class: Any = moves.reshape(len(label), -1, 4)
        chosen_moves = by_class[wrap(positive), wrap(label[positive])]
        far = F.smooth_l1_loss(chosen_moves, wanted, beta=1 / 9, reduction="sum")
        return {
            "loss_classifier": F.cross_entropy(logits, wrap(label)),
            "loss_box_reg": far / max(len(label), 1),
        }

    def _found(
        self, logits: Tensor, moves: Tensor, proposals: Sequence[Tensor], image_shapes: Sequence[tuple[int, int]]
    ) -> Found:
        """The boxes, classes and scores of each picture, best first."""
        classes = logits.shape[1]
        boxes = as_array(self.box_coder.decode_single(moves, cat(list(proposals)))).reshape(-1, classes, 4)
        chances = as_array(logits.softmax(-1))
        found, first = [], 0
        for regions, size in zip(proposals, image_shapes, strict=True):
            these = slice(first, first + len(regions))
            first += len(regions)
            corners = as_array(clip_boxes_to_image(wrap(boxes[these]), size))[:, 1:].reshape(-1, 4)
            scores = chances[these, 1:].ravel()
            labels = np.tile(np.arange(1, classes), len(regions))
            kept = np.flatnonzero(scores > self.score_thresh)
            kept = kept[as_array(remove_small_boxes(wrap(corners[kept]), 1e-2))]
            order = batched_nms(wrap(corners[kept]), wrap(scores[kept]), wrap(labels[kept]), self.nms_thresh)
            kept = kept[as_array(order)[: self.detections_per_img]]
            found.append({"boxes": wrap(corners[kept]), "labels": wrap(labels[kept]), "scores": wrap(scores[kept])})
        return found
