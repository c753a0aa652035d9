"""Dtypes: which there are, and which one a result has.

The promotion rule is PyTorch's: categories (bool < integer < floating < complex) decide first, then
tensors with dimensions outrank 0-dimensional ones, which outrank Python numbers. NumPy would
turn ``int64 * float32`` into float64; here, as in PyTorch, it stays float32.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from glassnet.errors import RangeError
from glassnet.ops.bfloat16 import Array as Array
from glassnet.ops.bfloat16 import Dtype as Dtype
from glassnet.ops.bfloat16 import tells_apart

bool_ = np.dtype(np.bool_)
uint8 = np.dtype(np.uint8)
int8 = np.dtype(np.int8)
int16 = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
float16 = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
complex64 = np.dtype(np.complex64)
complex128 = np.dtype(np.complex128)


class DefaultDtype(threading.local):
    """The dtype of new floating tensors: one for all threads, but for a thread that is apart and has set its own."""

    of_all: ClassVar[Dtype] = float32
    own: Dtype | None = None
    is_apart = False

    @property
    def dtype(self) -> Dtype:
        """That of this thread."""
        return self.own or DefaultDtype.of_all


_default = DefaultDtype()
_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def get_default_dtype() -> Dtype:
    """The dtype of new floating tensors: float32 unless `set_default_dtype` said otherwise.

    >>> glassnet.get_default_dtype()
    dtype('float32')
    """
    own = _default.own  # as `dtype` does, without the call: it is asked at every call of a compiled function
    return DefaultDtype.of_all if own is None else own


def set_default_dtype(dtype: npt.DTypeLike) -> None:
    """Make ``dtype`` (float16, float32 or float64) the dtype of new floating tensors, in all threads.

    >>> glassnet.set_default_dtype(glassnet.float64)
    >>> glassnet.ones(2).dtype
    dtype('float64')
    >>> glassnet.set_default_dtype(glassnet.float32)
    """
    chosen = np.dtype(dtype)
    if chosen.kind != "f":
        raise TypeError(f"the default dtype must be floating (float16, float32, float64), got {chosen}")
    if _default.is_apart:
        _default.own = chosen
    else:
        DefaultDtype.of_all = chosen


def own_default_dtype() -> tuple[Callable[[], None], Callable[[], None]]:
    """A beginning and an end: in between, what this thread sets is the default for it alone. Then it is as it was."""
    before = _default.is_apart, _default.own

    def begin() -> None:
        _default.is_apart = True

    def end() -> None:
        _default.is_apart, _default.own = before

    return begin, end


def category(dtype: Dtype) -> int:
    """0 for bool, 1 for integers, 2 for floating, 3 for complex; TypeError for anything else."""
    try:
        return _CATEGORY[dtype.kind]
    except KeyError:
        raise TypeError(f"glassnet has bool, integer, floating and complex tensors; got dtype {dtype}") from None


def end_of_whole_numbers(dtype: Dtype) -> int:
    """The first number after those from 0 on that ``dtype`` tells apart: 256 of uint8, 2²⁴ of float32."""
    if dtype.kind == "b":
        return 2
    return int(np.iinfo(dtype).max) + 1 if dtype.kind in "iu" else 2 ** (int(np.finfo(dtype).nmant) + 1)


def as_dtype(dtype: npt.DTypeLike) -> Dtype:
    """``dtype`` as NumPy's object; TypeError for what no tensor is of."""
    result = np.dtype(dtype)
    category(result)
    return result


def plain_dtype(value: Any) -> Any:
    """``value``; of an object that stands for a dtype, which NumPy knows by its attribute of that name, NumPy's own."""
    dtype = getattr(value, "dtype", None)
    return dtype if isinstance(dtype, np.dtype) and not isinstance(value, np.ndarray | np.generic) else value


def check_holds(dtype: Dtype, array: Array) -> None:
    """RangeError where the integers of ``dtype`` cannot be what is in ``array``."""
    if dtype.kind not in "iu" or not array.size:
        return
    limits, least, most = np.iinfo(dtype), array.min(), array.max()
    lowest = limits.min or -limits.max  # as in PyTorch, −1 is the largest number of those without a sign
    if not lowest <= least <= most <= limits.max:  # NaN is not, either
        values = str(most) if least == most else f"{least} to {most}"
        raise RangeError(f"{dtype} holds whole numbers from {limits.min} to {limits.max}, got {values}")


