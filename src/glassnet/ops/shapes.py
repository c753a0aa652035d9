"""Shape rules: the shape and dtype an operation's result will have, or an error that helps.

A rule is a function of `Spec`-like inputs (arrays, tensors, Specs; Python numbers where numbers
are allowed) and the operation's parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.errors import DimensionError, DtypeError, NoElementsError, RepeatedDimensionError, ShapeError
from glassnet.ops.bfloat16 import dtype_name, same_dtype
from glassnet.ops.dtypes import Dtype, bool_, int64, result_type
from glassnet.ops.record import Spec

Shape = tuple[int, ...]
Dim = int | Sequence[int] | None


def shape_of(x: Any) -> Shape:
    """The shape of an array or tensor; () for a Python number."""
    return tuple(getattr(x, "shape", ()))


def written(shape: Sequence[int]) -> str:
    """A shape as people write it: [64, 10]."""
    return f"[{', '.join(map(str, shape))}]"


def broadcast_shapes(name: str, *shapes: Shape) -> Shape:
    """The shape that ``shapes`` broadcast to; ShapeError if they do not."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(_why_not_broadcast(name, shapes)) from None


def broadcasts_to(shape: Shape, target: Shape) -> bool:
    """Whether ``shape`` can be repeated to fill ``target``: counted from the last, each dimension is equal or 1."""
    padded = (1,) * (len(target) - len(shape)) + shape
    return len(padded) == len(target) and all(n in (1, m) for n, m in zip(padded, target, strict=True))


def _why_not_broadcast(name: str, shapes: Sequence[Shape]) -> str:
    all_shapes = " and ".join(written(s) for s in shapes)
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {s[-back] for s in shapes if len(s) >= back} - {1}
        if len(sizes) > 1:
            break
    clash = " and ".join(map(str, sorted(sizes)))
    advice = "sizes must be equal, or one of them 1"
    if any(len(s) == 1 and other[:1] == s for s in shapes for other in shapes if len(other) == 2):
        advice += "; to line up with the first dimension, give the vector a last dimension: v.unsqueeze(1)"
    return f"{name}: shapes {all_shapes} do not broadcast: dimension {-back} has sizes {clash} ({advice})"


def elementwise(name: str, dtype: Callable[..., Dtype] = result_type) -> Callable[..., Spec]:
    """The rule of an elementwise operation: shapes broadcast, the dtype is ``dtype(*inputs)``."""

    def rule(*inputs: Any, **_params: Any) -> Spec:
        shape = broadcast_shapes(name, *map(shape_of, inputs))
        try:
            return Spec(shape, dtype(*inputs))
        except TypeError as error:
            raise DtypeError(f"{name}: {error}") from None

    return rule


def elementwise_bool(name: str) -> Callable[..., Spec]:
    """As `elementwise`, with a bool result."""
    return elementwise(name, lambda *_inputs: bool_)


def normalize_dim(name: str, dim: int, ndim: int) -> int:
    """``dim`` counted from the front; DimensionError if there is no such dimension."""
    if not -max(ndim, 1) <= dim < max(ndim, 1):
        if ndim == 0:
            raise DimensionError(f"{name}: a 0-dimensional tensor has no dimension {dim}; leave dim out")
        raise DimensionError(
            f"{name}: dim must be between {-ndim} and {ndim - 1} for a tensor of {ndim} dimensions, got {dim}"
        )
    return dim % max(ndim, 1)


def normalize_dims(name: str, dim: Dim, ndim: int) -> tuple[int, ...]:
    """All dimensions ``dim`` stands for (None: every one), from the front, in order."""
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, int | np.integer):
        return (normalize_dim(name, int(dim), ndim),) if ndim else (normalize_dim(name, int(dim), 0),)[:0]
    dims = tuple(sorted(normalize_dim(name, int(d), ndim) for d in dim))
    if len(set(dims)) < len(dims):
        raise RepeatedDimensionError(f"{name}: each dimension may be named once, got dim={tuple(dim)}")
    return dims if ndim else ()


def reduced_shape(name: str, shape: Shape, dim: Dim, keepdim: bool) -> Shape:
    """``shape`` with the dimensions ``dim`` summed away (or left as 1)."""
    dims = normalize_dims(name, dim, len(shape))
    if keepdim:
        return tuple(1 if i in dims else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in dims)


