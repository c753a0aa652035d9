"""Movement: the same numbers in another shape, order or dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import RepeatedDimensionError, ShapeError
from glassnet.ops.bfloat16 import rounds
from glassnet.ops.dtypes import Array, Dtype, result_type
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import (
    Shape,
    broadcasts_to,
    normalize_dim,
    normalize_dims,
    reshaped,
    shape_of,
    written,
)


def _sizes(output: Any) -> str:
    """The shape of ``output`` as the arguments of a method."""
    return ", ".join(map(str, output.shape)) or "()"


def _tuple(xs: Sequence[str]) -> str:
    return f"({', '.join(xs)}{',' if len(xs) == 1 else ''})"


def _reshape(x: Array, shape: Shape) -> Array:
    return np.asarray(x).reshape(shape)


reshape: Op = register(
    Op(
        "reshape",
        forward=_reshape,
        vjp=(lambda g, _y, _x, shape: reshape(g, shape=shape_of(_x)),),
        shape=lambda x, *, shape: Spec(reshaped("reshape", shape_of(x), shape), x.dtype),
        formula="y = x, in another shape",
        view=True,
        source=lambda output, x, **_params: f"{x}.reshape({_sizes(output)})",
    )
)


def _permute(x: Array, dims: Sequence[int]) -> Array:
    return np.transpose(x, dims)


def inverse_order(dims: Sequence[int]) -> tuple[int, ...]:
    """The order of dimensions that undoes ``dims``."""
    inverse = [0] * len(dims)
    for i, d in enumerate(dims):
        inverse[d] = i
    return tuple(inverse)


def _permute_shape(x: Any, *, dims: Sequence[int]) -> Spec:
    shape = shape_of(x)
    if len(dims) != len(shape):
        raise ShapeError(
            f"permute: expected each of the {len(shape)} dimensions of {written(shape)} once, got {tuple(dims)}"
        )
    order = [normalize_dim("permute", d, len(shape)) for d in dims]
    if sorted(order) != list(range(len(shape))):
        raise RepeatedDimensionError(
            f"permute: dims must name each of the {len(shape)} dimensions of {written(shape)} once, got {tuple(dims)}"
        )
    return Spec(tuple(shape[d] for d in order), x.dtype)


def _permute_source(_output: Any, x: str, dims: Sequence[int]) -> str:
    return f"{x}.T" if tuple(dims) == tuple(range(len(dims)))[::-1] else f"{x}.transpose{tuple(dims)}"


permute: Op = register(
    Op(
        "permute",
        forward=_permute,
        vjp=(lambda g, _y, _x, dims: permute(g, dims=inverse_order(dims)),),
        shape=_permute_shape,
        formula="y = x with its dimensions in another order",
        view=True,
        source=_permute_source,
    )
)


def transpose_last(x: Any) -> Any:
    """``x`` with its last two dimensions swapped: the transpose of each matrix in a batch."""
    n = len(x.shape)
    return permute(x, dims=(*range(n - 2), n - 1, n - 2))


def _broadcast_to(x: Array, shape: Shape) -> Array:
    return np.broadcast_to(x, shape)


def _broadcast_to_shape(x: Any, *, shape: Shape) -> Spec:
    old = shape_of(x)
    if not broadcasts_to(old, tuple(shape)):
        raise ShapeError(
            f"broadcast_to: {written(old)} cannot be repeated to fill {written(shape)}: counted from the last, "
            "each dimension must be equal or 1"
        )
    return Spec(tuple(shape), x.dtype)


broadcast_to = register(
    Op(
        "broadcast_to",
        forward=_broadcast_to,
        vjp=(lambda g, _y, _x, shape: g,),  # autograd sums over what was repeated, as for every operation
        shape=_broadcast_to_shape,
        formula="y = x, repeated to fill a larger shape",
        view=True,
        source=lambda output, x, **_params: f"np.broadcast_to({x}, {output.shape})",
    )
)


def _flip(x: Array, dims: Sequence[int]) -> Array:
    return np.flip(x, tuple(dims) if x.ndim else ()).copy()


def _flip_shape(x: Any, *, dims: Sequence[int]) -> Spec:
    normalize_dims("flip", dims, len(shape_of(x)))
    return Spec(shape_of(x), x.dtype)


flip: Op = register(
    Op(
        "flip",
        forward=_flip,
        vjp=(lambda g, _y, _x, dims: flip(g, dims=dims),),
        shape=_flip_shape,
        formula="y = x, read backwards along dims",
    )
)


def _concatenate(*xs: Array, dim: int = 0) -> Array:
    return np.concatenate(xs, axis=dim)


def _concatenate_rule(g: Any, _y: Any, *_xs: Any, dim: int = 0, which: int) -> Any:
    dim = dim % len(g.shape)
    start = sum(_x.shape[dim] for _x in _xs[:which])
    return g[(slice(None),) * dim + (slice(start, start + _xs[which].shape[dim]),)]


def _concatenate_shape(*xs: Any, dim: int = 0) -> Spec:
    if not xs:
        raise ShapeError("concatenate: expected at least one tensor, got none")
    shapes = [shape_of(x) for x in xs]
    dim = normalize_dim("concatenate", dim, len(shapes[0]))
    rests = {(*s[:dim], *s[dim + 1 :]) for s in shapes}
    if len(rests) > 1 or any(len(s) != len(shapes[0]) for s in shapes):
        each = ", ".join(map(written, shapes))
        fits = [d for d in range(len(shapes[0])) if len({(*s[:d], *s[d + 1 :]) for s in shapes}) == 1]
        hint = f"; they fit along dim={fits[0]}" if fits else ""
        raise ShapeError(f"concatenate: shapes must be equal except in dimension {dim}, got {each}{hint}")
    size = sum(s[dim] for s in shapes)
    return Spec((*shapes[0][:dim], size, *shapes[0][dim + 1 :]), result_type(*xs))


concatenate = register(
    Op(
        "concatenate",
        forward=_concatenate,
        vjp=(_concatenate_rule,),
        shape=_concatenate_shape,
        in_order=True,
        formula="y = the inputs one after another along dim",
        cast="common",
        complex_too=True,
        variadic=True,
        source=lambda _output, *xs, dim=0: f"np.concatenate({_tuple(xs)}, axis={dim})",
    )
)


def _stack(*xs: Array, dim: int = 0) -> Array:
    return np.stack(xs, axis=dim)


def _insert_one(shape: Shape, dim: int) -> Shape:
    dim = dim % (len(shape) + 1)
    return (*shape[:dim], 1, *shape[dim:])


def _stack_rule(g: Any, _y: Any, *_xs: Any, dim: int = 0, which: int) -> Any:
    dim = dim % len(g.shape)
    return g[(*(slice(None),) * dim, which)]


def _stack_shape(*xs: Any, dim: int = 0) -> Spec:
    if not xs:
        raise ShapeError("stack: expected at least one tensor, got none")
    shapes = [shape_of(x) for x in xs]
    if len(set(shapes)) > 1:
        raise ShapeError(
            f"stack: expected tensors of one shape, got {', '.join(map(written, shapes))}; pad the shorter"
        )
    dim = normalize_dim("stack", dim, len(shapes[0]) + 1)
    return Spec((*shapes[0][:dim], len(xs), *shapes[0][dim:]), result_type(*xs))


def _stack_expand(*xs: Any, dim: int = 0) -> Any:
    return concatenate(*(reshape(x, shape=_insert_one(shape_of(x), dim)) for x in xs), dim=dim)


stack = register(
    Op(
        "stack",
        forward=_stack,
        vjp=(_stack_rule,),
        shape=_stack_shape,
        in_order=True,
        formula="y = the inputs side by side along a new dim",
        expand=_stack_expand,
        cast="common",
        complex_too=True,
        variadic=True,
        source=lambda _output, *xs, dim=0: f"np.stack({_tuple(xs)}, axis={dim})",
    )
)


@rounds
def _cast(x: Array, dtype: Dtype) -> Array:
    x = np.asarray(x)
    x = x.real if x.dtype.kind == "c" and dtype.kind in "fiu" else x
    return x.astype(dtype, order="C" if 0 in x.strides else "K")


cast = register(
    Op(
        "cast",
        forward=_cast,
        vjp=(lambda g, _y, _x, dtype: g,),  # autograd casts every gradient to its value's dtype
        shape=lambda x, *, dtype: Spec(shape_of(x), np.dtype(dtype)),
        formula="y = x as dtype",
        source=lambda output, x, **_params: f"{x}.astype(np.{output.dtype})",
    )
)


def _copy(x: Array) -> Array:
    return np.array(x, order="C" if 0 in x.strides else "K")  # repeated numbers lie in order once they are copied


copy = register(
    Op(
        "copy",
        forward=_copy,
        vjp=(lambda g, _y, _x: g,),
        shape=lambda x: Spec(shape_of(x), x.dtype),
        formula="y = x, in memory of its own",
        source=lambda _output, x: f"{x}.copy()",
    )
)
