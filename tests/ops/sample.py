"""A sample: inputs on which an operation is tested. And the numbers that samples are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class Sample:
    """Inputs and parameters for an operation. ``order``: up to which derivative it is smooth around them."""

    label: str
    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    order: int = 2

    def arrays(self, dtype: Any = np.float64) -> list[Any]:
        """The inputs, in memory of their own, the floating ones in ``dtype``."""
        return [self._array(x, dtype) for x in self.inputs]

    @staticmethod
    def _array(x: Any, dtype: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return x
        if x.dtype.kind == "c":
            return x.astype(np.result_type(dtype, np.complex64))
        return x.astype(dtype if x.dtype.kind == "f" else x.dtype)

    def kwargs(self) -> dict[str, Any]:
        """The parameters, with a generator that starts anew."""
        made = dict(self.params)
        if "generator" in made:
            made["generator"] = np.random.default_rng(made["generator"])
        return made


def spaced(*shape: int, lane: int = 0, lanes: int = 1, seed: int = 0) -> Array:
    """Numbers from −4 to 4, 0.1 and more away from every multiple of ½.

    The first 16 differ from each other by 0.3 or more. Numbers of different ``lane`` differ by at
    least 0.1 / ``lanes``, so that a comparison between them does not hang on a small step.
    """
    rng = np.random.default_rng((seed, lane))
    size = int(np.prod(shape))
    cells = np.concatenate([rng.permutation(16) for _ in range(size // 16 + 1)])[:size]
    offset = 0.15 + 0.2 * (lane + 0.5 * rng.random(size)) / lanes
    return (cells / 2 - 4 + offset).reshape(shape)


def normal(*shape: int, seed: int = 0) -> Array:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape))


def ints(*shape: int, high: int, seed: int = 0) -> Array:
    return np.asarray(np.random.default_rng(seed).integers(0, high, shape))
