"""Methods that few scripts use and that are no functions: numbers drawn in place, a Python function of each element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, GradientError, RangeError, ShapeError
from glassnet.ops.dtypes import float64
from glassnet.ops.shapes import broadcast_shapes, written
from glassnet.random import Generator
from glassnet.tensor import sampling
from glassnet.tensor.creation import arange
from glassnet.tensor.functions.making import empty_strided
from glassnet.tensor.tensor import Tensor

__all__ = [
    "apply_", "bernoulli", "cauchy_", "exponential_", "fill_diagonal_", "geometric_", "log_normal_", "map2_", "map_",
    "multinomial", "new_empty_strided", "resize_as_", "subtract_", "sum_to_size",
]  # fmt: skip


def subtract_(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """As `Tensor.sub_`.

    >>> glassnet.tensor([5, 6]).subtract_(1)
    tensor([4, 5])
    """
    return input.sub_(other, alpha=alpha)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element says, else 0; with ``p``, with that probability, of the same shape.

    >>> glassnet.tensor([0.0, 1.0]).bernoulli()
    tensor([0., 1.])
    """
    if p is None:
        return sampling.bernoulli(input, generator=generator)
    return input.clone().bernoulli_(p, generator=generator)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """`glassnet.multinomial` of this tensor's weights.

    >>> glassnet.tensor([0.0, 1.0]).multinomial(2, replacement=True)
    tensor([1, 1])
    """
    return sampling.multinomial(input, num_samples, replacement, generator=generator)


# drawn in place ------------------------------------------------------------------------------------------------------


def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element from the exponential distribution of mean 1/``lambd``.

    >>> abs(glassnet.empty(10000).exponential_(2).mean().item() - 0.5) < 0.05
    True
    """
    if lambd <= 0:
        raise RangeError(f"exponential_: expected a rate above 0, got lambd={lambd}")
    drawn: Tensor = _floating("exponential_", input).uniform_(generator=generator).neg_().log1p_()
    return drawn.mul_(-1.0 / lambd)


def log_normal_(input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Draw numbers whose logarithm has the normal distribution of ``mean`` and ``std``.

    >>> abs(glassnet.empty(10000).log_normal_(0, 0.5).log().mean().item()) < 0.05
    True
    """
    if std <= 0:
        raise RangeError(f"log_normal_: expected a standard deviation above 0, got std={std}")
    return _floating("log_normal_", input).normal_(mean, std, generator=generator).exp_()


def cauchy_(input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Draw every element from the Cauchy distribution around ``median``, half of it within ``sigma``.

    >>> abs(glassnet.empty(10001).cauchy_(3).median().item() - 3) < 0.1
    True
    """
    if sigma <= 0:
        raise RangeError(f"cauchy_: expected a width above 0, got sigma={sigma}")
    drawn = _floating("cauchy_", input).uniform_(generator=generator)
    slopes: Tensor = drawn.sub_(0.5).mul_(math.pi).tan_()
    return slopes.mul_(sigma).add_(median)


def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Draw how many trials it takes until the first succeeds, each with the probability ``p``: 1 or more.

    >>> glassnet.empty(3).geometric_(1 - 1e-12)
    tensor([1., 1., 1.])
    """
    if not 0 < p < 1:
        raise RangeError(f"geometric_: expected a probability between 0 and 1, got p={p}")
    trials = sampling.rand(input.shape, generator=generator, dtype=float64).neg_().log1p_().div_(math.log1p(-p))
    return input.copy_(trials.ceil_().clamp_(min=1))


def _floating(name: str, input: Tensor) -> Tensor:
    if input.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {input.dtype}; convert it: x.float()")
    return input


# a Python function of each element -----------------------------------------------------------------------------------


def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by what ``callable``, a function of Python numbers, gives for it. It is slow.

    >>> glassnet.tensor([1, 2]).apply_(lambda x: x + 10)
    tensor([11, 12])
    """
    return _mapped("apply_", input, callable, input)


def map_(input: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by what ``callable`` gives for it and that of ``tensor`` in the same place.

    >>> glassnet.tensor([1, 2]).map_(glassnet.tensor([10, 20]), lambda a, b: a + b)
    tensor([11, 22])
    """
    return _mapped("map_", input, callable, input, tensor)


def map2_(input: Tensor, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """As `map_`, of two tensors more.

    >>> x = glassnet.tensor([1, 2])
    >>> x.map2_(x, x, lambda a, b, c: a + b + c)
    tensor([3, 6])
    """
    return _mapped("map2_", input, callable, input, x, y)


def _mapped(name: str, input: Tensor, callable: Callable[..., Any], *tensors: Tensor) -> Tensor:
    if any(x.requires_grad for x in tensors):
        raise GradientError(f"{name}: a Python function of numbers has no derivative; use x.detach()")
    if broadcast_shapes(name, *(x.shape for x in tensors)) != input.shape:
        raise ShapeError(f"{name}: expected tensors that broadcast to {written(input.shape)}")
    lists = [np.broadcast_to(x._read(f"{name}()"), input.shape).reshape(-1).tolist() for x in tensors]
    mapped = [callable(*numbers) for numbers in zip(*lists, strict=True)]
    return input.copy_(input.new_tensor(mapped).reshape(input.shape) if mapped else input.clone())


# shapes --------------------------------------------------------------------------------------------------------------


def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Set the diagonal to ``fill_value``: of a matrix, or the elements i, i, i … of sizes that are all equal.

    Of a matrix that is taller than wide, ``wrap`` begins anew below.

    >>> glassnet.zeros(2, 2).fill_diagonal_(5)
    tensor([[5., 0.],
            [0., 5.]])
    """
    if input.ndim < 2 or (input.ndim > 2 and len({*input.shape}) > 1):
        raise ShapeError(
            f"fill_diagonal_: expected a matrix, or 3 dimensions or more of one size, got {written(input.shape)}"
        )
    places = [arange(n).reshape(-1, *(1 for _ in range(input.ndim - d - 1))) for d, n in enumerate(input.shape)]
    if wrap and input.ndim == 2:
        places[0] = places[0] % (input.shape[1] + 1)
    mask = places[0] == places[1]
    for place in places[2:]:
        mask = mask & (places[0] == place)
    return input.masked_fill_(mask, fill_value)


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Summed over what would have to be broadcast to come from ``size`` to this shape.

    >>> glassnet.ones(3, 2).sum_to_size(1, 2)
    tensor([[3., 3.]])
    """
    wanted = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    extra = input.ndim - len(wanted)
    pairs = list(zip(input.shape[max(extra, 0) :], wanted, strict=False))
    if extra < 0 or any(n != m and m != 1 for n, m in pairs):
        raise ShapeError(f"sum_to_size: {written(wanted)} does not broadcast to {written(input.shape)}")
    dims = [*range(extra), *(extra + d for d, (n, m) in enumerate(pairs) if n != m)]
    summed = input.sum(dims, keepdim=True) if dims else input
    if not input.ndim:
        return input.sum()
    return summed.reshape(wanted) if extra else summed


def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the shape of ``the_template``.

    >>> glassnet.tensor([1, 2, 3]).resize_as_(glassnet.ones(2))
    tensor([1, 2])
    """
    return input.resize_(*the_template.shape)


def new_empty_strided(
    input: Tensor,
    size: Any,
    stride: Any,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """`glassnet.empty_strided` of the dtype of this tensor.

    >>> glassnet.tensor([1]).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    dtype = input.dtype if dtype is None else dtype
    return empty_strided(size, stride, dtype=dtype, device=device, requires_grad=requires_grad)
