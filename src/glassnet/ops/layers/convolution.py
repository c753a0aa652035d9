"""Convolution over one, two or three dimensions, as matrix products.

The convolution y = x ∗ W, the gradient of x and that of W are sums over the same windows of the same three arrays. So
there are three operations, and each is the derivative of the other two: `convolution`, `conv_transpose` and
`convolution_weight`.

The textbook puts every window into a column and multiplies once (K. Chellapilla, S. Puri, P. Simard, High Performance
Convolutional Neural Networks for Document Processing, 2006): with a 5×5 kernel, 25 copies of the input. Here windows
along the width alone are laid out, 5 copies, one row after another. What the kernel's second row sees is then what its
first one sees, a row later: five views of one matrix, and five products, added up. Of three dimensions, windows along
all but the first are laid out; of one dimension, none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
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
    each,
)
from glassnet.ops.record import Op, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import Shape, shape_of

# windows laid out -------------------------------------------------------------------------------------

BLOCK = 1 << 19  # bytes of windows at once: they, and what is computed from them, stay in the cache of one core
WIDTH = 256  # columns of a matrix, if there are so many: with fewer, a product is not much faster than its copies
NARROW = 32  # columns: where a sample has fewer, several samples make one matrix
FEW = 16  # rows of a matrix: with fewer, a product is not much faster than a sum

Dims = tuple[Shape, Shape, Shape, Shape]
Index = tuple[Any, ...]


def _dims(size: Shape, stride: Ints, padding: Ints, dilation: Ints) -> Dims:
    """Size, start, stride and dilation of windows, along each dimension of `_abreast`."""
    n = len(size)
    starts = tuple(-p for p in each(padding, n))
    return _with(size, 1), _with(starts, 0), _with(each(stride, n), 1), _with(each(dilation, n), 1)


def _with(numbers: Shape, other: int) -> Shape:
    return (numbers[0], other, *numbers[1:])


def _abreast(x: Array, y: Array) -> Iterator[tuple[Array, Array]]:
    """Inputs [N, C, L…] and outputs as [N, C, L, 1, …]; small ones with samples abreast, [1, C, L, some, …]."""
    places = math.prod(y.shape[2:])
    if places >= NARROW:
        yield x[:, :, :, np.newaxis], y[:, :, :, np.newaxis]
        return
    some = WIDTH // max(places, 1)
    for first in range(0, len(x), some):
        here = slice(first, first + some)
        yield np.moveaxis(x[here], 0, 2)[np.newaxis], np.moveaxis(y[here], 0, 2)[np.newaxis]


def _seen(size: int, count: int, start: int, stride: int, dilation: int, length: int) -> list[tuple[slice, slice]]:
    """At each place of a kernel: which of ``count`` windows see something there, not padding; and what they see."""
    pairs = []
    for at in range(start, start + size * dilation, dilation):
        first = max(0, -(at // stride))
        number = max(0, min(count, (length - 1 - at) // stride + 1) - first)
        begin = at + first * stride
        pairs.append((slice(first, first + number), slice(begin, begin + number * stride, stride)))
    return pairs


def _blocks(x: Array, out: Shape, dims: Dims) -> Iterator[tuple[slice, slice, Shape, list[tuple[Index, Index]]]]:
    """Samples of ``x`` [N, C, L…] and rows of the output, in blocks; the shape of their windows; and what lies where.

    The shape is [rows of a stride, C, kernel…, strides, out…], without the first dimension of the kernel and of the
    output. What lies where is said in pairs: an index of windows, with N before their shape, and one of ``x``.
    """
    (height, *size), start, stride, dilation = dims
    every = slice(None)
    reach = (height - 1) * dilation[0]
    rows_of_stride = min(stride[0], reach + 1)
    bytes_of_row = rows_of_stride * x.shape[1] * math.prod(size) * math.prod(out[1:]) * x.itemsize
    at_once, some = (max(BLOCK // max(n, 1), 1) for n in (bytes_of_row, bytes_of_row * out[0]))
    for row in range(0, out[0], at_once):
        rows = slice(row, min(row + at_once, out[0]))
        count = (rows.stop - row + reach // stride[0], *out[1:])
        starts = (start[0] + row * stride[0], *start[1:])
        seen = list(map(_seen, (rows_of_stride, *size), count, starts, stride, (1, *dilation[1:]), x.shape[2:]))
        pairs = []
        for place in np.ndindex(rows_of_stride, *size):
            here, there = zip(*(along[at] for along, at in zip(seen, place, strict=True)), strict=True)
            pairs.append(((every, place[0], every, *place[1:], *here), (every, every, *there)))
        for sample in range(0, len(x), some):
            yield slice(sample, sample + some), rows, (rows_of_stride, x.shape[1], *size, *count), pairs


def _laid_out(x: Array, shape: Shape, pairs: list[tuple[Index, Index]]) -> Array:
    """The windows of some samples."""
    if len(pairs) == 1 and (seen := x[pairs[0][1]]).size == len(x) * math.prod(shape):
        return seen.reshape(len(x), *shape)  # each is one element: there is nothing to copy
    windows = np.zeros((len(x), *shape), x.dtype)
    for here, there in pairs:
        windows[here] = x[there]
    return windows


def _by_row(windows: Array, height: int, dims: Dims) -> list[Array]:
    """What each row of the kernel sees, of windows laid out: [N, C, kernel…, height, out…]."""
    size, _, stride, dilation = (k[0] for k in dims)
    every = slice(None)
    strides = [divmod(at * dilation, stride) for at in range(size)]
    seen: list[Index] = [(every, row, *(every,) * len(dims[0]), slice(at, at + height)) for at, row in strides]
    return [windows[index] for index in seen]


def _matrices(x: Array, groups: int, n: int) -> Array:
    """[N, C, …, places…], of which the last ``n`` are places, as matrices [N, groups, C/groups · …, places]."""
    return x.reshape(len(x), groups, -1, math.prod(x.shape[x.ndim - n :]))


def _kernels(weight: Array, groups: int) -> list[Array]:
    """[O, C/groups, kernel…], a row of the kernel after another, as matrices [groups, O/groups, C/groups · …]."""
    rows = np.ascontiguousarray(np.moveaxis(weight, 2, 0))
    return list(rows.reshape(len(rows), groups, len(weight) // groups, -1))


# the forms that are written for speed -----------------------------------------------------------------


def _gather(x: Array, weight: Array, bias: Array | None, dims: Dims, groups: int, y: Array) -> Array:
    """The convolution, written into ``y``: every place gets what its window sees."""
    kernels, n = _kernels(weight, groups), len(dims[0])
    few = len(kernels) > 1 and kernels[0].shape[2] < FEW and len(weight) > groups
    if few:
        kernels = [np.concatenate(kernels, axis=2)]
    for inputs, outputs in _abreast(x, y):
        for some, rows, shape, pairs in _blocks(inputs, outputs.shape[2:], dims):
            windows = _laid_out(inputs[some], shape, pairs)
            seen = [_matrices(row, groups, n) for row in _by_row(windows, rows.stop - rows.start, dims)]
            if few:
                seen = [np.concatenate(seen, axis=2)]
            part = outputs[some, :, rows]
            total = _matrices(part, groups, n)
            np.matmul(kernels[0], seen[0], out=total)
            for kernel, row in zip(kernels[1:], seen[1:], strict=True):
                total += kernel @ row
            if bias is not None:
                total += bias.reshape(groups, -1, 1)
            if not np.may_share_memory(total, part):
                part[...] = total.reshape(part.shape)
    return y


def _scatter(x: Array, weight: Array, bias: Array | None, dims: Dims, groups: int, y: Array) -> Array:
    """The transposed convolution, written into ``y``: every place gives to all that its window sees."""
    kernels, n = [kernel.swapaxes(1, 2) for kernel in _kernels(weight, groups)], len(dims[0])
    product = np.multiply if len(weight) == groups else np.matmul  # of a column and a row, multiply is quicker
    y[...] = 0 if bias is None else bias.reshape(-1, *(1,) * (y.ndim - 2))
    for outputs, inputs in _abreast(y, x):
        for some, rows, shape, pairs in _blocks(outputs, inputs.shape[2:], dims):
            part = _matrices(inputs[some, :, rows], groups, n)
            windows = np.zeros((len(part), *shape), x.dtype)
            for kernel, row in zip(kernels, _by_row(windows, rows.stop - rows.start, dims), strict=True):
                row += product(kernel, part).reshape(row.shape)
            given_to = outputs[some]
            for here, there in pairs:
                given_to[there] += windows[here]
    return y


def _turned(weight: Array, groups: int) -> Array:
    """``weight`` with its inputs for outputs, and every kernel turned around."""
    outputs, channels, *size = weight.shape
    parted = weight.reshape(groups, outputs // groups, channels, *size).swapaxes(1, 2)
    backward: Index = (..., *(slice(None, None, -1),) * len(size))
    return parted[backward].reshape(groups * channels, outputs // groups, *size)


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
    n, size = x.ndim - 2, weight.shape[2:]
    numbers = zip(x.shape[2:], size, each(stride, n), each(padding, n), each(dilation, n), strict=True)
    lengths = [(m + 2 * p - d * (k - 1) - 1) // s + 1 for m, k, s, p, d in numbers]
    y = np.empty((len(x), len(weight), *lengths), x.dtype) if out is None else out
    return _gather(x, weight, bias, _dims(size, stride, padding, dilation), groups, y)


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
    size, n = weight.shape[2:], len(lengths)
    y = np.empty((len(x), groups * weight.shape[1], *lengths), x.dtype) if out is None else out
    is_dense = math.prod(each(stride, n)) == 1  # then each place gets from those around it
    if is_dense and (math.prod(size) == 1 or x.shape[1] <= 2 * size[0] * y.shape[1]):  # copies what is less
        margins = [d * (k - 1) - p for k, p, d in zip(size, each(padding, n), each(dilation, n), strict=True)]
        return _gather(x, _turned(weight, groups), bias, _dims(size, 1, margins, dilation), groups, y)
    return _scatter(x, weight, bias, _dims(size, stride, padding, dilation), groups, y)


def _convolution_weight(
    x: Array, g: Array, *, size: Shape, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1, groups: int = 1
) -> Array:
    dims, n = _dims(size, stride, padding, dilation), len(size) + 1
    channels, outputs = x.shape[1] // groups, g.shape[1] // groups
    total = np.zeros((size[0], groups, channels * math.prod(size[1:]), outputs), x.dtype)
    for inputs, gradients in _abreast(x, g):
        for some, rows, shape, pairs in _blocks(inputs, gradients.shape[2:], dims):
            windows = _laid_out(inputs[some], shape, pairs)
            part = _matrices(gradients[some, :, rows], groups, n).swapaxes(2, 3)
            if channels * math.prod(size) > NARROW:
                part = np.ascontiguousarray(part)  # pays where it is multiplied with much
            for row, seen in zip(total, _by_row(windows, rows.stop - rows.start, dims), strict=True):
                row += (_matrices(seen, groups, n) @ part).sum(axis=0)
    parted = total.reshape(size[0], groups, channels, *size[1:], outputs)
    return parted.transpose(1, n + 1, 2, 0, *range(3, n + 1)).reshape(groups * outputs, channels, *size)


# the records ------------------------------------------------------------------------------------------


def _over_places(g: Any) -> Any:
    return sum(g, dim=(0, *range(2, len(g.shape))))


def _of_input(
    g: Any, _y: Any, _x: Any, weight: Any, _bias: Any = None, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_transpose(g, weight, lengths=shape_of(_x)[2:], **how)


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
