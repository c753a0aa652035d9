"""Region proposals: where something may be, of whatever class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.autograd import no_grad
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.joining import cat
from glassnet.vision.models.detection.anchors import AnchorGenerator
from glassnet.vision.models.detection.matching import BETWEEN, BoxCoder, matched, sampled
from glassnet.vision.models.detection.picture_batches import ImageList
from glassnet.vision.models.shared_blocks import zero_bias
from glassnet.vision.ops.box_geometry import batched_nms, box_iou, clip_boxes_to_image, remove_small_boxes
from glassnet.vision.ops.building_blocks import Conv2dNormActivation

__all__ = ["RPNHead", "RegionProposalNetwork"]

Losses = dict[str, Tensor]


class RPNHead(Module):
    """For each anchor a score, whether something is there, and four numbers, how the box lies to it.

    >>> from glassnet.vision.models import detection
    >>> scores, boxes = detection.RPNHead(8, 3)([glassnet.zeros(1, 8, 4, 5)])
    >>> scores[0].shape, boxes[0].shape
    ((1, 3, 4, 5), (1, 12, 4, 5))
    """

    def __init__(self, in_channels: int, num_anchors: int, conv_depth: int = 1) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            *(Conv2dNormActivation(in_channels, in_channels, norm_layer=None) for _ in range(conv_depth))
        )
        self.cls_logits = nn.Conv2d(in_channels, num_anchors, 1)
        self.bbox_pred = nn.Conv2d(in_channels, num_anchors * 4, 1)
        start_narrow(self)

    def forward(self, x: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Scores and boxes of each map."""
        inner = [self.conv(each) for each in x]
        return [self.cls_logits(each) for each in inner], [self.bbox_pred(each) for each in inner]


