"""torch.signal.windows: weights that fade out at both ends of a piece of a signal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import RangeError
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor
from glassnet.tensor.creation import DtypeLike, dtype_of
from glassnet.tensor.tensor import finished

# By its name, of M places k = 0 … M − 1 around the middle (M − 1)/2: what it is there.
Shape = Callable[..., Array]


def cosines(k: Array, n: int, a: Any) -> Array:
    """a₀ − a₁·cos φ + a₂·cos 2φ …, where φ goes once around."""
    angle = 2 * math.pi * k / max(n - 1, 1)
    return np.asarray(sum((-1) ** i * c * np.cos(i * angle) for i, c in enumerate(a)) + 0 * k)


SHAPES: dict[str, Shape] = {
    "bartlett": lambda k, n: 1 - np.abs(2 * k / max(n - 1, 1) - 1),
    "blackman": lambda k, n: cosines(k, n, (0.42, 0.5, 0.08)),
    "cosine": lambda k, n: np.sin(math.pi * (k + 0.5) / n),
    "exponential": lambda k, n, center=None, tau=1.0: np.exp(
        -np.abs(k - ((n - 1) / 2 if center is None else center)) / tau
    ),
    "gaussian": lambda k, n, std=1.0: np.exp(-(((k - (n - 1) / 2) / std) ** 2) / 2),
    "general_cosine": lambda k, n, a: cosines(k, n, a),
    "general_hamming": lambda k, n, alpha=0.54: cosines(k, n, (alpha, 1 - alpha)),
    "hamming": lambda k, n: cosines(k, n, (0.54, 0.46)),
    "hann": lambda k, n: cosines(k, n, (0.5, 0.5)),
    "kaiser": lambda k, n, beta=12.0: (
        np.i0(beta * np.sqrt(np.maximum(1 - (2 * k / max(n - 1, 1) - 1) ** 2, 0))) / np.i0(beta)
    ),
    "nuttall": lambda k, n: cosines(k, n, (0.3635819, 0.4891775, 0.1365995, 0.0106411)),
}


def numbers_of(name: str, length: int, sym: bool, shape: Shape, options: dict[str, Any]) -> Array:
    """The numbers of a window; of one more without its last, unless ``sym``."""
    if length < 0:
        raise RangeError(f"{name}: expected a length of 0 or more, got {length}")
    if length < 2:
        return np.ones(length)
    n = length if sym else length + 1  # a periodic one is the longer one without its last
    return np.asarray(shape(np.arange(length, dtype=np.float64), n, **options))


def _window(name: str) -> Any:
    def made(
        M: int,
        *,
        sym: bool = True,
        dtype: DtypeLike = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **options: Any,
    ) -> Tensor:
        array = numbers_of(name, M, sym, SHAPES[name], options)
        return finished(array.astype(dtype_of(dtype)), requires_grad, device)

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"The {name} window of M numbers; of one more without its last, unless ``sym``."
    return made


_made = {name: _window(name) for name in SHAPES}
globals().update(_made)

__all__ = [*_made]
