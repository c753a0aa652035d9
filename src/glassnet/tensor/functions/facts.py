"""What is true of a tensor: of its one number, its dtype, its shape beside another's."""

from __future__ import annotations

from glassnet.errors import ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor.tensor import Tensor

__all__ = ["is_conj", "is_inference", "is_neg", "is_nonzero", "is_same_size", "is_signed"]


def is_nonzero(input: Tensor) -> bool:
    """Whether its one number is not 0; ShapeError where there are several.

    >>> glassnet.is_nonzero(glassnet.tensor([2.0]))
    True
    """
    if input.numel() != 1:
        raise ShapeError(f"is_nonzero: expected a tensor of one number, got shape {written(input.shape)}")
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have one shape.

    >>> glassnet.is_same_size(glassnet.ones(2, 3), glassnet.zeros(3))
    False
    """
    return input.shape == other.shape


def is_signed(input: Tensor) -> bool:
    """Whether its numbers can be below 0.

    >>> glassnet.is_signed(glassnet.ones(2)), glassnet.is_signed(glassnet.ones(2).byte())
    (True, False)
    """
    return input.dtype.kind in "ifc"


def is_conj(input: Tensor) -> bool:
    """False: a conjugate is computed at once, and nothing is put off.

    >>> glassnet.is_conj(glassnet.ones(2))
    False
    """
    return False


def is_neg(input: Tensor) -> bool:
    """False: a negative is computed at once, and nothing is put off.

    >>> glassnet.is_neg(glassnet.ones(2))
    False
    """
    return False


def is_inference(input: Tensor) -> bool:
    """False: tensors made within `inference_mode` are like others.

    >>> glassnet.is_inference(glassnet.ones(2))
    False
    """
    return False
