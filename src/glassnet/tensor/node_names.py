"""What PyTorch calls the nodes of the graph: mul leaves a MulBackward0, the sum over a dimension a SumBackward1.

A node's name comes from its operation, or from the function that called it `labelled`. Where it depends on more than
that, there is a rule here. A node that backward has freed no longer knows its inputs, and has the commonest name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.threads import loaded

# Operations and labels whose name is not the one that their letters give.
_NAMES = {
    "broadcast_to": "ExpandBackward0",
    "clamp": "ClampBackward1",
    "det": "LinalgDetBackward0",
    "diagonal_copied": "DiagonalBackward0_copy",
    "kron": "UnsafeViewBackward0",
    "concatenate": "CatBackward0",
    "cross_entropy": "NllLossBackward0",
    "conv_transpose": "ConvolutionBackward0",
    "copy": "CloneBackward0",
    "gelu_tanh": "GeluBackward0",
    "huber": "HuberLossBackward0",
    "l1_loss": "MeanBackward0",
    "logsigmoid": "LogSigmoidBackward0",
    "masked_scale": "MulBackward0",
    "matrix_exp": "LinalgMatrixExpBackward0",
    "max_of_all": "MaxBackward1",
    "max_unpool": "MaxUnpool2DBackward0",
    "inverse": "LinalgInvExBackward0",
    "linalg_cholesky": "LinalgCholeskyExBackward0",
    "linalg_inv": "LinalgInvExBackward0",
    "linalg_lu_factor": "LinalgLuFactorExBackward0",
    "qr": "LinalgQrBackward0",
    "slogdet": "LinalgSlogdetBackward0",
    "svd": "LinalgSvdBackward0",
    "linalg_solve": "LinalgSolveExBackward0",
    "min_of_all": "MinBackward1",
    "norm": "LinalgVectorNormBackward0",
    "pad": "ConstantPadNdBackward0",
    "pinv": "LinalgPinvBackward0",
    "permuted": "PermuteBackward0",
    "prelu": "PreluKernelBackward0",
    "put": "DiagEmbedBackward0",
    "relu6": "HardtanhBackward0",
    "selu": "EluBackward0",
    "setitem": "CopySlices",
    "softsign": "DivBackward0",
    "solve": "LinalgSolveExBackward0",
    "squeeze_dim": "SqueezeBackward1",
    "squeeze_dims": "SqueezeBackward2",
    "tile": "RepeatBackward0",
    "transposed_back": "TransposeBackward1",
    "smooth_l1": "SmoothL1LossBackward0",
    "square": "PowBackward0",
    "squared_error": "MseLossBackward0",
    "tanhshrink": "SubBackward0",
}


def node_name(node: Any) -> str:
    """The name of a `glassnet.tensor.graph.Node`."""
    name: str = getattr(node, "label", "") or node.op.name
    if name.endswith("Backward"):  # of a `glassnet.autograd.Function`
        return name
    rule = _RULES.get(name)
    return rule(node) if rule is not None else _NAMES.get(name) or f"{camel(name)}Backward0"


def full_name(node: Any) -> str:
    """What the class of a `glassnet.tensor.graph.Node` would be called: that of a Function with PyTorch's module."""
    name: str = node.name()
    prefix = loaded("glassnet.tensor.wording").torch_prefix() if name.endswith("Backward") else ""
    return f"{prefix}autograd.function.{name}" if prefix else name


def camel(name: str) -> str:
    """``log1p`` as Log1P, ``masked_fill_`` as MaskedFill."""
    parts = [part[:1].upper() + part[1:] for part in name.strip("_").split("_")]
    return re.sub(r"\d[a-z]", lambda found: found.group().upper(), "".join(parts))


def _is_array(node: Any, position: int) -> bool:
    return position >= len(node.values) or np.ndim(node.values[position]) > 0 or hasattr(node.values[position], "dtype")


def _sub(node: Any) -> str:
    return "SubBackward0" if _is_array(node, 0) else "RsubBackward1"


def _div(node: Any) -> str:
    return "DivBackward0" if _is_array(node, 0) else "MulBackward0"


def _pow(node: Any) -> str:
    if not node.values or not _is_array(node, 1):
        return "PowBackward0"
    return "PowBackward1" if _is_array(node, 0) else "PowBackward2"


def _of_dim(name: str) -> Callable[[Any], str]:
    """One name for the reduction of all elements, another for that of some dimensions."""
    return lambda node: f"{name}Backward{0 if node.params['dim'] is None else 1}"


