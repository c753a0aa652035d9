"""In which module of PyTorch's a class of glassnet's is at home: torch.nn.modules.conv has Conv2d."""

from __future__ import annotations

import re
from typing import Any

_LAYERS = "torch.nn.modules."
_DISTRIBUTIONS = "torch.distributions."

# By the file, under `glassnet`, or the folder; a star stands for the file's own name.
_BY_FILE = {
    "data.dataset": "torch.utils.data.dataset",
    "data.loader": "torch.utils.data.dataloader",
    "data.sampler": "torch.utils.data.sampler",
    "data.stacked": "torch.utils.data.dataset",
    "distributions.array_transforms": _DISTRIBUTIONS + "transforms",
    "distributions.bijection": _DISTRIBUTIONS + "transforms",
    "distributions.matrix_transforms": _DISTRIBUTIONS + "transforms",
    "functional": "torch.nn.functional",
    "nn": _LAYERS + "*",
    "nn.adaptive_softmax": _LAYERS + "adaptive",
    "nn.attention": _LAYERS + "activation",
    "nn.avg_pooling": _LAYERS + "pooling",
    "nn.batch_norm": _LAYERS + "batchnorm",
    "nn.channels": _LAYERS + "pixelshuffle",
    "nn.convolution": _LAYERS + "conv",
    "nn.embeddings": _LAYERS + "sparse",
    "nn.fractional_pooling": _LAYERS + "pooling",
    "nn.init": "torch.nn.init",
    "nn.interpolation": _LAYERS + "upsampling",
    "nn.margin": _LAYERS + "loss",
    "nn.max_pooling": _LAYERS + "pooling",
    "nn.parameter": "torch.nn.parameter",
    "nn.recurrence": _LAYERS + "rnn",
    "nn.recurrent_cells": _LAYERS + "rnn",
    "nn.shrinkage": _LAYERS + "activation",
    "nn.softmax": _LAYERS + "activation",
    "nn.unfolding": _LAYERS + "fold",
    "nn.utils": "torch.nn.*",
    "optim.lr_scheduler": "torch.optim.lr_scheduler",
    "optim.swa_utils": "torch.optim.swa_utils",
    "tensor.device": "torch",
    "tensor.wording": "torch",
    "pytorch.named_dtypes": "torch",
}  # fmt: skip

# Classes that are not where their file or their name says.
_BY_NAME = {
    "Adafactor": "torch.optim",
    "ChannelShuffle": _LAYERS + "channelshuffle",
    "ExponentialFamily": _DISTRIBUTIONS + "exp_family",
    "FisherSnedecor": _DISTRIBUTIONS + "fishersnedecor",
    "Generator": "torch._C",
    "LowRankMultivariateNormal": _DISTRIBUTIONS + "lowrank_multivariate_normal",
    "Muon": "torch.optim",
    "OneHotCategoricalStraightThrough": _DISTRIBUTIONS + "one_hot_categorical",
    "RelaxedOneHotCategorical": _DISTRIBUTIONS + "relaxed_categorical",
    "SparseAdam": "torch.optim.sparse_adam",
    "StudentT": _DISTRIBUTIONS + "studentT",
}


def home_of(named: Any) -> str:
    """The module that PyTorch has a class or function of glassnet's in; its own where PyTorch has none."""
    module: str = named.__module__
    name: str = named.__name__
    room, _, inner = module.removeprefix("glassnet.").partition(".")
    if not module.startswith("glassnet."):
        return module
    if name in _BY_NAME:
        return _BY_NAME[name]
    if room == "nn" and inner == "lazy":
        return _LAYERS + ("instancenorm" if "Instance" in name else "linear" if name == "LazyLinear" else _lazy(name))
    if room == "nn" and name.startswith("InstanceNorm"):
        return _LAYERS + "instancenorm"
    file = f"{room}.{inner}"
    while file:
        if file in _BY_FILE:
            return _BY_FILE[file].replace("*", inner)
        file = file.rpartition(".")[0]
    if room == "optim":
        return f"torch.optim.{name.lower()}"
    if room == "distributions":
        return _DISTRIBUTIONS + re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return module


def _lazy(name: str) -> str:
    return "conv" if "Conv" in name else "batchnorm"
