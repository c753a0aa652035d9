"""Fractional max pooling: windows at random distances, so that an image shrinks by less than a whole factor.

Windows i and i + 1 begin ⌊α⌋ or ⌈α⌉ apart, with α = (in − kernel)/(out − 1), as a random number u decides: window i
begins at ⌊(i + u)·α⌋ − ⌊u·α⌋, and the last one at in − kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import int64
from glassnet.ops.elementary import floor
from glassnet.ops.indexing import gather
from glassnet.ops.layers.max_pooling import flat, largest_at
from glassnet.ops.layers.windows import Ints
from glassnet.ops.movement import cast, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import where
from glassnet.ops.shapes import shape_of


def _starts(u: Any, length: int, size: int, count: int) -> Any:
    """Where the windows along a dimension begin: [N, C, 1] gives [N, C, count]."""
    last = float(length - size)
    spacing = last / max(count - 1, 1)
    windows = np.arange(count).astype(u.dtype)
    starts = floor((u + windows) * spacing) - floor(u * spacing)
    return cast(where(windows == count - 1, last, starts), dtype=int64)


def _fractional_max_pool_indices(x: Any, samples: Any, size: Ints, output_size: Ints) -> Any:
    n, (batch, channels, *lengths) = len(size), shape_of(x)
    positions: Any = np.zeros((1,) * (2 + 2 * n), np.int64)
    for i, (length, k, count) in enumerate(zip(lengths, size, output_size, strict=True)):
        which = i if n == 3 else n - 1 - i  # of an image, PyTorch's first random number is that of the width
        begin = _starts(samples[..., which : which + 1], length, k, count)
        windows, elements = [1] * n, [1] * n
        windows[i], elements[i] = count, k
        begin = reshape(begin, shape=(batch, channels, *windows, *(1,) * n))
        positions = positions * length + (begin + np.arange(k).reshape((1,) * (2 + n) + tuple(elements)))
    positions = reshape(positions, shape=(batch, channels, *output_size, math.prod(size)))
    rows = reshape(gather(flat(x, n), flat(positions, n + 1), dim=-1), shape=shape_of(positions))
    return largest_at(rows, positions)


fractional_max_pool_indices: Op = register(
    Op(
        "fractional_max_pool_indices",
        forward=_fractional_max_pool_indices,
        vjp=(None, None),
        shape=lambda x, samples, *, size, output_size: Spec((*shape_of(x)[:2], *output_size), int64),
        formula="iₖ = where x is largest in window k, which begins at ⌊(k + u)·α⌋ − ⌊u·α⌋",
        expand=_fractional_max_pool_indices,
    )
)
