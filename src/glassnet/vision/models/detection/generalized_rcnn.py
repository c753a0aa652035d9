"""What networks that find things share: pictures in a list, losses in training, what was found in evaluation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.errors import ShapeError
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array

__all__ = ["GeneralizedRCNN"]

Targets = Sequence[Mapping[str, Any]]


class Detector(Module):
    """The base of networks that find things: a subclass looks at a batch in `looked_at`.

    In training, ``model(images, targets)`` gives a dict of losses, whose sum is to be made smaller; in evaluation,
    ``model(images)`` a list with a dict for each picture: "boxes" [n, 4], "labels" [n], "scores" [n], best first.
    """

    transform: Any
    backbone: Any

    def forward(self, images: Sequence[Tensor], targets: Targets | None = None) -> Any:
        """The losses in training, what was found in evaluation; ``images`` are [3, height, width] from 0 to 1 each."""
        if self.training:
            self._check(images, targets)
        sizes = [(image.shape[-2], image.shape[-1]) for image in images]
        batch, changed = self.transform(images, targets)
        features = self.backbone(batch.tensors)
        if isinstance(features, Tensor):
            features = OrderedDict({"0": features})
        found, losses = self.looked_at(batch, features, changed)
        return losses if self.training else self.transform.postprocess(found, batch.image_sizes, sizes)

    def looked_at(self, images: Any, features: Mapping[str, Tensor], targets: Any) -> tuple[Any, dict[str, Tensor]]:
        """What is found in the batch as it lies in it, and the losses."""
        raise NotImplementedError(f"{type(self).__name__} must define looked_at(self, images, features, targets)")

    def _check(self, images: Sequence[Tensor], targets: Targets | None) -> None:
        name = type(self).__name__
        if targets is None:
            raise AssertionError(f"{name}: in training, expected model(images, targets); model.eval() finds without")
        if len(targets) != len(images):
            raise AssertionError(f"{name}: expected a target for each of {len(images)} pictures, got {len(targets)}")
        for number, target in enumerate(targets):
            boxes = target["boxes"]
            if not isinstance(boxes, Tensor):
                raise AssertionError(f"{name}: expected boxes as a tensor, got {type(boxes).__name__}")
            if boxes.ndim != 2 or boxes.shape[1] != 4:
                raise ShapeError(f"{name}: expected boxes [n, 4] of picture {number}, got {written(boxes.shape)}")
            corners = as_array(boxes)
            flat = (corners[:, 2:] <= corners[:, :2]).any(1)
            if flat.any():
                raise AssertionError(
                    f"{name}: expected boxes (left, top, right, bottom) with a width and a height, got "
                    f"{corners[flat][0].tolist()} for picture {number}; from (x, y, width, height), ops.box_convert"
                )


class GeneralizedRCNN(Detector):
    """Regions are proposed, and each is told (Girshick et al., 2013); see `FasterRCNN`.

    >>> from glassnet.vision.models import detection
    >>> issubclass(detection.FasterRCNN, detection.GeneralizedRCNN)
    True
    """

    def __init__(self, backbone: Module, rpn: Module, roi_heads: Module, transform: Module) -> None:
        super().__init__()
        self.transform = transform
        self.backbone = backbone
        self.rpn = rpn
        self.roi_heads = roi_heads

    def looked_at(self, images: Any, features: Mapping[str, Tensor], targets: Any) -> tuple[Any, dict[str, Tensor]]:
        """Proposed, and told."""
        proposals, of_proposals = self.rpn(images, features, targets)
        found, of_regions = self.roi_heads(features, proposals, images.image_sizes, targets)
        return found, {**of_regions, **of_proposals}
