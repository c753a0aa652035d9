"""Faster R-CNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.detection.anchors import AnchorGenerator
from glassnet.vision.models.detection.backbones import mobilenet_backbone, resnet_fpn_backbone, trainable
from glassnet.vision.models.detection.generalized_rcnn import GeneralizedRCNN
from glassnet.vision.models.detection.picture_batches import GeneralizedRCNNTransform
from glassnet.vision.models.detection.region_heads import RoIHeads
from glassnet.vision.models.detection.region_proposals import RegionProposalNetwork, RPNHead
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, FrozenBatchNorm2d, Maker
from glassnet.vision.ops.region_modules import MultiScaleRoIAlign

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures


class TwoMLPHead(Module):
    """Two linear layers on the pixels of each region.

    >>> from glassnet.vision.models import detection
    >>> detection.TwoMLPHead(4 * 2 * 2, 8)(glassnet.zeros(3, 4, 2, 2)).shape
    (3, 8)
    """

    def __init__(self, in_channels: int, representation_size: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(in_channels, representation_size)
        self.fc7 = nn.Linear(representation_size, representation_size)

    def forward(self, x: Tensor) -> Tensor:
        """[regions, representation_size]."""
        return F.relu(self.fc7(F.relu(self.fc6(x.flatten(1)))))


class FastRCNNConvFCHead(nn.Sequential):
    """Convolutions, then linear layers, on regions of ``input_size`` (channels, height, width).

    >>> from glassnet.vision.models import detection
    >>> detection.FastRCNNConvFCHead((4, 2, 2), [5], [8])(glassnet.zeros(3, 4, 2, 2)).shape
    (3, 8)
    """

    def __init__(
        self, input_size: tuple[int, int, int], conv_layers: Sequence[int], fc_layers: Sequence[int],
        norm_layer: Maker | None = None,
    ) -> None:  # fmt: skip
        channels, height, width = input_size
        layers: list[Module] = []
        for outputs in conv_layers:
            layers.append(Conv2dNormActivation(channels, outputs, norm_layer=norm_layer))
            channels = outputs
        layers.append(nn.Flatten())
        numbers = channels * height * width
        for outputs in fc_layers:
            layers += [nn.Linear(numbers, outputs), nn.ReLU(inplace=True)]
            numbers = outputs
        super().__init__(*layers)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                if layer.bias is not None:
                    init.zeros_(layer.bias)


class FastRCNNPredictor(Module):
    """The scores of the classes of each region, of which class 0 is "nothing", and a box for each class.

    >>> from glassnet.vision.models import detection
    >>> scores, boxes = detection.FastRCNNPredictor(8, 3)(glassnet.zeros(5, 8))
    >>> scores.shape, boxes.shape
    ((5, 3), (5, 12))
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(in_channels, num_classes)
        self.bbox_pred = nn.Linear(in_channels, num_classes * 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores [regions, classes], boxes [regions, 4 · classes]."""
        x = x.flatten(1)
        return self.cls_score(x), self.bbox_pred(x)


def usual_anchors() -> AnchorGenerator:
    """One size on each of five maps, in three shapes."""
    return AnchorGenerator(((32,), (64,), (128,), (256,), (512,)), ((0.5, 1.0, 2.0),) * 5)


class FasterRCNN(GeneralizedRCNN):
    """Finds things and tells their classes: regions are proposed, then told (Ren et al., "Faster R-CNN", 2015).

    ``model(images, targets)`` in training gives losses; a target is a dict with "boxes" [n, 4] (left, top, right,
    bottom) and "labels" [n], from 1. ``model(images)`` in evaluation gives a dict of "boxes", "labels" and "scores" for
    each picture. ``backbone`` has ``out_channels``, and gives a map or a dict of maps. Arguments that begin with
    ``rpn_`` are of `RegionProposalNetwork`, those with ``box_`` of the heads (`RoIHeads`); ``min_size`` and
    ``max_size`` are of `GeneralizedRCNNTransform`.

    >>> from glassnet.vision.models import detection
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3, 4, 1), nn.Conv2d(4, 8, 3, 2, 1))
    >>> backbone = detection.BackboneWithFPN(layers, {"0": "0", "1": "1"}, [4, 8], 8)
    >>> anchors = detection.AnchorGenerator(((16,), (32,), (64,)), ((1.0,),) * 3)
    >>> model = detection.FasterRCNN(backbone, 3, min_size=64, max_size=64, rpn_anchor_generator=anchors)
    >>> target = {"boxes": glassnet.tensor([[4.0, 4.0, 30.0, 40.0]]), "labels": glassnet.tensor([1])}
    >>> list(model([glassnet.rand(3, 64, 64)], [target]))
    ['loss_classifier', 'loss_box_reg', 'loss_objectness', 'loss_rpn_box_reg']
    >>> list(model.eval()([glassnet.rand(3, 64, 64)])[0])
    ['boxes', 'labels', 'scores']
    """

    def __init__(
        self,
        backbone: Any,
        num_classes: int | None = None,
        min_size: int | Sequence[int] = 800,
        max_size: int = 1333,
        image_mean: Sequence[float] | None = None,
        image_std: Sequence[float] | None = None,
        rpn_anchor_generator: AnchorGenerator | None = None,
        rpn_head: Module | None = None,
        rpn_pre_nms_top_n_train: int = 2000,
        rpn_pre_nms_top_n_test: int = 1000,
        rpn_post_nms_top_n_train: int = 2000,
        rpn_post_nms_top_n_test: int = 1000,
        rpn_nms_thresh: float = 0.7,
        rpn_fg_iou_thresh: float = 0.7,
        rpn_bg_iou_thresh: float = 0.3,
        rpn_batch_size_per_image: int = 256,
        rpn_positive_fraction: float = 0.5,
        rpn_score_thresh: float = 0.0,
        box_roi_pool: Module | None = None,
        box_head: Module | None = None,
        box_predictor: Module | None = None,
        box_score_thresh: float = 0.05,
        box_nms_thresh: float = 0.5,
        box_detections_per_img: int = 100,
        box_fg_iou_thresh: float = 0.5,
        box_bg_iou_thresh: float = 0.5,
        box_batch_size_per_image: int = 512,
        box_positive_fraction: float = 0.25,
        bbox_reg_weights: Sequence[float] | None = None,
        **heads: Any,
    ) -> None:
        name, channels = type(self).__name__, getattr(backbone, "out_channels", None)
        if channels is None:
            raise ValueError(f"{name}: expected a backbone with out_channels, the channels of its maps; set it")
        if (num_classes is None) == (box_predictor is None):
            raise ValueError(f"{name}: expected either num_classes or box_predictor, not both")
        anchors = rpn_anchor_generator or usual_anchors()
        head = rpn_head or RPNHead(channels, anchors.num_anchors_per_location()[0])
        rpn = RegionProposalNetwork(
            anchors, head, rpn_fg_iou_thresh, rpn_bg_iou_thresh, rpn_batch_size_per_image, rpn_positive_fraction,
            {"training": rpn_pre_nms_top_n_train, "testing": rpn_pre_nms_top_n_test},
            {"training": rpn_post_nms_top_n_train, "testing": rpn_post_nms_top_n_test},
            rpn_nms_thresh, rpn_score_thresh,
        )  # fmt: skip
        pool = box_roi_pool or MultiScaleRoIAlign(["0", "1", "2", "3"], 7, 2)
        if box_head is None:
            box_head = TwoMLPHead(channels * int(pool.output_size[0]) ** 2, 1024)
        if box_predictor is None:
            box_predictor = FastRCNNPredictor(1024, num_classes or 0)
        roi_heads = RoIHeads(
            pool, box_head, box_predictor, box_fg_iou_thresh, box_bg_iou_thresh, box_batch_size_per_image,
            box_positive_fraction, bbox_reg_weights, box_score_thresh, box_nms_thresh, box_detections_per_img, **heads,
        )  # fmt: skip
        transform = GeneralizedRCNNTransform(min_size, max_size, image_mean or MEAN, image_std or DEVIATION)
        super().__init__(backbone, rpn, roi_heads, transform)


def resnet50_backbone(
    weights: Any, trained: bool, layers: int | None, pyramid_norm: Maker | None = None, **options: Any
) -> Any:
    """A ResNet-50 with a feature pyramid; its norms learn where nothing in it was learned before."""
    is_trained = trained or weights is not None
    frozen = is_trained and pyramid_norm is None
    return resnet_fpn_backbone(
        backbone_name="resnet50", weights=weights, norm_layer=FrozenBatchNorm2d if frozen else nn.BatchNorm2d,
        trainable_layers=trainable(layers, is_trained, 5, 3), pyramid_norm=pyramid_norm, **options,
    )  # fmt: skip


def _faster_rcnn(
    num_classes: int = 91, weights_backbone: Any = None, trainable_backbone_layers: int | None = None,
    trained: bool = False, **options: Any,
) -> FasterRCNN:  # fmt: skip
    return FasterRCNN(resnet50_backbone(weights_backbone, trained, trainable_backbone_layers), num_classes, **options)


def second_version(weights: Any, trained: bool, layers: int | None) -> tuple[Any, dict[str, Any]]:
    """Backbone and heads of the second version (Li et al., "Benchmarking Detection Transfer Learning", 2021)."""
    backbone = resnet50_backbone(weights, trained, layers, nn.BatchNorm2d)
    anchors = usual_anchors()
    return backbone, {
        "rpn_anchor_generator": anchors,
        "rpn_head": RPNHead(256, anchors.num_anchors_per_location()[0], conv_depth=2),
        "box_head": FastRCNNConvFCHead((256, 7, 7), [256] * 4, [1024], nn.BatchNorm2d),
    }


def _faster_rcnn2(
    num_classes: int = 91, weights_backbone: Any = None, trainable_backbone_layers: int | None = None,
    trained: bool = False, **options: Any,
) -> FasterRCNN:  # fmt: skip
    backbone, heads = second_version(weights_backbone, trained, trainable_backbone_layers)
    return FasterRCNN(backbone, num_classes, **{**heads, **options})


def _on_mobilenet(
    num_classes: int = 91, weights_backbone: Any = None, trainable_backbone_layers: int | None = None,
    trained: bool = False, **options: Any,
) -> FasterRCNN:  # fmt: skip
    is_trained = trained or weights_backbone is not None
    backbone = mobilenet_backbone(
        backbone_name="mobilenet_v3_large", weights=weights_backbone,
        norm_layer=FrozenBatchNorm2d if is_trained else nn.BatchNorm2d,
        trainable_layers=trainable(trainable_backbone_layers, is_trained, 6, 3),
    )  # fmt: skip
    anchors = AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
    return FasterRCNN(backbone, num_classes, **{"rpn_anchor_generator": anchors, "rpn_score_thresh": 0.05, **options})


_SMALL = {"min_size": 320, "max_size": 640, "rpn_pre_nms_top_n_test": 150, "rpn_post_nms_top_n_test": 150}

__all__ = [
    "FastRCNNConvFCHead",
    "FastRCNNPredictor",
    "FasterRCNN",
    "TwoMLPHead",
    *builders(_faster_rcnn, {"fasterrcnn_resnet50_fpn": ("FasterRCNN_ResNet50_FPN", {})}, FasterRCNN),
    *builders(_faster_rcnn2, {"fasterrcnn_resnet50_fpn_v2": ("FasterRCNN_ResNet50_FPN_V2", {})}, FasterRCNN),
    *builders(
        _on_mobilenet,
        {
            "fasterrcnn_mobilenet_v3_large_fpn": ("FasterRCNN_MobileNet_V3_Large_FPN", {}),
            "fasterrcnn_mobilenet_v3_large_320_fpn": ("FasterRCNN_MobileNet_V3_Large_320_FPN", _SMALL),
        },
        FasterRCNN,
    ),
]
