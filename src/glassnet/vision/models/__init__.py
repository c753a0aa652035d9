"""Architectures by torchvision's names: ``models.resnet18(num_classes=10)``; each file is loaded when first used.

Names and shapes of parameters are torchvision's, so that its weights can be loaded from a file: ``weights=path``.
"""

from __future__ import annotations

from typing import Any

from glassnet.threads import loaded

# By the file: the names that it has, and those of the weights that torchvision has for them.
_FILES = {
    "alex_net": "AlexNet alexnet",
    "convnext": "ConvNeXt convnext_base convnext_large convnext_small convnext_tiny",
    "densenet": "DenseNet densenet121 densenet161 densenet169 densenet201",
    "efficientnet": "EfficientNet efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l "
    + " ".join(f"efficientnet_b{n}" for n in range(8)),
    "feature_extraction": "FeatureExtractor create_feature_extractor get_graph_node_names",
    "google_net": "GoogLeNet GoogLeNetOutputs googlenet",
    "inception": "Inception3 InceptionOutputs inception_v3",
    "maxvit": "MaxVit maxvit_t",
    "mnasnet": "MNASNet mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3",
    "mobilenet": "MobileNetV2 MobileNetV3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small",
    "regnet": "RegNet regnet_y_128gf "
    + " ".join(f"regnet_{k}_{n}gf regnet_{k}_{m}mf" for k in "xy" for n, m in ((8, 400), (16, 800)))
    + " "
    + " ".join(f"regnet_{k}_{n}gf" for k in "xy" for n in ("1_6", "3_2", "32")),
    "resnet": "ResNet BasicBlock Bottleneck resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d "
    "resnext101_32x8d resnext101_64x4d wide_resnet50_2 wide_resnet101_2",
    "shufflenet": "ShuffleNetV2 shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0",
    "squeezenet": "SqueezeNet squeezenet1_0 squeezenet1_1",
    "swin": "SwinTransformer swin_t swin_s swin_b swin_v2_t swin_v2_s swin_v2_b",
    "vgg": "VGG vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn",
    "vision_transformer": "VisionTransformer vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14",
}
_WHERE = {name: file for file, names in _FILES.items() for name in names.split()}
_TITLES = (
    "EfficientNet_V2_S EfficientNet_V2_M EfficientNet_V2_L MNASNet0_5 MNASNet0_75 MNASNet1_0 MNASNet1_3 "
    "AlexNet ConvNeXt_Base ConvNeXt_Large ConvNeXt_Small ConvNeXt_Tiny "
    "DenseNet121 DenseNet161 DenseNet169 DenseNet201 EfficientNet_B0 EfficientNet_B1 EfficientNet_B2 "
    "EfficientNet_B3 EfficientNet_B4 EfficientNet_B5 EfficientNet_B6 EfficientNet_B7 GoogLeNet Inception_V3 "
    "MobileNet_V2 MobileNet_V3_Large MobileNet_V3_Small ResNet18 ResNet34 ResNet50 ResNet101 ResNet152 "
    "ResNeXt50_32X4D ResNeXt101_32X8D ResNeXt101_64X4D Wide_ResNet50_2 Wide_ResNet101_2 ShuffleNet_V2_X0_5 "
    "ShuffleNet_V2_X1_0 ShuffleNet_V2_X1_5 ShuffleNet_V2_X2_0 SqueezeNet1_0 SqueezeNet1_1 VGG11 VGG11_BN VGG13 "
    "MaxVit_T Swin_T Swin_S Swin_B Swin_V2_T Swin_V2_S Swin_V2_B RegNet_X_400MF RegNet_X_800MF RegNet_X_1_6GF "
    "RegNet_X_3_2GF RegNet_X_8GF RegNet_X_16GF RegNet_X_32GF RegNet_Y_400MF RegNet_Y_800MF RegNet_Y_1_6GF "
    "RegNet_Y_3_2GF RegNet_Y_8GF RegNet_Y_16GF RegNet_Y_32GF RegNet_Y_128GF "
    "VGG13_BN VGG16 VGG16_BN VGG19 VGG19_BN ViT_B_16 ViT_B_32 ViT_L_16 ViT_L_32 ViT_H_14"
)
_FAMILIES = [f"{title}_Weights" for title in _TITLES.split()]
_PACKAGES = ("detection", "segmentation", "video")

