"""Inputs (lists, numbers, arrays) as arrays, and an operation run on them."""

from __future__ import annotations

from inspect import CO_VARARGS
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.dtypes import Array, Dtype, float64
from glassnet.ops.record import Op
from glassnet.ops.shapes import shape_of, written
from glassnet.tensor.dispatch import explain

_PLAIN = (bool, int, float)


def numbers(name: str, x: Any) -> Array:
    """``x``, a number, a list or an array, as an array of numbers; an array of numbers comes back itself."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ShapeError(f"{name}: expected rows of one length, got {x!r:.80}; make them equally long") from None
    if array.dtype.kind not in "buif":
        raise DtypeError(f"{name}: expected numbers, got {type(x).__name__} of dtype {array.dtype}: {x!r:.80}")
    return array


def floats(name: str, *xs: Any) -> tuple[Any, ...]:
    """``xs`` as arrays of their common floating dtype.

    Whole numbers and bool become float64, as wherever NumPy divides. A Python number takes on the
    dtype of the arrays beside it.
    """
    return _cast([numbers(name, x) for x in xs], xs)


def _cast(arrays: list[Any], inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    kinds = {x.dtype for x in arrays}
    if len(kinds) == 1:
        (dtype,) = kinds
        if dtype.kind == "f":
            return tuple(arrays)
    dtype = _common(arrays, inputs)
    return tuple(x.astype(dtype, copy=False) for x in arrays)


def _common(arrays: list[Any], inputs: tuple[Any, ...]) -> Dtype:
    weighing = [g if type(g) in _PLAIN else x.dtype for x, g in zip(arrays, inputs, strict=True)]
    if not weighing:
        return float64
    dtype: Dtype = np.result_type(*weighing)
    return dtype if dtype.kind == "f" else float64


def inputs_of(name: str, op: Op, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs of ``op`` as arrays: floating, of one dtype, those that it can be differentiated by."""
    if len(inputs) > len(op.vjp) and not _takes_any_number(op):  # NumPy would write the result into one too many
        raise TypeError(f"{name}: expected {len(op.vjp)} inputs at most, got {len(inputs)}")
    arrays = [None if x is None else numbers(name, x) for x in inputs]
    smooth = [i for i, x in enumerate(arrays) if x is not None and op.rule(i) is not None]
    cast = _cast([arrays[i] for i in smooth], tuple(inputs[i] for i in smooth))
    for i, x in zip(smooth, cast, strict=True):
        arrays[i] = x
    return tuple(arrays)


def _takes_any_number(op: Op) -> bool:
    code = getattr(op.forward, "__code__", None)  # NumPy's own functions have none
    return code is not None and bool(code.co_flags & CO_VARARGS)


@np.errstate(all="ignore")
def run(op: Op, *arrays: Any, **options: Any) -> Array:
    """The result of ``op``; where the inputs do not fit, the error of its shape rule.

    An array of its own: one operation may give a look into its input, here it is copied.
    """
    try:
        result = op.forward(*arrays, **options)
    except (ValueError, IndexError, TypeError) as error:
        explain(op, list(arrays), options, error)
        raise
    return np.array(result) if op.view else np.asarray(result)


def plain(x: Array) -> Any:
    """``x``; of an array without dimensions its number, as NumPy's own functions give it."""
    return x if x.shape else x[()]


def same_shape(name: str, what: str, x: Array, other: str, y: Array) -> None:
    """ShapeError unless ``x`` has the shape of ``y``."""
    if x.shape != y.shape:
        raise ShapeError(
            f"{name}: expected {what} of the shape of {other}, {written(shape_of(y))}, got {written(shape_of(x))}"
        )