def start_narrow(module: Module, deviation: float = 0.01) -> None:
    """Draw the weights of convolutions with a small deviation, begin their biases at 0."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            init.normal_(layer.weight, std=deviation)
            zero_bias(layer)


def by_anchor(x: Tensor, numbers: int) -> Tensor:
    """[n, anchors · numbers, height, width] as [n, height · width · anchors, numbers]."""
    n, _, height, width = x.shape
    split: Any = x.reshape(n, -1, numbers, height, width).permute(0, 3, 4, 1, 2)
    rows: Tensor = split.reshape(n, -1, numbers)
    return rows


class RegionProposalNetwork(Module):
    """The boxes in which something may be: the best of all anchors, moved (Ren et al., "Faster R-CNN", 2015).

    In training, an anchor that overlaps a true box by ``fg_iou_thresh`` is one of it, below ``bg_iou_thresh`` it is of
    none; of ``batch_size_per_image`` that are drawn, ``positive_fraction`` are of a box at most. The dicts of how many
    are kept have "training" and "testing".

    >>> from glassnet.vision.models import detection
    >>> anchors, head = detection.AnchorGenerator(((8,),), ((1.0,),)), detection.RPNHead(4, 1)
    >>> counts = {"training": 10, "testing": 5}
    >>> rpn = detection.RegionProposalNetwork(anchors, head, 0.7, 0.3, 16, 0.5, counts, counts, 0.7).eval()
    >>> pictures = detection.ImageList(glassnet.zeros(1, 3, 32, 32), [(32, 32)])
    >>> boxes, losses = rpn(pictures, {"0": glassnet.zeros(1, 4, 8, 8)})
    >>> boxes[0].shape[1], losses
    (4, {})
    """

    def __init__(
        self, anchor_generator: AnchorGenerator, head: Module, fg_iou_thresh: float, bg_iou_thresh: float,
        batch_size_per_image: int, positive_fraction: float, pre_nms_top_n: Mapping[str, int],
        post_nms_top_n: Mapping[str, int], nms_thresh: float, score_thresh: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.anchor_generator, self.head = anchor_generator, head
        self.fg_iou_thresh, self.bg_iou_thresh = fg_iou_thresh, bg_iou_thresh
        self.batch_size_per_image, self.positive_fraction = batch_size_per_image, positive_fraction
        self._pre_nms_top_n, self._post_nms_top_n = dict(pre_nms_top_n), dict(post_nms_top_n)
        self.nms_thresh, self.score_thresh, self.min_size = nms_thresh, score_thresh, 1e-3
        self.box_coder = BoxCoder((1.0, 1.0, 1.0, 1.0))

    def forward(
        self, images: ImageList, features: Mapping[str, Tensor], targets: Sequence[Mapping[str, Any]] | None = None
    ) -> tuple[list[Tensor], Losses]:
        """The boxes [n, 4] of each picture, and in training the losses."""
        scores, codes = self.head(list(features.values()))
        anchors = self.anchor_generator(images, list(features.values()))
        counts = [x.shape[1] * x.shape[2] * x.shape[3] for x in scores]
        logits = cat([by_anchor(x, 1) for x in scores], 1)[..., 0]
        moves = cat([by_anchor(x, 4) for x in codes], 1)
        with no_grad():
            boxes = [
                self._proposed(one.detach(), self.box_coder.decode_single(move.detach(), at), size, counts)
                for one, move, at, size in zip(logits, moves, anchors, images.image_sizes, strict=True)
            ]
        if not self.training:
            return boxes, {}
        if targets is None:
            raise AssertionError("RegionProposalNetwork: expected targets in training")
        return boxes, self._losses(logits, moves, anchors, targets)

    def _proposed(self, logits: Tensor, boxes: Tensor, size: tuple[int, int], counts: Sequence[int]) -> Tensor:
        """The best boxes of a picture, without those that overlap better ones of the same map."""
        mode, level = "training" if self.training else "testing", np.repeat(np.arange(len(counts)), counts)
        scores, best, first = as_array(logits), [], 0
        for count in counts:
            order = np.argsort(-scores[first : first + count], kind="stable")[: self._pre_nms_top_n[mode]]
            best.append(order + first)
            first += count
        kept = np.concatenate(best)
        chance = as_array(logits.sigmoid())[kept]
        found = as_array(clip_boxes_to_image(wrap(as_array(boxes)[kept]), size))
        large = as_array(remove_small_boxes(wrap(found), self.min_size))
        large = large[chance[large] >= self.score_thresh]
        found, chance, level = found[large], chance[large], level[kept][large]
        order = as_array(batched_nms(wrap(found), wrap(chance), wrap(level), self.nms_thresh))
        return wrap(found[order[: self._post_nms_top_n[mode]]])

    def _losses(
        self, logits: Tensor, moves: Tensor, anchors: Sequence[Tensor], targets: Sequence[Mapping[str, Any]]
    ) -> Losses:
        chosen_logits, labels, chosen_moves, wanted = [], [], [], []
        for number, (at, target) in enumerate(zip(anchors, targets, strict=True)):
            label, of = self._labelled(at, target)
            positive, negative = sampled(label, self.batch_size_per_image, self.positive_fraction)
            both = np.concatenate([positive, negative])
            chosen_logits.append(logits[number][wrap(both)])
            labels.append(label[both])
            chosen_moves.append(moves[number][wrap(positive)])
            boxes = as_array(target["boxes"]).reshape(-1, 4)
            wanted.append(self.box_coder.encode_single(wrap(boxes[of[positive]]), wrap(as_array(at)[positive])))
        truth = wrap(np.concatenate(labels).astype(logits.array.dtype))
        far = F.smooth_l1_loss(cat(chosen_moves), cat(wanted), beta=1 / 9, reduction="sum")
        return {
            "loss_objectness": F.binary_cross_entropy_with_logits(cat(chosen_logits), truth),
            "loss_rpn_box_reg": far / max(truth.numel(), 1),
        }

    def _labelled(self, anchors: Tensor, target: Mapping[str, Any]) -> tuple[Array, Array]:
        """Of each anchor 1, 0 or −1, which is neither, and the number of the true box that it is of."""
        overlaps = as_array(box_iou(target["boxes"].reshape(-1, 4), anchors))
        of = matched(overlaps, self.bg_iou_thresh, self.fg_iou_thresh, allow_low_quality=True)
        return np.where(of >= 0, 1, np.where(of == BETWEEN, -1, 0)), of.clip(0)
