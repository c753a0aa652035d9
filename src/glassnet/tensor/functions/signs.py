"""Signs, neighbours of floating numbers, and tests of single numbers."""

from __future__ import annotations

from typing import Any

from glassnet.errors import DtypeError
from glassnet.ops.functions import signs
from glassnet.tensor.creation import full_like
from glassnet.tensor.joining import where
from glassnet.tensor.methods.from_record import function_of_two
from glassnet.tensor.tensor import Tensor

__all__ = [
    "absolute", "copysign", "greater", "greater_equal", "heaviside", "isneginf", "isposinf", "isreal", "less",
    "less_equal", "negative", "nextafter", "not_equal", "positive", "sgn", "signbit",
]  # fmt: skip

copysign = function_of_two(signs.copysign, "[1.0, -2.0]", "[-0.0, 3.0]", "[-1.,  2.]")
nextafter = function_of_two(signs.nextafter, "[1.0, 2.0]", "[2.0, 2.0]", "[1.0000, 2.0000]")


def absolute(input: Tensor) -> Tensor:
    """As `Tensor.abs`.

    >>> glassnet.absolute(glassnet.tensor([-1, 2]))
    tensor([1, 2])
    """
    return input.abs()


def negative(input: Tensor) -> Tensor:
    """As `Tensor.neg`.

    >>> glassnet.negative(glassnet.tensor([-1, 2]))
    tensor([ 1, -2])
    """
    return -input


def positive(input: Tensor) -> Tensor:
    """The tensor itself; DtypeError for bool.

    >>> glassnet.positive(glassnet.tensor([-1, 2]))
    tensor([-1,  2])
    """
    if input.dtype.kind == "b":
        raise DtypeError("positive: expected numbers, got bool; convert it first: x.int()")
    return input


def sgn(input: Tensor) -> Tensor:
    """As `Tensor.sign`.

    >>> glassnet.sgn(glassnet.tensor([-2.0, 0.0, 3.0]))
    tensor([-1.,  0.,  1.])
    """
    return input.sign()


def signbit(input: Tensor) -> Tensor:
    """Whether there is a minus before the number; before −0.0 there is.

    >>> glassnet.signbit(glassnet.tensor([-1.0, -0.0, 0.0]))
    tensor([ True,  True, False])
    """
    if input.dtype.kind == "b":
        return input ^ input
    return (copysign(full_like(input, 1), input) if input.dtype.kind == "f" else input) < 0


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 below zero, 1 above, ``values`` at it; both tensors have one dtype.

    >>> glassnet.heaviside(glassnet.tensor([-1.0, 0.0, 2.0]), glassnet.tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if input.dtype != values.dtype:
        raise DtypeError(f"heaviside: expected tensors of one dtype, got {input.dtype} and {values.dtype}")
    input, values = input.detach(), values.detach()
    return where(input == 0, values, (input > 0).to(input.dtype))


def isposinf(input: Tensor) -> Tensor:
    """Whether each element is +∞.

    >>> glassnet.isposinf(glassnet.tensor([1.0, float("inf"), float("-inf")]))
    tensor([False,  True, False])
    """
    return input.isinf() & (input > 0)


def isneginf(input: Tensor) -> Tensor:
    """Whether each element is −∞.

    >>> glassnet.isneginf(glassnet.tensor([1.0, float("inf"), float("-inf")]))
    tensor([False, False,  True])
    """
    return input.isinf() & (input < 0)


def isreal(input: Tensor) -> Tensor:
    """Whether each element is a real number: all are.

    >>> glassnet.isreal(glassnet.tensor([1.0, 2.0]))
    tensor([True, True])
    """
    return (input == input) | (input != input)


def greater(input: Tensor, other: Any) -> Tensor:
    """``input > other``.

    >>> glassnet.greater(glassnet.tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """
    return input.gt(other)


def greater_equal(input: Tensor, other: Any) -> Tensor:
    """``input >= other``.

    >>> glassnet.greater_equal(glassnet.tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """
    return input.ge(other)


def less(input: Tensor, other: Any) -> Tensor:
    """``input < other``.

    >>> glassnet.less(glassnet.tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """
    return input.lt(other)


def less_equal(input: Tensor, other: Any) -> Tensor:
    """``input <= other``.

    >>> glassnet.less_equal(glassnet.tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """
    return input.le(other)


def not_equal(input: Tensor, other: Any) -> Tensor:
    """Whether the elements differ.

    >>> glassnet.not_equal(glassnet.tensor([1, 2, 3]), 2)
    tensor([ True, False,  True])
    """
    return input.ne(other)
