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

from glassnet.ops.dtypes import Array, Dtype
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
    each,
)
from glassnet.ops.layers.windows import pad, windows
from glassnet.ops.movement import flip, permute, reshape
from glassnet.ops.record import Op, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import Shape, shape_of

# the forms that are written for speed -----------------------------------------------------------------

BLOCK = 1 << 19  # bytes of rows at once: they, and what is computed from them, stay in the cache of one core
WIDTH = 256  # columns of a matrix, if there are so many: with fewer, a product is not much faster than its copies


def _deep(x: Array) -> Array:
    """[a, b, W], [a, b, H, W] or [a, b, D, H, W] as the last of them."""
    return x.reshape(*x.shape[:2], *(1,) * (5 - x.ndim), *x.shape[2:])


def _deep_numbers(n: int, stride: Ints, padding: Ints, dilation: Ints) -> tuple[tuple[int, ...], ...]:
    """Stride, padding and dilation of depth, height and width, of which the last ``n`` are given."""
    given = [(k,) * n if isinstance(k, int) else tuple(k) for k in (stride, padding, dilation)]
    return tuple((fill,) * (3 - n) + k for fill, k in zip((1, 0, 1), given, strict=True))


def _blocks(samples: int, rows: int, width: int) -> list[slice]:
    """The samples in blocks: as many as fit, each with so many bytes of rows, but enough for products of some width."""
    some = max(BLOCK // max(rows, 1), WIDTH // width, 1)
    return [slice(start, start + some) for start in range(0, samples, some)]


def _memory(shape: Shape, dtype: Dtype, out: Array | None) -> Array:
    """Where a result is put together: in ``out``, if its elements lie in order."""
    return out if out is not None and out.flags.c_contiguous else np.empty(shape, dtype)


def _finished(y: Array, bias: Array | None, out: Array | None) -> Array:
    """``y`` with the bias added, in ``out`` if there is one."""
    if bias is not None:
        y += bias.reshape(-1, *(1,) * (y.ndim - 2))
    if out is None or y is out:
        return y
    out[...] = y
    return out


def _is_pointwise(size: Shape, stride: Shape, padding: Shape) -> bool:
    """Whether every window is one element: then nothing need be copied."""
    return math.prod(size) == math.prod(stride) == 1 and not any(padding)


def _flat(x: Array, groups: int) -> Array:
    """[N, C, …] as matrices [N, groups, C/groups, …]."""
    return x.reshape(len(x), groups, x.shape[1] // groups, math.prod(x.shape[2:]))


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
    out: Array | None = None,
) -> Array:
    n = x.ndim - 2
    x, weight = _deep(x), _deep(weight)
    stride, padding, dilation = _deep_numbers(n, stride, padding, dilation)
    size, outputs = weight.shape[2:], len(weight) // groups
    kernels = _kernels(weight, groups)[:, np.newaxis]
    length = [
        (m + 2 * p - d * (k - 1) - 1) // s + 1
        for m, k, s, p, d in zip(x.shape[2:], size, stride, padding, dilation, strict=True)
    ]
    y = _memory((len(x), len(weight), *length[3 - n :]), x.dtype, out)
    if _is_pointwise(size, stride, padding):
        np.matmul(kernels[:, 0], _flat(x, groups), out=_flat(y, groups))
        return _finished(y, bias, out)
    parted = y.reshape(len(x), groups, outputs, *length)
    for some in _blocks(len(x), x[:1].nbytes * size[2], length[2]):
        rows = _rows(x[some], size, stride, padding, dilation, groups)
        for at in range(length[0]):
            part = kernels @ _columns(rows, at, size, stride, dilation)
            if bias is not None:
                part += bias.reshape(groups, 1, outputs, 1)
            part = part.reshape(groups, length[1], outputs, -1, length[2])
            parted[some, :, :, at] = part.transpose(3, 0, 2, 1, 4)
    return _finished(y, None, out)


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
    out: Array | None = None,
) -> Array:
    n, whole = x.ndim - 2, (1,) * (5 - x.ndim) + tuple(lengths)
    x, weight = _deep(x), _deep(weight)
    stride, padding, dilation = _deep_numbers(n, stride, padding, dilation)
    size, channels, width = weight.shape[2:], weight.shape[1], x.shape[4]
    kernels = _kernels(weight, groups).transpose(0, 2, 1)
    product = np.multiply if kernels.shape[2] == 1 else np.matmul  # of a column and a row, NumPy's multiply is quicker
    padded = [m + 2 * p for m, p in zip(whole, padding, strict=True)]
    within = [slice(p, p + m) for m, p in zip(whole, padding, strict=True)]
    y = _memory((len(x), groups * channels, *lengths), x.dtype, out)
    if _is_pointwise(size, stride, padding):
        np.matmul(kernels, _flat(x, groups), out=_flat(y, groups))
        return _finished(y, bias, out)
    parted = y.reshape(len(x), groups, channels, *whole)
    for some in _blocks(len(x), parted[:1].nbytes * size[2], width):
        samples = len(x[some])
        rows = np.zeros((groups, *padded[:2], channels, size[2], samples, width), x.dtype)
        for at in range(x.shape[2]):
            depths = slice(at * stride[0], at * stride[0] + dilation[0] * (size[0] - 1) + 1, dilation[0])
            for row, part in enumerate(_matrices(x[some], at, groups).transpose(1, 0, 2, 3)):
                first = row * stride[1]
                seen = rows[:, depths, first : first + dilation[1] * (size[1] - 1) + 1 : dilation[1]]
                seen += product(kernels, part).reshape(seen.shape)
        added = np.zeros((groups, *padded[:2], channels, samples, padded[2]), x.dtype)
        for place in range(size[2]):
            first = place * dilation[2]
            added[..., first : first + (width - 1) * stride[2] + 1 : stride[2]] += rows[:, :, :, :, place]
        parted[some] = added[:, within[0], within[1], :, :, within[2]].transpose(4, 0, 3, 1, 2, 5)
    return _finished(y, bias, out)


