"""Architectures: their parameters are torchvision's, by name, shape and order; they learn, and read weights."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.tensor.creation import without_drawing
from glassnet.vision import models, ops
from tests.shares import one_in

# Learned numbers (those that torchvision's documentation gives), entries of the state, and the CRC-32 of the lines
# "name shape" of torchvision 0.28's own state.
STATES = {
    "alexnet": (61100840, 16, 1630271482), "convnext_base": (88591464, 344, 4222076715),
    "convnext_large": (197767336, 344, 3600883397), "convnext_small": (50223688, 344, 4106624470),
    "convnext_tiny": (28589128, 182, 120579583), "densenet121": (7978856, 727, 337036915),
    "densenet161": (28681000, 967, 2765493015), "densenet169": (14149480, 1015, 3265074030),
    "densenet201": (20013928, 1207, 1651195700), "efficientnet_b0": (5288548, 360, 3873908317),
    "efficientnet_b1": (7794184, 508, 1655910652), "efficientnet_b2": (9109994, 508, 433688288),
    "efficientnet_b3": (12233232, 574, 1287372686), "efficientnet_b4": (19341616, 706, 2401763700),
    "efficientnet_b5": (30389784, 854, 2765594634), "efficientnet_b6": (43040704, 986, 3029904410),
    "efficientnet_b7": (66347960, 1200, 1909285089), "efficientnet_v2_l": (118515272, 1548, 4285784977),
    "efficientnet_v2_m": (54139356, 1120, 51685218), "efficientnet_v2_s": (21458488, 782, 550274246),
    "googlenet": (13004888, 364, 1984476711), "inception_v3": (27161264, 580, 1557738495),
    "mnasnet0_5": (2218512, 314, 2996027821), "mnasnet0_75": (3170208, 314, 3271505140),
    "mnasnet1_0": (4383312, 314, 575377052), "mnasnet1_3": (6282256, 314, 1416201231),
    "mobilenet_v2": (3504872, 314, 3710894366), "mobilenet_v3_large": (5483032, 312, 812244354),
    "mobilenet_v3_small": (2542856, 244, 368922809), "resnet101": (44549160, 626, 2172776777),
    "resnet152": (60192808, 932, 2689572413), "resnet18": (11689512, 122, 3269535270),
    "resnet34": (21797672, 218, 2402879462), "resnet50": (25557032, 320, 389688817),
    "resnext101_32x8d": (88791336, 626, 1981587682), "resnext101_64x4d": (83455272, 626, 948329222),
    "resnext50_32x4d": (25028904, 320, 3436125893), "shufflenet_v2_x0_5": (1366792, 338, 270297236),
    "shufflenet_v2_x1_0": (2278604, 338, 2682776781), "shufflenet_v2_x1_5": (3503624, 338, 2878242759),
    "shufflenet_v2_x2_0": (7393996, 338, 1436636889), "squeezenet1_0": (1248424, 52, 147205316),
    "squeezenet1_1": (1235496, 52, 967197338), "vgg11": (132863336, 22, 4249873432),
    "vgg11_bn": (132868840, 62, 3626656645), "vgg13": (133047848, 26, 128212353),
    "vgg13_bn": (133053736, 76, 2530001516), "vgg16": (138357544, 32, 3022949719),
    "vgg16_bn": (138365992, 97, 1616242518), "vgg19": (143667240, 38, 603255321),
    "vgg19_bn": (143678248, 118, 4113857602), "vit_b_16": (86567656, 152, 1118632573),
    "vit_b_32": (88224232, 152, 227039944), "vit_h_14": (632045800, 392, 1824280602),
    "vit_l_16": (304326632, 296, 2402164966), "vit_l_32": (306535400, 296, 273450770),
    "deeplabv3_mobilenet_v3_large": (11025477, 352, 2971248048), "deeplabv3_resnet101": (58630997, 668, 3740891648),
    "deeplabv3_resnet50": (39638869, 362, 3817180201), "fcn_resnet101": (51949141, 632, 251262084),
    "fasterrcnn_mobilenet_v3_large_320_fpn": (19410754, 330, 1156573915),
    "fasterrcnn_mobilenet_v3_large_fpn": (19410754, 330, 1156573915),
    "fasterrcnn_resnet50_fpn": (41808406, 348, 1171242214), "fasterrcnn_resnet50_fpn_v2": (43712278, 404, 102422405),
    "keypointrcnn_resnet50_fpn": (59190378, 366, 4248533623), "maskrcnn_resnet50_fpn": (44454513, 360, 2920984220),
    "maskrcnn_resnet50_fpn_v2": (46359409, 432, 2265423127), "retinanet_resnet50_fpn": (34068119, 354, 1450227358),
    "retinanet_resnet50_fpn_v2": (38198935, 362, 648468637),
    "fcn_resnet50": (32957013, 326, 3249362037), "lraspp_mobilenet_v3_large": (3221538, 319, 45429945),
    "maxvit_t": (30919624, 582, 2388372275), "mc3_18": (11695440, 122, 365062546),
    "r2plus1d_18": (31505325, 224, 3218793238), "r3d_18": (33371472, 122, 2986529204),
    "regnet_x_16gf": (54278536, 428, 3735806996), "regnet_x_1_6gf": (9190136, 356, 2837434665),
    "regnet_x_32gf": (107811560, 446, 1295950421), "regnet_x_3_2gf": (15296552, 482, 640293176),
    "regnet_x_400mf": (5495976, 428, 4270599073), "regnet_x_800mf": (7259656, 320, 3483676581),
    "regnet_x_8gf": (39572648, 446, 1418692799), "regnet_y_128gf": (644812894, 626, 3024227181),
    "regnet_y_16gf": (83590140, 428, 2883144661), "regnet_y_1_6gf": (11202430, 626, 373467109),
    "regnet_y_32gf": (145046770, 472, 2256206683), "regnet_y_3_2gf": (19436338, 494, 2851307144),
    "regnet_y_400mf": (4344144, 384, 1882958281), "regnet_y_800mf": (6432512, 340, 1331484332),
    "regnet_y_8gf": (39381472, 406, 1452370504), "swin_b": (87768224, 353, 452609016),
    "swin_s": (49606258, 353, 3843428653), "swin_t": (28288354, 185, 1422922461),
    "swin_v2_b": (87930848, 449, 1885001597), "swin_v2_s": (49737442, 449, 2961846551),
    "swin_v2_t": (28351570, 233, 1083480005),
    "wide_resnet101_2": (126886696, 626, 3515721026), "wide_resnet50_2": (68883240, 320, 579058945),
}  # fmt: skip


def test_every_architecture_is_in_the_table() -> None:
    assert sorted(STATES) == models.list_models()


@pytest.mark.parametrize("name", one_in(5, STATES))
def test_parameters_are_torchvision_s(name: str) -> None:
    with without_drawing():
        model = models.get_model(name, **({"init_weights": False} if name in ("googlenet", "inception_v3") else {}))
    state = model.state_dict()
    lines = "\n".join(f"{key} {tuple(value.shape)}" for key, value in state.items())
    learned = sum(parameter.numel() for parameter in model.parameters())
    assert (learned, len(state), zlib.crc32(lines.encode())) == STATES[name]


# A small network of each family, and the pixels to a side that it needs.
TINY: dict[str, tuple[Any, int]] = {
    "convnext": (lambda: models.ConvNeXt((4, 8), (1, 2), 0.1, num_classes=3), 32),
    "densenet": (lambda: models.DenseNet(4, (1, 1), 8, num_classes=3, drop_rate=0.1), 32),
    "mnasnet": (lambda: models.MNASNet(0.1, 3), 32),
    "efficientnet_v2": (lambda: models.EfficientNet(0.2, 0.3, stages=((2, 3, 2, 24, 24, 4), (2, 3, 2, 24, 40, 4)),
                                                    fused=1, last_channel=32, num_classes=3), 32),
    "efficientnet": (lambda: models.EfficientNet(0.1, 0.2, num_classes=3), 32),
    "mobilenet_v2": (lambda: models.MobileNetV2(3, 0.1, inverted_residual_setting=[(2, 16, 2, 2)]), 32),
    "mobilenet_v3": (lambda: models.MobileNetV3("small", num_classes=3), 32),
    "resnet": (lambda: models.ResNet(models.BasicBlock, [1, 1, 1, 1], 3, zero_init_residual=True), 32),
    "bottleneck": (lambda: models.ResNet(models.Bottleneck, [1, 1, 1, 1], 3, groups=2, width_per_group=4,
                                         replace_stride_with_dilation=[False, True, True]), 32),
    "shufflenet": (lambda: models.ShuffleNetV2((2, 1, 1), (8, 16, 32, 64, 32), 3), 32),
    "squeezenet": (lambda: models.SqueezeNet("1_1", 3), 32),
    "swin": (lambda: models.SwinTransformer([4, 4], 4, [1, 2], [1, 2], [3, 3], num_classes=3), 32),
    "swin_v2": (lambda: models.SwinTransformer([4, 4], 4, [1, 2], [1, 2], [2, 2], num_classes=3, version=2), 32),
    "maxvit": (lambda: models.MaxVit((32, 32), 4, 2, [4, 8], [1, 1], 4, 0.1, num_classes=3), 32),
    "regnet": (lambda: models.RegNet(4, 8, 4.0, 2.0, 4, 0.25, num_classes=3), 32),
    "vit": (lambda: models.VisionTransformer(16, 8, 1, 2, 16, 8, num_classes=3, representation_size=4), 16),
}  # fmt: skip


@pytest.mark.parametrize("name", TINY)
def test_each_family_learns(name: str) -> None:
    make, side = TINY[name]
    model = make()
    x = glassnet.rand(4, 3, side, side)
    model(x).square().sum().backward()
    lacking = [key for key, parameter in model.named_parameters() if parameter.grad is None]
    assert lacking == []
    model.eval()
    with glassnet.no_grad():
        alone = model(x[:1])
        np.testing.assert_allclose(alone.numpy(), model(x)[:1].numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "fields"), [("googlenet", 3), ("inception_v3", 2)])
@pytest.mark.slow("networks of 13 and 27 million parameters, on pictures as large as they need")
def test_classifiers_on_the_way_answer_in_training(name: str, fields: int) -> None:
    model = models.get_model(name, num_classes=4, init_weights=False, transform_input=True)
    outputs = model(glassnet.zeros(2, 3, 96 if fields == 3 else 299, 96 if fields == 3 else 299))
    assert [x.shape for x in outputs] == [(2, 4)] * fields
    assert model.eval()(glassnet.zeros(1, 3, 96, 96)).shape == (1, 4)


def test_weights_are_read_from_a_file(tmp_path: Any) -> None:
    model = models.shufflenet_v2_x0_5(num_classes=3)
    glassnet.save(model.state_dict(), tmp_path / "w.pth")
    for way in ({"weights": tmp_path / "w.pth"}, {"pretrained": str(tmp_path / "w.pth")}):
        other = models.shufflenet_v2_x0_5(num_classes=3, **way)
        assert (other.fc.weight == model.fc.weight).all()
    with pytest.raises(nn.state_dict.StateError, match=r"fc\.weight"):
        models.shufflenet_v2_x0_5(weights=tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("ways", "named"),
    [
        ({"pretrained": True}, "ResNet18_Weights.DEFAULT"),
        ({"weights": "DEFAULT"}, "ResNet18_Weights.DEFAULT"),
        ({"weights": models.ResNet18_Weights.IMAGENET1K_V1}, "ResNet18_Weights.IMAGENET1K_V1"),
        ({"weights": models.ResNet18_Weights["DEFAULT"]}, "ResNet18_Weights.DEFAULT"),
    ],
)
def test_weights_that_would_be_downloaded_say_what_to_do(ways: dict[str, Any], named: str) -> None:
    with pytest.raises(models.WeightsError, match=f"downloads no weights .{named}.; save them where torchvision is"):
        models.resnet18(**ways)


def test_what_is_no_architecture_is_named() -> None:
    with pytest.raises(ValueError, match=r"one of alexnet, convnext_base.*got 'resnet19'"):
        models.get_model("resnet19")
    with pytest.raises(AttributeError, match="resnet19"):
        models.resnet19  # noqa: B018
    with pytest.raises(TypeError, match="weights: expected the path of a file"):
        models.resnet18(weights=3)
    for make in (
        lambda: models.SqueezeNet("2"), lambda: models.MobileNetV3("medium"), lambda: models.ShuffleNetV2((1,), (1,)),
        lambda: models.VisionTransformer(10, 3, 1, 1, 4, 4), lambda: models.BasicBlock(4, 4, groups=2),
        lambda: models.ResNet(models.BasicBlock, [1] * 4, replace_stride_with_dilation=[True]),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"expected|should be"):
            make()


def test_the_transforms_of_weights_make_inputs() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    x = models.ResNet50_Weights.DEFAULT.transforms()(picture)
    assert x.shape == (3, 224, 224)
    np.testing.assert_allclose(x[:, 0, 0].tolist(), [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-5)


def test_stochastic_depth_leaves_samples_out() -> None:
    layer = ops.StochasticDepth(0.25)
    out = layer(glassnet.ones(1000, 2, 1, 1))
    assert ((out == 0) | (out == 1 / 0.75)).all()
    assert (out[:, 0] == out[:, 1]).all()
    assert 0.65 < (out != 0).float().mean().item() < 0.85
    assert (layer.eval()(glassnet.ones(3)) == 1).all()


def test_layers_within_give_what_they_gave() -> None:
    model = models.ResNet(models.BasicBlock, [1, 1, 1, 1], 3).eval()
    extractor = models.create_feature_extractor(model, {"layer1": "early", "layer4.0.conv2": "late", "fc": "scores"})
    x = glassnet.rand(2, 3, 32, 32)
    found = extractor.eval()(x)
    assert list(found) == ["early", "late", "scores"]
    assert found["early"].shape == (2, 64, 8, 8)
    np.testing.assert_allclose(found["scores"].detach().numpy(), model(x).detach().numpy(), rtol=1e-5)
    assert list(extractor.state_dict()) == list(model.state_dict())
    assert not [layer for layer in model.modules() if layer._call_hooks]
    with pytest.raises(ValueError, match=r"ResNet has no layer 'flatten'; it has conv1, bn1"):
        models.create_feature_extractor(model, ["flatten"])
