"""The modules of PyTorch and torchvision that are answered, and where each has its names from."""

from __future__ import annotations

# By the module's name: where its names are looked for, in this order, under `glassnet`. ``pytorch.names`` has what
# only PyTorch's scripts ask for. A name with an asterisk stands for every module within: torch.nn.modules.loss …
SOURCES = {
    "torch": "pytorch.names.torch_level pytorch.names.numbers pytorch.names.settings pytorch.names.mixed_precision .",
    "torch.amp": "pytorch.names.mixed_precision",
    "torch.autograd": "pytorch.names.differentiation autograd",
    "torch.autograd.function": "pytorch.names.differentiation autograd",
    "torch.autograd.functional": "autograd.functional",
    "torch.autograd.grad_mode": "autograd",
    "torch.autograd.gradcheck": "autograd",
    "torch.autograd.variable": "pytorch.names.differentiation",
    "torch.backends": "pytorch.names.backends",
    "torch.backends.*": "pytorch.names.backends.*",
    "torch.cuda": "pytorch.names.devices",
    "torch.cuda.amp": "pytorch.names.mixed_precision",
    "torch.cpu": "pytorch.names.cpu",
    "torch.distributions": "distributions",
    "torch.distributions.*": "distributions",
    "torch.fft": "fft",
    "torch.func": "func",
    "torch.jit": "pytorch.names.jit",
    "torch.linalg": "linalg",
    "torch.mps": "pytorch.names.devices",
    "torch.nn": "pytorch.names.modules nn",
    "torch.nn.functional": "functional",
    "torch.nn.init": "nn.init",
    "torch.nn.modules": "nn",
    "torch.nn.modules.*": "nn",
    "torch.nn.parallel": "pytorch.names.modules nn",
    "torch.nn.parameter": "nn",
    "torch.nn.utils": "nn.utils",
    "torch.nn.utils.clip_grad": "nn.utils",
    "torch.nn.utils.convert_parameters": "nn.utils",
    "torch.nn.utils.parametrizations": "nn.utils.parametrizations",
    "torch.nn.utils.parametrize": "nn.utils.parametrize",
    "torch.nn.utils.prune": "nn.utils.prune",
    "torch.nn.utils.rnn": "nn.utils.rnn",
    "torch.nn.utils.spectral_norm": "nn.utils",
    "torch.nn.utils.weight_norm": "nn.utils",
    "torch.optim": "optim",
    "torch.optim.lr_scheduler": "optim.lr_scheduler",
    "torch.optim.optimizer": "optim",
    "torch.optim.swa_utils": "optim.swa_utils",
    "torch.optim.*": "optim",
    "torch.random": "random .",
    "torch.serialization": ".",
    "torch.special": "special",
    "torch.testing": "pytorch.names.testing",
    "torch.types": "pytorch.names.types",
    "torch.utils": "pytorch.names.utilities",
    "torch.utils.data": "utils.data",
    "torch.utils.data.*": "utils.data",
    "torch.utils.tensorboard": "utils.tensorboard",
    "torch.utils.tensorboard.writer": "utils.tensorboard",
    "torch.utils.checkpoint": "pytorch.names.utilities",
    "torch.utils.model_zoo": "pytorch.names.utilities",
    "torch.version": "pytorch.names.version",
    "torchvision": "pytorch.names.torchvision",
    "torchvision.datasets": "vision.datasets",
    "torchvision.datasets.*": "vision.datasets",
    "torchvision.io": "vision.io",
    "torchvision.models": "vision.models",
    "torchvision.models.*": "vision.models",
    "torchvision.transforms": "vision.transforms",
    "torchvision.transforms.functional": "vision.transforms.functional",
    "torchvision.transforms.v2": "vision.transforms",
    "torchvision.utils": "vision.utils",
}

# Packages that are PyTorch's or stand on it: nothing of theirs is found but what is in the table.
PACKAGES = ("torch", "torchvision", "torchaudio", "torchtext", "torchmetrics", "torchinfo", "torchsummary")


def sources_of(module: str) -> tuple[str, ...] | None:
    """The modules of glassnet in which the names of PyTorch's ``module`` are; None for one that is not answered."""
    outer, _, inner = module.rpartition(".")
    listed = SOURCES.get(module) or SOURCES.get(f"{outer}.*", "").replace("*", inner)
    if not listed:
        return None
    return tuple("glassnet" if name == "." else f"glassnet.{name}" for name in listed.split())


def inner_of(module: str) -> list[str]:
    """The names of the modules directly within ``module``."""
    start = f"{module}."
    return [
        name[len(start) :]
        for name in SOURCES
        if name.startswith(start) and name.count(".") == start.count(".") and not name.endswith("*")
    ]
