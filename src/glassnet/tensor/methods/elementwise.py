"""Functions of each element by itself, and softmax: x.exp(), x.maximum(y), x.clamp(0, 1)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops import activation, arithmetic, elementary, movement, selection, softmax
from glassnet.ops.dtypes import bool_, held, result_type, uint8
from glassnet.ops.shapes import written
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.graph import labelled
from glassnet.tensor.methods.casts import Casts
from glassnet.tensor.methods.from_record import binary, unary
from glassnet.tensor.spellings import scale_last, takes_axis


class Elementwise(Casts):
    """Methods that give a new tensor, element by element."""

    exp = unary(elementary.exp, "[0.0, 1.0]", "[1.0000, 2.7183]")
    log = unary(elementary.log, "[1.0, 10.0]", "[0.0000, 2.3026]")
    log2 = unary(elementary.log2, "[1.0, 8.0]", "[0., 3.]")
    log10 = unary(elementary.log10, "[1.0, 10.0]", "[0., 1.]")
    log1p = unary(elementary.log1p, "[0.0, 1.0]", "[0.0000, 0.6931]")
    expm1 = unary(elementary.expm1, "[0.0, 1.0]", "[0.0000, 1.7183]")
    sqrt = unary(elementary.sqrt, "[4.0, 9.0]", "[2., 3.]")
    rsqrt = unary(elementary.rsqrt, "[1.0, 4.0]", "[1.0000, 0.5000]")
    sin = unary(elementary.sin, "[0.0, 1.5708]", "[0., 1.]")
    cos = unary(elementary.cos, "[0.0, 3.1416]", "[ 1., -1.]")
    tan = unary(elementary.tan, "[0.0, 1.0]", "[0.0000, 1.5574]")
    tanh = unary(elementary.tanh, "[-1.0, 0.0, 1.0]", "[-0.7616,  0.0000,  0.7616]")
    erf = unary(elementary.erf, "[0.0, 1.0]", "[0.0000, 0.8427]")
    abs = unary(elementary.abs, "[-2, 3]", "[2, 3]")
    sign = unary(elementary.sign, "[-2, 0, 3]", "[-1,  0,  1]")
    floor = unary(elementary.floor, "[1.5, -1.5]", "[ 1., -2.]")
    ceil = unary(elementary.ceil, "[1.5, -1.5]", "[ 2., -1.]")
    trunc = unary(elementary.trunc, "[1.5, -1.5]", "[ 1., -1.]")
    neg = unary(arithmetic.neg, "[1, -2]", "[-1,  2]")
    square = unary(arithmetic.square, "[2, 3]", "[4, 9]")
    reciprocal = unary(arithmetic.reciprocal, "[2.0, 4.0]", "[0.5000, 0.2500]")
    sigmoid = unary(activation.sigmoid, "[0.0, 2.0]", "[0.5000, 0.8808]")
    relu = unary(activation.relu, "[-2.0, 3.0]", "[0., 3.]")

    isnan = unary(selection.isnan, '[1.0, float("nan")]', "[False,  True]")
    isinf = unary(selection.isinf, '[1.0, float("inf")]', "[False,  True]")
    isfinite = unary(selection.isfinite, '[1.0, float("inf")]', "[ True, False]")
    logical_not = unary(selection.logical_not, "[0, 2]", "[ True, False]")
    logical_and = binary(selection.logical_and, "[0, 2]", "[3, 3]", "[False,  True]")
    logical_or = binary(selection.logical_or, "[0, 2]", "[0, 0]", "[False,  True]")
    logical_xor = binary(selection.logical_xor, "[0, 2]", "[3, 3]", "[ True, False]")
    bitwise_not = unary(selection.bitwise_not, "[True, False]", "[False,  True]")
    bitwise_and = binary(selection.bitwise_and, "[5, 6]", "3", "[1, 2]")
    bitwise_or = binary(selection.bitwise_or, "[5, 6]", "3", "[7, 7]")
    bitwise_xor = binary(selection.bitwise_xor, "[5, 6]", "3", "[6, 5]")
    eq = binary(selection.eq, "[1, 2, 3]", "2", "[False,  True, False]")
    ne = binary(selection.ne, "[1, 2, 3]", "2", "[ True, False,  True]")
    lt = binary(selection.lt, "[1, 2, 3]", "2", "[ True, False, False]")
    le = binary(selection.le, "[1, 2, 3]", "2", "[ True,  True, False]")
    gt = binary(selection.gt, "[1, 2, 3]", "2", "[False, False,  True]")
    ge = binary(selection.ge, "[1, 2, 3]", "2", "[False,  True,  True]")

    mul = multiply = binary(arithmetic.mul, "[1, 2]", "[3, 4]", "[3, 8]")
    maximum = binary(arithmetic.maximum, "[1, 5]", "[3, 4]", "[3, 5]")
    minimum = binary(arithmetic.minimum, "[1, 5]", "[3, 4]", "[1, 4]")
    remainder = binary(arithmetic.remainder, "[7, -7]", "3", "[1, 2]")
    floor_divide = binary(arithmetic.floor_divide, "[7, -7]", "2", "[ 3, -4]")

    def add(self, other: Any, last: Any = None, *, alpha: float = 1) -> Self:
        """``self + alpha · other``.

        >>> glassnet.tensor([1, 2]).add(glassnet.tensor([10, 20]), alpha=2)
        tensor([21, 42])
        """
        if last is not None:
            other, alpha = scale_last(other, last)
        return apply(arithmetic.add, self, other if alpha == 1 else apply(arithmetic.mul, other, alpha))

    def sub(self, other: Any, last: Any = None, *, alpha: float = 1) -> Self:
        """``self − alpha · other``.

        >>> glassnet.tensor([21, 42]).sub(glassnet.tensor([10, 20]), alpha=2)
        tensor([1, 2])
        """
        if last is not None:
            other, alpha = scale_last(other, last)
        return apply(arithmetic.sub, self, other if alpha == 1 else apply(arithmetic.mul, other, alpha))

    subtract = sub

    def pow(self, exponent: Any) -> Self:
        """``self ** exponent``.

        >>> glassnet.tensor([1, 2, 3]).pow(2)
        tensor([1, 4, 9])
        """
        return self**exponent

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """``self / other``, rounded down with rounding_mode="floor", towards zero with "trunc".

        >>> x = glassnet.tensor([7, -7])
        >>> x.div(2), x.div(2, rounding_mode="floor")
        (tensor([ 3.5000, -3.5000]), tensor([ 3, -4]))
        """
        if rounding_mode == "floor":
            return apply(arithmetic.floor_divide, self, other)
        if rounding_mode not in (None, "trunc"):
            raise RangeError(f'div: rounding_mode must be None, "floor" or "trunc", got {rounding_mode!r:.80}')
        if rounding_mode == "trunc" and result_type(self, other).kind != "f":
            return _whole_quotient(self, other)
        quotient = apply(arithmetic.div, self, other)
        return quotient.trunc() if rounding_mode else quotient

    divide = div

    def round(self, *, decimals: int = 0) -> Self:
        """Each element rounded to the nearest number of ``decimals`` digits; halves to even.

        >>> glassnet.tensor([0.5, 1.26, 1.5]).round()
        tensor([0., 1., 2.])
        """
        if decimals == 0:
            return apply(elementary.round, self)
        return apply(elementary.round, self * 10.0**decimals) / 10.0**decimals

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """Each element, raised to ``min`` where below and lowered to ``max`` where above: numbers or tensors.

        >>> glassnet.tensor([-5, 0, 5]).clamp(-1, 1)
        tensor([-1,  0,  1])
        """
        if min is None and max is None:
            raise RangeError("clamp: expected min, max or both, got neither")
        if not isinstance(min, State) and not isinstance(max, State):
            return apply(arithmetic.clamp, self, min=min, max=max)
        result = self
        if min is not None:
            result = apply(selection.where, result < min, min, result)
        return result if max is None else apply(selection.where, result > max, max, result)

    clip = clamp

    @takes_axis
    def softmax(self, dim: int, dtype: Any = None) -> Self:
        """Positive numbers that add up to 1 along ``dim``, in the ratio of exp(self).

        >>> glassnet.tensor([0.0, 0.0, 0.6931]).softmax(0)
        tensor([0.2500, 0.2500, 0.5000])
        """
        return apply(softmax.softmax, self if dtype is None else self.to(dtype), dim=dim)

    @takes_axis
    def log_softmax(self, dim: int, dtype: Any = None) -> Self:
        """The logarithm of `softmax`, accurate where softmax is close to 0.

        >>> glassnet.tensor([0.0, 0.0]).log_softmax(0)
        tensor([-0.6931, -0.6931])
        """
        return apply(softmax.log_softmax, self if dtype is None else self.to(dtype), dim=dim)

    def equal(self, other: State) -> bool:
        """Whether it has the shape and the elements of ``other``.

        >>> glassnet.tensor([1, 2]).equal(glassnet.tensor([1, 2]))
        True
        """
        return np.array_equal(self._read("equal()"), other.array)

    def allclose(self, other: State, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether every |self − other| ≤ atol + rtol·|other|.

        >>> glassnet.tensor([1.0]).allclose(glassnet.tensor([1.000001]))
        True
        """
        return np.allclose(self._read("allclose()"), other.array, rtol, atol, equal_nan)

    def where(self, condition: Any, other: Any) -> Self:
        """This tensor's elements where ``condition`` holds, ``other``'s elsewhere.

        >>> x = glassnet.tensor([-1, 2, -3])
        >>> x.where(x > 0, 0)
        tensor([0, 2, 0])
        """
        return apply(selection.where, mask_of("where", condition), self, other)

    def masked_fill(self, mask: Any, value: Any) -> Self:
        """A copy with ``value`` wherever ``mask`` is true.

        >>> x = glassnet.tensor([-1, 2, -3])
        >>> x.masked_fill(x < 0, 0)
        tensor([0, 2, 0])
        """
        return labelled(apply(selection.where, mask, fitting(self, mask, value), self.contiguous()), "masked_fill")


