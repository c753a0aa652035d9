"""How one operation is done for many samples at once, whose dimension is the first.

A rule knows the operation as it was for one sample: its parameters, and the shapes of its inputs and result then. It
gives the result of all, [samples, …]. What has no rule is decomposed; what has no decomposition either, or is asked
for in an uncommon way, is done sample by sample, which is always right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from glassnet.ops import indexing, linear, movement
from glassnet.ops.indexing import ARRAY
from glassnet.ops.record import Op
from glassnet.tensor import apply
from glassnet.tensor.creation import arange


class Operand(NamedTuple):
    """An input: of all samples if ``is_batched``; ``shape`` is that of one."""

    value: Any
    is_batched: bool
    shape: tuple[int, ...]


class Call(NamedTuple):
    """An operation on the operands of ``size`` samples; ``shape`` is that of one result."""

    op: Op
    operands: tuple[Operand, ...]
    params: dict[str, Any]
    size: int
    shape: tuple[int, ...]

    @property
    def first(self) -> Operand:
        """The first operand."""
        return self.operands[0]

    def values(self) -> list[Any]:
        """The operands as they are."""
        return [operand.value for operand in self.operands]


Rule = Callable[[Call], Any]  # gives None where it does not know how


def aligned(operand: Operand, dims: int) -> Any:
    """An operand whose sample has ``dims`` dimensions, new ones of 1 in front: so that it broadcasts with others."""
    missing = dims - len(operand.shape)
    if not operand.is_batched or missing <= 0:
        return operand.value
    value = operand.value
    return apply(movement.reshape, value, shape=(value.shape[0], *(1,) * missing, *operand.shape))


def repeated(operand: Operand, size: int) -> Any:
    """An operand for each of the samples, whether it differs or not."""
    if operand.is_batched:
        return operand.value
    return apply(movement.broadcast_to, operand.value, shape=(size, *operand.shape))


def _elementwise(call: Call) -> Any:
    return apply(call.op, *(aligned(operand, len(call.shape)) for operand in call.operands), **call.params)


def _as_it_is(call: Call) -> Any:
    """Operations on the last dimensions, which take any number of others in front."""
    return apply(call.op, *call.values(), **call.params)


def _of_windows(call: Call) -> Any:
    """Pooling: as it is, of all operands for each of the samples."""
    return apply(call.op, *(repeated(operand, call.size) for operand in call.operands), **call.params)


def _of_matrices(call: Call) -> Any:
    """Operations on matrices, of which there may be several inputs."""
    if any(len(operand.shape) < 2 for operand in call.operands):
        return None
    dims = max(len(operand.shape) for operand in call.operands)
    return apply(call.op, *(aligned(operand, dims) for operand in call.operands), **call.params)


def _moved(dim: int, dims: int) -> int:
    """Dimension ``dim`` of a sample's ``dims``, among those of all."""
    return dim % dims + 1


@cache
def _default(op: Op, name: str) -> Any:
    return signature(op.forward).parameters[name].default


def _along(name: str) -> Rule:
    """Operations along one dimension, or several, which the parameter ``name`` says."""

    def rule(call: Call) -> Any:
        dims = len(call.first.shape)
        dim = call.params.get(name, _default(call.op, name))
        if not dims or any(operand.shape != call.first.shape for operand in call.operands):
            return None
        if dim is None and "argm" in call.op.name:
            return None
        moved: Any
        if dim is None:
            moved = tuple(range(1, dims + 1))
        else:
            moved = tuple(_moved(d, dims) for d in dim) if isinstance(dim, Sequence) else _moved(dim, dims)
        values = [repeated(operand, call.size) for operand in call.operands]
        return apply(call.op, *values, **{**call.params, name: moved})

    return rule


def _reshape(call: Call) -> Any:
    return apply(call.op, call.first.value, shape=(call.size, *call.shape))


def _permute(call: Call) -> Any:
    dims = call.params["dims"]
    return apply(call.op, call.first.value, dims=(0, *(_moved(d, len(dims)) for d in dims)))


def _broadcast_to(call: Call) -> Any:
    return apply(call.op, aligned(call.first, len(call.shape)), shape=(call.size, *call.shape))


def _joined(call: Call) -> Any:
    values = [repeated(operand, call.size) for operand in call.operands]
    return apply(call.op, *values, dim=_moved(call.params.get("dim", 0), len(call.shape)))


