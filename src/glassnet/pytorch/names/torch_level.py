"""What is on the level of ``torch`` itself and not on that of `glassnet`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

from glassnet import functional
from glassnet.nn import Module
from glassnet.ops import dtypes
from glassnet.pytorch.answered import is_there
from glassnet.pytorch.named_dtypes import dtype, named
from glassnet.pytorch.names.optimized_module import OptimizedModule
from glassnet.pytorch.names.random_states import get_rng_state, set_rng_state
from glassnet.pytorch.notes import said_once
from glassnet.pytorch.out import takes_out
from glassnet.tensor import Tensor, functions
from glassnet.tensor.creation import as_tensor
from glassnet.tensor.wording import layout, strided
from glassnet.threads import loaded

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

_FUNCTIONS = {name: getattr(functional, name) for name in _ALSO_HERE if hasattr(functional, name)}
globals().update(_FUNCTIONS)

_LATER = ["vmap"] if is_there("glassnet.func") else []

_GIVE_DTYPES = ("get_default_dtype", "promote_types", "result_type")

__all__ = [
    *_LATER,
    *_GIVE_DTYPES,
    "asarray",
    "compile",
    "dtype",
    "get_rng_state",
    "layout",
    "matmul",
    "mm",
    "set_rng_state",
    "split",
    "strided",
    *_FUNCTIONS,
]


def _also_of_sparse(name: str) -> Any:
    """`Tensor`'s product of this name; of a sparse tensor its own, by its places alone."""
    plain = takes_out(getattr(Tensor, name))

    @wraps(plain)
    def called(input: Tensor, *args: Any, **named: Any) -> Any:
        if type(input) is not Tensor and hasattr(input, "_places"):
            return getattr(input, name)(*args, **named)
        return plain(input, *args, **named)

    return called


matmul, mm = map(_also_of_sparse, ("matmul", "mm"))


def get_default_dtype() -> Any:
    """The dtype of new floating tensors."""
    return named(dtypes.get_default_dtype())


def result_type(*tensors: Any) -> Any:
    """The dtype that an operation on these tensors and numbers gives."""
    return named(dtypes.result_type(*tensors))


def promote_types(type1: Any, type2: Any) -> Any:
    """The dtype that an operation on tensors of these dtypes gives."""
    return named(functions.function("promote_types")(type1, type2))


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor of ``obj``, of the same memory if it is an array and ``copy`` is not True.

    >>> import numpy as np
    >>> from glassnet.pytorch.names.torch_level import asarray
    >>> asarray(np.arange(3))
    tensor([0, 1, 2])
    """
    tensor = as_tensor(obj, dtype, device)
    return tensor.clone() if copy else tensor


def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`Tensor.split`, whose arguments have other names here.

    >>> import glassnet
    >>> from glassnet.pytorch.names.torch_level import split
    >>> split(tensor=glassnet.arange(5), split_size_or_sections=3)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    return tensor.split(split_size_or_sections, dim)


def compile(model: Any = None, **options: Any) -> Any:
    """``model`` as it is: what PyTorch compiles runs here step by step, unless ``glassnet run --compile`` asks.

    A module is within an `OptimizedModule`, as PyTorch has it.

    >>> from glassnet.pytorch.names.torch_level import compile
    >>> compile(len)
    <built-in function len>
    """
    said_once("torch.compile: the function runs as it is written; glassnet.compile compiles one")
    if isinstance(model, Module):
        return OptimizedModule(model)
    return (lambda function: function) if model is None else model


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r:.80}", name=name)
    return getattr(loaded("glassnet.func"), name)
