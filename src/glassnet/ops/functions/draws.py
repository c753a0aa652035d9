"""Random numbers whose distribution is told by an input: gamma, Poisson, binomial, on a circle."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array, float_type, int64
from glassnet.ops.functions.gamma import _digamma
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import elementwise as broadcast
from glassnet.ops.shapes import shape_of

_MANY = 2000.0  # from here on a gamma number is as good as the cube of a normal one


def _standard_gamma(concentration: Array, *, generator: np.random.Generator) -> Array:
    drawn = np.asarray(generator.standard_gamma(concentration.astype(np.float64)))
    return np.maximum(drawn, np.finfo(concentration.dtype).tiny).astype(concentration.dtype)


def _standard_gamma_slope(concentration: Array, sample: Array) -> Array:
    """How a gamma number moves with the concentration, its place among all that might have been drawn being kept.

    That is −∂P/∂a : ∂P/∂x, where P(a, x) = Σ xᵃ⁺ⁿ e⁻ˣ / Γ(a + n + 1) is the probability of less, and ∂P/∂a is taken
    term by term: (ln x − ψ(a + n + 1)) times each. Source: Figurnov, Mohamed, Mnih, "Implicit Reparameterization
    Gradients" (2018). Of a large concentration, by Wilson's and Hilferty's cube (1931).
    """
    a, x = np.broadcast_arrays(concentration.astype(np.float64), sample.astype(np.float64))
    is_few = a < _MANY
    few, near = np.where(is_few, a, 1.0), np.where(is_few, x, 1.0)
    with np.errstate(all="ignore"):
        term, slope = near / few, _digamma(few + 1.0) - np.log(near)
        total = term * slope
        for n in range(1, 4000):
            term, slope = term * (near / (few + n)), slope + 1.0 / (few + n)
            total = total + term * slope
            if (term * (np.abs(slope) + 1.0) < 1e-17).all() and (few + n > near).all():
                break
        root = np.cbrt(x / (a - 1.0 / 3.0))
        by_cube = root**3 - 1.5 * root**2 * (root - 1.0)
    return np.where(is_few, total, by_cube).astype(sample.dtype)


def _poisson(rate: Array, *, generator: np.random.Generator) -> Array:
    return np.asarray(generator.poisson(rate)).astype(rate.dtype)


def _binomial(total_count: Array, probs: Array, *, generator: np.random.Generator) -> Array:
    counts = np.asarray(total_count).astype(np.int64)
    return np.asarray(generator.binomial(counts, probs.astype(np.float64))).astype(probs.dtype)


def _category(probs: Array, *, generator: np.random.Generator) -> Array:
    sums = probs.astype(np.float64).cumsum(-1)  # an even number falls among them
    place = generator.random((*probs.shape[:-1], 1)) * sums[..., -1:]
    return np.minimum((place >= sums).sum(-1), probs.shape[-1] - 1)


def _category_shape(probs: Any, *, generator: Any = None) -> Spec:
    shape = shape_of(probs)
    if not shape:
        raise ShapeError("category: expected probabilities along the last dimension, got a single number")
    return Spec(shape[:-1], int64)


def _von_mises(concentration: Array, *, generator: np.random.Generator) -> Array:
    drawn = generator.vonmises(0.0, concentration.astype(np.float64))
    return np.asarray(drawn).astype(concentration.dtype)


def _drawn(name: str) -> Any:
    shape = broadcast(name, float_type)
    return lambda *inputs, generator=None: shape(*inputs)


standard_gamma_slope = register(
    Op(
        "standard_gamma_slope",
        _standard_gamma_slope,
        (None, None),
        broadcast("standard_gamma_slope", float_type),
        "y = how sample moves with concentration, at the place it was drawn at",
        cast="float",
    )
)
standard_gamma = register(
    Op(
        "standard_gamma",
        _standard_gamma,
        (lambda g, y, concentration, generator: g * standard_gamma_slope(concentration, y),),
        _drawn("standard_gamma"),
        "y drawn from the gamma distribution of concentration x and rate 1",
        cast="float",
    )
)
poisson = register(
    Op(
        "poisson",
        _poisson,
        (None,),
        _drawn("poisson"),
        "y drawn from the Poisson distribution of rate x",
        cast="float",
    )
)
binomial = register(
    Op(
        "binomial",
        _binomial,
        (None, None),
        _drawn("binomial"),
        "y drawn from the binomial distribution of a tries that succeed with probability b",
        cast="float",
    )
)
category = register(
    Op(
        "category",
        _category,
        (None,),
        _category_shape,
        "y = a position along the last dimension of probabilities, drawn with them",
    )
)
von_mises = register(
    Op(
        "von_mises",
        _von_mises,
        (None,),
        _drawn("von_mises"),
        "y drawn from the von Mises distribution of concentration x around 0",
        cast="float",
    )
)