def _picked(call: Call) -> Any:
    """gather and scatter_add."""
    if not call.first.shape:
        return None
    params = {**call.params, "dim": _moved(call.params["dim"], len(call.first.shape))}
    if "shape" in params:
        params["shape"] = (call.size, *params["shape"])
    return apply(call.op, *(repeated(operand, call.size) for operand in call.operands), **params)


def _matmul(call: Call) -> Any:
    a, b = call.operands
    if a.is_batched and not b.is_batched and len(b.shape) == 2:  # one product, of all rows
        rows = apply(movement.reshape, a.value, shape=(-1 if math.prod(a.shape) else 0, a.shape[-1]))
        return apply(movement.reshape, apply(linear.matmul, rows, b.value), shape=(call.size, *call.shape))
    a = _as_matrix(a, (1, *a.shape)) if len(a.shape) == 1 else a
    b = _as_matrix(b, (*b.shape, 1)) if len(b.shape) == 1 else b
    dims = max(len(a.shape), len(b.shape))
    product = apply(linear.matmul, aligned(a, dims), aligned(b, dims))
    return apply(movement.reshape, product, shape=(call.size, *call.shape))


def _as_matrix(operand: Operand, shape: tuple[int, ...]) -> Operand:
    whole = (operand.value.shape[0], *shape) if operand.is_batched else shape
    return Operand(apply(movement.reshape, operand.value, shape=whole), operand.is_batched, shape)


def _linear(call: Call) -> Any:
    if any(operand.is_batched for operand in call.operands[1:]):
        return None
    return _as_it_is(call)


def _folded(call: Call) -> Any:
    """Convolutions: of weights that are the same for all samples, one of a larger batch; else one of more groups."""
    x, other = call.operands[:2]
    if len(x.shape) != len(other.shape):
        return None
    if any(operand.is_batched for operand in call.operands[1:]):
        return _in_groups(call)
    batch = apply(movement.reshape, x.value, shape=(call.size * x.shape[0], *x.shape[1:]))
    result = apply(call.op, batch, *(operand.value for operand in call.operands[1:]), **call.params)
    return apply(movement.reshape, result, shape=(call.size, *call.shape))


def _in_groups(call: Call) -> Any:
    """Samples as groups of channels, each of which meets its own weights."""
    of_samples = len(call.operands) if call.op.name == "convolution_weight" else 1  # the others begin with channels
    values: list[Any] = []
    for i, operand in enumerate(call.operands):
        if operand.value is None:
            values.append(None)
            continue
        value = repeated(operand, call.size)
        if i < of_samples:
            value = apply(movement.permute, value, dims=(1, 0, *range(2, len(operand.shape) + 1)))
            shape = (operand.shape[0], call.size * operand.shape[1], *operand.shape[2:])
        else:
            shape = (call.size * operand.shape[0], *operand.shape[1:])
        values.append(apply(movement.reshape, value, shape=shape))
    result = apply(call.op, *values, **{**call.params, "groups": call.size * call.params.get("groups", 1)})
    if of_samples > 1:
        return apply(movement.reshape, result, shape=(call.size, *call.shape))
    parted = apply(movement.reshape, result, shape=(call.shape[0], call.size, *call.shape[1:]))
    return apply(movement.permute, parted, dims=(1, 0, *range(2, len(call.shape) + 1)))


# indexing: the index of all is that of one behind another, of the samples -----------------------------------------


def _index(call: Call, arrays: tuple[Operand, ...]) -> tuple[tuple[Any, ...], list[Any]] | None:
    """The index of all samples, and its arrays; None where NumPy would order the dimensions in another way."""
    index = call.params["index"]
    places = [i for i, part in enumerate(index) if part is ARRAY or isinstance(part, int | np.integer)]
    is_together = not places or places[-1] - places[0] == len(places) - 1
    if not arrays:
        return (slice(None), *index), []
    if not is_together or (any(operand.is_batched for operand in arrays) and places[0] > 0):
        return None
    if not any(operand.is_batched for operand in arrays):
        return (slice(None), *index), [operand.value for operand in arrays]
    if any(operand.value.dtype.kind == "b" for operand in arrays):
        return None
    dims = max(len(operand.shape) for operand in arrays)
    samples = apply(movement.reshape, arange(call.size), shape=(call.size, *(1,) * dims))
    return (ARRAY, *index), [samples, *(aligned(operand, dims) for operand in arrays)]


