"""Average pooling: each window over the last dimensions becomes the mean of its numbers.

They are added up along one dimension after the other, which takes fewer steps than all places of a window at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.layers.pooling import frame, framed, pooled_shape, seen_at
from glassnet.ops.layers.windows import Ints, add_windows, windows
from glassnet.ops.movement import broadcast_to, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import shape_of


def _divisor(
    lengths: Ints,
    size: Ints,
    stride: Ints,
    padding: Ints | None,
    ceil_mode: bool,
    count_include_pad: bool,
    dtype: Dtype,
) -> Any:
    """How many elements each window has: one number, or one a window where they differ."""
    counts, _, _ = frame(lengths, size, stride, padding, None, ceil_mode)
    number = np.ones((1,) * len(size), dtype)
    for i, (length, count, k, s, p) in enumerate(
        zip(lengths, counts, size, stride, padding or (0,) * len(size), strict=True)
    ):
        start = np.arange(count) * s - p
        end = np.minimum(start + k, length + p)
        inside = end - start if count_include_pad else np.minimum(end, length) - np.maximum(start, 0)
        number = number * inside.astype(dtype).reshape((-1,) + (1,) * (len(size) - i - 1))
    return number if (number != number.flat[0]).any() else float(number.flat[0])


def _avg_pool(
    x: Array,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    n, lengths = len(size), x.shape[-len(size) :]
    counts, widths, ones = frame(lengths, size, stride, padding, None, ceil_mode)
    y = framed(x, widths, 0.0)
    for i in range(n):
        others = (slice(None),) * (n - i - 1)
        along = slice(i, i + 1)
        total = y[(..., *seen_at((0,), counts[along], stride[along], ones[along]), *others)].copy()
        for place in range(1, size[i]):
            total += y[(..., *seen_at((place,), counts[along], stride[along], ones[along]), *others)]
        y = total
    y /= divisor_override or _divisor(lengths, size, stride, padding, ceil_mode, count_include_pad, x.dtype)
    return y


def _plain_avg_pool(
    x: Array,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    n, lengths = len(size), x.shape[-len(size) :]
    _, widths, ones = frame(lengths, size, stride, padding, None, ceil_mode)
    total = windows(framed(x, widths, 0.0), size=size, stride=stride, dilation=ones).sum(axis=tuple(range(-n, 0)))
    return total / (divisor_override or _divisor(lengths, size, stride, padding, ceil_mode, count_include_pad, x.dtype))


def _avg_pool_rule(
    g: Any,
    _y: Any,
    _x: Any,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    n, lengths = len(size), shape_of(_x)[-len(size) :]
    _, widths, ones = frame(lengths, size, stride, padding, None, ceil_mode)
    g = g / (divisor_override or _divisor(lengths, size, stride, padding, ceil_mode, count_include_pad, g.dtype))
    each = broadcast_to(reshape(g, shape=(*shape_of(g), *(1,) * n)), shape=(*shape_of(g), *size))
    around = tuple(before + length + after for length, (before, after) in zip(lengths, widths, strict=True))
    gx = add_windows(each, lengths=around, stride=stride, dilation=ones)
    return framed(gx, tuple((-before, -after) for before, after in widths), 0.0)


def _avg_pool_expand(
    x: Any,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    n, lengths = len(size), shape_of(x)[-len(size) :]
    _, widths, ones = frame(lengths, size, stride, padding, None, ceil_mode)
    total = sum(windows(framed(x, widths, 0.0), size=size, stride=stride, dilation=ones), dim=tuple(range(-n, 0)))
    return total / (divisor_override or _divisor(lengths, size, stride, padding, ceil_mode, count_include_pad, x.dtype))


avg_pool: Op = register(
    Op(
        "avg_pool",
        forward=_avg_pool,
        vjp=(_avg_pool_rule,),
        shape=lambda x, *, size, stride, padding=None, ceil_mode=False, **_params: Spec(
            pooled_shape("avg_pool", x, size, stride, padding, None, ceil_mode), x.dtype
        ),
        formula="yᵢ = Σ x over window i / how many they are",
        expand=_avg_pool_expand,
        textbook=_plain_avg_pool,
    )
)
