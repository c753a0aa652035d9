"""Which public names PyTorch has, of the modules that scripts use: asked of it, and kept in a file of the package.

python -m tests.pytorch.public_names      # writes the file anew, where PyTorch is installed

torchvision's names are those of its documentation, and stand here.
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
  CIFAR10 CIFAR100 Caltech101 Caltech256 CelebA Cityscapes CocoCaptions CocoDetection DTD DatasetFolder EMNIST
  FER2013 FakeData FashionMNIST Flickr30k Flickr8k Food101 ImageFolder ImageNet KMNIST Kinetics LFWPairs LFWPeople
  LSUN MNIST Omniglot OxfordIIITPet Places365 QMNIST SBDataset SEMEION STL10 SVHN StanfordCars UCF101 USPS
  VOCDetection VOCSegmentation VisionDataset WIDERFace
torchvision.io:
  ImageReadMode decode_gif decode_image decode_jpeg decode_png decode_webp encode_jpeg encode_png read_file
  read_image read_video write_file write_jpeg write_png write_video
torchvision.models:
  alexnet convnext_tiny densenet121 densenet161 densenet169 densenet201 efficientnet_b0 efficientnet_b1
  efficientnet_b2 efficientnet_v2_s get_model googlenet inception_v3 list_models maxvit_t mnasnet0_5 mnasnet1_0
  mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_y_400mf resnet18 resnet34 resnet50 resnet101 resnet152
  resnext50_32x4d resnext101_32x8d shufflenet_v2_x0_5 shufflenet_v2_x1_0 squeezenet1_0 squeezenet1_1 swin_t vgg11
  vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn vit_b_16 vit_b_32 vit_l_16 wide_resnet50_2 wide_resnet101_2
torchvision.ops:
  batched_nms box_area box_convert box_iou clip_boxes_to_image generalized_box_iou nms roi_align roi_pool
  sigmoid_focal_loss
torchvision.transforms:
  AugMix AutoAugment CenterCrop ColorJitter Compose ConvertImageDtype ElasticTransform FiveCrop GaussianBlur
  Grayscale InterpolationMode Lambda LinearTransformation Normalize PILToTensor Pad RandAugment RandomAdjustSharpness
  RandomAffine RandomApply RandomAutocontrast RandomChoice RandomCrop RandomEqualize RandomErasing RandomGrayscale
  RandomHorizontalFlip RandomInvert RandomOrder RandomPerspective RandomPosterize RandomResizedCrop RandomRotation
  RandomSolarize RandomVerticalFlip Resize TenCrop ToPILImage ToTensor TrivialAugmentWide
torchvision.transforms.functional:
  adjust_brightness adjust_contrast adjust_hue adjust_saturation affine center_crop crop gaussian_blur hflip
  normalize pad pil_to_tensor resize resized_crop rgb_to_grayscale rotate to_grayscale to_pil_image to_tensor vflip
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
