"""The modules of PyTorch and torchvision that are answered, and where each has its names from."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec

from glassnet.pytorch.public_names import is_module

# By the module's name: where its names are looked for, in this order, under `glassnet`. ``pytorch.names`` has what
# only PyTorch's scripts ask for. A name with an asterisk stands for every module within: torch.nn.modules.loss …
SOURCES = {
    "torch": "pytorch.names.torch_level . pytorch.names.global_settings pytorch.names.numbers "
    "pytorch.names.mixed_precision pytorch.names.dtypes_beyond pytorch.names.older_functions pytorch.names.in_place "
    "pytorch.names.flags pytorch.names.short_time pytorch.names.sparse_level pytorch.names.copies",
    "torch._C": "pytorch.names.insides",
    "torch._dynamo": "pytorch.names.compiler",
    "torch._dynamo.config": "pytorch.names.compiler_settings",
    "torch._dynamo.eval_frame": "pytorch.names.optimized_module",
    "torch._inductor": "pytorch.names.compiler",
    "torch._inductor.config": "pytorch.names.compiler_settings",
    "torch.__config__": "pytorch.names.configuration",
    "torch.accelerator": "pytorch.names.accelerators",
    "torch.amp": "pytorch.names.mixed_precision",
    "torch.autograd": "pytorch.names.differentiation autograd",
    "torch.autograd.anomaly_mode": "autograd.anomaly",
    "torch.autograd.forward_ad": "pytorch.names.dual_numbers",
    "torch.autograd.function": "autograd.function",
    "torch.autograd.graph": "pytorch.names.graph_hooks",
    "torch.autograd.profiler": "pytorch.names.profiling",
    "torch.autograd.functional": "autograd.derivatives",
    "torch.autograd.grad_mode": "autograd",
    "torch.autograd.variable": "pytorch.names.differentiation",
    "torch.backends": "pytorch.names.backend",
    "torch.backends.cpu": "pytorch.names.backend",
    "torch.backends.cuda": "pytorch.names.backend pytorch.names.attention_switches",
    "torch.backends.cudnn": "pytorch.names.backend",
    "torch.backends.mkl": "pytorch.names.backend",
    "torch.backends.mkldnn": "pytorch.names.backend",
    "torch.backends.mps": "pytorch.names.backend",
    "torch.backends.openmp": "pytorch.names.backend",
    "torch.cuda": "pytorch.names.devices",
    "torch.cuda.amp": "pytorch.names.mixed_precision",
    "torch.compiler": "pytorch.names.compiler",
    "torch.cpu": "pytorch.names.cpu",
    "torch.distributed": "pytorch.names.distributed",
    "torch.distributions": "distributions",
    "torch.distributions.constraint_registry": "distributions.constraint_registry",
    "torch.distributions.constraints": "distributions.constraints",
    "torch.distributions.kl": "distributions.kl",
    "torch.distributions.transforms": "distributions.transforms",
    "torch.distributions.utils": "distributions.utils",
    "torch.distributions.*": "distributions",
    "torch.fft": "fft",
    "torch.func": "func",
    "torch.hub": "pytorch.names.hub",
    "torch.jit": "pytorch.names.jit",
    "torch.linalg": "linalg",
    "torch.cuda.nvtx": "pytorch.names.marks",
    "torch.mps": "pytorch.names.devices",
    "torch.xpu": "pytorch.names.devices",
    "torch.multiprocessing": "pytorch.names.processes",
    "torch.nn": "pytorch.names.modules nn",
    "torch.nn.attention": "pytorch.names.attention_backends",
    "torch.nn.functional": "functional pytorch.names.in_functional",
    "torch.nn.init": "nn.init pytorch.names.older_init",
    "torch.nn.modules": "nn",
    "torch.nn.modules.utils": "pytorch.names.tuples",
    "torch.nn.modules.*": "nn pytorch.names.bases",
    "torch.nn.parallel": "pytorch.names.modules nn",
    "torch.nn.parameter": "nn pytorch.names.in_parameter",
    "torch.nn.parallel.*": "pytorch.names.modules",
    "torch.nn.utils": "nn.utils pytorch.names.older_utils",
    "torch.nn.utils.fusion": "pytorch.names.older_utils",
    "torch.nn.utils.clip_grad": "nn.utils",
    "torch.nn.utils.convert_parameters": "nn.utils",
    "torch.nn.utils.parametrizations": "nn.utils.parametrizations",
    "torch.nn.utils.parametrize": "nn.utils.parametrize",
    "torch.nn.utils.prune": "nn.utils.prune",
    "torch.nn.utils.rnn": "nn.utils.rnn",
    "torch.nn.utils.stateless": "func.stateless",
    "torch.onnx": "pytorch.names.onnx",
    "torch.optim": "optim",
    "torch.optim.lr_scheduler": "optim.lr_scheduler pytorch.names.bases",
    "torch.optim.optimizer": "optim",
    "torch.optim.swa_utils": "optim.swa_utils",
    "torch.optim.*": "optim",
    "torch.profiler": "profiler",
    "torch.profiler.profiler": "profiler",
    "torch.random": "pytorch.names.random_states random .",
    "torch.serialization": ".",
    "torch.signal": "pytorch.names.signal_level",
    "torch.signal.windows": "pytorch.names.signal_windows",
    "torch.sparse": "pytorch.names.sparse_level",
    "torch.special": "special pytorch.names.polynomials",
    "torch.storage": "pytorch.names.dtypes_beyond",
    "torch.testing": "pytorch.names.testing",
    "torch.types": "pytorch.names.types",
    "torch.utils": "utils",
    "torch.utils.benchmark": "pytorch.names.stopwatch",
    "torch.utils.collect_env": "pytorch.names.configuration",
    "torch.utils.data": "utils.data pytorch.names.distributed_samples",
    "torch.utils.data.distributed": "pytorch.names.distributed_samples",
    "torch.utils.data.*": "utils.data",
    "torch.utils.tensorboard": "utils.tensorboard",
    "torch.utils.tensorboard.writer": "utils.tensorboard",
    "torch.utils.checkpoint": "pytorch.names.utilities",
    "torch.utils.hooks": "pytorch.names.hook_handles",
    "torch.utils.dlpack": "pytorch.names.older_functions .",
    "torch.utils.model_zoo": "pytorch.names.utilities",
    "torch.version": "pytorch.names.imitated_version",
    "functorch": "pytorch.names.functional_modules func",  # as it was called before
    "torchvision": "pytorch.names.torchvision",
    "torchvision.datasets": "vision.datasets",
    "torchvision.datasets.*": "vision.datasets",
    "torchvision.io": "vision.io",
    "torchvision.models": "vision.models",
    "torchvision.models._utils": "vision.models.intermediate_layers",
    "torchvision.models.detection": "vision.models.detection",
    "torchvision.models.detection.*": "vision.models.detection",
    "torchvision.models.segmentation": "vision.models.segmentation",
    "torchvision.models.segmentation.*": "vision.models.segmentation",
    "torchvision.models.video": "vision.models.video",
    "torchvision.models.video.*": "vision.models.video",
    "torchvision.models.*": "vision.models",
    "torchvision.ops": "vision.ops",
    "torchvision.ops.*": "vision.ops",
    "torchvision.transforms": "vision.transforms",
    "torchvision.transforms.functional": "vision.transforms.functional",
    "torchvision.transforms.transforms": "vision.transforms",
    "torchvision.transforms.v2": "vision.transforms.v2",
    "torchvision.transforms.v2.functional": "vision.transforms.v2.sample_functions vision.transforms.functional",
    "torchvision.tv_tensors": "vision.tv_tensors",
    "torchvision.utils": "vision.utils",
}

# Modules that an asterisk stands for, which are found as attributes too: torch.nn.modules.batchnorm, torch.optim.adam.
_WITHIN = {
    "torch.distributions": "bernoulli beta binomial categorical cauchy chi2 continuous_bernoulli dirichlet distribution"
    " exp_family exponential fishersnedecor gamma generalized_pareto geometric gumbel half_cauchy half_normal"
    " independent inverse_gamma kumaraswamy laplace lkj_cholesky log_normal logistic_normal"
    " lowrank_multivariate_normal mixture_same_family multinomial multivariate_normal negative_binomial normal"
    " one_hot_categorical pareto poisson relaxed_bernoulli relaxed_categorical studentT transformed_distribution"
    " uniform von_mises weibull wishart",
    "torch.nn.modules": "activation adaptive batchnorm channelshuffle container conv distance dropout flatten fold"
    " instancenorm lazy linear loss module normalization padding pixelshuffle pooling rnn sparse transformer"
    " upsampling",
    "torch.nn.parallel": "data_parallel distributed",
    "torch.optim": "adadelta adagrad adam adamax adamw asgd lbfgs nadam radam rmsprop rprop sgd sparse_adam",
    "torch.utils.benchmark": "pytorch.names.stopwatch",
    "torch.utils.collect_env": "pytorch.names.configuration",
    "torch.utils.data": "dataloader dataset sampler",
    "torchvision.datasets": "celeba cifar coco dtd eurosat fakedata flowers102 folder food101 mnist oxford_iiit_pet"
    " semeion stl10 svhn usps vision voc",
    "torchvision.models": "convnext densenet efficientnet feature_extraction inception maxvit mnasnet regnet resnet"
    " shufflenetv2 squeezenet swin_transformer vgg vision_transformer",
    "torchvision.models.detection": "anchor_utils backbone_utils faster_rcnn generalized_rcnn image_list keypoint_rcnn"
    " mask_rcnn retinanet roi_heads rpn transform",
    "torchvision.models.segmentation": "deeplabv3 fcn lraspp",
    "torchvision.models.video": "resnet",
    "torchvision.ops": "boxes deform_conv drop_block feature_pyramid_network focal_loss misc poolers",
}

# Modules that an asterisk stands for, and that a function of their name hides, or that only an import finds.
_ONLY_IMPORTED = {
    "torchvision.datasets": "utils",
    "torchvision.models": "alexnet googlenet mobilenet mobilenetv2 mobilenetv3",
    "torchvision.ops": "ciou_loss diou_loss giou_loss ps_roi_align ps_roi_pool roi_align roi_pool stochastic_depth",
}

# PyTorch's packages: nothing of theirs is found but what is in the table.
PACKAGES = ("torch", "functorch", "torchvision", "torchaudio", "torchtext")

# Packages of others that are written in Python on PyTorch's names alone: where one is installed, it runs on glassnet.
STANDING_ON = ("einops", "torchinfo", "torchmetrics", "torchsummary", "torchviz")


def sources_of(module: str) -> tuple[str, ...]:
    """The modules of glassnet in which the names of PyTorch's ``module`` are; none for one that is not in the table."""
    outer, _, inner = module.rpartition(".")
    listed = SOURCES.get(module) or (SOURCES.get(f"{outer}.*", "") if _is_within(outer, inner) else "")
    return tuple("glassnet" if name == "." else f"glassnet.{name}" for name in listed.split())


def _is_within(outer: str, inner: str) -> bool:
    """Whether PyTorch has the module: an asterisk does not stand for ``torch.optim.Adamm``."""
    listed = f"{_WITHIN.get(outer, '')} {_ONLY_IMPORTED.get(outer, '')}".split()
    return inner in listed or inner.startswith("_") or is_module(f"{outer}.{inner}")


def is_answered(module: str) -> bool:
    """Whether ``import module`` is answered."""
    return any(map(is_there, sources_of(module)))


@cache
def inner_of(module: str) -> list[str]:
    """The names of the modules directly within ``module`` that are answered."""
    start = f"{module}."
    within = [*(name[len(start) :] for name in SOURCES if name.startswith(start)), *_WITHIN.get(module, "").split()]
    return [name for name in within if "." not in name and name != "*" and is_answered(start + name)]


@cache
def is_there(source: str) -> bool:
    """Whether glassnet has the module ``source``: the table names some that are yet to be built."""
    if source in sys.modules:
        return True
    outer = source.rpartition(".")[0]
    if outer and not is_there(outer):
        return False
    try:
        return find_spec(source) is not None
    except ModuleNotFoundError:
        return False