__all__ = [
    "Weights", "WeightsError", "get_model", "get_model_builder", "get_model_weights", "get_weight", "list_models",
    *_PACKAGES,
]  # fmt: skip
__all__ += _WHERE
__all__ += _FAMILIES


def list_models(module: Any = None, include: Any = None, exclude: Any = None) -> list[str]:
    """The names of all architectures, or of those of a module: ``models``, ``models.detection`` …

    Of those, the ones that match a pattern of ``include``, and none of ``exclude``, such as "resnet*".

    >>> from glassnet.vision import models
    >>> models.list_models()[:3]
    ['alexnet', 'convnext_base', 'convnext_large']
    >>> models.list_models(models.video)
    ['mc3_18', 'r2plus1d_18', 'r3d_18']
    """
    from fnmatch import fnmatchcase

    own = {name for name, file in _WHERE.items() if name.islower() and file != "feature_extraction"}
    of = {package: {name for name in _package(package).__all__ if name in _builders()} for package in _PACKAGES}
    here = getattr(module, "__name__", "").rpartition(".")[2]
    names = own.union(*of.values()) if module is None else of.get(here, own)
    wanted, unwanted = ([each] if isinstance(each, str) else list(each or ()) for each in (include, exclude))
    return sorted(
        name
        for name in names
        if (not wanted or any(fnmatchcase(name, pattern) for pattern in wanted))
        and not any(fnmatchcase(name, pattern) for pattern in unwanted)
    )


def get_model(name: str, **config: Any) -> Any:
    """The architecture of this name, with the arguments of the function that builds it.

    >>> from glassnet.vision import models
    >>> models.get_model("squeezenet1_1", num_classes=10).num_classes
    10
    """
    return get_model_builder(name)(**config)


def get_model_builder(name: str) -> Any:
    """The function that builds the architecture of this name.

    >>> from glassnet.vision import models
    >>> models.get_model_builder("resnet18") is models.resnet18
    True
    """
    if _WHERE.get(name, "feature_extraction") != "feature_extraction" and name.islower():
        return __getattr__(name)
    if name not in list_models():
        raise ValueError(f"expected the name of an architecture, one of {', '.join(list_models())}; got {name!r:.60}")
    return _builders()[name]


def get_model_weights(name: Any) -> Any:
    """The sets of weights that torchvision has for an architecture, by its name or its function.

    >>> from glassnet.vision import models
    >>> models.get_model_weights("resnet18")
    ResNet18_Weights
    """
    builder = get_model_builder(name) if isinstance(name, str) else name
    return builder.weights


def get_weight(name: str) -> Any:
    """One set of weights, by its name in full.

    >>> from glassnet.vision import models
    >>> models.get_weight("ResNet18_Weights.IMAGENET1K_V1")
    ResNet18_Weights.IMAGENET1K_V1
    """
    family, _, which = name.partition(".")
    for package in _PACKAGES:
        if family in _package(package).__all__:
            return getattr(getattr(_package(package), family), which)
    return getattr(__getattr__(family), which)


def _package(name: str) -> Any:
    return loaded(f"{__name__}.{name}")


def _builders() -> dict[str, Any]:
    builders: dict[str, Any] = _package("building").BUILDERS
    return builders


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return _package(name)
    if name in _WHERE:
        value = getattr(_package(_WHERE[name]), name, None)
        return _builders()[name] if value is None else value
    if name in ("Weights", "WeightsError"):
        return getattr(_package("building"), name)
    if name in _FAMILIES:
        return _package("building").Family(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r:.80}", name=name)
