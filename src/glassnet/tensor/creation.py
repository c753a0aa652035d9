"""Creation: tensors from data, of one number, and in sequence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from glassnet.errors import RangeError, ShapeError
from glassnet.observer import mode
from glassnet.ops.dtypes import (
    Array,
    Dtype,
    as_dtype,
    category,
    get_default_dtype,
    int64,
)
from glassnet.ops.shapes import written
from glassnet.tensor.device import contiguous_format
from glassnet.tensor.from_data import as_array
from glassnet.tensor.silence import SILENT, under
from glassnet.tensor.spellings import sizes
from glassnet.tensor.tensor import Tensor, finished, made_of

DtypeLike = npt.DTypeLike | None


def dtype_of(dtype: DtypeLike) -> Dtype:
    """``dtype`` as a dtype; the default one for None."""
    return get_default_dtype() if dtype is None else as_dtype(dtype)


# from data ----------------------------------------------------------------------------------


def tensor(data: Any, *, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor of numbers, nested lists, an array or a tensor: always a copy.

    Python floats become the default dtype (float32), ints int64; NumPy arrays keep their dtype.
    Raises ShapeError for ragged lists, DtypeError for what is no number.

    >>> glassnet.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return finished(as_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data: Any, dtype: DtypeLike = None, device: Any = None) -> Tensor:
    """``data`` as a tensor, sharing memory where it can; a tensor of that dtype as it is.

    >>> array = np.array([1, 2])
    >>> x = glassnet.as_tensor(array)
    >>> array[0] = 5
    >>> x
    tensor([5, 2])
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype)
    return finished(as_array(data, dtype), False, device)


def from_numpy(array: Array) -> Tensor:
    """A tensor that shares the memory of ``array``: what changes in one changes in the other.

    >>> array = np.array([1, 2])
    >>> x = glassnet.from_numpy(array)
    >>> array[0] = 5
    >>> x
    tensor([5, 2])
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type(array).__name__}; tensor() takes anything")
    category(array.dtype)
    return made_of(array, array)


# of one number --------------------------------------------------------------------------------


@contextmanager
def room_for(numbers: int) -> Iterator[None]:
    """Within, this thread can make tensors of so many numbers altogether. Raises MemoryError before there are more.

    What a module is made of takes room too (`glassnet.nn.registry`): many small layers are as slow as large ones.
    """
    before, mode.room = mode.room, numbers
    try:
        yield
    finally:
        mode.room = before


@contextmanager
def without_drawing() -> Iterator[None]:
    """Within, nothing is filled with random numbers: others will take their place."""
    before, mode.draws = mode.draws, False
    try:
        yield
    finally:
        mode.draws = before


def take_room(numbers: int) -> None:
    """Take as much as a tensor of so many ``numbers`` does, where there is a limit. Raises MemoryError past it."""
    if mode.room is not None:
        if numbers > mode.room:
            raise MemoryError(f"it needs {numbers:,} numbers, and there is room for {mode.room:,}")
        mode.room -= numbers


def _shape(args: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """The sizes of a new tensor, if there is room for it."""
    shape = sizes(args, named)
    if any(n < 0 for n in shape):
        raise ShapeError(f"expected sizes of 0 or more, got {written(shape)}")
    take_room(math.prod(shape))
    return shape


def zeros(
    *shape: Any, size: Any = None, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """All 0: zeros(2, 3), zeros((2, 3)) or zeros(size=(2, 3)).

    >>> glassnet.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return finished(np.zeros(_shape(shape, size), dtype_of(dtype)), requires_grad, device)


