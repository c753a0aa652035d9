"""Tensors made in ways that few scripts use: of a buffer, of another library's array, of given strides, of counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import category
from glassnet.ops.shapes import written
from glassnet.random import Generator, chosen
from glassnet.tensor.creation import DtypeLike, dtype_of, empty, full, full_like
from glassnet.tensor.tensor import Tensor, finished, made_of, wrap

__all__ = [
    "binomial", "can_cast", "empty_permuted", "empty_strided", "fill", "from_dlpack", "frombuffer", "poisson",
    "promote_types", "scalar_tensor",
]  # fmt: skip


def scalar_tensor(
    s: Any, *, dtype: DtypeLike = None, layout: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of 0 dimensions, in the default dtype unless ``dtype`` says another.

    >>> glassnet.scalar_tensor(3)
    tensor(3.)
    """
    return full((), s, dtype=dtype_of(dtype), requires_grad=requires_grad, device=device)


def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like ``input``, all ``value``: a number, or a tensor of 0 dimensions, which gradients flow to.

    >>> glassnet.fill(glassnet.tensor([1, 2]), 7)
    tensor([7, 7])
    """
    if not isinstance(value, Tensor):
        return full_like(input, value)
    if value.ndim:
        raise ShapeError(f"fill: expected one number to fill with, got a value of shape {written(value.shape)}")
    filled = input.clone()
    filled.copy_(value)
    return filled


def frombuffer(
    buffer: Any, *, dtype: DtypeLike, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """The numbers of ``dtype`` that lie in a buffer (bytes, bytearray, array.array), which shares its memory.

    Raises ValueError where it does not hold ``count`` of them after ``offset`` bytes.

    >>> glassnet.frombuffer(bytearray([1, 2, 3]), dtype=glassnet.uint8)
    tensor([1, 2, 3], dtype=uint8)
    """
    array = np.frombuffer(buffer, dtype_of(dtype), count, offset)
    return finished(array if array.flags.writeable else array.copy(), requires_grad, None)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """The tensor of another library's array, of the same memory: whatever has ``__dlpack__``, on the CPU.

    >>> glassnet.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.clone() if copy else ext_tensor.detach()
    array = np.from_dlpack(ext_tensor)
    return finished(array.copy() if copy or not array.flags.writeable else array, False, device)


def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: DtypeLike = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Values that are not set, which lie in memory as ``stride`` says.

    >>> glassnet.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    if len(size) != len(stride):
        raise ShapeError(f"empty_strided: expected a stride for each of {len(size)} sizes, got {len(stride)}")
    if any(n < 0 for n in stride):
        raise ShapeError(f"empty_strided: expected strides of 0 or more, got {written(tuple(stride))}")
    reach = 0 if 0 in size else 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    memory = empty(reach, dtype=dtype).array
    array = np.lib.stride_tricks.as_strided(memory, size, [n * memory.itemsize for n in stride])
    return finished(array, requires_grad, device)


def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    *,
    dtype: DtypeLike = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Values that are not set; ``physical_layout`` names the dimensions from the outermost in memory to the innermost.

    >>> glassnet.empty_permuted((2, 3, 4), (0, 2, 1)).stride()
    (12, 1, 3)
    """
    if sorted(physical_layout) != list(range(len(size))):
        raise RangeError(
            f"empty_permuted: expected the dimensions 0 … {len(size) - 1} once each, got {physical_layout}"
        )
    made = empty([size[d] for d in physical_layout], dtype=dtype)
    placed = made.permute(*np.argsort(physical_layout).tolist()) if size else made
    return finished(placed.array, requires_grad, device)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts drawn from the Poisson distribution whose mean each element of ``input`` is.

    >>> glassnet.poisson(glassnet.zeros(3))
    tensor([0., 0., 0.])
    """
    means = input._read("poisson()")
    if means.dtype.kind != "f":
        raise DtypeError(f"poisson: expected floating means, got {input.dtype}; convert them: x.float()")
    if not (means >= 0).all():
        raise RangeError("poisson: expected means of 0 or more, got some below, or NaN")
    return made_of(input, np.asarray(chosen(generator).numpy.poisson(means), means.dtype))


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of ``count`` trials succeed, each with the probability ``prob``; drawn at random.

    >>> glassnet.binomial(glassnet.tensor([5.0, 5.0]), glassnet.tensor([0.0, 1.0]))
    tensor([0., 5.])
    """
    trials, chances = count._read("binomial()"), prob._read("binomial()")
    if trials.dtype.kind != "f" or trials.dtype != chances.dtype:
        raise DtypeError(f"binomial: expected floating counts and probabilities, got {count.dtype} and {prob.dtype}")
    if not ((trials >= 0).all() and (chances >= 0).all() and (chances <= 1).all()):
        raise RangeError("binomial: expected counts of 0 or more and probabilities from 0 to 1")
    drawn = chosen(generator).numpy.binomial(trials.astype(np.int64), chances.astype(np.float64))
    return wrap(np.asarray(drawn, trials.dtype))


# which dtype becomes which -------------------------------------------------------------------------------------------


def promote_types(type1: DtypeLike, type2: DtypeLike) -> Any:
    """The smallest dtype that both can become without changing their kind: what adding tensors of them gives.

    >>> glassnet.promote_types(glassnet.int32, glassnet.float32)
    dtype('float32')
    """
    return (empty(1, dtype=type1) + empty(1, dtype=type2)).dtype


def can_cast(from_: DtypeLike, to: DtypeLike) -> bool:
    """Whether numbers of ``from_`` may be put into a tensor of ``to``: not where that would lose their kind.

    >>> glassnet.can_cast(glassnet.float64, glassnet.float32), glassnet.can_cast(glassnet.float32, glassnet.int64)
    (True, False)
    """
    return category(dtype_of(from_)) <= category(dtype_of(to))
