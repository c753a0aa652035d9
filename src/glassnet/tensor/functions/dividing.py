"""Division with its remainders, whole numbers and powers of 2."""

from __future__ import annotations

from typing import Any, NamedTuple

from glassnet.errors import DtypeError
from glassnet.ops.dtypes import complex128, float64, int32, result_type
from glassnet.ops.functions import signs
from glassnet.tensor.methods.from_record import function_of_two
from glassnet.tensor.tensor import Tensor, apply
from glassnet.tensor.wording import returned, returned_by

__all__ = [
    "bitwise_left_shift", "bitwise_right_shift", "fix", "float_power", "fmod", "frac", "frexp", "gcd", "lcm", "ldexp",
    "rsub", "true_divide",
]  # fmt: skip

bitwise_left_shift = function_of_two(signs.left_shift, "[1, 3]", "2", "[ 4, 12]", "bitwise_left_shift")
bitwise_right_shift = function_of_two(signs.right_shift, "[4, 13]", "2", "[1, 3]", "bitwise_right_shift")
gcd = function_of_two(signs.gcd, "[12, 7]", "[18, 14]", "[6, 7]")
lcm = function_of_two(signs.lcm, "[4, 6]", "[6, 9]", "[12, 18]")
fmod = function_of_two(signs.fmod, "[7.0, -7.0]", "3", "[ 1., -1.]")


def fix(input: Tensor) -> Tensor:
    """Each element rounded towards zero, as `Tensor.trunc` does.

    >>> glassnet.fix(glassnet.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return input.trunc()


def true_divide(input: Any, other: Any) -> Tensor:
    """``input / other``.

    >>> glassnet.true_divide(glassnet.tensor([7, -7]), 2)
    tensor([ 3.5000, -3.5000])
    """
    quotient: Tensor = input / other
    return quotient


def frac(input: Tensor) -> Tensor:
    """What is behind the point, with the sign of the number; DtypeError for integers.

    >>> glassnet.frac(glassnet.tensor([1.25, -1.25]))
    tensor([ 0.2500, -0.2500])
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"frac: expected a floating tensor, got {input.dtype}; convert it first: x.float()")
    return input - input.trunc()


def float_power(input: Any, exponent: Any) -> Tensor:
    """``input ** exponent`` in float64, or complex128.

    >>> glassnet.float_power(glassnet.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=float64)
    """
    dtype = complex128 if result_type(input, exponent).kind == "c" else float64
    base, exponent = (x.to(dtype) if isinstance(x, Tensor) else dtype.type(x).item() for x in (input, exponent))
    power: Tensor = base**exponent
    return power


def rsub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """``other − alpha · input``.

    >>> glassnet.rsub(glassnet.tensor([1, 2]), 10)
    tensor([9, 8])
    """
    difference: Tensor = other - (input if alpha == 1 else input * alpha)
    return difference


def ldexp(input: Tensor, other: Any) -> Tensor:
    """``input · 2 ** other``.

    >>> glassnet.ldexp(glassnet.tensor([1.0, 3.0]), glassnet.tensor([3, -1]))
    tensor([8.0000, 1.5000])
    """
    product: Tensor = input * (2.0**other).to(result_type(input, other, 1.0))
    return product


@returned_by("frexp")
class Frexp(NamedTuple):
    """What `frexp` gives."""

    mantissa: Tensor
    exponent: Tensor


def frexp(input: Tensor) -> Frexp:
    """``mantissa`` and ``exponent``, so that the number is mantissa · 2 ** exponent, with ½ ≤ \\|mantissa\\| < 1.

    >>> glassnet.frexp(glassnet.tensor([8.0, -0.75])).exponent
    tensor([4, 0], dtype=int32)
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"frexp: expected a floating tensor, got {input.dtype}; convert it first: x.float()")
    exponent = apply(signs.exponent, input)
    # in two steps: 2 to the power of the least and the largest exponents is no number of the dtype
    half = apply(signs.right_shift, exponent, 1)
    scale = (2.0 ** -half.to(input.dtype), 2.0 ** (half - exponent).to(input.dtype))
    return returned(Frexp, input * scale[0] * scale[1], exponent.to(int32))
