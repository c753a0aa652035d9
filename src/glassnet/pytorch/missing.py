"""What is said of a name of PyTorch's that glassnet does not have: whether it is planned, and the nearest there is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from glassnet.pytorch.public_names import is_module, public_names

# Why names are not planned. A name, in which * stands for anything, stands for everything within it too.
NOT_PLANNED = {
    "processes exchange tensors by all_reduce and its like; DistributedDataParallel averages gradients": (
        "torch.distributed"
    ),
    "there are no kernels for small integers in NumPy": (
        "torch.quantization torch.ao torch.*quant* torch.q_* torch.int_repr torch.per_* torch.qint* torch.quint*"
        " torch.qscheme torch.fbgemm_* torch.QInt* torch.QUInt* torch.Tensor.q_* torch.Tensor.*quant*"
        " torchvision.models.quantization"
        " torch.Tensor.int_repr torch.Tensor.qscheme torch.backends.quantized"
    ),
    "glassnet.trace gives a program that can be read and changed": "torch.fx torch.export torch.jit.CompilationUnit",
    "glassnet.compile is what compiles; its program can be printed": (
        "torch.compiler torch.jit.*fusion* torch.jit.export_opnames torch.jit.Future torch.cond torch.while_loop"
    ),
    "use torch.profiler": "torch.monitor torch.utils.bottleneck torch.profiler.* torch.utils.ThroughputBenchmark",
    "sparse tensors are those of places and values (COO, CSR); use SciPy for others": (
        "torch.sparse* torch.*sparse_* torch.Tensor.*sparse* torch.Tensor.*row_indices torch.Tensor.*col_indices"
        " torch.*row_indices_copy torch.*col_indices_copy torch.indices_copy torch.values_copy torch.saddmm"
        " torch.sspaddmm torch.hsmm torch.Tensor.smm torch.Tensor.sspaddmm"
    ),
    "a tensor has one shape; pad with nn.utils.rnn.pad_sequence": "torch.nested torch.Tensor.to_padded_tensor",
    "use a mask: where(mask, x, 0), or nansum and its like": "torch.masked",
    "NumPy has no such numbers": (
        "torch.float8* torch.float4* torch.bit torch.bits* torch.int1 torch.int2 torch.int3 torch.int4 torch.int5"
        " torch.int6 torch.int7 torch.uint1 torch.uint2 torch.uint3 torch.uint4 torch.uint5 torch.uint6 torch.uint7"
        " torch.complex32 torch.chalf torch.Tensor.chalf"
    ),
    "operations are written in NumPy; see docs/design.md": (
        "torch.utils.cpp_extension torch.library torch.ops torch.classes"
    ),
    "save_model keeps a network with its description": "torch.package",
    "there is no device but the CPU": (
        "torch.cuda torch.mps torch.xpu torch.mtia torch.xla torch.*autocast_ipu* torch.*autocast_xla*"
        " torch.Tensor.mtia torch.autograd.graph.set_*"
    ),
    "it belongs to PyTorch's insides": (
        "torch.cudnn_* torch.miopen_* torch.mkldnn_* torch.batch_norm_* torch.native_* torch.sym_* torch.Sym*"
        " torch._* torch.*._* torch.segment_reduce torch.slice_inverse torch.Tensor.slice_inverse"
        " torch.thread_safe_generator torch.legacy_contiguous_format torch.nn.functional.*scaled_*"
        " torch.nn.functional.SwizzleType torch.convolution torch.nn.functional.ScalingType"
        " torch.nn.functional.grouped_mm torch.nn.factory_kwargs torch.nn.Container"
        " torch.autograd.enforce_grad_layout_policy torch.autograd.set_multithreading_enabled torch.hash_tensor"
        " torch.choose_qparams* torch.Tensor.hash_tensor torch.autograd.NestedIOFunction torch.Tensor.grad_dtype"
        " torch.Tensor.index torch.cuda.amp.amp_definitely_not_available torch.testing.FileCheck"
        " torch.autograd.graph.increment_version torch.autograd.graph.region_* torch.random.thread_safe_generator"
        " torch.nn.utils.convert_conv* torch.utils.dlpack torch.optim.swap_in_optimizer_params_and_state"
        " torch.overrides torch.feature_dropout_ torch.futures torch.fork torch.wait torch.utils.checkpoint.*"
        " torch.utils.backcompat torch.utils.backend_registration torch.utils.bundled_inputs"
        " torch.utils.debug_log torch.utils.file_baton torch.utils.hipify torch.utils.jit torch.utils.mkldnn"
        " torch.utils.mobile_optimizer torch.utils.model_dump torch.utils.show_pickle torch.utils.viz"
        " torch.utils.weak torch.nn.backends torch.nn.cpp torch.nn.intrinsic torch.nn.qat torch.nn.quantiz*"
        " torch.nativert torch.numa torch.utils.cpp_backtrace"
    ),
    "F.cross_entropy(F.linear(x, weight), target) is the same": (
        "torch.nn.LinearCrossEntropy* torch.nn.functional.linear_cross_entropy"
    ),
    "it was never documented; use NLLLoss": "torch.nn.NLLLoss2d",
    "autograd gives these gradients": "torch.nn.grad",
    "x.resize_ and x.reshape do it": "torch.Tensor.resize torch.Tensor.resize_as torch.resize_as_sparse_",
    "use nn.RNN, nn.LSTM, nn.GRU and their cells": (
        "torch.lstm torch.gru torch.rnn_tanh torch.rnn_relu torch.*_cell torch.conv_tbc"
    ),
    "torch.linalg.qr gives Q and R": "torch.*geqrf torch.*orgqr torch.*ormqr",
    "torch.linalg.eigh gives all, in the same time at this size": "torch.lobpcg",
    "torch.linalg.lu_factor and solve do it": "torch.linalg.ldl_* torch.linalg.lu_factor_ex",
    "torch.histogram of each dimension, or np.histogramdd": "torch.histogramdd",
    "read the file with np.fromfile or np.memmap, then torch.from_numpy": "torch.from_file",
    "SciPy's scipy.special has it": "torch.special.airy_ai torch.special.bessel_* torch.special.*modified_bessel_k*",
    "SciPy's scipy.stats.qmc has it": "torch.quasirandom",
    "x.storage() is of the dtype of x": "torch.*Storage",
    "a Dataset with __getitem__, or an IterableDataset, does it": (
        "torch.utils.data.*DataPipe* torch.utils.data.*datapipe* torch.utils.data.DataChunk"
        " torch.utils.data.*validation* torch.utils.data.non_deterministic torch.utils.data.DFIterDataPipe"
    ),
    "videos are read by other libraries; give pictures": (
        "torchvision.io.*video* torchvision.datasets.Kinetics torchvision.datasets.HMDB51 torchvision.datasets.UCF101"
    ),
    "read the files with your own Dataset; ImageFolder reads folders by class": "torchvision.datasets",
    "build it of nn's layers": ("torchvision.models.optical_flow torchvision.models.video"),
    "read sound with the standard library's wave or with scipy.io.wavfile": "torchaudio",
    "its authors have ended it; see docs/layers.md for texts": "torchtext",
}


@cache
def _pattern(names: str) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(name).replace(r"\*", ".*") for name in names.split())
    return re.compile(rf"(?:{alternatives})(?=\.|$)")


def matches(name: str, patterns: str) -> bool:
    """Whether ``name``, or a module that it is in, is one of ``patterns``."""
    return _pattern(patterns).match(name) is not None


def reason(name: str) -> str | None:
    """Why ``name``, with its module, is not planned; None if it is."""
    return next((why for why, names in NOT_PLANNED.items() if matches(name, names)), None)


def explained(module: str, name: str, there: Iterable[str]) -> str:
    """One message: glassnet has no ``name`` in PyTorch's ``module``, where ``there`` are those that it has."""
    whole = f"{module}.{name}" if module else name
    why = reason(whole)
    if why:
        return f"glassnet has no {whole} and will not have it ({why})"
    near = get_close_matches(name, list(there), n=1, cutoff=0.75)
    hint = f"; nearest: {module}.{near[0]}" if near and module else ""
    if name not in public_names().get(module, [name]) and not is_module(whole):
        return f"there is no {whole}, nor has PyTorch one{hint}"
    return f"glassnet has no {whole} yet; it is planned{hint}"