def held(dtype: Dtype, number: Any) -> Any:
    """``number`` as one of ``dtype``, cut to a whole one for integers; RangeError for one that it cannot hold."""
    if dtype.kind == "b":
        return bool(number)
    if np.iscomplexobj(number):
        if dtype.kind != "c":
            raise RangeError(f"{dtype} holds real numbers, got {number}")
        return complex(number)
    if dtype.kind in "fc":
        largest = float(np.finfo(dtype).max)
        if abs(number) > largest and np.isfinite(number):
            raise RangeError(f"{dtype} cannot hold {number}: its largest is {largest:.5g}")
        return float(number)
    check_holds(dtype, np.trunc(np.asarray(number)))
    return int(number)


def result_type(*inputs: Any) -> Dtype:
    """The common dtype of arrays (or anything with ``shape`` and ``dtype``) and Python numbers."""
    best: list[Dtype | None] = [None, None, None]  # with dimensions, without, Python numbers
    for x in inputs:
        if hasattr(x, "dtype"):
            rank, dtype = (0 if x.shape else 1), x.dtype
        else:
            rank, dtype = 2, _dtype_of_number(x)
        other = best[rank]
        best[rank] = dtype if other is None else _promoted(other, dtype)
    result: Dtype | None = None
    for dtype in best:
        if dtype is not None and (result is None or category(dtype) > category(result)):
            result = dtype if result is None or dtype.kind != "c" else _complex_like(result, dtype)
    if result is None:
        raise TypeError("a result type needs at least one input")
    return result


@tells_apart
def _promoted(a: Dtype, b: Dtype) -> Dtype:
    if category(a) == category(b):
        return np.promote_types(a, b)
    if a.kind + b.kind in ("cf", "fc"):
        return np.promote_types(a, b)
    return a if category(a) > category(b) else b


def _complex_like(real: Dtype, other: Dtype) -> Dtype:
    """The complex dtype of the precision of ``real``, where that is floating; else ``other``."""
    return np.promote_types(real, complex64) if real.kind == "f" else other


def float_type(*inputs: Any) -> Dtype:
    """`result_type`, with the default floating dtype in place of bool and integers."""
    dtype = result_type(*inputs)
    return dtype if dtype.kind in "fc" else _default.dtype


def number_type(*inputs: Any) -> Dtype:
    """`result_type`, refused where it is bool: what is computed with must be a number."""
    dtype = result_type(*inputs)
    if dtype.kind == "b":
        raise TypeError("expected numbers, got bool; convert it first: x.int()")
    return dtype


def difference_type(a: Any, b: Any) -> Dtype:
    """`result_type`, refused where one of the two is bool; a mask may be taken from floats, as derivatives do."""
    kinds = [x.dtype.kind if hasattr(x, "dtype") else type(x).__name__[0] for x in (a, b)]
    if kinds[0] == "b" or (kinds[1] == "b" and kinds[0] != "f"):
        raise TypeError("expected numbers, got bool; to turn a mask around write ~x, to compute with it x.int()")
    return result_type(a, b)


def comparison_type(*inputs: Any) -> Dtype:
    """`result_type`, and int64 beside a number that the integers' dtype does not hold: 300 is no uint8."""
    dtype = result_type(*inputs)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if any(isinstance(x, int) and not limits.min <= x <= limits.max for x in inputs):
            return int64
    return dtype


CAST_TYPES: dict[str | None, Callable[..., Dtype]] = {
    "common": result_type,
    "number": number_type,
    "difference": difference_type,
    "comparison": comparison_type,
    "float": float_type,
}


def _dtype_of_number(x: Any) -> Dtype:
    if isinstance(x, bool):
        return bool_
    if isinstance(x, int):
        return int64
    if isinstance(x, float):
        return _default.dtype
    if isinstance(x, complex):
        return np.promote_types(_default.dtype, complex64)
    raise TypeError(f"expected a tensor, an array or a number, got {type(x).__name__}: {x!r:.80}")
