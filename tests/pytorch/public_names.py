"""Which public names PyTorch has, of the modules that scripts use: asked of it, and kept in a file of the package.

python -m tests.pytorch.public_names      # writes the file anew, where PyTorch is installed

torchvision's names are those that 0.28 lists, and stand here.
"""

from __future__ import annotations

import pkgutil
import textwrap
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import glassnet.pytorch
from glassnet.pytorch.public_names import listed

FILE = Path(glassnet.pytorch.__file__).parent / "public_names.txt"

MODULES = (
    "torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils",
    "torch.nn.utils.rnn", "torch.nn.utils.parametrize", "torch.nn.utils.parametrizations",
    "torch.nn.utils.prune", "torch.optim", "torch.optim.lr_scheduler", "torch.optim.swa_utils",
    "torch.utils.data", "torch.utils.checkpoint", "torch.autograd", "torch.autograd.functional",
    "torch.autograd.graph", "torch.linalg", "torch.fft", "torch.special", "torch.signal.windows",
    "torch.distributions", "torch.distributions.transforms", "torch.distributions.constraints",
    "torch.distributions.kl", "torch.func", "torch.sparse", "torch.onnx", "torch.jit", "torch.compiler",
    "torch.cuda", "torch.amp", "torch.cuda.amp", "torch.cpu", "torch.mps", "torch.accelerator", "torch.random",
    "torch.hub", "torch.profiler", "torch.multiprocessing", "torch.distributed", "torch.testing", "torch.types",
)  # fmt: skip

# What is found in PyTorch's modules and is no part of what they offer.
_NOT_OFFERED = {
    "torch": {
        "AVG", "PRIVATE_OPS", "SUM", "TYPE_CHECKING", "USE_GLOBAL_DEPS", "USE_RTLD_GLOBAL_WITH_LIBTORCH",
        "classproperty", "get_file_path", "prepare_multiprocessing_environment", "profiler_allow_cudagraph_cupti_lazy_"
        "reinit_cuda12", "import_ir_module", "import_ir_module_from_buffer", "init_num_threads",
        "merge_type_from_type_comment", "parse_ir", "parse_schema", "parse_type_comment", "unify_type_list",
    },
    "torch.nn.functional": {
        "BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "GRID_SAMPLE_INTERPOLATION_MODES",
        "GRID_SAMPLE_PADDING_MODES", "TYPE_CHECKING", "Tensor", "assert_int_or_pair", "boolean_dispatch",
        "handle_torch_function", "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic",
        "reproducibility_notes", "sparse_support_notes", "tf32_notes",
    },
    "torch.linalg": {"common_notes"},
    "torch.fft": {"Tensor"},
    "torch.distributed": {"constants", "group", "reduce_op"},
}  # fmt: skip

# Classes of PyTorch's compiled part that are more than its insides.
_CLASSES = {"Generator", "Size", "device", "dtype", "finfo", "iinfo", "layout", "memory_format"}