def _convolution_weight(
    x: Array, g: Array, *, size: Shape, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1, groups: int = 1
) -> Array:
    n, kernel = x.ndim - 2, (1,) * (5 - x.ndim) + tuple(size)
    x, g = _deep(x), _deep(g)
    stride, padding, dilation = _deep_numbers(n, stride, padding, dilation)
    channels, outputs = x.shape[1] // groups, g.shape[1] // groups
    if _is_pointwise(kernel, stride, padding):
        products = _flat(g, groups) @ _flat(x, groups).transpose(0, 1, 3, 2)
        return products.sum(axis=0).reshape(groups * outputs, channels, *size)
    total = np.zeros((groups, kernel[0] * kernel[1] * channels * kernel[2], outputs), x.dtype)
    for some in _blocks(len(x), x[:1].nbytes * kernel[2], g.shape[4]):
        rows = _rows(x[some], kernel, stride, padding, dilation, groups)
        for at in range(g.shape[2]):
            seen, part = _columns(rows, at, kernel, stride, dilation), _matrices(g[some], at, groups)
            total += (seen @ part.transpose(0, 1, 3, 2)).sum(axis=1)
    parted = total.reshape(groups, *kernel[:2], channels, kernel[2], outputs).transpose(0, 5, 3, 1, 2, 4)
    return parted.reshape(groups * outputs, channels, *size)


# the records ------------------------------------------------------------------------------------------


def _over_places(g: Any) -> Any:
    return sum(g, dim=(0, *range(2, len(g.shape))))


def _turned(weight: Any, groups: int) -> Any:
    """``weight`` with its inputs for outputs, and every kernel turned around."""
    outputs, channels, *size = shape_of(weight)
    parted = reshape(weight, shape=(groups, outputs // groups, channels, *size))
    parted = permute(parted, dims=(0, 2, 1, *range(3, 3 + len(size))))
    return flip(
        reshape(parted, shape=(groups * channels, outputs // groups, *size)), dims=tuple(range(2, 2 + len(size)))
    )


def _of_input(
    g: Any, _y: Any, _x: Any, weight: Any, _bias: Any = None, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Back to where the windows were, added up; of windows that move by 1, every place gets from those around it.

    With several groups, whose products are small, the latter is quicker.
    """
    lengths, size = shape_of(_x)[2:], shape_of(weight)[2:]
    n = len(size)
    margins = [d * (k - 1) - p for k, p, d in zip(size, each(padding, n), each(dilation, n), strict=True)]
    if groups > 1 and stride in (1, (1,) * n) and min(margins) >= 0:
        return convolution(g, _turned(weight, groups), padding=tuple(margins), dilation=dilation, groups=groups)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_transpose(g, weight, lengths=lengths, **how)


convolution: Op = register(
    Op(
        "convolution",
        forward=_convolution,
        vjp=(
            _of_input,
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
            lambda upstream, _y, _x, g, *, size, **how: conv_transpose(g, upstream, lengths=shape_of(_x)[2:], **how),
            lambda upstream, _y, x, _g, *, size, **how: convolution(x, upstream, **how),
        ),
        shape=convolution_weight_shape,
        formula="y = x ∗ g, over all samples: y[o, c, k] = Σ x[n, c, i·stride + k·dilation − padding]·g[n, o, i]",
        expand=convolution_weight_expand,
        cast="equal",
        textbook=plain_convolution_weight,
    )
)
