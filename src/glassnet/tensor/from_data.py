"""The array of what a person gives: numbers, nested lists, arrays, tensors; of sizes, in PyTorch's older names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from glassnet.errors import NotNumbersError, ShapeError
from glassnet.observer import mode
from glassnet.ops.dtypes import Array, as_dtype, check_holds, get_default_dtype, result_type
from glassnet.ops.shapes import written
from glassnet.tensor.dispatch import State
from glassnet.tensor.silence import SILENT, under
from glassnet.tensor.wording import Size


def as_array(data: Any, dtype: npt.DTypeLike | None = None, *, copy: bool = False) -> Array:
    """The array of ``data``: tensors, arrays, numbers, nested lists of them.

    Python floats become the default dtype, NumPy arrays and tensors keep theirs. Raises ShapeError for ragged lists and
    for tensors of several numbers in a list, DtypeError for what is no number, RangeError for numbers that ``dtype``
    cannot be.
    """
    first = data
    while isinstance(first, list | tuple) and first:
        first = first[0]
    if isinstance(first, State):
        first = first.array  # whose dtype is NumPy's, also where a tensor tells its own as PyTorch's
    kept = getattr(first, "dtype", None)  # a Python float has none
    numbers = _without_tensors(data)
    try:
        array = np.array(numbers, copy=True if copy else None)
    except ValueError:
        lengths = sorted({len(row) for row in data if isinstance(row, list | tuple)})
        of = f", of {' and '.join(map(str, lengths[:3]))}" if len(lengths) > 1 else ""
        raise ShapeError(
            f"tensor: expected nested lists of one length at each level, got ragged ones{of}; pad the shorter"
        ) from None
    if array.dtype.kind not in "biufc":
        raise NotNumbersError(
            f"tensor: expected numbers, got {array.dtype} ({data!r:.60}); encode text and objects as numbers first"
        )
    if dtype is None:
        dtype = array.dtype
        if dtype.kind == "f":
            dtype = kept if isinstance(kept, np.dtype) and kept.kind == "f" else get_default_dtype()
        elif dtype.kind == "c" and kept is None:
            dtype = result_type(1j)
    elif kept is None:
        check_holds(as_dtype(dtype), array)
    if array.dtype is not dtype:
        array = under(SILENT, array.astype, dtype, copy=False)
    if mode.tracer is not None:
        mode.tracer.made_of(data, array)
    return array


def legacy_array(name: str, data_or_sizes: tuple[Any, ...], dtype: npt.DTypeLike) -> Array:
    """The array of ``Tensor(data)``, in ``dtype``; or of ``Tensor(2, 3)``, of these sizes, its values not set.

    Raises TypeError for what is neither.
    """
    sizes = data_or_sizes
    if len(data_or_sizes) == 1:
        (data,) = data_or_sizes
        if isinstance(data, State):
            return data.array
        if isinstance(data, Size):
            sizes = data
        elif hasattr(data, "__array__") and hasattr(data, "__len__"):  # a column of a table too
            return as_array(data, dtype, copy=True)
        elif isinstance(data, Sequence):  # a range, a deque
            return as_array(list(data), dtype, copy=True)
    elif not data_or_sizes:
        sizes = (0,)
    if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in sizes):
        raise TypeError(
            f"{name}: expected a list or an array of numbers, or sizes as whole numbers, got {data_or_sizes!r:.80}; "
            "glassnet.tensor makes a tensor of one number"
        )
    if any(n < 0 for n in sizes):
        raise ShapeError(f"{name}: expected sizes of 0 or more, got {written(sizes)}")
    return np.empty(tuple(n.__index__() for n in sizes), dtype)


def _without_tensors(data: Any) -> Any:
    if isinstance(data, list | tuple) and any(isinstance(x, State | list | tuple) for x in data):
        return [_number(x) if isinstance(x, State) else _without_tensors(x) for x in data]
    return data.array if isinstance(data, State) else data


def _number(tensor: State) -> Array:
    """The number that a tensor in a list is, whatever its shape; ShapeError for one of several."""
    array = tensor.array
    if array.size != 1:
        raise ShapeError(
            f"tensor: expected numbers in a list, and tensors of one number, got a tensor {written(array.shape)}; put "
            "tensors together by glassnet.stack(…)"
        )
    return array.reshape(())
