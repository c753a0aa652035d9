"""Complex tensors: made of two real ones, and taken apart."""

from __future__ import annotations

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops import arithmetic
from glassnet.ops.functions import complex_numbers
from glassnet.ops.shapes import written
from glassnet.tensor.tensor import Tensor, apply

__all__ = [
    "angle", "complex", "conj", "conj_physical", "imag", "is_complex", "polar", "real", "resolve_conj", "resolve_neg",
    "view_as_complex", "view_as_real",
]  # fmt: skip


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """``real + i·imag``, of two floating tensors of one dtype.

    >>> glassnet.complex(glassnet.tensor([1.0, 2.0]), glassnet.tensor([3.0, 4.0]))
    tensor([1.+3.j, 2.+4.j])
    """
    complex_numbers.complex_of.shape(real, imag)
    return apply(complex_numbers.complex_of, real, imag)


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """``abs · exp(i·angle)``: the complex numbers of these lengths and angles, in radians.

    >>> glassnet.polar(glassnet.tensor([2.0]), glassnet.tensor([0.0]))
    tensor([2.+0.j])
    """
    return complex(abs * angle.cos(), abs * angle.sin())


def real(input: Tensor) -> Tensor:
    """The real part, a view; the tensor itself where it is real.

    >>> x = glassnet.tensor([1 + 2j])
    >>> x.real[0] = 5
    >>> x
    tensor([5.+2.j])
    """
    return apply(arithmetic.real, input) if is_complex(input) else input


def imag(input: Tensor) -> Tensor:
    """The imaginary part, a view. Raises DtypeError for a tensor that is not complex.

    >>> glassnet.imag(glassnet.tensor([1 + 2j]))
    tensor([2.])
    """
    if not is_complex(input):
        raise DtypeError(f"imag: expected a complex tensor, got {input.dtype}, which has no imaginary part")
    return apply(complex_numbers.imag, input)


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex.

    >>> glassnet.tensor([1j]).is_complex()
    True
    """
    return input.dtype.kind == "c"


def angle(input: Tensor) -> Tensor:
    """The angle of each complex number, in radians from −π to π; of real numbers 0 or π.

    >>> glassnet.angle(glassnet.tensor([1j, -1 + 0j]))
    tensor([1.5708, 3.1416])
    """
    return apply(complex_numbers.angle, input if input.dtype.kind in "fc" else input.float())


def conj(input: Tensor) -> Tensor:
    """The conjugate: the imaginary part negated. A copy; of real tensors the tensor itself.

    >>> glassnet.tensor([1 + 2j]).conj()
    tensor([1.-2.j])
    """
    return apply(arithmetic.conjugate, input) if is_complex(input) else input


def conj_physical(input: Tensor) -> Tensor:
    """`conj`.

    >>> glassnet.tensor([1 + 2j]).conj_physical()
    tensor([1.-2.j])
    """
    return conj(input)


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are computed at once here.

    >>> glassnet.tensor([1 + 2j]).conj().resolve_conj()
    tensor([1.-2.j])
    """
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: what is negated is computed at once here.

    >>> glassnet.tensor([1.0]).neg().resolve_neg()
    tensor([-1.])
    """
    return input


def view_as_real(input: Tensor) -> Tensor:
    """Complex numbers as pairs, real and imaginary part, along a new last dimension. A view.

    >>> glassnet.view_as_real(glassnet.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    complex_numbers.view_as_real.shape(input)
    return apply(complex_numbers.view_as_real, input)


def view_as_complex(input: Tensor) -> Tensor:
    """Pairs along the last dimension as complex numbers. A view; ShapeError where the two do not lie side by side.

    >>> glassnet.view_as_complex(glassnet.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    complex_numbers.view_as_complex.shape(input)
    if input.numel() and input.stride(-1) != 1:
        raise ShapeError(
            f"view_as_complex: the two of a pair do not lie side by side in this tensor of {written(input.shape)}; "
            "copy it so that they do: x.contiguous()"
        )
    return apply(complex_numbers.view_as_complex, input)
