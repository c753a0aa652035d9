"""Networks that tell the class of each pixel, and those of videos: they learn, and give what is asked of them."""

from __future__ import annotations

from typing import Any

import pytest

import glassnet
from glassnet import nn
from glassnet.nn import functional as F
from glassnet.vision import models
from glassnet.vision.models import segmentation, video
from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter


def backbone(names: dict[str, str]) -> IntermediateLayerGetter:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 8, 3, 2, 1), nn.Conv2d(8, 8, 3))
    return IntermediateLayerGetter(layers, names)


TINY: dict[str, Any] = {
    "fcn": lambda: segmentation.FCN(
        backbone({"2": "out", "0": "aux"}), segmentation.FCNHead(8, 3), segmentation.FCNHead(4, 3)
    ),
    "deeplab": lambda: segmentation.DeepLabV3(backbone({"2": "out"}), segmentation.DeepLabHead(8, 3, (1, 2))),
    "lraspp": lambda: segmentation.LRASPP(backbone({"0": "low", "2": "high"}), 4, 8, 3, 6),
}


@pytest.mark.parametrize("name", TINY)
def test_each_pixel_has_scores_that_can_be_learned(name: str) -> None:
    model = TINY[name]()
    found = model(glassnet.rand(2, 3, 12, 20))
    assert list(found) == (["out", "aux"] if name == "fcn" else ["out"])
    loss = sum(F.cross_entropy(scores, glassnet.ones(2, 12, 20, dtype=glassnet.int64)) for scores in found.values())
    loss.backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []


def test_a_network_is_cut_off_after_the_last_layer_that_is_wanted() -> None:
    cut = backbone({"0": "first", "2": "last"})
    assert list(cut) == ["0", "1", "2"]
    assert {name: x.shape for name, x in cut(glassnet.rand(1, 3, 8, 8)).items()} == {
        "first": (1, 4, 4, 4),
        "last": (1, 8, 2, 2),
    }
    with pytest.raises(ValueError, match="Sequential has no layer 'late' to return; it has 0, 1, 2, 3"):
        backbone({"late": "out"})


@pytest.mark.slow("networks of up to 14 million parameters")
@pytest.mark.parametrize("kind", ["r3d", "mc3", "r2plus1d"])
def test_a_video_becomes_scores(kind: str) -> None:
    model = video.VideoResNet(kind, [1, 1, 1, 1], num_classes=3, zero_init_residual=True)
    model(glassnet.rand(2, 3, 2, 16, 16)).sum().backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []
    with pytest.raises(ValueError, match="VideoResNet: expected kind, one of r3d, mc3, r2plus1d, got 's3d'"):
        video.VideoResNet("s3d", [1, 1])


@pytest.mark.slow("a network of 11 million parameters, saved and read")
def test_a_second_head_comes_with_weights_that_have_one(tmp_path: Any) -> None:
    name = "deeplabv3_mobilenet_v3_large"
    whole = models.get_model(name, aux_loss=True)
    glassnet.save(whole.state_dict(), tmp_path / "w.pth")
    again = models.get_model(name, weights=tmp_path / "w.pth")
    assert list(again.state_dict()) == list(whole.state_dict())
    with pytest.raises(models.WeightsError, match="MobileNet_V3_Large_Weights"):
        segmentation.deeplabv3_mobilenet_v3_large(weights_backbone=models.MobileNet_V3_Large_Weights.DEFAULT)


def test_names_are_found_where_torchvision_has_them() -> None:
    assert models.list_models(segmentation, include="fcn*") == ["fcn_resnet101", "fcn_resnet50"]
    assert "resnet18" in models.list_models(models, exclude=["vgg*"])
    assert "vgg11" not in models.list_models(exclude=["vgg*"])
    assert repr(models.get_weight("FCN_ResNet50_Weights.DEFAULT")) == "FCN_ResNet50_Weights.DEFAULT"
    assert models.get_model_weights(segmentation.fcn_resnet50) is segmentation.FCN_ResNet50_Weights
    with pytest.raises(AttributeError, match="fcn_resnet18"):
        segmentation.fcn_resnet18  # noqa: B018
