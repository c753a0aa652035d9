"""Complex numbers and their parts.

Gradients are PyTorch's: of z = a + i·b, the gradient is ∂L/∂a + i·∂L/∂b, the direction in which L grows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import abs
from glassnet.ops.functions.packing import complex_type, real_type
from glassnet.ops.movement import cast
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import where
from glassnet.ops.shapes import broadcast_shapes, shape_of


def _imag(x: Array) -> Array:
    return np.array(np.imag(x))  # a copy: memory of its own


imag = register(
    Op(
        "imag",
        forward=_imag,
        vjp=(lambda g, _y, _x: cast(g, dtype=_x.dtype) * 1j,),
        shape=lambda x: Spec(shape_of(x), real_type(x)),
        formula="y = the imaginary part of x",
    )
)


def _angle(x: Array) -> Array:
    return np.where(np.isnan(x), x, np.angle(x)).astype(x.dtype) if x.dtype.kind == "f" else np.angle(x)


def _angle_rule(g: Any, _y: Any, x: Any) -> Any:
    size = abs(x)
    nothing = size == 0
    size = where(nothing, 1.0, size)
    if x.dtype.kind != "c":
        return g * 0
    return where(nothing, 0.0, g / size) * (x * 1j / size)


angle = register(
    Op(
        "angle",
        forward=_angle,
        vjp=(_angle_rule,),
        shape=lambda x: Spec(shape_of(x), real_type(x)),
        formula="y = the angle φ of x = r·exp(i·φ), in radians",
    )
)


def _complex_of(real: Array, imag: Array) -> Array:
    y = np.empty(np.broadcast_shapes(real.shape, imag.shape), complex_type(real))
    y.real, y.imag = real, imag
    return y


def _complex_shape(real: Any, imag: Any) -> Spec:
    if real.dtype != imag.dtype or real.dtype.kind != "f":
        raise DtypeError(f"complex: expected floating tensors of one dtype, got {real.dtype} and {imag.dtype}")
    return Spec(broadcast_shapes("complex", shape_of(real), shape_of(imag)), complex_type(real))


complex_of = register(
    Op(
        "complex_of",
        forward=_complex_of,
        vjp=(lambda g, _y, _real, _imag: g, lambda g, _y, _real, _imag: g * 1j),
        shape=_complex_shape,
        formula="y = real + i·imag",
    )
)
