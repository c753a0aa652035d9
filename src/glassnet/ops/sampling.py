"""Random numbers. The generator is an input the operation advances, so a program can name it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, Dtype, int64
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape


def _drawn(*, shape: Shape, dtype: Dtype, generator: Any = None, **_params: Any) -> Spec:
    return Spec(tuple(shape), np.dtype(dtype))


def _precision(dtype: Dtype) -> Any:
    """The precision in which NumPy draws for ``dtype``."""
    return np.float32 if dtype == np.float32 else np.float64


def _uniform(
    *,
    shape: Shape,
    dtype: Dtype,
    generator: np.random.Generator,
    low: float = 0.0,
    high: float = 1.0,
) -> Array:
    numbers = generator.random(shape, dtype=_precision(dtype))
    if (low, high) != (0.0, 1.0):
        numbers *= high - low
        numbers += low
    return np.asarray(numbers, dtype)


uniform = register(Op("uniform", _uniform, (), _drawn, "y drawn evenly from [low, high)"))


def _normal(
    *,
    shape: Shape,
    dtype: Dtype,
    generator: np.random.Generator,
    mean: float = 0.0,
    std: float = 1.0,
) -> Array:
    numbers = generator.standard_normal(shape, dtype=_precision(dtype))
    if (mean, std) != (0.0, 1.0):
        numbers *= std
        numbers += mean
    return np.asarray(numbers, dtype)


normal = register(Op("normal", _normal, (), _drawn, "y drawn from the normal distribution of mean and std"))


def _integers(
    *,
    shape: Shape,
    dtype: Dtype,
    generator: np.random.Generator,
    low: int,
    high: int,
) -> Array:
    return np.asarray(generator.integers(low, high, shape), dtype)


integers = register(Op("integers", _integers, (), _drawn, "y drawn from low, low + 1, …, high − 1"))


def _permutation(*, n: int, generator: np.random.Generator) -> Array:
    return np.asarray(generator.permutation(n), int64)


permutation = register(
    Op(
        "permutation",
        _permutation,
        (),
        lambda *, n, generator=None: Spec((n,), int64),
        "y = 0 … n − 1 in random order",
    )
)


# A byte decides, but for one in 256, which leaves it to a further number: a quarter of the random bits, of any p.
def _bernoulli(*, shape: Shape, dtype: Dtype, generator: np.random.Generator, p: float) -> Array:
    n = math.prod(shape)
    whole, part = divmod(256 * p, 1)
    drawn = generator.integers(0, 2**64, -(-n // 8), dtype=np.uint64).view(np.uint8)[:n]
    y = drawn < whole
    if part:
        undecided = np.flatnonzero(drawn == whole)
        y[undecided] = generator.random(len(undecided)) < part
    return y.reshape(shape).astype(dtype, copy=False)


bernoulli = register(Op("bernoulli", _bernoulli, (), _drawn, "y = 1 with probability p, else 0"))
