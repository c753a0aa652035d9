"""The larger, the smaller, the close and the contained."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError
from glassnet.tensor.creation import as_tensor
from glassnet.tensor.joining import where
from glassnet.tensor.tensor import Tensor

__all__ = ["clamp_max", "clamp_min", "fmax", "fmin", "isclose", "isin", "nan_to_num"]


def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Each element, raised to ``min`` where below.

    >>> glassnet.clamp_min(glassnet.tensor([-1, 2]), 0)
    tensor([0, 2])
    """
    return input.clamp(min=min)


def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Each element, lowered to ``max`` where above.

    >>> glassnet.clamp_max(glassnet.tensor([-1, 2]), 0)
    tensor([-1,  0])
    """
    return input.clamp(max=max)


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The larger of both; where one is nan, the other.

    >>> glassnet.fmax(glassnet.tensor([1.0, float("nan")]), glassnet.tensor([0.0, 2.0]))
    tensor([1., 2.])
    """
    return where((input >= other) | (other != other), input, other)


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of both; where one is nan, the other.

    >>> glassnet.fmin(glassnet.tensor([1.0, float("nan")]), glassnet.tensor([0.0, 2.0]))
    tensor([0., 2.])
    """
    return where((input <= other) | (other != other), input, other)


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """nan replaced by ``nan`` (0), +∞ and −∞ by ``posinf`` and ``neginf``: the largest and the least of the dtype.

    >>> glassnet.nan_to_num(glassnet.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    if input.dtype.kind != "f":
        return input.clone()
    limits = np.finfo(input.dtype)
    result = where(input.isnan(), 0.0 if nan is None else nan, input)
    result = where(input == float("inf"), float(limits.max) if posinf is None else posinf, result)
    return where(input == float("-inf"), float(limits.min) if neginf is None else neginf, result)


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether \\|input − other\\| ≤ atol + rtol·\\|other\\|, or both are the same, for each element.

    >>> glassnet.isclose(glassnet.tensor([1.0, 2.0]), glassnet.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    if input.dtype != other.dtype:
        raise DtypeError(f"isclose: expected tensors of one dtype, got {input.dtype} and {other.dtype}")
    if rtol < 0 or atol < 0:
        raise RangeError(f"isclose: expected tolerances of 0 or more, got rtol={rtol}, atol={atol}")
    input, other = input.detach(), other.detach()
    close: Tensor = input == other
    if input.dtype.kind == "b":
        return close
    allowed = other.abs() * rtol + atol
    difference = (input - other).abs()
    close = close | (difference.isfinite() & (difference <= allowed))
    if equal_nan:
        close = close | (input.isnan() & other.isnan())
    return close


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among ``test_elements``; with ``invert``, whether it is not.

    >>> glassnet.isin(glassnet.tensor([1, 2, 3]), glassnet.tensor([2, 5]))
    tensor([False,  True, False])
    """
    values, tested = (as_tensor(x).detach() for x in (elements, test_elements))
    found: Tensor = (values.unsqueeze(-1) == tested.reshape(-1)).any(dim=-1)
    return ~found if invert else found
