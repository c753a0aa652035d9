"""Operators: x + y, x @ y, x < y, ~x."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from glassnet.errors import RangeError
from glassnet.ops import arithmetic, elementary, linear, selection
from glassnet.tensor import functions
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.methods.conversion import Conversion

_OPERANDS = (State, int, float, np.ndarray, np.generic, complex)


def is_operand(x: Any) -> bool:
    """Whether ``x`` can be an operand beside a tensor."""
    return isinstance(x, _OPERANDS)


def check_power(x: State, exponent: Any) -> None:
    """RangeError for a negative power of whole numbers, which would not be whole."""
    if isinstance(exponent, int) and exponent < 0 and x.array.dtype.kind in "iub":
        raise RangeError(
            f"pow: whole numbers have no negative powers that are whole, got the exponent {exponent}; take floats: "
            f"x.float() ** {exponent}"
        )


def _shift(name: str, x: Any, other: Any) -> Any:
    return functions.function(name)(x, other)  # loaded when first used


class Operators(Conversion):
    """Python's operators; NotImplemented for what cannot be an operand."""

    # arithmetic -----------------------------------------------------------------------------

    def __add__(self, other: Any) -> Self:
        return apply(arithmetic.add, self, other) if is_operand(other) else NotImplemented

    def __radd__(self, other: Any) -> Self:
        return apply(arithmetic.add, other, self) if is_operand(other) else NotImplemented

    def __sub__(self, other: Any) -> Self:
        return apply(arithmetic.sub, self, other) if is_operand(other) else NotImplemented

    def __rsub__(self, other: Any) -> Self:
        return apply(arithmetic.sub, other, self) if is_operand(other) else NotImplemented

    def __mul__(self, other: Any) -> Self:
        return apply(arithmetic.mul, self, other) if is_operand(other) else NotImplemented

    def __rmul__(self, other: Any) -> Self:
        return apply(arithmetic.mul, other, self) if is_operand(other) else NotImplemented

    def __truediv__(self, other: Any) -> Self:
        return apply(arithmetic.div, self, other) if is_operand(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Self:
        return apply(arithmetic.div, other, self) if is_operand(other) else NotImplemented

    def __floordiv__(self, other: Any) -> Self:
        return apply(arithmetic.floor_divide, self, other) if is_operand(other) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Self:
        return apply(arithmetic.floor_divide, other, self) if is_operand(other) else NotImplemented

    def __mod__(self, other: Any) -> Self:
        return apply(arithmetic.remainder, self, other) if is_operand(other) else NotImplemented

    def __rmod__(self, other: Any) -> Self:
        return apply(arithmetic.remainder, other, self) if is_operand(other) else NotImplemented

    def __pow__(self, other: Any) -> Self:
        if not is_operand(other):
            return NotImplemented
        whole = int if self.array.dtype.kind in "iu" else int | float  # integers to the power 2.0 are floats
        if isinstance(other, whole) and other in (2, 3, 4) and self.array.dtype.kind != "b":
            # products: NumPy's power takes a hundred times as long
            squared = apply(arithmetic.square, self)
            if other == 2:
                return squared
            return apply(arithmetic.mul, squared, self) if other == 3 else apply(arithmetic.square, squared)
        check_power(self, other)
        return apply(arithmetic.pow, self, other)

    def __rpow__(self, other: Any) -> Self:
        return apply(arithmetic.pow, other, self) if is_operand(other) else NotImplemented

    def __matmul__(self, other: Any) -> Self:
        return apply(linear.matmul, self, other) if is_operand(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Self:
        return apply(linear.matmul, other, self) if is_operand(other) else NotImplemented

    def __neg__(self) -> Self:
        return apply(arithmetic.neg, self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return apply(elementary.abs, self)

    # comparison and logic -------------------------------------------------------------------

    def __eq__(self, other: Any) -> Self:  # type: ignore[override]
        return apply(selection.eq, self, other) if is_operand(other) else NotImplemented

    def __ne__(self, other: Any) -> Self:  # type: ignore[override]
        return apply(selection.ne, self, other) if is_operand(other) else NotImplemented

    def __lt__(self, other: Any) -> Self:
        return apply(selection.lt, self, other) if is_operand(other) else NotImplemented

    def __le__(self, other: Any) -> Self:
        return apply(selection.le, self, other) if is_operand(other) else NotImplemented

    def __gt__(self, other: Any) -> Self:
        return apply(selection.gt, self, other) if is_operand(other) else NotImplemented

    def __ge__(self, other: Any) -> Self:
        return apply(selection.ge, self, other) if is_operand(other) else NotImplemented

    __hash__ = object.__hash__

    def __and__(self, other: Any) -> Self:
        return apply(selection.bitwise_and, self, other) if is_operand(other) else NotImplemented

    def __or__(self, other: Any) -> Self:
        return apply(selection.bitwise_or, self, other) if is_operand(other) else NotImplemented

    def __xor__(self, other: Any) -> Self:
        return apply(selection.bitwise_xor, self, other) if is_operand(other) else NotImplemented

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, other: Any) -> Self:
        return _shift("bitwise_left_shift", self, other) if is_operand(other) else NotImplemented

    def __rshift__(self, other: Any) -> Self:
        return _shift("bitwise_right_shift", self, other) if is_operand(other) else NotImplemented

    def __rlshift__(self, other: Any) -> Self:
        return _shift("bitwise_left_shift", other, self) if is_operand(other) else NotImplemented

    def __rrshift__(self, other: Any) -> Self:
        return _shift("bitwise_right_shift", other, self) if is_operand(other) else NotImplemented

    def __invert__(self) -> Self:
        return apply(selection.bitwise_not, self)