_BY_DOCUMENTATION = """\
torch.utils.tensorboard:
  FileWriter SummaryWriter
torchvision.datasets:
  CIFAR10 CIFAR100 CLEVRClassification CREStereo Caltech101 Caltech256 CarlaStereo CelebA Cityscapes CocoCaptions
  CocoDetection Country211 DTD DatasetFolder EMNIST ETH3DStereo EuroSAT FER2013 FGVCAircraft FakeData
  FallingThingsStereo FashionMNIST Flickr30k Flickr8k Flowers102 FlyingChairs FlyingThings3D Food101 GTSRB HD1K
  HMDB51 INaturalist ImageFolder ImageNet Imagenette InStereo2k KMNIST Kinetics Kitti Kitti2012Stereo Kitti2015Stereo
  KittiFlow LFWPairs LFWPeople LSUN LSUNClass MNIST Middlebury2014Stereo MovingMNIST Omniglot OxfordIIITPet PCAM
  PhotoTour Places365 QMNIST RenderedSST2 SBDataset SBU SEMEION STL10 SUN397 SVHN SceneFlowStereo Sintel SintelStereo
  StanfordCars UCF101 USPS VOCDetection VOCSegmentation VisionDataset WIDERFace wrap_dataset_for_transforms_v2
torchvision.io:
  ImageReadMode decode_avif decode_gif decode_heic decode_image decode_jpeg decode_png decode_webp encode_jpeg
  encode_png read_file read_image write_file write_jpeg write_png
torchvision.models:
  AlexNet AlexNet_Weights ConvNeXt ConvNeXt_Base_Weights ConvNeXt_Large_Weights ConvNeXt_Small_Weights
  ConvNeXt_Tiny_Weights DenseNet DenseNet121_Weights DenseNet161_Weights DenseNet169_Weights DenseNet201_Weights
  EfficientNet EfficientNet_B0_Weights EfficientNet_B1_Weights EfficientNet_B2_Weights EfficientNet_B3_Weights
  EfficientNet_B4_Weights EfficientNet_B5_Weights EfficientNet_B6_Weights EfficientNet_B7_Weights
  EfficientNet_V2_L_Weights EfficientNet_V2_M_Weights EfficientNet_V2_S_Weights GoogLeNet GoogLeNetOutputs
  GoogLeNet_Weights Inception3 InceptionOutputs Inception_V3_Weights MNASNet MNASNet0_5_Weights MNASNet0_75_Weights
  MNASNet1_0_Weights MNASNet1_3_Weights MaxVit MaxVit_T_Weights MobileNetV2 MobileNetV3 MobileNet_V2_Weights
  MobileNet_V3_Large_Weights MobileNet_V3_Small_Weights RegNet RegNet_X_16GF_Weights RegNet_X_1_6GF_Weights
  RegNet_X_32GF_Weights RegNet_X_3_2GF_Weights RegNet_X_400MF_Weights RegNet_X_800MF_Weights RegNet_X_8GF_Weights
  RegNet_Y_128GF_Weights RegNet_Y_16GF_Weights RegNet_Y_1_6GF_Weights RegNet_Y_32GF_Weights RegNet_Y_3_2GF_Weights
  RegNet_Y_400MF_Weights RegNet_Y_800MF_Weights RegNet_Y_8GF_Weights ResNeXt101_32X8D_Weights
  ResNeXt101_64X4D_Weights ResNeXt50_32X4D_Weights ResNet ResNet101_Weights ResNet152_Weights ResNet18_Weights
  ResNet34_Weights ResNet50_Weights ShuffleNetV2 ShuffleNet_V2_X0_5_Weights ShuffleNet_V2_X1_0_Weights
  ShuffleNet_V2_X1_5_Weights ShuffleNet_V2_X2_0_Weights SqueezeNet SqueezeNet1_0_Weights SqueezeNet1_1_Weights
  SwinTransformer Swin_B_Weights Swin_S_Weights Swin_T_Weights Swin_V2_B_Weights Swin_V2_S_Weights Swin_V2_T_Weights
  VGG VGG11_BN_Weights VGG11_Weights VGG13_BN_Weights VGG13_Weights VGG16_BN_Weights VGG16_Weights VGG19_BN_Weights
  VGG19_Weights ViT_B_16_Weights ViT_B_32_Weights ViT_H_14_Weights ViT_L_16_Weights ViT_L_32_Weights
  VisionTransformer Weights WeightsEnum Wide_ResNet101_2_Weights Wide_ResNet50_2_Weights alexnet convnext_base
  convnext_large convnext_small convnext_tiny densenet121 densenet161 densenet169 densenet201 efficientnet_b0
  efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6 efficientnet_b7
  efficientnet_v2_l efficientnet_v2_m efficientnet_v2_s get_model get_model_builder get_model_weights get_weight
  googlenet inception_v3 list_models maxvit_t mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2
  mobilenet_v3_large mobilenet_v3_small regnet_x_16gf regnet_x_1_6gf regnet_x_32gf regnet_x_3_2gf regnet_x_400mf
  regnet_x_800mf regnet_x_8gf regnet_y_128gf regnet_y_16gf regnet_y_1_6gf regnet_y_32gf regnet_y_3_2gf regnet_y_400mf
  regnet_y_800mf regnet_y_8gf resnet101 resnet152 resnet18 resnet34 resnet50 resnext101_32x8d resnext101_64x4d
  resnext50_32x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0 squeezenet1_0
  squeezenet1_1 swin_b swin_s swin_t swin_v2_b swin_v2_s swin_v2_t vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19
  vgg19_bn vit_b_16 vit_b_32 vit_h_14 vit_l_16 vit_l_32 wide_resnet101_2 wide_resnet50_2
torchvision.models.detection:
  FCOS FCOS_ResNet50_FPN_Weights FasterRCNN FasterRCNN_MobileNet_V3_Large_320_FPN_Weights
  FasterRCNN_MobileNet_V3_Large_FPN_Weights FasterRCNN_ResNet50_FPN_V2_Weights FasterRCNN_ResNet50_FPN_Weights
  KeypointRCNN KeypointRCNN_ResNet50_FPN_Weights MaskRCNN MaskRCNN_ResNet50_FPN_V2_Weights
  MaskRCNN_ResNet50_FPN_Weights RetinaNet RetinaNet_ResNet50_FPN_V2_Weights RetinaNet_ResNet50_FPN_Weights
  SSD300_VGG16_Weights SSDLite320_MobileNet_V3_Large_Weights fasterrcnn_mobilenet_v3_large_320_fpn
  fasterrcnn_mobilenet_v3_large_fpn fasterrcnn_resnet50_fpn fasterrcnn_resnet50_fpn_v2 fcos_resnet50_fpn
  keypointrcnn_resnet50_fpn maskrcnn_resnet50_fpn maskrcnn_resnet50_fpn_v2 retinanet_resnet50_fpn
  retinanet_resnet50_fpn_v2 ssd300_vgg16 ssdlite320_mobilenet_v3_large
torchvision.models.segmentation:
  DeepLabV3 DeepLabV3_MobileNet_V3_Large_Weights DeepLabV3_ResNet101_Weights DeepLabV3_ResNet50_Weights FCN
  FCN_ResNet101_Weights FCN_ResNet50_Weights LRASPP LRASPP_MobileNet_V3_Large_Weights deeplabv3_mobilenet_v3_large
  deeplabv3_resnet101 deeplabv3_resnet50 fcn_resnet101 fcn_resnet50 lraspp_mobilenet_v3_large
torchvision.models.video:
  MC3_18_Weights MViT MViT_V1_B_Weights MViT_V2_S_Weights R2Plus1D_18_Weights R3D_18_Weights S3D S3D_Weights
  Swin3D_B_Weights Swin3D_S_Weights Swin3D_T_Weights SwinTransformer3d VideoResNet mc3_18 mvit_v1_b mvit_v2_s
  r2plus1d_18 r3d_18 s3d swin3d_b swin3d_s swin3d_t
torchvision.models.optical_flow:
  RAFT Raft_Large_Weights Raft_Small_Weights raft_large raft_small
torchvision.models.quantization:
  GoogLeNet_QuantizedWeights Inception_V3_QuantizedWeights MobileNet_V2_QuantizedWeights
  MobileNet_V3_Large_QuantizedWeights QuantizableGoogLeNet QuantizableInception3 QuantizableMobileNetV2
  QuantizableMobileNetV3 QuantizableResNet QuantizableShuffleNetV2 ResNeXt101_32X8D_QuantizedWeights
  ResNeXt101_64X4D_QuantizedWeights ResNet18_QuantizedWeights ResNet50_QuantizedWeights
  ShuffleNet_V2_X0_5_QuantizedWeights ShuffleNet_V2_X1_0_QuantizedWeights ShuffleNet_V2_X1_5_QuantizedWeights
  ShuffleNet_V2_X2_0_QuantizedWeights googlenet inception_v3 mobilenet_v2 mobilenet_v3_large resnet18 resnet50
  resnext101_32x8d resnext101_64x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0
torchvision.ops:
  Conv2dNormActivation Conv3dNormActivation DeformConv2d DropBlock2d DropBlock3d FeaturePyramidNetwork
  FrozenBatchNorm2d MLP MultiScaleRoIAlign PSRoIAlign PSRoIPool Permute RoIAlign RoIPool SqueezeExcitation
  StochasticDepth batched_nms box_area box_convert box_iou clip_boxes_to_image complete_box_iou complete_box_iou_loss
  deform_conv2d distance_box_iou distance_box_iou_loss drop_block2d drop_block3d generalized_box_iou
  generalized_box_iou_loss masks_to_boxes nms ps_roi_align ps_roi_pool remove_small_boxes roi_align roi_pool
  sigmoid_focal_loss stochastic_depth
torchvision.transforms:
  AugMix AutoAugment AutoAugmentPolicy CenterCrop ColorJitter Compose ConvertImageDtype ElasticTransform FiveCrop
  GaussianBlur Grayscale InterpolationMode Lambda LinearTransformation Normalize PILToTensor Pad RandAugment
  RandomAdjustSharpness RandomAffine RandomApply RandomAutocontrast RandomChoice RandomCrop RandomEqualize
  RandomErasing RandomGrayscale RandomHorizontalFlip RandomInvert RandomOrder RandomPerspective RandomPosterize
  RandomResizedCrop RandomRotation RandomSolarize RandomVerticalFlip Resize TenCrop ToPILImage ToTensor
  TrivialAugmentWide
torchvision.transforms.functional:
  InterpolationMode adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation adjust_sharpness
  affine autocontrast center_crop convert_image_dtype crop elastic_transform equalize erase five_crop gaussian_blur
  get_dimensions get_image_num_channels get_image_size hflip invert normalize pad perspective pil_to_tensor posterize
  resize resized_crop rgb_to_grayscale rotate solarize ten_crop to_grayscale to_pil_image to_tensor vflip
torchvision.transforms.v2:
  AugMix AutoAugment AutoAugmentPolicy CenterCrop ClampBoundingBoxes ClampKeyPoints ColorJitter Compose
  ConvertBoundingBoxFormat ConvertImageDtype CutMix ElasticTransform FiveCrop GaussianBlur GaussianNoise Grayscale
  Identity InterpolationMode JPEG Lambda LinearTransformation MixUp Normalize PILToTensor Pad RGB RandAugment
  RandomAdjustSharpness RandomAffine RandomApply RandomAutocontrast RandomChannelPermutation RandomChoice RandomCrop
  RandomEqualize RandomErasing RandomGrayscale RandomHorizontalFlip RandomInvert RandomIoUCrop RandomOrder
  RandomPerspective RandomPhotometricDistort RandomPosterize RandomResize RandomResizedCrop RandomRotation
  RandomShortestSize RandomSolarize RandomVerticalFlip RandomZoomOut Resize SanitizeBoundingBoxes SanitizeKeyPoints
  ScaleJitter SetClampingMode TenCrop ToDtype ToImage ToPILImage ToPureTensor ToTensor Transform TrivialAugmentWide
  UniformTemporalSubsample check_type get_bounding_boxes get_keypoints has_all has_any query_chw query_size
torchvision.transforms.v2.functional:
  InterpolationMode adjust_brightness adjust_brightness_image adjust_brightness_video adjust_contrast
  adjust_contrast_image adjust_contrast_video adjust_gamma adjust_gamma_image adjust_gamma_video adjust_hue
  adjust_hue_image adjust_hue_video adjust_saturation adjust_saturation_image adjust_saturation_video
  adjust_sharpness adjust_sharpness_image adjust_sharpness_video affine affine_bounding_boxes affine_image
  affine_keypoints affine_mask affine_video autocontrast autocontrast_image autocontrast_video center_crop
  center_crop_bounding_boxes center_crop_image center_crop_keypoints center_crop_mask center_crop_video
  clamp_bounding_boxes clamp_keypoints convert_bounding_box_format convert_image_dtype crop crop_bounding_boxes
  crop_image crop_keypoints crop_mask crop_video elastic elastic_bounding_boxes elastic_image elastic_keypoints
  elastic_mask elastic_transform elastic_video equalize equalize_image equalize_video erase erase_image erase_video
  five_crop five_crop_image five_crop_video gaussian_blur gaussian_blur_image gaussian_blur_video gaussian_noise
  gaussian_noise_image gaussian_noise_video get_dimensions get_dimensions_image get_dimensions_video
  get_image_num_channels get_image_size get_num_channels get_num_channels_image get_num_channels_video get_num_frames
  get_num_frames_video get_size get_size_bounding_boxes get_size_image get_size_keypoints get_size_mask
  get_size_video grayscale_to_rgb grayscale_to_rgb_image hflip horizontal_flip horizontal_flip_bounding_boxes
  horizontal_flip_image horizontal_flip_keypoints horizontal_flip_mask horizontal_flip_video invert invert_image
  invert_video is_pure_tensor jpeg jpeg_image jpeg_video normalize normalize_image normalize_video pad
  pad_bounding_boxes pad_image pad_keypoints pad_mask pad_video permute_channels permute_channels_image
  permute_channels_video perspective perspective_bounding_boxes perspective_image perspective_keypoints
  perspective_mask perspective_video pil_to_tensor posterize posterize_image posterize_video register_kernel resize
  resize_bounding_boxes resize_image resize_keypoints resize_mask resize_video resized_crop
  resized_crop_bounding_boxes resized_crop_image resized_crop_keypoints resized_crop_mask resized_crop_video
  rgb_to_grayscale rgb_to_grayscale_image rotate rotate_bounding_boxes rotate_image rotate_keypoints rotate_mask
  rotate_video sanitize_bounding_boxes sanitize_keypoints solarize solarize_image solarize_video ten_crop
  ten_crop_image ten_crop_video to_dtype to_dtype_image to_dtype_video to_grayscale to_image to_pil_image to_tensor
  uniform_temporal_subsample uniform_temporal_subsample_video vertical_flip vertical_flip_bounding_boxes
  vertical_flip_image vertical_flip_keypoints vertical_flip_mask vertical_flip_video vflip
torchvision.tv_tensors:
  BoundingBoxFormat BoundingBoxes Image KeyPoints Mask TVTensor Video is_rotated_bounding_format set_return_type wrap
torchvision.utils:
  draw_bounding_boxes draw_keypoints draw_segmentation_masks flow_to_image make_grid save_image
"""


