"""Random tensors for distributions, from the default generator, through dispatch: so a draw can be traced."""

from __future__ import annotations

from typing import Any

from glassnet.ops import sampling
from glassnet.ops.dtypes import float64
from glassnet.ops.functions import draws
from glassnet.random import default_generator
from glassnet.tensor import Tensor, apply


def uniform(shape: Any, dtype: Any) -> Tensor:
    """Numbers from [0, 1)."""
    return apply(sampling.uniform, shape=tuple(shape), dtype=dtype, generator=default_generator)


def open_uniform(shape: Any, dtype: Any) -> Tensor:
    """Numbers between 0 and 1, neither of which is among them."""
    half_step = 2.0**-54 if dtype == float64 else 2.0**-25
    return uniform(shape, dtype) + half_step


def normal(shape: Any, dtype: Any) -> Tensor:
    """Numbers of mean 0 and standard deviation 1."""
    return apply(sampling.normal, shape=tuple(shape), dtype=dtype, generator=default_generator)


def standard_gamma(concentration: Tensor) -> Tensor:
    """Gamma numbers of rate 1; a gradient goes back to ``concentration``."""
    return apply(draws.standard_gamma, concentration, generator=default_generator)


def poisson(rate: Tensor) -> Tensor:
    """Counts of mean ``rate``."""
    return apply(draws.poisson, rate, generator=default_generator)


def binomial(total_count: Tensor, probs: Tensor) -> Tensor:
    """Counts of what succeeds of ``total_count`` tries."""
    return apply(draws.binomial, total_count, probs, generator=default_generator)


def von_mises(concentration: Tensor) -> Tensor:
    """Angles around 0."""
    return apply(draws.von_mises, concentration, generator=default_generator)


def category(probs: Tensor) -> Tensor:
    """A position along the last dimension, of each row of probabilities, which add up to 1 or not."""
    return apply(draws.category, probs, generator=default_generator)
