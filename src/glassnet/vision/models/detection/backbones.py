"""Networks for classification as backbones of detectors: cut off, frozen in part, with a feature pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision import models
from glassnet.vision.models import mobilenet
from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
from glassnet.vision.ops.building_blocks import FrozenBatchNorm2d, Maker
from glassnet.vision.ops.feature_pyramid import FeaturePyramidNetwork, LastLevelMaxPool

__all__ = ["BackboneWithFPN", "mobilenet_backbone", "resnet_fpn_backbone"]


class BackboneWithFPN(Module):
    """A network that gives the maps of some of its layers, and a feature pyramid on them.

    >>> from glassnet.vision.models import detection
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 8, 3, 2, 1))
    >>> backbone = detection.BackboneWithFPN(layers, {"0": "0", "1": "1"}, [4, 8], 5)
    >>> {name: tuple(x.shape[2:]) for name, x in backbone(glassnet.zeros(1, 3, 32, 32)).items()}
    {'0': (16, 16), '1': (8, 8), 'pool': (4, 4)}
    """

    def __init__(
        self, backbone: Module, return_layers: dict[str, str], in_channels_list: Sequence[int], out_channels: int,
        extra_blocks: Module | None = None, norm_layer: Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.body = IntermediateLayerGetter(backbone, return_layers)
        self.fpn = FeaturePyramidNetwork(in_channels_list, out_channels, extra_blocks or LastLevelMaxPool(), norm_layer)
        self.out_channels = out_channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The maps by name, finest first."""
        maps: dict[str, Tensor] = self.fpn(self.body(x))
        return maps


def resnet_fpn_backbone(
    *, backbone_name: str, weights: Any = None, norm_layer: Maker = FrozenBatchNorm2d, trainable_layers: int = 3,
    returned_layers: Sequence[int] | None = None, extra_blocks: Module | None = None,
    pyramid_norm: Maker | None = None,
) -> BackboneWithFPN:  # fmt: skip
    """A ResNet with a feature pyramid of 256 channels; all but the last ``trainable_layers`` of its 5 parts are frozen.

    >>> from glassnet.vision.models import detection
    >>> backbone = detection.resnet_fpn_backbone(backbone_name="resnet18", trainable_layers=5)
    >>> list(backbone(glassnet.zeros(1, 3, 64, 64)))
    ['0', '1', '2', '3', 'pool']
    """
    network: Any = models.get_model(backbone_name, weights=weights, norm_layer=norm_layer)
    if not 0 <= trainable_layers <= 5:
        raise ValueError(f"resnet_fpn_backbone: trainable_layers must be from 0 to 5, got {trainable_layers}")
    learning = ("layer4", "layer3", "layer2", "layer1", "conv1")[:trainable_layers]
    for name, parameter in network.named_parameters():
        if not name.startswith((*learning, *["bn1"] * (trainable_layers == 5))):
            parameter.requires_grad_(False)
    layers = list(returned_layers or (1, 2, 3, 4))
    channels = [network.inplanes // 8 * 2 ** (layer - 1) for layer in layers]
    called = {f"layer{layer}": str(number) for number, layer in enumerate(layers)}
    return BackboneWithFPN(network, called, channels, 256, extra_blocks, pyramid_norm)


def mobilenet_backbone(
    *, backbone_name: str, weights: Any = None, fpn: bool = True, norm_layer: Maker = FrozenBatchNorm2d,
    trainable_layers: int = 2, returned_layers: Sequence[int] | None = None, extra_blocks: Module | None = None,
) -> Module:  # fmt: skip
    """A MobileNet v3 with a feature pyramid of 256 channels, or, without ``fpn``, with one map of 256 channels.

    >>> from glassnet.vision.models import detection
    >>> backbone = detection.mobilenet_backbone(backbone_name="mobilenet_v3_small", trainable_layers=6)
    >>> list(backbone(glassnet.zeros(1, 3, 64, 64)))
    ['0', '1', 'pool']
    """
    whole = models.get_model(backbone_name, weights=weights, norm_layer=norm_layer)
    assert isinstance(whole, mobilenet.MobileNetV3)
    features = whole.features
    stages = mobilenet.stages_of(features)
    if not 0 <= trainable_layers <= len(stages):
        raise ValueError(f"mobilenet_backbone: trainable_layers must be from 0 to {len(stages)}")
    frozen = len(features) if trainable_layers == 0 else stages[len(stages) - trainable_layers]
    for layer in list(features)[:frozen]:
        layer.requires_grad_(False)
    if not fpn:
        last = features[-1].out_channels
        narrowed = nn.Sequential(features, nn.Conv2d(last, 256, 1))
        narrowed.out_channels = 256
        return narrowed
    wanted = [stages[number] for number in returned_layers or (len(stages) - 2, len(stages) - 1)]
    channels = [features[layer].out_channels for layer in wanted]
    called = {str(layer): str(number) for number, layer in enumerate(wanted)}
    return BackboneWithFPN(features, called, channels, 256, extra_blocks)


def trainable(asked: int | None, is_trained: bool, most: int, usual: int) -> int:
    """How many parts of a backbone learn: all if nothing in it was learned before, else as many as asked."""
    if not is_trained:
        return most
    return usual if asked is None else asked