def reduction(
    name: str, dtype: Callable[[Any], Dtype] = result_type, needs_elements: bool = False
) -> Callable[..., Spec]:
    """The rule of an operation that reduces over ``dim``.

    ``needs_elements``: there is no result over nothing (a maximum has none; a sum is 0).
    """

    def rule(x: Any, *, dim: Dim = None, keepdim: bool = False, **_params: Any) -> Spec:
        if needs_elements and any(x.shape[d] == 0 for d in normalize_dims(name, dim, len(x.shape))):
            raise NoElementsError(
                f"{name}: expected at least one element to reduce over, got shape {written(x.shape)} with dim={dim}"
            )
        return Spec(reduced_shape(name, x.shape, dim, keepdim), dtype(x))

    return rule


def ordered(name: str, x: Any) -> Dtype:
    """The dtype of ``x``, whose numbers have an order; DtypeError for complex ones."""
    dtype: Dtype = x.dtype
    if dtype.kind == "c":
        raise DtypeError(f"{name}: complex numbers have no order, got {dtype}; take x.real, x.imag or x.abs()")
    return dtype


def sum_type(x: Any) -> Dtype:
    """The dtype of a sum: integers and bool add up in int64."""
    return x.dtype if x.dtype.kind in "fc" else int64


def equal_dtypes(name: str, *inputs: Any) -> Dtype:
    """The one dtype of ``inputs``; DtypeError if they differ."""
    dtypes = [x.dtype for x in inputs if x is not None]
    if not all(same_dtype(d, dtypes[0]) for d in dtypes):
        names = " and ".join(map(dtype_name, dtypes))
        raise DtypeError(f"{name}: expected inputs of one dtype, got {names}; convert one, e.g. x.to(weight.dtype)")
    common: Dtype = dtypes[0]
    return common


def matmul(name: str) -> Callable[..., Spec]:
    """The rule of a matrix product."""

    def rule(a: Any, b: Any) -> Spec:
        left, right = shape_of(a), shape_of(b)
        if not left or not right:
            raise ShapeError(
                f"{name}: expected tensors of 1 dimension or more, got {written(left)} and {written(right)}; "
                "to multiply by a number use *"
            )
        inner_left, inner_right = left[-1], right[-2 if len(right) > 1 else -1]
        if inner_left != inner_right:
            hint = ""
            if len(right) > 1 and right[-1] == inner_left:
                hint = "; the second fits when transposed: b.T"
            raise ShapeError(
                f"{name}: the last dimension of the first ({inner_left}) must equal the "
                f"{'second-last' if len(right) > 1 else 'only'} dimension of the second ({inner_right}); got "
                f"{written(left)} and {written(right)}{hint}"
            )
        batch = broadcast_shapes(name, left[:-2], right[:-2])
        rows = left[-2:-1] if len(left) > 1 else ()
        columns = right[-1:] if len(right) > 1 else ()
        return Spec((*batch, *rows, *columns), equal_dtypes(name, a, b))

    return rule


def reshaped(name: str, shape: Shape, new: Sequence[int]) -> Shape:
    """``new`` with its -1 filled in; ShapeError if the number of elements differs."""
    total = math.prod(shape)
    known = math.prod(n for n in new if n != -1)
    unknown = list(new).count(-1)
    if unknown > 1:
        raise ShapeError(f"{name}: at most one dimension can be -1 (worked out from the others), got {written(new)}")
    if any(n < -1 for n in new):
        raise ShapeError(f"{name}: sizes must be 0 or more (or one -1), got {written(new)}")
    if unknown and (known == 0 or total % known):
        raise ShapeError(
            f"{name}: {written(shape)} has {total} elements, which {written(new)} cannot hold: "
            f"{total} is not a multiple of {known}"
        )
    if not unknown and known != total:
        rest = known // new[-1] if new and new[-1] else 0
        hint = f"; {written((*new[:-1], total // rest))} would fit" if rest and total % rest == 0 else ""
        raise ShapeError(f"{name}: {written(shape)} has {total} elements, but {written(new)} holds {known}{hint}")
    return tuple(total // known if n == -1 else n for n in new)
