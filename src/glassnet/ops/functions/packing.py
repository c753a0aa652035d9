"""Several results of one operation in one array, as decompositions have them; and how they are taken apart again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.arithmetic import conj
from glassnet.ops.dtypes import Array
from glassnet.ops.movement import concatenate, reshape, transpose_last
from glassnet.ops.record import Spec
from glassnet.ops.shapes import Shape, shape_of, written


def packed(batch: Shape, *parts: Any) -> Any:
    """``parts`` [*batch, …], arrays or tensors, laid end to end: one array [*batch, numbers]."""
    flat = (reshape(x, shape=(*batch, math.prod(shape_of(x)[len(batch) :]))) for x in parts)
    return concatenate(*flat, dim=-1)


def unpacked(y: Any, batch: Shape, *shapes: Shape) -> Iterator[Any]:
    """What was `packed`, each part in its shape again."""
    start = 0
    for shape in shapes:
        size = math.prod(shape)
        yield reshape(y[..., start : start + size], shape=(*batch, *shape))
        start += size


def adjoint(x: Any) -> Any:
    """The conjugate transpose of each matrix."""
    return conj(transpose_last(x))


def matrices(name: str, x: Any) -> tuple[Shape, int, int]:
    """The batch, rows and columns of ``x``. Raises ShapeError or DtypeError where it is no floating matrix."""
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected matrices [..., n, m], got {written(shape)}")
    if x.dtype.kind not in "fc" or x.dtype.itemsize == 2:
        raise DtypeError(f"{name}: expected a tensor of float32 or float64, got {x.dtype}; convert it first: x.float()")
    return shape[:-2], shape[-2], shape[-1]


def square(name: str, x: Any) -> tuple[Shape, int]:
    """The batch and side of ``x``. Raises as `matrices`, and for matrices that are not square."""
    batch, n, m = matrices(name, x)
    if n != m:
        raise ShapeError(f"{name}: expected square matrices [..., n, n], got {written(shape_of(x))}")
    return batch, n


def square_rule(name: str, result: Callable[[Shape, int], Shape], dtype: Callable[[Any], Any]) -> Callable[..., Spec]:
    """The shape rule of an operation on square matrices: ``result`` says the shape by the batch and the side."""

    def rule(x: Any, **_params: Any) -> Spec:
        return Spec(result(*square(name, x)), dtype(x))

    return rule


def real_type(x: Any) -> Any:
    """The dtype of the real part of ``x``."""
    return np.dtype(f"f{x.dtype.itemsize // 2}") if x.dtype.kind == "c" else x.dtype


def complex_type(x: Any) -> Any:
    """The complex dtype of the precision of ``x``."""
    return x.dtype if x.dtype.kind == "c" else np.dtype(f"c{x.dtype.itemsize * 2}")


def identity(x: Any) -> Array:
    """The identity matrix that fits ``x``."""
    return np.eye(shape_of(x)[-1], dtype=x.dtype)
