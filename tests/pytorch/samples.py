"""PyTorch's own samples: what its tests make each module with, and what they call each function with.

They are in `torch.testing._internal`, whose import takes seconds: so the names stand here and in `names`, and the
samples are loaded by the first test that asks for them. `test_modules` and `test_functions` see that the names are all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from unittest import TestCase, mock

MODULES = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d",
    "BatchNorm2d", "BatchNorm3d", "Bilinear", "CELU", "CTCLoss", "CircularPad1d", "CircularPad2d", "CircularPad3d",
    "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d",
    "ConvTranspose2d", "ConvTranspose3d", "CosineEmbeddingLoss", "CrossEntropyLoss", "ELU", "Embedding",
    "FractionalMaxPool2d", "FractionalMaxPool3d", "GELU", "GLU", "GRU", "GRUCell", "GaussianNLLLoss", "GroupNorm",
    "Hardshrink", "Hardswish", "Hardtanh", "HingeEmbeddingLoss", "HuberLoss", "InstanceNorm1d", "InstanceNorm2d",
    "InstanceNorm3d", "KLDivLoss", "L1Loss", "LPPool1d", "LPPool2d", "LPPool3d", "LSTM", "LSTMCell", "LayerNorm",
    "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
    "LeakyReLU", "Linear", "LinearCrossEntropyLoss", "LocalResponseNorm", "LogSigmoid", "LogSoftmax", "MSELoss",
    "MarginRankingLoss", "MaxPool1d", "MaxPool2d", "MaxPool3d", "Mish", "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss", "MultiMarginLoss", "MultiheadAttention", "NLLLoss", "PReLU", "PoissonNLLLoss",
    "RMSNorm", "RNN", "RNNCell", "ReLU", "ReLU6", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d",
    "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "SELU", "SiLU", "Sigmoid", "SmoothL1Loss",
    "SoftMarginLoss", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink",
    "Threshold", "Transformer", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
    "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


def _import(name: str) -> ModuleType:
    """A module of PyTorch's tests; they need one of the package expecttest, which no sample does.

    For each sample they seed devices that are not there, for each of which PyTorch keeps a printed stack, and look for
    the test that asks, in the stack again: half of the time.
    """
    if "expecttest" not in sys.modules and find_spec("expecttest") is None:
        sys.modules["expecttest"] = absent = ModuleType("expecttest")
        absent.TestCase = TestCase  # type: ignore[attr-defined]
    import torch
    from torch.testing._internal import common_utils

    common_utils.extract_test_fn = lambda: None
    for device in (torch.cuda, torch.xpu, torch.mtia):
        device.manual_seed_all = lambda seed: None  # type: ignore[attr-defined]
    return __import__(name, fromlist=["*"])


@cache
def module_infos() -> dict[str, Any]:
    """What PyTorch's tests know of each module, by its name."""
    database = _import("torch.testing._internal.common_modules").module_db
    return {info.name.removeprefix("nn."): info for info in database}


@cache
def optimizer_infos() -> dict[str, Any]:
    """What PyTorch's tests know of each optimizer, by its name."""
    database = _import("torch.testing._internal.common_optimizers").optim_db
    return {info.optim_cls.__name__: info for info in database}


@cache
def infos() -> dict[str, list[Any]]:
    """What PyTorch's tests know of each operation: an entry for each way to call it."""
    found: dict[str, list[Any]] = {}
    for info in _import("torch.testing._internal.common_methods_invocations").op_db:
        if info.name.startswith("__") or not info.name.startswith(("_", "jiterator", "torch.")):
            found.setdefault(info.name, []).append(info)
    return found


def module_samples(name: str, training: bool) -> Iterator[Any]:
    """What to make the module with, and what to call it with."""
    import torch

    torch.manual_seed(0)
    info = module_infos()[name]
    layer = torch.nn.TransformerEncoderLayer  # which is handed to another module: how it was made is kept
    init = layer.__init__

    def kept(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.made_with = args, kwargs

    with mock.patch.object(layer, "__init__", kept):
        yield from info.module_inputs_func(
            info, device="cpu", dtype=torch.float64, requires_grad=True, training=training
        )


def samples(info: Any, kind: str, dtype: Any, at_most: int) -> list[Any]:
    """Samples of one entry of `infos`, evenly chosen where there are more: of ``kind`` "sample" or "reference"."""
    import torch

    torch.manual_seed(0)
    differentiated = kind == "sample" and dtype == torch.float64 and info.supports_autograd
    found = list(getattr(info, f"{kind}_inputs")("cpu", dtype, requires_grad=differentiated))
    return found[:: -(-len(found) // at_most)] if found else found
