"""What networks for segmentation share: a backbone, and a head whose scores are made as large as the picture."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import glassnet.functional as F
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision import models
from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
from glassnet.vision.models.mobilenet import MobileNetV3, stages_of


class SimpleSegmentation(Module):
    """A backbone that gives "out" (and "aux"), and a classifier of each; see `FCN` and `DeepLabV3`."""

    def __init__(self, backbone: Module, classifier: Module, aux_classifier: Module | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.classifier = classifier
        self.aux_classifier = aux_classifier

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Scores of each class for each pixel, "out" [n, num_classes, height, width], and "aux" if there is a head."""
        maps = self.backbone(x)
        found = OrderedDict(out=self._large(self.classifier(maps["out"]), x))
        if self.aux_classifier is not None:
            found["aux"] = self._large(self.aux_classifier(maps["aux"]), x)
        return found

    def _large(self, scores: Tensor, x: Tensor) -> Tensor:
        return F.interpolate(scores, size=x.shape[-2:], mode="bilinear", align_corners=False)


def dilated_backbone(name: str, weights: Any, with_aux: bool) -> tuple[Module, int, int]:
    """A backbone whose last stages widen their kernels rather than shrink the picture; the channels of its maps."""
    if name.startswith("resnet"):
        network = models.get_model(name, weights=weights, replace_stride_with_dilation=[False, True, True])
        layers, channels = {"layer4": "out", "layer3": "aux"}, (2048, 1024)
    else:
        whole = models.get_model(name, weights=weights, dilated=True)
        assert isinstance(whole, MobileNetV3)
        network = whole.features
        stages = stages_of(network)
        layers = {str(stages[-1]): "out", str(stages[-4]): "aux"}
        channels = (network[stages[-1]].out_channels, network[stages[-4]].out_channels)
    wanted = {layer: called for layer, called in layers.items() if with_aux or called == "out"}
    return IntermediateLayerGetter(network, wanted), *channels
