"""glassnet: neural networks you can see through.

PyTorch's way of writing a network, on NumPy alone. Operations are in `glassnet.ops`, one record
each; `Tensor` carries them out; `nn`, `optim` and `data` build on it.
"""

from __future__ import annotations

from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from glassnet import autograd, notebook
from glassnet.autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from glassnet.errors import DimensionError, DtypeError, GlassnetError, GradientError, RangeError, ShapeError
from glassnet.ops.bfloat16 import bfloat16
from glassnet.ops.dtypes import bool_ as bool
from glassnet.ops.dtypes import (
    complex64,
    complex128,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from glassnet.random import Generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from glassnet.tensor import Tensor, accelerator, backends, cuda, device, namespace
from glassnet.tensor.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from glassnet.tensor.device import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    memory_format,
    preserve_format,
)
from glassnet.tensor.functions import FILE_OF as _FILE_OF
from glassnet.tensor.functions import function as _function
from glassnet.tensor.joining import cat, concat, concatenate, hstack, meshgrid, stack, vstack, where
from glassnet.tensor.namespace import *  # noqa: F403
from glassnet.tensor.sampling import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)
from glassnet.tensor.wording import Size
from glassnet.threads import loaded as _loaded
from glassnet.version import __version__ as __version__

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "Compiled",
    "DimensionError",
    "DoubleTensor",
    "DtypeError",
    "FloatTensor",
    "Generator",
    "GlassnetError",
    "GradientError",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "RangeError",
    "ShapeError",
    "ShortTensor",
    "Size",
    "Tensor",
    "Trainer",
    "accelerator",
    "arange",
    "as_tensor",
    "autograd",
    "backends",
    "bernoulli",
    "bfloat16",
    "bool",
    "cat",
    "cdist",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "checkup",
    "compile",
    "complex64",
    "complex128",
    "concat",
    "concatenate",
    "contiguous_format",
    "cuda",
    "data",
    "device",
    "distributions",
    "double",
    "draw",
    "e",
    "empty",
    "empty_like",
    "enable_grad",
    "eye",
    "fft",
    "float",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "functional",
    "get_default_dtype",
    "get_rng_state",
    "half",
    "hstack",
    "inf",
    "inference_mode",
    "initial_seed",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "linalg",
    "load",
    "load_model",
    "long",
    "manual_seed",
    "memory_format",
    "meshgrid",
    "multinomial",
    "nan",
    "nn",
    "no_grad",
    "normal",
    "ones",
    "ones_like",
    "optim",
    "pi",
    "preserve_format",
    "profiler",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "save",
    "save_model",
    "seed",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "set_rng_state",
    "short",
    "special",
    "stack",
    "symbolic",
    "tensor",
    "training",
    "uint8",
    "utils",
    "vision",
    "vmap",
    "vstack",
    "walkthrough",
    "where",
    "zeros",
    "zeros_like",
]
__all__ += vars(namespace)["__all__"]  # computed there
__all__ += _FILE_OF

half, float, double = float16, float32, float64
short, int, long = int16, int32, int64
cfloat, cdouble = complex64, complex128

# A room too is named trace. Loaded later, it would take the function's place; loaded here, the function takes its.
_loaded("glassnet.trace")
trace = Tensor.trace

# What costs time or another library to load, and is loaded when first used.
_LATER = {
    **dict.fromkeys(
        (
            "BFloat16Tensor",
            "BoolTensor",
            "ByteTensor",
            "CharTensor",
            "DoubleTensor",
            "FloatTensor",
            "HalfTensor",
            "IntTensor",
            "LongTensor",
            "ShortTensor",
        ),
        "tensor.typed",
    ),
    "Compiled": "compilation",
    "Trainer": "training",
    "cdist": "functional",
    "checkup": "explain.checkup",
    "compile": "compilation",
    "draw": "explain.draw",
    "load": "serialization",
    "load_model": "serialization",
    "save": "serialization",
    "save_model": "serialization",
    "set_printoptions": "tensor.printing",
    "symbolic": "explain.symbolic",
    "vmap": "func",
    "walkthrough": "explain.walkthrough",
}
# rooms, loaded when first used, too
_ROOMS = (
    "data",
    "datasets",
    "distributions",
    "explain",
    "export",
    "fft",
    "func",
    "functional",
    "linalg",
    "nn",
    "optim",
    "profiler",
    "scratch",
    "special",
    "tables",
    "training",
    "utils",
    "vision",
)


if TYPE_CHECKING:
    from glassnet import (
        data,
        distributions,
        fft,
        func,
        functional,
        linalg,
        nn,
        optim,
        profiler,
        scratch,
        special,
        training,
        utils,
        vision,
    )
    from glassnet.compilation import Compiled, compile
    from glassnet.explain.checkup import checkup
    from glassnet.explain.draw import draw
    from glassnet.explain.symbolic import symbolic
    from glassnet.explain.walkthrough import walkthrough
    from glassnet.func import vmap
    from glassnet.functional import cdist
    from glassnet.serialization import load, load_model, save, save_model
    from glassnet.tensor.printing import set_printoptions
    from glassnet.tensor.typed import (
        BFloat16Tensor,
        BoolTensor,
        ByteTensor,
        CharTensor,
        DoubleTensor,
        FloatTensor,
        HalfTensor,
        IntTensor,
        LongTensor,
        ShortTensor,
    )
    from glassnet.training import Trainer


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return _loaded(f"glassnet.{name}")
    if name in _FILE_OF:
        return globals().setdefault(name, _function(name))
    if name not in _LATER:
        hint = ""
        if not name.startswith("_"):
            if name in _loaded("glassnet.functional").__all__:
                hint = f"; nn.functional has it: glassnet.nn.functional.{name}"
            elif hasattr(Tensor, name):
                hint = f"; tensors have it: x.{name}"
        raise AttributeError(f"module 'glassnet' has no attribute {name!r:.80}{hint}", name=name)
    return getattr(_loaded(f"glassnet.{_LATER[name]}"), name)


def load_ipython_extension(ipython: object) -> None:
    """What ``%load_ext glassnet`` does in a notebook: ``import torch`` is answered by glassnet from then on."""
    _loaded("glassnet.pytorch").install()


def unload_ipython_extension(ipython: object) -> None:
    """What ``%unload_ext glassnet`` does: it takes that back."""
    _loaded("glassnet.pytorch").uninstall()


def _notebook_html(value: object) -> str:
    html: str = _loaded("glassnet.explain.notebook").html(value)
    return html


notebook.writer = _notebook_html
