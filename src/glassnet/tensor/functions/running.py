"""What adds up, multiplies up or is exceeded along a dimension: cumprod, cummax, logcumsumexp, the trapezoidal rule."""

from __future__ import annotations

from typing import Any

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.dtypes import Dtype
from glassnet.ops.functions import cumulative
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.spellings import takes_axis
from glassnet.tensor.tensor import Tensor, apply
from glassnet.tensor.wording import Found, found

__all__ = ["cummax", "cummin", "cumprod", "cumulative_trapezoid", "logcumsumexp", "trapezoid", "trapz"]


@takes_axis
def cumprod(input: Tensor, dim: int, *, dtype: Dtype | None = None) -> Tensor:
    """The running product along ``dim``.

    >>> glassnet.tensor([1, 2, 3]).cumprod(0)
    tensor([1, 2, 6])
    """
    return apply(cumulative.cumprod, input if dtype is None else input.to(dtype), dim=dim)


@takes_axis
def cummax(input: Tensor, dim: int) -> Found[Tensor]:
    """(values, indices) of the largest so far along ``dim``; of equal ones, the last.

    >>> glassnet.tensor([1, 3, 2]).cummax(0)
    return_types.cummax(
    values=tensor([1, 3, 3]),
    indices=tensor([0, 1, 1]))
    """
    return _extreme(input, dim, True)


@takes_axis
def cummin(input: Tensor, dim: int) -> Found[Tensor]:
    """(values, indices) of the smallest so far along ``dim``; of equal ones, the last.

    >>> glassnet.tensor([2, 1, 3]).cummin(0)
    return_types.cummin(
    values=tensor([2, 1, 1]),
    indices=tensor([0, 1, 1]))
    """
    return _extreme(input, dim, False)


@takes_axis
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the running sum of the powers of e along ``dim``, which may be too large themselves.

    Raises DtypeError for integers.

    >>> glassnet.tensor([0.0, 0.0, 1000.0]).logcumsumexp(0)
    tensor([0.0000e+00, 6.9315e-01, 1.0000e+03])
    """
    if input.dtype.kind not in "fc":
        raise DtypeError(f"logcumsumexp: expected a floating tensor, got {input.dtype}; convert it: x.float()")
    return apply(cumulative.logcumsumexp, input, dim=dim)


def _extreme(input: Tensor, dim: int, largest: bool) -> Found[Tensor]:
    name = "cummax" if largest else "cummin"
    normalize_dim(name, dim, input.ndim)
    indices = apply(cumulative.running_extreme, input, dim=dim, largest=largest)
    return found(name, input.gather(dim, indices), indices)


def trapezoid(y: Tensor, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral of ``y`` along ``dim`` by the trapezoidal rule, at the places ``x``, or ``dx`` (1) apart.

    >>> glassnet.trapezoid(glassnet.tensor([1.0, 2.0, 3.0])), glassnet.trapezoid(glassnet.tensor([1.0, 3.0]), dx=0.5)
    (tensor(4.), tensor(1.))
    """
    return _areas("trapezoid", y, x, dx, dim).sum(dim)


trapz = trapezoid


def cumulative_trapezoid(y: Tensor, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral of ``y`` up to each place after the first, as `trapezoid` has it.

    >>> glassnet.cumulative_trapezoid(glassnet.tensor([1.0, 2.0, 3.0]))
    tensor([1.5000, 4.0000])
    """
    return _areas("cumulative_trapezoid", y, x, dx, dim).cumsum(dim)


def _areas(name: str, y: Tensor, x: Any, dx: Any, dim: int) -> Tensor:
    """The area of each trapezium."""
    d = normalize_dim(name, dim, y.ndim)
    if not y.ndim:
        raise ShapeError(f"{name}: expected at least 1 dimension, got a number")
    if x is not None and dx is not None:
        raise ValueError(f"{name}: expected x or dx, got both")
    n = y.shape[d]
    if y.dtype.kind in "biu" and x is None:
        y = y.float()
    if n == 0:
        return y
    both = y.narrow(d, 1, n - 1) + y.narrow(d, 0, n - 1)
    width: Any = 1 if dx is None else dx
    if x is not None:
        at = d if x.ndim == y.ndim else -1
        if x.ndim != 1 and x.ndim != y.ndim:
            at = d - y.ndim
        if x.shape[at] != n:
            raise ShapeError(f"{name}: expected {n} places, as many as values, got {written(x.shape)}")
        width = x.narrow(at, 1, n - 1) - x.narrow(at, 0, n - 1)
        if x.ndim == 1:
            width = width.reshape(-1, *(1 for _ in range(y.ndim - d - 1)))
    area: Tensor = both * width / 2
    return area
