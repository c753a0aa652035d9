"""Convolutions as a textbook writes them, windows and then a sum over the kernel, and in primitive operations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.layers.convolution_shapes import Ints, convolution_shape, each
from glassnet.ops.layers.windows import add_windows, pad, windows
from glassnet.ops.linear import matmul
from glassnet.ops.movement import permute, reshape
from glassnet.ops.shapes import Shape, shape_of


def plain_convolution(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Array:
    """Windows, then for each output channel a sum over channels and kernel."""
    n, size = x.ndim - 2, weight.shape[2:]
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in each(padding, n))])
    seen = windows(x, size=size, stride=each(stride, n), dilation=each(dilation, n))  # [N, C, out…, kernel…]
    of_channels = (1, *range(2 + n, 2 + 2 * n)), (1, *range(2, 2 + n))
    parts = zip(np.split(seen, groups, axis=1), np.split(weight, groups), strict=True)
    y = np.concatenate([np.tensordot(part, kernels, of_channels) for part, kernels in parts], axis=-1)
    y = np.moveaxis(y, -1, 1)  # the sums over channels and kernel, for each output channel
    return y if bias is None else y + bias.reshape(-1, *(1,) * n)


def plain_conv_transpose(
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
    """What each input gives through the kernel, added to where the kernel sees it from."""
    n = x.ndim - 2
    parts = zip(np.split(x, groups, axis=1), np.split(weight, groups), strict=True)
    products = [np.tensordot(part, kernels, ((1,), (0,))) for part, kernels in parts]  # [N, in…, C, kernel…]
    seen = np.moveaxis(np.concatenate(products, axis=1 + n), 1 + n, 1)
    ends = [(p, m + p) for m, p in zip(lengths, each(padding, n), strict=True)]  # of what is no padding
    padded = [p + end for p, end in ends]
    y = add_windows(seen, lengths=padded, stride=each(stride, n), dilation=each(dilation, n))
    y = y[(..., *(slice(*part) for part in ends))]
    return y if bias is None else y + bias.reshape(-1, *(1,) * n)


def plain_convolution_weight(
    x: Array, g: Array, *, size: Shape, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1, groups: int = 1
) -> Array:
    """For each place of the kernel, a sum over samples and places of the output."""
    n = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in each(padding, n))])
    seen = windows(x, size=size, stride=each(stride, n), dilation=each(dilation, n))  # [N, C, out…, kernel…]
    of_places = (0, *range(2, 2 + n))
    parts = zip(np.split(g, groups, axis=1), np.split(seen, groups, axis=1), strict=True)
    return np.concatenate([np.tensordot(part, inputs, (of_places, of_places)) for part, inputs in parts])


# in primitive operations ------------------------------------------------------------------------------


def _seen(x: Any, size: Shape, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> Any:
    """Every window as a row: [groups, N · out, C/groups · kernel]."""
    n = len(size)
    x = pad(x, widths=tuple((p, p) for p in each(padding, n)))
    seen = windows(x, size=size, stride=each(stride, n), dilation=each(dilation, n))
    samples, channels, *rest = shape_of(seen)
    seen = reshape(seen, shape=(samples, groups, channels // groups, *rest))
    out, kernel = range(3, 3 + n), range(3 + n, 3 + 2 * n)
    seen = permute(seen, dims=(1, 0, *out, 2, *kernel))
    shape = (groups, math.prod((samples, *rest[:n])), math.prod((channels // groups, *size)))
    return reshape(seen, shape=shape)


def _by_group(y: Any, groups: int) -> Any:
    """[N, O, out…] → [groups, N · out, O/groups]."""
    samples, channels, *out = shape_of(y)
    y = reshape(y, shape=(samples, groups, channels // groups, *out))
    y = permute(y, dims=(1, 0, *range(3, 3 + len(out)), 2))
    return reshape(y, shape=(groups, math.prod((samples, *out)), channels // groups))


def _flat(weight: Any, groups: int) -> Any:
    """[O, C/groups, kernel…] → [groups, O/groups, C/groups · kernel]."""
    outputs, *rest = shape_of(weight)
    return reshape(weight, shape=(groups, outputs // groups, math.prod(rest)))


def _with_bias(y: Any, bias: Any) -> Any:
    return y if bias is None else y + reshape(bias, shape=(shape_of(bias)[0], *(1,) * (len(y.shape) - 2)))


def convolution_expand(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Any:
    """`convolution` in primitive operations: windows as rows, and a matrix product."""
    outputs, _, *size = shape_of(weight)
    n, samples = len(size), shape_of(x)[0]
    y = matmul(_seen(x, tuple(size), stride, padding, dilation, groups), permute(_flat(weight, groups), dims=(0, 2, 1)))
    out = convolution_shape(x, weight, None, stride, padding, dilation, groups).shape[2:]
    y = reshape(y, shape=(groups, samples, *out, outputs // groups))
    y = permute(y, dims=(1, 0, 2 + n, *range(2, 2 + n)))
    return _with_bias(reshape(y, shape=(samples, outputs, *out)), bias)


def conv_transpose_expand(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    lengths: Shape,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Any:
    """`conv_transpose` in primitive operations: a matrix product over windows, or before they are added."""
    (samples, _, *out), (_, channels, *size) = shape_of(x), shape_of(weight)
    n = len(size)
    seen = matmul(_by_group(x, groups), _flat(weight, groups))
    seen = reshape(seen, shape=(groups, samples, *out, channels, *size))
    seen = permute(seen, dims=(1, 0, 2 + n, *range(2, 2 + n), *range(3 + n, 3 + 2 * n)))
    seen = reshape(seen, shape=(samples, groups * channels, *out, *size))
    widths = each(padding, n)
    padded = tuple(m + 2 * p for m, p in zip(lengths, widths, strict=True))
    y = add_windows(seen, lengths=padded, stride=each(stride, n), dilation=each(dilation, n))
    return _with_bias(pad(y, widths=tuple((-p, -p) for p in widths)), bias)


def convolution_weight_expand(
    x: Any, g: Any, *, size: Shape, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1, groups: int = 1
) -> Any:
    """`convolution_weight` in primitive operations: windows as rows, and a matrix product."""
    products = matmul(permute(_by_group(g, groups), dims=(0, 2, 1)), _seen(x, size, stride, padding, dilation, groups))
    return reshape(products, shape=(shape_of(g)[1], shape_of(x)[1] // groups, *size))