def _getitem(call: Call) -> Any:
    found = _index(call, call.operands[1:])
    if found is None:
        if any(operand.is_batched and operand.value.dtype.kind == "b" for operand in call.operands[1:]):
            raise RuntimeError(
                "vmap: a mask picks as many elements of each sample as it happens to; glassnet.where(mask, x, 0) has "
                "one shape for all"
            )
        return None
    index, arrays = found
    if call.first.is_batched:
        return apply(call.op, call.first.value, *arrays, index=index)
    return apply(call.op, call.first.value, *arrays[1:], index=index[1:])  # each picks from the same


def _part(shape: tuple[int, ...], call: Call, arrays: tuple[Operand, ...]) -> tuple[int, ...]:
    """The shape of what one index picks from one sample."""
    of_one = [np.zeros(operand.shape, int) if operand.is_batched else operand.value.array for operand in arrays]
    part = np.broadcast_to(np.zeros((), bool), shape)[indexing._filled(call.params["index"], of_one)]
    return tuple(np.shape(part))


def _put(call: Call) -> Any:
    found = _index(call, call.operands[1:])
    shape = call.params["shape"]
    if found is None or call.first.shape != _part(shape, call, call.operands[1:]):
        return None
    index, arrays = found
    return apply(call.op, repeated(call.first, call.size), *arrays, index=index, shape=(call.size, *shape))


def _setitem(call: Call) -> Any:
    x, value, *arrays = call.operands
    found = _index(call, tuple(arrays))
    if found is None:
        return None
    dims = len(_part(x.shape, call, tuple(arrays)))
    if len(value.shape) > dims:
        return None
    index, its_arrays = found
    return apply(call.op, repeated(x, call.size), aligned(value, dims), *its_arrays, index=index)


def _diagonal(call: Call) -> Any:
    dims = len(call.first.shape)
    moved = {name: _moved(call.params.get(name, default), dims) for name, default in (("dim1", 0), ("dim2", 1))}
    return apply(call.op, call.first.value, offset=call.params.get("offset", 0), **moved)


RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            *("cast", "copy", "conjugate", "real", "imag", "angle", "complex_of"),
            *("i0", "i1", "i0e", "i1e", "erfcx", "erfinv", "ndtri", "log_ndtr", "lgamma", "digamma", "polygamma"),
            *("zeta", "nextafter", "gcd", "lcm", "left_shift", "right_shift", "exponent", "standard_gamma_slope"),
        ),
        _elementwise,
    ),
    **dict.fromkeys(
        ("sum", "prod", "amax", "amin", "mean", "var", "std", "norm", "all", "any", "logsumexp", "power_norm"),
        _along("dim"),
    ),
    **dict.fromkeys(("argmax", "argmin", "cumsum", "softmax", "log_softmax", "argsort"), _along("dim")),
    **dict.fromkeys(("cumprod", "running_extreme", "mode_position"), _along("dim")),
    "flip": _along("dims"),
    "fourier": _along("dims"),
    "reshape": _reshape,
    "permute": _permute,
    "broadcast_to": _broadcast_to,
    "concatenate": _joined,
    "stack": _joined,
    "gather": _picked,
    "scatter_add": _picked,
    "matmul": _matmul,
    "linear": _linear,
    "convolution": _folded,
    "conv_transpose": _folded,
    "convolution_weight": _in_groups,
    **dict.fromkeys(("max_pool", "max_pool_indices", "max_pool_backward", "avg_pool"), _of_windows),
    "getitem": _getitem,
    "put": _put,
    "setitem": _setitem,
    "diagonal": _diagonal,
    **dict.fromkeys(("one_hot", "windows", "add_windows", "pad"), _as_it_is),
    **dict.fromkeys(
        (
            *("inverse", "det", "cofactor", "logabsdet", "det_sign", "pinv", "cholesky", "qr", "eigh", "eigvalsh"),
            *("eig", "eigvals", "svd", "svdvals", "matrix_exp", "lu", "solve"),
        ),
        _of_matrices,
    ),
}


def rule_of(op: Op) -> Rule | None:
    """The rule of an operation, if there is one."""
    return _elementwise if op.elementwise else RULES.get(op.name)


def sample_by_sample(call: Call) -> Any:
    """The results of all samples, computed one after another."""
    results = []
    for i in range(call.size):
        inputs = [
            apply(indexing.getitem, operand.value, index=(i,)) if operand.is_batched else operand.value
            for operand in call.operands
        ]
        results.append(apply(call.op, *inputs, **call.params))
    if not results:
        raise RuntimeError(f"vmap: {call.op.name} of 0 samples: it has no rule for them; leave the call out")
    return apply(movement.stack, *results, dim=0)
