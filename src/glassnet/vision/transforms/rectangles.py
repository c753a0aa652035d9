"""Rectangles of a random size and shape within a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from glassnet.random import chosen

TRIES = 10


def drawn_sides(height: int, width: int, scale: Sequence[float], ratio: Sequence[float]) -> Iterator[tuple[int, int]]:
    """The two sides of a rectangle, drawn up to `TRIES` times, for a picture that it may not fit into.

    Its share of the picture's area lies within ``scale``, the first side divided by the second within ``ratio``.
    """
    generator = chosen(None)
    least, most = map(math.log, ratio)
    for _ in range(TRIES):
        shares = generator.random(2)
        area = height * width * (scale[0] + (scale[1] - scale[0]) * shares[0])
        aspect = math.exp(least + (most - least) * shares[1])
        yield round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))


def drawn_corner(height: int, width: int) -> tuple[int, int]:
    """The top and the left of something that leaves ``height`` and ``width`` free."""
    generator = chosen(None)
    return int(generator.integers(0, height + 1)), int(generator.integers(0, width + 1))
