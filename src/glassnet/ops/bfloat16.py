"""bfloat16: the upper half of a float32, which NumPy does not have.

Its arrays are NumPy's of float32, each number rounded to one that bfloat16 has, and their dtype is an object of its
own, which NumPy takes for float32 and hands on. So NumPy computes with them as it is, in float32. `apply` rounds what
comes of it, once an operation; autograd rounds each gradient; files hold two bytes a number. In memory there are four.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Dtype = np.dtype[Any]

bfloat16: Dtype = np.dtype(np.float32, metadata={"name": "bfloat16"})
_HALF = np.uint32(0x7FFF)
_UPPER = np.uint32(0xFFFF0000)


def same_dtype(a: Any, b: Any) -> bool:
    """Whether two dtypes are one, where NumPy takes bfloat16 for float32."""
    return bool(a == b) and (a is bfloat16) == (b is bfloat16)


def dtype_name(dtype: Dtype) -> str:
    """What a dtype is called."""
    return "bfloat16" if dtype is bfloat16 else str(dtype)


def any_bfloat16(values: list[Any]) -> bool:
    """Whether one of ``values`` is an array of bfloat16."""
    return any(type(value) is np.ndarray and value.dtype is bfloat16 for value in values)


def rounded(array: Array) -> Array:
    """The floating numbers of ``array`` as bfloat16: each the nearest, of two as near the even one."""
    wide = array.astype(np.float32, copy=False)
    bits = wide.view(np.uint32)
    up = np.array(bits, order="K")
    up >>= 16
    up &= 1
    up += _HALF
    up += bits
    up &= _UPPER
    result = up.view(bfloat16)
    np.copyto(result, np.nan, where=np.isnan(wide))
    return result


def converted(array: Any, dtype: Dtype) -> Array:
    """``array`` in ``dtype``: itself, where it has it."""
    array = np.asarray(array)
    if array.dtype is dtype:
        return array
    return rounded(array) if dtype is bfloat16 else np.asarray(array, dtype)


def operand(value: Any, dtype: Dtype) -> Array:
    """``value`` in the dtype computed in; numbers, and what has no dimensions, are not rounded, as in PyTorch."""
    return converted(value, dtype) if dtype is not bfloat16 or np.ndim(value) else np.asarray(value, dtype)


def stored_dtype(dtype: Dtype) -> Dtype:
    """The dtype of an array that holds the bytes of a file whose numbers are of ``dtype``."""
    return np.dtype(np.uint16) if dtype is bfloat16 else dtype


def item_bytes(dtype: Dtype) -> int:
    """The bytes of an element, as PyTorch and files count them."""
    return stored_dtype(dtype).itemsize


def stored(array: Array) -> Array:
    """``array`` as a file holds it: of bfloat16 the upper half of each number, of others itself."""
    return np.asarray(array.view(np.uint32) >> 16, np.uint16) if array.dtype is bfloat16 else array


def read_as(dtype: Dtype, array: Array) -> Array:
    """What a file holds as numbers of ``dtype``: the other way."""
    return np.asarray(array.astype(np.uint32) << 16).view(bfloat16) if dtype is bfloat16 else array


def result_of(inputs: list[Any], result: Array) -> Array:
    """What an operation gave for ``inputs``: rounded, if all that are floating are of bfloat16."""
    if result.dtype != bfloat16:  # bool, integers, or a wider dtype
        return result
    floating = (x.dtype for x in inputs if isinstance(x, np.ndarray) and x.dtype.kind in "fc")
    return rounded(result) if all(dtype is bfloat16 for dtype in floating) else result.view(np.float32)


# No program computes in bfloat16, so what these add is not written out with the functions that they are put around.


def rounds(cast: Callable[[Array, Dtype], Array]) -> Callable[[Array, Dtype], Array]:
    """A cast that rounds where it is to bfloat16."""

    @wraps(cast)
    def cast_or_rounded(x: Array, dtype: Dtype) -> Array:
        y = cast(x, dtype)
        return rounded(y) if dtype is bfloat16 else y

    return cast_or_rounded


def tells_apart(promoted: Callable[[Dtype, Dtype], Dtype]) -> Callable[[Dtype, Dtype], Dtype]:
    """A promotion of two dtypes that does not take bfloat16 for float32."""

    @wraps(promoted)
    def promoted_apart(a: Dtype, b: Dtype) -> Dtype:
        wider = a if a is b else promoted(a, b)
        return np.dtype(np.float32) if wider is bfloat16 and a is not b and a.kind == b.kind else wider

    return promoted_apart