def _spatial(name: str) -> Callable[[Any], str]:
    """A name with the number of dimensions in it: that of the output less batch and channels."""
    return lambda node: f"{name.format(len(node.output.shape) - 2)}Backward0"


def _pooling(name: str) -> Callable[[Any], str]:
    # of one dimension, PyTorch pools in two and takes the second away
    return lambda node: "SqueezeBackward1" if len(node.params["size"]) == 1 else _spatial(name)(node)


def _matmul(node: Any) -> str:
    ranks = [np.ndim(x) for x in node.values]
    rank = len(node.output.shape)
    if ranks and ranks[0] == 1 and rank == 1:
        return "SqueezeBackward4"
    if ranks == [3, 3]:
        return "UnsafeViewBackward0"
    return ("DotBackward0", "MvBackward0", "MmBackward0")[rank] if rank < 3 else "UnsafeViewBackward0"


def _linear(node: Any) -> str:
    rank, values = len(node.output.shape), node.values
    has_bias = not values or (len(values) > 2 and values[2] is not None)
    if rank == 2:
        return "AddmmBackward0" if has_bias else "MmBackward0"
    if has_bias:
        return "ViewBackward0"
    return "SqueezeBackward4" if rank == 1 else "UnsafeViewBackward0"


def _cast(node: Any) -> str:
    """Of `to`, or of a copy into another tensor, whose dtype may be the same."""
    source = node.values[0] if node.values else None
    if isinstance(source, np.ndarray) and source.ndim == 0 and node.output.shape:
        return "FillBackward2" if source else "ZeroBackward0"
    return "ToCopyBackward0" if source is None or source.dtype != node.output.dtype else "CopyBackwards"


def _permute(node: Any) -> str:
    moved = sum(d != i for i, d in enumerate(node.params["dims"]))
    return "TransposeBackward0" if moved == 2 else "PermuteBackward0"


def _reshape(node: Any) -> str:
    if not node.values:
        return "ViewBackward0"
    before, after = np.shape(node.values[0]), node.output.shape
    without_ones = [n for n in before if n != 1]
    if len(after) == len(before) + 1 and without_ones == [n for n in after if n != 1]:
        return "UnsqueezeBackward0"
    if len(after) < len(before) and without_ones == [n for n in after if n != 1]:
        return "SqueezeBackward0" if list(after) == without_ones else "SqueezeBackward1"
    return "ViewBackward0" if np.may_share_memory(node.values[0], node.output) else "UnsafeViewBackward0"


def _getitem(node: Any) -> str:
    index = node.params["index"]
    if any(not isinstance(i, int | np.integer | slice | type(None) | type(...)) for i in index):
        return "IndexBackward0"
    last = next((i for i in reversed(index) if i is not ...), ...)
    if isinstance(last, slice):
        return "SliceBackward0"
    return "UnsqueezeBackward0" if last is None else "AliasBackward0" if last is ... else "SelectBackward0"


def _standardize(node: Any) -> str:
    return f"Native{'Batch' if 0 in node.params['dim'] else 'Layer'}NormBackward0"


def _interpolate(node: Any) -> str:
    rank, mode = len(node.params["size"]), node.params["mode"]
    kind = {"nearest": "UpsampleNearest", "nearest-exact": "UpsampleNearestExact", "area": "AdaptiveAvgPool"}
    return f"{kind.get(mode, 'Upsample' + camel(mode))}{rank}DBackward0"


_RULES: dict[str, Callable[[Any], str]] = {
    "avg_pool": _pooling("AvgPool{}D"),
    "cast": _cast,
    "div": _div,
    "getitem": _getitem,
    "grid_sample": _spatial("GridSampler{}D"),
    "interpolate": _interpolate,
    "linear": _linear,
    "matmul": _matmul,
    "max_pool": _pooling("MaxPool{}DWithIndices"),
    "mean": _of_dim("Mean"),
    "median": lambda node: f"MedianBackward{0 if node.op.name == 'median' else 1}",  # of all, one operation
    "permute": _permute,
    "pow": _pow,
    "prod": _of_dim("Prod"),
    "reshape": _reshape,
    "scatter": lambda node: f"ScatterBackward{int(node.op.name == 'setitem')}",
    "standardize": _standardize,
    "sub": _sub,
    "sum": _of_dim("Sum"),
}
