"""Creation: tensors from data, of one number, in sequence, and at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from glassnet.errors import ShapeError
from glassnet.ops import movement, random
from glassnet.ops.dtypes import Array, Dtype, get_default_dtype, int64
from glassnet.ops.shapes import written
from glassnet.random import Generator, chosen
from glassnet.tensor import Tensor, apply, as_array, wrap
from glassnet.tensor import device as _device
from glassnet.tensor.views import sizes

DtypeLike = npt.DTypeLike | None


def _finished(array: Array, requires_grad: bool, device: Any = None) -> Tensor:
    if device is not None:
        _device(device)  # raises for any but the CPU
    tensor = wrap(array)
    if requires_grad:
        tensor.requires_grad = True
    return tensor


def _dtype(dtype: DtypeLike) -> Dtype:
    return get_default_dtype() if dtype is None else np.dtype(dtype)


# from data ----------------------------------------------------------------------------------


def tensor(data: Any, *, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A tensor of numbers, nested lists, an array or a tensor: always a copy.

    Python floats become the default dtype (float32), ints int64; NumPy arrays keep their dtype.
    Raises ShapeError for ragged lists, DtypeError for what is no number.
    """
    return _finished(as_array(data, dtype, copy=True), requires_grad, device)


def as_tensor(data: Any, dtype: DtypeLike = None, device: Any = None) -> Tensor:
    """``data`` as a tensor, sharing memory where it can; a tensor of that dtype as it is."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype)
    return _finished(as_array(data, dtype), False, device)


def from_numpy(array: Array) -> Tensor:
    """A tensor that shares the memory of ``array``: what changes in one changes in the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type(array).__name__}; tensor() takes anything")
    return wrap(array)


# of one number --------------------------------------------------------------------------------