def ones(
    *shape: Any, size: Any = None, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """All 1.

    >>> glassnet.ones(2, 3)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return finished(np.ones(_shape(shape, size), dtype_of(dtype)), requires_grad, device)


def empty(
    *shape: Any, size: Any = None, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Values that are not set: to be written before they are read.

    >>> glassnet.empty(2, 3).shape
    (2, 3)
    """
    return finished(np.empty(_shape(shape, size), dtype_of(dtype)), requires_grad, device)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """All ``fill_value``, in its own kind of dtype unless ``dtype`` says otherwise.

    >>> glassnet.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    if isinstance(fill_value, Tensor):
        fill_value = fill_value._read("full()")
    value = as_array(fill_value, dtype)
    if value.ndim:
        raise ShapeError(f"full: expected one number to fill with, got a value of shape {written(value.shape)}")
    if value.dtype.kind == "f" and np.isinf(value) and math.isfinite(fill_value):
        raise RangeError(
            f"full: {value.dtype} cannot hold {fill_value}: its largest is {np.finfo(value.dtype).max:.5g}"
        )
    return finished(np.full(_shape((size,)), value, value.dtype), requires_grad, device)


def _order(input: Tensor, memory_format: Any) -> Any:
    """NumPy's word for how a tensor like ``input`` lies in memory: as that one does, or in order."""
    return "C" if memory_format is contiguous_format or 0 in input.array.strides else "K"


def zeros_like(
    input: Tensor,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """All 0, in the shape and dtype of ``input``.

    >>> glassnet.zeros_like(glassnet.tensor([1, 2]))
    tensor([0, 0])
    """
    array = np.zeros_like(input.array, dtype or input.dtype, _order(input, memory_format))
    return finished(array, requires_grad, device)


def ones_like(
    input: Tensor,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """All 1, in the shape and dtype of ``input``.

    >>> glassnet.ones_like(glassnet.tensor([1.5, 2.5]))
    tensor([1., 1.])
    """
    array = np.ones_like(input.array, dtype or input.dtype, _order(input, memory_format))
    return finished(array, requires_grad, device)


def empty_like(
    input: Tensor,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """Values that are not set, in the shape and dtype of ``input``.

    >>> glassnet.empty_like(glassnet.ones(2, 3)).shape
    (2, 3)
    """
    array = np.empty_like(input.array, dtype or input.dtype, _order(input, memory_format))
    return finished(array, requires_grad, device)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """All ``fill_value``, in the shape and dtype of ``input``.

    >>> glassnet.full_like(glassnet.tensor([1, 2]), 7)
    tensor([7, 7])
    """
    array = under(SILENT, np.full_like, input.array, fill_value, dtype or input.dtype, _order(input, memory_format))
    return finished(array, requires_grad, device)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """The identity matrix, [n, n] or [n, m].

    >>> glassnet.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    sizes = (n, n if m is None else m)
    if not all(hasattr(size, "__index__") for size in sizes):
        raise TypeError(f"eye: expected whole numbers of rows and columns, got {sizes}")
    if min(sizes) < 0:
        raise RangeError(f"eye: expected 0 rows and columns or more, got {n} and {sizes[1]}")
    return finished(np.eye(*sizes, dtype=dtype_of(dtype)), requires_grad, device)


# in sequence ----------------------------------------------------------------------------------


def _number(x: Any) -> Any:
    """``x``, or the number that is in it."""
    return x.item() if isinstance(x, Tensor) else x


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """start, start + step, … up to but without ``end``; arange(n) is 0 … n − 1. Of ints, int64.

    >>> glassnet.arange(5), glassnet.arange(1, 2, 0.25)
    (tensor([0, 1, 2, 3, 4]), tensor([1.0000, 1.2500, 1.5000, 1.7500]))
    """
    if start is None or end is None:
        start, end = 0, end if start is None else start
    start, end, step = map(_number, (start, end, step))
    if dtype is None:
        dtype = int64 if all(isinstance(n, int | np.integer) for n in (start, end, step)) else get_default_dtype()
    dtype = np.dtype(dtype)
    if not all(map(math.isfinite, (start, end, step))):
        raise RangeError(f"arange: expected finite numbers, got {start} to {end} in steps of {step}")
    if dtype == int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) / step < 0:
        raise RangeError(f"arange: step must lead from {start} to {end}, got step={step}")
    if dtype.kind not in "iu":
        return finished(np.arange(start, end, step).astype(dtype), requires_grad, device)
    count = math.ceil((end - start) / step) if isinstance(step, float) else -((start - end) // step)
    whole = int(start) + int(step) * np.arange(math.ceil(count))  # start and step are without their fractions
    return finished(whole.astype(dtype), requires_grad, device)
