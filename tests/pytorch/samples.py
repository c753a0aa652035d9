"""PyTorch's own samples: what its tests make each module with, and what they call each function with.

They are in `torch.testing._internal`, whose import takes seconds: so the names stand here, and the samples are loaded
by the first test that asks for them. `test_modules` and `test_functions` see that the names are all there are.
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

FUNCTIONS = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d", "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "batch_norm", "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "celu", "channel_shuffle",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss", "dropout", "dropout2d", "dropout3d",
    "elu", "embedding", "embedding_bag", "feature_alpha_dropout", "fractional_max_pool2d", "fractional_max_pool3d",
    "gaussian_nll_loss", "gelu", "glu", "grid_sample", "group_norm", "hardshrink", "hardsigmoid", "hardswish",
    "hardtanh", "hinge_embedding_loss", "huber_loss", "instance_norm", "interpolate", "kl_div", "l1_loss",
    "layer_norm", "leaky_relu", "linear", "linear_cross_entropy", "local_response_norm", "logsigmoid",
    "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d",
    "mish", "mse_loss", "multi_head_attention_forward", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance", "pdist",
    "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu", "relu6", "rms_norm", "rrelu",
    "scaled_dot_product_attention", "selu", "silu", "smooth_l1_loss", "soft_margin_loss", "softmin", "softplus",
    "softshrink", "softsign", "tanhshrink", "threshold", "triplet_margin_loss", "triplet_margin_with_distance_loss",
    "unfold", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip


def _import(name: str) -> ModuleType:
    """A module of PyTorch's tests; they need one of the package expecttest, which no sample does."""
    if "expecttest" not in sys.modules and find_spec("expecttest") is None:
        sys.modules["expecttest"] = absent = ModuleType("expecttest")
        absent.TestCase = TestCase  # type: ignore[attr-defined]
    return __import__(name, fromlist=["*"])


@cache
def module_infos() -> dict[str, Any]:
    """What PyTorch's tests know of each module, by its name."""
    database = _import("torch.testing._internal.common_modules").module_db
    return {info.name.removeprefix("nn."): info for info in database}


@cache
def function_infos() -> dict[str, list[Any]]:
    """What PyTorch's tests know of each function of `torch.nn.functional`: an entry for each way to call it."""
    found: dict[str, list[Any]] = {}
    for info in _import("torch.testing._internal.common_methods_invocations").op_db:
        if info.name.startswith("nn.functional."):
            found.setdefault(info.name.removeprefix("nn.functional."), []).append(info)
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


def function_samples(info: Any, at_most: int) -> list[Any]:
    """Samples of one entry of `function_infos`, evenly chosen where there are more."""
    import torch

    torch.manual_seed(0)
    samples = list(info.sample_inputs("cpu", torch.float64, requires_grad=info.supports_autograd))
    return samples[:: -(-len(samples) // at_most)] if samples else samples
