"""What is on the level of ``torch`` itself and not on that of `glassnet`."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet import functional
from glassnet.pytorch.named_dtypes import dtype
from glassnet.pytorch.notes import said_once
from glassnet.tensor import Tensor, as_array, made_of

# Functions that PyTorch has both here and in torch.nn.functional.
_ALSO_HERE = (
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout", "avg_pool1d", "batch_norm", "bilinear",
    "binary_cross_entropy_with_logits", "celu", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "ctc_loss", "dropout",
    "embedding", "embedding_bag", "feature_alpha_dropout", "group_norm", "hardshrink", "hinge_embedding_loss",
    "instance_norm", "kl_div", "layer_norm", "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d",
    "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "rms_norm",
    "rrelu", "selu", "threshold", "triplet_margin_loss",
)  # fmt: skip

__all__ = [
    "asarray",
    "channels_last",
    "compile",
    "contiguous_format",
    "dtype",
    "preserve_format",
    "strided",
    *_ALSO_HERE,
]
globals().update({name: getattr(functional, name) for name in _ALSO_HERE if hasattr(functional, name)})
__all__ = [name for name in __all__ if name in globals() or name not in _ALSO_HERE]


class _Format:
    """A layout of memory, which scripts pass on; there is one here."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"


contiguous_format, preserve_format = _Format("contiguous_format"), _Format("preserve_format")
channels_last, strided = _Format("channels_last"), _Format("strided")


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor of ``obj``, of the same memory if it is an array and ``copy`` is not True.

    >>> import numpy as np
    >>> from glassnet.pytorch.names.torch_level import asarray
    >>> asarray(np.arange(3))
    tensor([0, 1, 2])
    """
    if isinstance(obj, Tensor) and not copy:
        return obj.to(dtype=dtype) if dtype is not None else obj
    tensor: Tensor = made_of(obj, as_array(obj, None if dtype is None else np.dtype(dtype), copy=bool(copy)))
    return tensor


def compile(model: Any = None, **options: Any) -> Any:
    """``model`` as it is: what PyTorch compiles runs here step by step, unless ``glassnet run --compile`` asks.

    >>> from glassnet.pytorch.names.torch_level import compile
    >>> compile(len)
    <built-in function len>
    """
    said_once("torch.compile: the function runs as it is written; glassnet.compile compiles one")
    return (lambda function: function) if model is None else model