def zeros(*size: Any, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """All 0: zeros(2, 3) or zeros((2, 3))."""
    return _finished(np.zeros(sizes(size), _dtype(dtype)), requires_grad, device)


def ones(*size: Any, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """All 1."""
    return _finished(np.ones(sizes(size), _dtype(dtype)), requires_grad, device)


def empty(*size: Any, dtype: DtypeLike = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Whatever the memory holds: to be written before it is read."""
    return _finished(np.empty(sizes(size), _dtype(dtype)), requires_grad, device)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """All ``fill_value``, in its own kind of dtype unless ``dtype`` says otherwise."""
    value = as_array(fill_value, dtype)
    return _finished(np.full(sizes((size,)), value, value.dtype), requires_grad, device)


def zeros_like(input: Tensor, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """All 0, in the shape and dtype of ``input``."""
    return _finished(np.zeros(input.shape, dtype or input.dtype), requires_grad)


def ones_like(input: Tensor, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """All 1, in the shape and dtype of ``input``."""
    return _finished(np.ones(input.shape, dtype or input.dtype), requires_grad)


def empty_like(input: Tensor, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """Whatever the memory holds, in the shape and dtype of ``input``."""
    return _finished(np.empty(input.shape, dtype or input.dtype), requires_grad)


def full_like(input: Tensor, fill_value: Any, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """All ``fill_value``, in the shape and dtype of ``input``."""
    return _finished(np.full(input.shape, fill_value, dtype or input.dtype), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix, [n, n] or [n, m]."""
    return _finished(np.eye(n, m, dtype=_dtype(dtype)), requires_grad)


# in sequence ----------------------------------------------------------------------------------


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """start, start + step, … up to but without ``end``; arange(n) is 0 … n − 1. Of ints, int64."""
    if end is None:
        start, end = 0, start
    if step == 0 or (end - start) / step < 0:
        raise ValueError(f"arange: step must lead from {start} to {end}, got step={step}")
    if dtype is None:
        dtype = int64 if all(isinstance(n, int) for n in (start, end, step)) else get_default_dtype()
    return _finished(np.arange(start, end, step).astype(dtype), requires_grad, device)


def linspace(start: float, end: float, steps: int, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """``steps`` numbers, evenly spaced from ``start`` to ``end``, both included."""
    return _finished(np.linspace(start, end, steps, dtype=_dtype(dtype)), requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """``base`` to the power of each of ``linspace(start, end, steps)``."""
    return _finished(np.logspace(start, end, steps, base=base, dtype=_dtype(dtype)), requires_grad)


# at random ------------------------------------------------------------------------------------


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Drawn evenly from [0, 1)."""
    drawn = apply(random.uniform, shape=sizes(size), dtype=_dtype(dtype), generator=chosen(generator))
    return _finished(drawn.array, requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Drawn from the normal distribution of mean 0 and standard deviation 1."""
    drawn = apply(random.normal, shape=sizes(size), dtype=_dtype(dtype), generator=chosen(generator))
    return _finished(drawn.array, requires_grad, device)


def rand_like(input: Tensor, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """`rand` in the shape and dtype of ``input``."""
    return rand(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(input: Tensor, *, dtype: DtypeLike = None, requires_grad: bool = False) -> Tensor:
    """`randn` in the shape and dtype of ``input``."""
    return randn(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randint(
    low: int,
    high: int | Sequence[int],
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DtypeLike = int64,
) -> Tensor:
    """Whole numbers from ``low`` to ``high`` − 1: randint(low, high, size), or randint(high, size)."""
    if isinstance(high, Sequence):
        return randint(0, low, high, generator=generator, dtype=dtype)
    if size is None or low >= high:
        raise ValueError(
            "randint: expected (high, size) or (low, high, size), low below high and the size a tuple; got "
            f"({low}, {high}, {size})"
        )
    return apply(
        random.integers,
        shape=sizes((size,)),
        dtype=np.dtype(dtype),
        generator=chosen(generator),
        low=low,
        high=high,
    )


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """0 … n − 1 in random order."""
    return apply(random.permutation, n=n, generator=chosen(generator))


def normal(
    mean: float = 0.0, std: float = 1.0, size: Sequence[int] = (), *, generator: Generator | None = None
) -> Tensor:
    """Drawn from the normal distribution of ``mean`` and standard deviation ``std``."""
    return empty(*size).normal_(mean, std, generator=generator)


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of ``input`` says, else 0."""
    drawn = apply(random.uniform, shape=input.shape, dtype=input.dtype, generator=chosen(generator))
    return (drawn < input).to(input.dtype)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Positions drawn with the probabilities in ``input`` (they need not add up to 1), row by row."""
    weights = input.array.astype(np.float64)
    if weights.size == 0 or (weights < 0).any() or not np.isfinite(weights).all() or (weights.sum(-1) == 0).any():
        raise ValueError("multinomial: expected weights that are finite, 0 or more, and not all 0 in a row")
    rows = weights.reshape(-1, weights.shape[-1])
    draw = chosen(generator).choice
    drawn = [draw(rows.shape[1], num_samples, replacement, row / row.sum()) for row in rows]
    return wrap(np.array(drawn, np.int64).reshape(*input.shape[:-1], num_samples))


# of several tensors -----------------------------------------------------------------------------


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along ``dim``; their other sizes must be equal."""
    return apply(movement.concatenate, *tensors, dim=dim)


concat = concatenate = cat


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, side by side along a new dimension ``dim``."""
    return apply(movement.stack, *tensors, dim=dim)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one below the other (vectors as rows)."""
    return cat([t if t.ndim > 1 else t.reshape(1, -1) for t in tensors], 0)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one beside the other."""
    return cat(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


def meshgrid(*tensors: Tensor, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of every point of the grid that the vectors span."""
    if any(t.ndim != 1 for t in tensors):
        raise ShapeError(f"meshgrid: expected vectors, got {', '.join(written(t.shape) for t in tensors)}")
    shape = tuple(len(t) for t in tensors)
    n = len(tensors)
    grid = [t.reshape(*(-1 if i == d else 1 for i in range(n))).expand(*shape) for d, t in enumerate(tensors)]
    if indexing == "xy" and n > 1:
        return tuple(g.transpose(0, 1) for g in grid)
    if indexing not in ("ij", "xy"):
        raise ValueError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r}')
    return tuple(grid)