def _whole_quotient(a: Any, b: Any) -> Any:
    """a / b rounded towards zero, exact where floats are not: rounded down, and one more where that went below."""
    rounded_down = apply(arithmetic.floor_divide, a, b)
    below = apply(selection.logical_and, apply(arithmetic.remainder, a, b), apply(selection.lt, rounded_down, 0))
    return apply(arithmetic.add, rounded_down, below)


def fitting(x: State, mask: Any, value: Any) -> Any:
    """``value`` as one of the dtype of ``x``, for the places where ``mask`` is true.

    Raises DtypeError for a mask that is none, ShapeError for more than one value, RangeError for one that the dtype
    cannot hold.
    """
    mask_of("masked_fill", mask)
    return number_for("masked_fill", x, value)


def mask_of(name: str, mask: Any) -> Any:
    """``mask`` itself; DtypeError unless it is of bool, or, as masks were once, of uint8 where PyTorch takes that."""
    dtype = getattr(mask, "dtype", bool_)
    if dtype != bool_ and not (name == "where" and dtype == uint8):
        raise DtypeError(f"{name}: expected a mask of bool, got {dtype}; write mask.bool(), or x > 0")
    return mask


def number_for(name: str, x: State, value: Any) -> Any:
    """``value``, a number or a tensor of one, as one of the dtype of ``x``; see `fitting`."""
    shape = getattr(value, "shape", ())
    if len(shape):
        raise ShapeError(
            f"{name}: expected one value, a number or a tensor without dimensions, got shape {written(shape)}; "
            "for a value each: where(mask, values, x)"
        )
    if isinstance(value, State):
        return value if value.dtype == x.dtype else apply(movement.cast, value, dtype=x.dtype)
    return held(x.dtype, value)
