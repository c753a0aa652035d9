"""Convolution over one, two or three dimensions, as matrix products.

The convolution y = x ∗ W, the gradient of x and that of W are sums over the same windows of the same three arrays. So
there are three operations, and each is the derivative of the other two: `convolution`, `conv_transpose` and
`convolution_weight`.

The textbook puts every window into a column and multiplies once (K. Chellapilla, S. Puri, P. Simard, High Performance
Convolutional Neural Networks for Document Processing, 2006): with a 5×5 kernel, 25 copies of the input. Here windows
along the last dimension alone are copied, 5 times, so that rows lie one below the other, and what a kernel sees of 5
rows is a view of 5 rows that follow each other. Dimensions that are not there have length 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.layers.convolution_expanded import (
    conv_transpose_expand,
    convolution_expand,
    convolution_weight_expand,
    plain_conv_transpose,
    plain_convolution,
    plain_convolution_weight,
)
from glassnet.ops.layers.convolution_shapes import (
    Ints,
    conv_transpose_shape,
    convolution_shape,
    convolution_weight_shape,
)
from glassnet.ops.layers.windows import pad, windows
from glassnet.ops.record import Op, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import Shape, shape_of

# the forms that are written for speed -----------------------------------------------------------------


def _deep(x: Array) -> Array:
    """[a, b, W], [a, b, H, W] or [a, b, D, H, W] as the last of them."""
    return x.reshape(*x.shape[:2], *(1,) * (5 - x.ndim), *x.shape[2:])


def _three(numbers: Ints, n: int, fill: int) -> tuple[int, ...]:
    """The number of each of ``n`` dimensions, ``fill`` for those that are not there."""
    return (fill,) * (3 - n) + ((numbers,) * n if isinstance(numbers, int) else tuple(numbers))


def _rows(x: Array, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Array:
    """Every window along the last dimension: [N, C, D, H, W] → [groups, D, H, C/groups, kernel, N, out]."""
    if any(padding):
        x = pad(x, widths=[(p, p) for p in padding])
    x = x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])
    seen = windows(x, size=size[2:], stride=stride[2:], dilation=dilation[2:])
    return np.ascontiguousarray(seen.transpose(1, 3, 4, 2, 6, 0, 5))


def _columns(rows: Array, at: int, size: Shape, stride: Shape, dilation: Shape) -> Array:
    """What the kernel sees at depth ``at``: [groups, out height, C/groups · kernel, N · out width].

    Channels stand between height and width of the kernel. A view, unless the kernel has a depth or a dilated height.
    """
    first = at * stride[0]
    slab = rows[:, first : first + dilation[0] * (size[0] - 1) + 1 : dilation[0]].transpose(0, 1, 3, 4, 5, 6, 2)
    seen = windows(slab, size=size[1:2], stride=stride[1:2], dilation=dilation[1:2]).transpose(0, 6, 1, 7, 2, 3, 4, 5)
    return seen.reshape(*seen.shape[:2], math.prod(seen.shape[2:6]), math.prod(rows.shape[5:]))


def _matrices(y: Array, at: int, groups: int) -> Array:
    """The output [N, O, D, H, W] at depth ``at`` as matrices [groups, H, O/groups, N · W]."""
    n, channels, _, height, width = y.shape
    parted = y[:, :, at].reshape(n, groups, channels // groups, height, width)
    return parted.transpose(1, 3, 2, 0, 4).reshape(groups, height, channels // groups, n * width)


def _kernels(weight: Array, groups: int) -> Array:
    """[O, C/groups, D, H, W] as matrices [groups, O/groups, D · H · C/groups · W]."""
    parted = weight.reshape(groups, len(weight) // groups, *weight.shape[1:])
    return parted.transpose(0, 1, 3, 4, 2, 5).reshape(groups, len(weight) // groups, -1)


def _convolution(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Array:
    n = x.ndim - 2
    x, weight = _deep(x), _deep(weight)
    size, stride, padding, dilation = (
        weight.shape[2:],
        _three(stride, n, 1),
        _three(padding, n, 0),
        _three(dilation, n, 1),
    )
    rows = _rows(x, size, stride, padding, dilation, groups)
    kernels = _kernels(weight, groups)[:, np.newaxis]
    out = [
        (m + 2 * p - d * (k - 1) - 1) // s + 1
        for m, k, s, p, d in zip(x.shape[2:], size, stride, padding, dilation, strict=True)
    ]
    y = np.empty((len(x), groups, len(weight) // groups, *out), x.dtype)
    for at in range(out[0]):
        part = kernels @ _columns(rows, at, size, stride, dilation)
        if bias is not None:
            part += bias.reshape(groups, 1, -1, 1)
        y[:, :, :, at] = part.reshape(*part.shape[:3], len(x), out[2]).transpose(3, 0, 2, 1, 4)
    return y.reshape(len(x), len(weight), *out[3 - n :])


def _conv_transpose(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    lengths: Shape,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Array:
    n = x.ndim - 2
    x, weight = _deep(x), _deep(weight)
    size, stride, padding, dilation = (
        weight.shape[2:],
        _three(stride, n, 1),
        _three(padding, n, 0),
        _three(dilation, n, 1),
    )
    kernels = _kernels(weight, groups).transpose(0, 2, 1)
    padded = [m + 2 * p for m, p in zip(_three(lengths, n, 1), padding, strict=True)]
    samples, channels, width = len(x), weight.shape[1], x.shape[4]
    rows = np.zeros((groups, *padded[:2], channels, size[2], samples, width), x.dtype)
    for at in range(x.shape[2]):
        depths = slice(at * stride[0], at * stride[0] + dilation[0] * (size[0] - 1) + 1, dilation[0])
        for row, part in enumerate(_matrices(x, at, groups).transpose(1, 0, 2, 3)):
            first = row * stride[1]
            seen = rows[:, depths, first : first + dilation[1] * (size[1] - 1) + 1 : dilation[1]]
            seen += (kernels @ part).reshape(seen.shape)
    y = np.zeros((groups, *padded[:2], channels, samples, padded[2]), x.dtype)
    for place in range(size[2]):
        first = place * dilation[2]
        y[..., first : first + (width - 1) * stride[2] + 1 : stride[2]] += rows[:, :, :, :, place]
    within = [slice(p, m - p) for m, p in zip(padded, padding, strict=True)]
    y = y[:, within[0], within[1], :, :, within[2]].transpose(4, 0, 3, 1, 2, 5)
    y = y.reshape(samples, groups * channels, *lengths)
    return y if bias is None else y + bias.reshape(-1, *(1,) * n)


def _convolution_weight(
    x: Array, y: Array, *, size: Shape, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1, groups: int = 1
) -> Array:
    n = x.ndim - 2
    x, y = _deep(x), _deep(y)
    kernel, stride, padding, dilation = (
        _three(size, n, 1),
        _three(stride, n, 1),
        _three(padding, n, 0),
        _three(dilation, n, 1),
    )
    rows = _rows(x, kernel, stride, padding, dilation, groups)
    channels, outputs = x.shape[1] // groups, y.shape[1] // groups
    total = np.zeros((groups, kernel[0] * kernel[1] * channels * kernel[2], outputs), x.dtype)
    for at in range(y.shape[2]):
        products = _columns(rows, at, kernel, stride, dilation) @ _matrices(y, at, groups).transpose(0, 1, 3, 2)
        total += products.sum(axis=1)
    parted = total.reshape(groups, *kernel[:2], channels, kernel[2], outputs).transpose(0, 5, 3, 1, 2, 4)
    return parted.reshape(groups * outputs, channels, *size)


# the records ------------------------------------------------------------------------------------------


def _over_places(g: Any) -> Any:
    return sum(g, dim=(0, *range(2, len(g.shape))))


convolution: Op = register(
    Op(
        "convolution",
        forward=_convolution,
        vjp=(
            lambda g, _y, _x, weight, _bias=None, **how: conv_transpose(g, weight, lengths=shape_of(_x)[2:], **how),
            lambda g, _y, x, _weight, _bias=None, **how: convolution_weight(x, g, size=shape_of(_weight)[2:], **how),
            lambda g, _y, _x, _weight, _bias=None, **_how: _over_places(g),
        ),
        shape=convolution_shape,
        formula="y = x ∗ W + b: y[n, o, i] = Σ x[n, c, i·stride + k·dilation − padding]·W[o, c, k] + b[o]",
        expand=convolution_expand,
        cast="equal",
        textbook=plain_convolution,
    )
)

conv_transpose: Op = register(
    Op(
        "conv_transpose",
        forward=_conv_transpose,
        vjp=(
            lambda g, _y, _x, weight, _bias=None, *, lengths, **how: convolution(g, weight, **how),
            lambda g, _y, x, _weight, _bias=None, *, lengths, **how: convolution_weight(
                g, x, size=shape_of(_weight)[2:], **how
            ),
            lambda g, _y, _x, _weight, _bias=None, **_how: _over_places(g),
        ),
        shape=conv_transpose_shape,
        formula="y = x ∗ᵀ W + b: y[n, c, i·stride + k·dilation − padding] = Σ x[n, o, i]·W[o, c, k] + b[c]",
        expand=conv_transpose_expand,
        cast="equal",
        textbook=plain_conv_transpose,
    )
)

convolution_weight: Op = register(
    Op(
        "convolution_weight",
        forward=_convolution_weight,
        vjp=(
            lambda g, _z, _x, y, *, size, **how: conv_transpose(y, g, lengths=shape_of(_x)[2:], **how),
            lambda g, _z, x, _y, *, size, **how: convolution(x, g, **how),
        ),
        shape=convolution_weight_shape,
        formula="W[o, c, k] = Σ x[n, c, i·stride + k·dilation − padding]·y[n, o, i]",
        expand=convolution_weight_expand,
        cast="equal",
        textbook=plain_convolution_weight,
    )
)
