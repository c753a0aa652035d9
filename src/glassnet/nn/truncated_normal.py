"""The truncated normal distribution: exact draws by rejection sampling."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from glassnet.ops.dtypes import Array

Draw = Callable[[int], tuple[Array, Array]]  # n proposals, and the probability of accepting each


def truncated_normal(generator: np.random.Generator, n: int, low: float, high: float) -> Array:
    """``n`` numbers from the standard normal distribution between ``low`` and ``high``.

    Each is proposed from a distribution that is easy to draw from and close to the normal one there,
    and accepted with the ratio of the two densities (C. Robert, Simulation of truncated normal
    variables, 1995). About half of the proposals or more are accepted, whatever ``low`` and ``high``.
    """
    if high <= 0:
        return -truncated_normal(generator, n, -high, -low)
    if low > 0:
        propose = _from_exponential(generator, low, high)
    elif high - low < math.sqrt(2 * math.pi):
        propose = _from_uniform(generator, low, high)
    else:
        propose = _from_normal(generator, low, high)
    accepted = np.empty(n)
    done = 0
    while done < n:
        proposed, chance = propose(2 * (n - done) + 8)
        some = proposed[generator.random(len(proposed)) < chance][: n - done]
        accepted[done : done + len(some)] = some
        done += len(some)
    return accepted


def _from_normal(generator: np.random.Generator, low: float, high: float) -> Draw:
    """For a wide interval around 0: draw from the whole normal distribution, accept what is inside."""

    def propose(n: int) -> tuple[Array, Array]:
        x = generator.standard_normal(n)
        return x, (low <= x) & (x <= high)

    return propose


def _from_uniform(generator: np.random.Generator, low: float, high: float) -> Draw:
    """For a narrow interval around 0: the density there, exp(−x²/2), is never far below 1."""

    def propose(n: int) -> tuple[Array, Array]:
        x = generator.uniform(low, high, n)
        return x, np.exp(-x * x / 2)

    return propose


def _from_exponential(generator: np.random.Generator, low: float, high: float) -> Draw:
    """For the tail from ``low`` > 0 on: it decreases like the exponential distribution of this rate does."""
    rate = (low + math.sqrt(low * low + 4)) / 2
    peak = min(rate, high)  # where the ratio of the densities, exp(−x²/2 + rate·x), is largest

    def propose(n: int) -> tuple[Array, Array]:
        beyond = generator.random(n) * -math.expm1(-rate * (high - low))
        x = low - np.log1p(-beyond) / rate
        return x, np.exp(-((x - rate) ** 2 - (peak - rate) ** 2) / 2)

    return propose
