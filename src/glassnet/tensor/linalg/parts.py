"""What the functions on matrices share: checks, transposes, and batches of vectors as matrices."""

from __future__ import annotations

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.arithmetic import conj
from glassnet.ops.functions.packing import matrices
from glassnet.ops.shapes import written
from glassnet.tensor.tensor import Tensor, wrap


def matrix(name: str, x: Tensor) -> tuple[int, int]:
    """The rows and columns of the matrices in ``x``. Raises ShapeError or DtypeError where there are none."""
    return matrices(name, x)[1:]


def square(name: str, x: Tensor) -> int:
    """The side of the square matrices in ``x``. Raises ShapeError or DtypeError where they are none."""
    n, m = matrix(name, x)
    if n != m:
        raise ShapeError(f"{name}: expected square matrices [..., n, n], got {written(x.shape)}")
    return n


def floating(name: str, x: Tensor) -> None:
    """Raise DtypeError for what is neither floating nor complex."""
    if x.dtype.kind not in "fc":
        raise DtypeError(f"{name}: expected a floating or complex tensor, got {x.dtype}; convert it first: x.float()")


def adjoint(x: Tensor) -> Tensor:
    """The conjugate transpose of each matrix."""
    turned: Tensor = conj(x.transpose(-1, -2))
    return turned


def eye_like(x: Tensor) -> Tensor:
    """The identity matrix of the dtype and last size of ``x``."""
    return wrap(np.eye(x.shape[-1], dtype=x.dtype))


def precision(x: Tensor) -> float:
    """The distance from 1 to the next number of the dtype of ``x``."""
    return float(np.finfo(x.dtype).eps)
