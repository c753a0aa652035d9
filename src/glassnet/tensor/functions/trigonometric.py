"""Inverse trigonometric functions, hyperbolic ones, and angles."""

from __future__ import annotations

import math

from glassnet.ops.functions import bessel, logarithms
from glassnet.ops.functions import trigonometric as ops
from glassnet.tensor.methods.from_record import function, function_of_two
from glassnet.tensor.tensor import Tensor

__all__ = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan",
    "atan2", "atanh", "cosh", "deg2rad", "hypot", "rad2deg", "sinc", "sinh",
]  # fmt: skip

acos = arccos = function(ops.acos, "[0.0, 1.0]", "[1.5708, 0.0000]")
acosh = arccosh = function(ops.acosh, "[1.0, 2.0]", "[0.0000, 1.3170]")
asin = arcsin = function(ops.asin, "[0.0, 1.0]", "[0.0000, 1.5708]")
asinh = arcsinh = function(ops.asinh, "[0.0, 1.0]", "[0.0000, 0.8814]")
atan = arctan = function(ops.atan, "[0.0, 1.0]", "[0.0000, 0.7854]")
atan2 = arctan2 = function_of_two(ops.atan2, "[1.0, -1.0]", "[0.0, -1.0]", "[ 1.5708, -2.3562]")
atanh = arctanh = function(ops.atanh, "[0.0, 0.5]", "[0.0000, 0.5493]")
cosh = function(ops.cosh, "[0.0, 1.0]", "[1.0000, 1.5431]")
hypot = function_of_two(logarithms.hypot, "[3.0, 5.0]", "[4.0, 12.0]", "[ 5., 13.]")
sinc = function(bessel.sinc, "[0.0, 0.5]", "[1.0000, 0.6366]")
sinh = function(ops.sinh, "[0.0, 1.0]", "[0.0000, 1.1752]")


def deg2rad(input: Tensor) -> Tensor:
    """Angles in radians, of angles in degrees.

    >>> glassnet.deg2rad(glassnet.tensor([180.0, 90.0]))
    tensor([3.1416, 1.5708])
    """
    return input * (math.pi / 180)


def rad2deg(input: Tensor) -> Tensor:
    """Angles in degrees, of angles in radians.

    >>> glassnet.rad2deg(glassnet.tensor([0.0, 1.0]))
    tensor([ 0.0000, 57.2958])
    """
    return input * (180 / math.pi)
