"""Sampling: tensors drawn at random, from the default generator or one of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.observer import mode
from glassnet.ops import sampling
from glassnet.ops.dtypes import float_type, int64
from glassnet.ops.record import Op
from glassnet.ops.shapes import broadcast_shapes, shape_of
from glassnet.random import Generator, chosen
from glassnet.tensor.creation import DtypeLike, dtype_of, empty, zeros
from glassnet.tensor.spellings import sizes
from glassnet.tensor.tensor import Tensor, apply, finished, wrap


def _drawn(
    name: str,
    op: Op,
    shape: tuple[int, ...],
    dtype: DtypeLike,
    generator: Generator | None,
    requires_grad: bool,
    device: Any,
) -> Tensor:
    kind = dtype_of(dtype)
    if kind.kind not in "fc":
        raise DtypeError(f"{name}: expected a floating dtype, got {kind}; for whole numbers: randint(low, high, size)")
    if not mode.draws:
        return zeros(*shape, dtype=dtype, requires_grad=requires_grad, device=device)
    if kind.kind == "f":
        array = apply(op, shape=shape, dtype=kind, generator=chosen(generator)).array
    else:  # each part is drawn; normal numbers have a variance of 1 as a whole
        parts = apply(op, shape=(*shape, 2), dtype=np.finfo(kind).dtype, generator=chosen(generator)).array
        array = (parts * parts.dtype.type(0.5**0.5) if op is sampling.normal else parts).view(kind)[..., 0]
    return finished(array, requires_grad, device)


def rand(
    *shape: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Drawn evenly from [0, 1).

    >>> x = glassnet.rand(1000)
    >>> bool((x >= 0).all() and (x < 1).all())
    True
    """
    return _drawn("rand", sampling.uniform, sizes(shape, size), dtype, generator, requires_grad, device)


def randn(
    *shape: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Drawn from the normal distribution of mean 0 and standard deviation 1.

    >>> x = glassnet.randn(100, 100)
    >>> abs(x.mean().item()) < 0.1, abs(x.std().item() - 1) < 0.1
    (True, True)
    """
    return _drawn("randn", sampling.normal, sizes(shape, size), dtype, generator, requires_grad, device)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """`rand` in the shape and dtype of ``input``.

    >>> glassnet.rand_like(glassnet.ones(2, 3)).shape
    (2, 3)
    """
    drawn = rand(*input.shape, generator=generator, dtype=dtype or input.dtype).to(memory_format=memory_format)
    return finished(drawn.array, requires_grad, device)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """`randn` in the shape and dtype of ``input``.

    >>> glassnet.randn_like(glassnet.ones(2, 3)).shape
    (2, 3)
    """
    drawn = randn(*input.shape, generator=generator, dtype=dtype or input.dtype).to(memory_format=memory_format)
    return finished(drawn.array, requires_grad, device)


def randint(
    low: int = 0,
    high: int | Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DtypeLike = int64,
    device: Any = None,
) -> Tensor:
    """Whole numbers from ``low`` to ``high`` − 1: randint(low, high, size), or randint(high, size).

    >>> glassnet.randint(1, 7, (1000,)).unique()
    tensor([1, 2, 3, 4, 5, 6])
    """
    if isinstance(high, Sequence):
        high, size = None, high
    if high is None:
        low, high = 0, low
    if size is None or low >= high:
        raise RangeError(
            "randint: expected (high, size) or (low, high, size), low below high and the size a tuple; got "
            f"({low}, {high}, {size})"
        )
    drawn = apply(
        sampling.integers,
        shape=sizes((size,)),
        dtype=np.dtype(dtype),
        generator=chosen(generator),
        low=low,
        high=high,
    )
    return finished(drawn.array, False, device)


def randperm(n: int, *, generator: Generator | None = None, dtype: DtypeLike = int64, device: Any = None) -> Tensor:
    """0 … n − 1 in random order.

    >>> glassnet.randperm(4).sort().values
    tensor([0, 1, 2, 3])
    """
    if n < 0:
        raise RangeError(f"randperm: expected a number of 0 or more, got {n}")
    order = apply(sampling.permutation, n=n, generator=chosen(generator)).array
    return finished(order.astype(np.dtype(dtype), copy=False), False, device)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Drawn from the normal distribution of ``mean`` and standard deviation ``std``.

    Numbers and a ``size``, or tensors, of which every element has a distribution of its own.

    >>> x = glassnet.normal(5.0, 0.1, (10000,))
    >>> round(x.mean().item(), 1)
    5.0
    """
    of_tensors = [x.detach() for x in (mean, std) if isinstance(x, Tensor)]
    if not of_tensors:
        drawn = empty(() if size is None else size, dtype=dtype).normal_(mean, std, generator=generator)
        return finished(drawn.array, requires_grad, device)
    if size is not None:
        raise ValueError(f"normal: tensors have a size of their own; leave out size={size}, or give numbers")
    spread = std.array if isinstance(std, Tensor) else np.asarray(std)
    if not (spread >= 0).all():
        raise RangeError(f"normal: expected standard deviations of 0 or more, got {spread.min():.5g} among them")
    shape = broadcast_shapes("normal", *map(shape_of, of_tensors))
    drawn = randn(shape, generator=generator, dtype=float_type(mean, std)) * std + mean
    return finished(drawn.array, requires_grad, device)


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of ``input`` says, else 0.

    >>> glassnet.bernoulli(glassnet.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    p = input.array
    if not ((p >= 0) & (p <= 1)).all():
        raise RangeError("bernoulli: expected probabilities, from 0 to 1; of scores, take x.sigmoid()")
    drawn = apply(sampling.uniform, shape=input.shape, dtype=input.dtype, generator=chosen(generator))
    return (drawn < input).to(input.dtype)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Positions drawn with the probabilities in ``input`` (they need not add up to 1), row by row.

    >>> glassnet.multinomial(glassnet.tensor([0.0, 1.0, 0.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    weights = input.detach().numpy().astype(np.float64)
    if weights.ndim not in (1, 2):
        raise ShapeError(
            f"multinomial: expected a row of weights, or several, got a tensor of {weights.ndim} dimensions"
        )
    if input.dtype.kind != "f":
        raise DtypeError(f"multinomial: expected floating weights, got {input.dtype}; convert them: x.float()")
    if weights.size == 0 or (weights < 0).any() or not np.isfinite(weights).all() or (weights.sum(-1) == 0).any():
        raise RangeError("multinomial: expected weights that are finite, 0 or more, and not all 0 in a row")
    rows = weights.reshape(-1, weights.shape[-1])
    possible = np.count_nonzero(rows, axis=1).min()
    if num_samples < 1 or (num_samples > possible and not replacement):
        raise RangeError(
            f"multinomial: expected 1 sample or more, and no more than the {possible} weights that are not 0, got "
            f"{num_samples}; to draw a position again: replacement=True"
        )
    draw = chosen(generator).numpy.choice
    drawn = [draw(rows.shape[1], num_samples, replacement, row / row.sum()) for row in rows]
    return wrap(np.array(drawn, np.int64).reshape(*input.shape[:-1], num_samples))
