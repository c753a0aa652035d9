"""Numbers evenly spaced: in a line, or as powers."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.shapes import written
from glassnet.tensor.creation import DtypeLike, dtype_of
from glassnet.tensor.tensor import Tensor, finished

__all__ = ["linspace", "logspace"]


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """``steps`` numbers, evenly spaced from ``start`` to ``end``, both included.

    Of whole numbers, ``dtype`` has first the ends and then each number without its fraction.

    >>> glassnet.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    kind = dtype_of(dtype)
    return finished(_spaced("linspace", start, end, steps, kind).astype(kind), requires_grad, device)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """``base`` to the power of each of ``linspace(start, end, steps)``.

    >>> glassnet.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    kind = dtype_of(dtype)
    with np.errstate(all="ignore"):  # what is too large for the dtype is infinite in it
        powers = np.power(float(base), _spaced("logspace", start, end, steps, kind)).astype(kind)
    return finished(powers, requires_grad, device)


def _spaced(name: str, start: Any, end: Any, steps: Any, dtype: Dtype) -> Array:
    """The numbers, in float64: the first half counted from the start, the second from the end, so that both are met."""
    if not hasattr(steps, "__index__"):
        raise TypeError(f"{name}: expected a whole number of steps, got {steps!r:.40}")
    count = operator.index(steps)
    if count < 0:
        raise RangeError(f"{name}: expected 0 steps or more, got {count}")
    first, last = (_end(name, x, dtype) for x in (start, end))
    with np.errstate(all="ignore"):
        step = np.subtract(last, first) / max(count - 1, 1)
        place = np.arange(count)
        numbers: Array = np.where(place < (count + 1) // 2, first + step * place, last - step * (count - 1 - place))
    return numbers


def _end(name: str, x: Any, dtype: Dtype) -> float:
    """An end as a number, without its fraction if ``dtype`` is of whole numbers."""
    if isinstance(x, Tensor):
        if x.ndim:
            raise ShapeError(f"{name}: expected ends that are numbers, got a tensor of shape {written(x.shape)}")
        x = x.item()
    if isinstance(x, complex):
        raise DtypeError(f"{name}: expected ends that are real numbers, got {x}")
    return float(int(x)) if dtype.kind in "iu" else float(x)
