"""Complex numbers and their parts.

Gradients are PyTorch's: of z = a + i·b, the gradient is ∂L/∂a + i·∂L/∂b, the direction in which L grows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.arithmetic import real
from glassnet.ops.dtypes import Array, float32, float64
from glassnet.ops.elementary import abs
from glassnet.ops.functions.packing import complex_type, real_type
from glassnet.ops.movement import cast, stack
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import where
from glassnet.ops.shapes import broadcast_shapes, shape_of, written


def _imag(x: Array) -> Array:
    return np.imag(x)


imag = register(
    Op(
        "imag",
        forward=_imag,
        vjp=(lambda g, _y, _x: cast(g, dtype=_x.dtype) * 1j,),
        shape=lambda x: Spec(shape_of(x), real_type(x)),
        formula="y = the imaginary part of x",
        view=True,
        source=lambda _output, x: f"{x}.imag",
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


# one memory, seen as complex numbers and as real ones --------------------------------------------------


def _with_part(x: Array, part: Array, imaginary: bool) -> Array:
    y = np.array(x)
    if imaginary:
        y.imag = part
    else:
        y.real = part
    return y


def _with_part_shape(x: Any, part: Any, *, imaginary: bool) -> Spec:
    if x.dtype.kind != "c" or part.dtype != real_type(x):
        raise DtypeError(
            f"with_part: expected complex numbers and a part of their precision, got {x.dtype} and {part.dtype}"
        )
    if shape_of(part) != shape_of(x):
        raise ShapeError(f"with_part: expected a part of shape {written(shape_of(x))}, got {written(shape_of(part))}")
    return Spec(shape_of(x), x.dtype)


with_part = register(
    Op(
        "with_part",
        forward=_with_part,
        vjp=(
            lambda g, _y, _x, _part, imaginary: cast(real(g), dtype=_x.dtype) if imaginary else imag(g) * 1j,
            lambda g, _y, _x, _part, imaginary: imag(g) if imaginary else real(g),
        ),
        shape=_with_part_shape,
        formula="y = x, half of it taken from part",
        expand=lambda x, part, *, imaginary: complex_of(real(x), part) if imaginary else complex_of(part, imag(x)),
        holomorphic=False,
    )
)


def _view_as_real(x: Array) -> Array:
    return x[..., np.newaxis].view(x.real.dtype)


def _view_as_real_shape(x: Any) -> Spec:
    if x.dtype.kind != "c":
        raise DtypeError(f"view_as_real: expected a complex tensor, got {x.dtype}")
    return Spec((*shape_of(x), 2), real_type(x))


view_as_real: Op = register(
    Op(
        "view_as_real",
        forward=_view_as_real,
        vjp=(lambda g, _y, _x: view_as_complex(g),),
        shape=_view_as_real_shape,
        formula="y = pairs of the real and the imaginary part of x",
        expand=lambda x: stack(real(x), imag(x), dim=-1),
        view=True,
    )
)


def _view_as_complex(x: Array) -> Array:
    pairs = x if x.strides[-1] == x.itemsize else np.array(x, order="C")  # the two have to lie side by side
    return pairs.view(complex_type(x))[..., 0]


def _view_as_complex_shape(x: Any) -> Spec:
    if x.dtype not in (float32, float64):
        raise DtypeError(f"view_as_complex: expected pairs of float32 or float64, got {x.dtype}; convert: x.float()")
    if not shape_of(x) or shape_of(x)[-1] != 2:
        raise ShapeError(f"view_as_complex: expected pairs, a last dimension of 2, got {written(shape_of(x))}")
    return Spec(shape_of(x)[:-1], complex_type(x))


view_as_complex: Op = register(
    Op(
        "view_as_complex",
        forward=_view_as_complex,
        vjp=(lambda g, _y, _x: view_as_real(g),),
        shape=_view_as_complex_shape,
        formula="y = x[…, 0] + i·x[…, 1]",
        expand=lambda x: complex_of(x[..., 0], x[..., 1]),
        holomorphic=False,
        view=True,
    )
)
