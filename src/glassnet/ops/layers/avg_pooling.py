"""Average pooling: each window over the last dimensions becomes the mean of its numbers.

They are added up along one dimension after the other, which takes fewer steps than all places of a window at once.
"""

from __future__ import annotations

import math
from typing import Any

from glassnet.ops.dtypes import Array
from glassnet.ops.layers.pooling import pooled_shape, seen_along
from glassnet.ops.layers.windows import Ints, add_windows, windows
from glassnet.ops.movement import broadcast_to, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import shape_of


def _avg_pool(x: Array, size: Ints, stride: Ints) -> Array:
    for axis, k, s in zip(range(-len(size), 0), size, stride, strict=True):
        first, *others = seen_along(x, axis, k, s, 1)
        x = first.copy()
        for other in others:
            x += other
    x /= math.prod(size)
    return x


def _plain_avg_pool(x: Array, size: Ints, stride: Ints) -> Array:
    seen = windows(x, size=size, stride=stride, dilation=(1,) * len(size))
    return seen.mean(axis=tuple(range(-len(size), 0)))


def _avg_pool_rule(g: Any, _y: Any, _x: Any, size: Ints, stride: Ints) -> Any:
    n, shape = len(size), shape_of(g)
    each = reshape(g / math.prod(size), shape=(*shape, *(1,) * n))
    each = broadcast_to(each, shape=(*shape, *size))
    return add_windows(each, lengths=shape_of(_x)[-n:], stride=stride, dilation=(1,) * n)


def _avg_pool_expand(x: Any, size: Ints, stride: Ints) -> Any:
    seen = windows(x, size=size, stride=stride, dilation=(1,) * len(size))
    return sum(seen, dim=tuple(range(-len(size), 0))) / math.prod(size)


avg_pool: Op = register(
    Op(
        "avg_pool",
        forward=_avg_pool,
        vjp=(_avg_pool_rule,),
        shape=lambda x, *, size, stride: Spec(pooled_shape("avg_pool", x, size, stride), x.dtype),
        formula="yᵢ = (Σ x over window i) / how many they are",
        expand=_avg_pool_expand,
        textbook=_plain_avg_pool,
    )
)