def of_pytorch() -> dict[str, list[str]]:
    """The public names of each module, by asking PyTorch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = {name: sorted(_offered(name)) for name in MODULES}
    return names | listed(_BY_DOCUMENTATION) | {"modules": sorted(_modules())}


_PACKAGES = (
    "torch torch.nn torch.nn.modules torch.nn.utils torch.optim torch.autograd torch.utils torch.utils.data"
    " torch.backends torch.distributions torch.cuda"
)


def _modules() -> set[str]:
    """The modules of PyTorch, and of those whose insides scripts import."""
    found = {"torch"}
    for name in _PACKAGES.split():
        inside = pkgutil.iter_modules(import_module(name).__path__)
        found |= {f"{name}.{module.name}" for module in inside if not module.name.startswith("_")}
    return found


def _offered(name: str) -> set[str]:
    import torch

    module: Any = torch.Tensor if name == "torch.Tensor" else import_module(name)
    listed = getattr(module, "__all__", None)
    names = {*(listed or dir(module)), *(dir(module) if name == "torch" else ())} - _NOT_OFFERED.get(name, set())
    return {n for n in names if not n.startswith("_") and _is_public(name, module, n, listed is not None)}


def _is_public(module_name: str, module: Any, name: str, is_listed: bool) -> bool:
    import torch

    value = getattr(module, name, None)
    if module_name == "torch.Tensor":
        return True
    if isinstance(value, ModuleType):
        return False
    if module_name == "torch":
        inside = isinstance(value, type) and hasattr(torch._C, name) and not issubclass(value, Exception)
        home = getattr(value, "__module__", None) or "torch"
        return not (inside and name not in _CLASSES and not name.endswith("Tensor")) and home.startswith("torch")
    return is_listed or str(getattr(value, "__module__", None) or "torch").startswith("torch")


def written(names: dict[str, list[str]]) -> str:
    """The text of the file: of each module its name, a colon and its names, on as many lines as that takes."""
    parts = [f"{module}:\n{textwrap.indent(textwrap.fill(' '.join(n), 117), '  ')}" for module, n in names.items()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(of_pytorch()), encoding="utf-8")
