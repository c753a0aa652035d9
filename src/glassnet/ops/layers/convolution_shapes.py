"""The shapes of convolutions, and what is said of inputs that do not fit: the arithmetic, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import ShapeError
from glassnet.ops.layers.windows import window_count
from glassnet.ops.record import Spec
from glassnet.ops.shapes import Shape, equal_dtypes, shape_of, written

Ints = int | Sequence[int]  # one number for each dimension, or one for all


def each(numbers: Ints, n: int) -> Shape:
    """A number for each of ``n`` dimensions."""
    return (numbers,) * n if isinstance(numbers, int) else tuple(numbers)


def check_channels(name: str, x: Any, weight: Any, dim: int, groups: int) -> None:
    """Raise unless ``x``, [N, C, …] or [C, …], has the channels that dimension ``dim`` of ``weight`` asks for."""
    shape, (outputs, per_group, *size) = shape_of(x), shape_of(weight)
    n = len(size)
    if groups < 1 or outputs % groups:
        raise ShapeError(
            f"{name}: expected groups that divide the {outputs} kernels of the weight {written(shape_of(weight))}, got "
            f"groups={groups}"
        )
    channels = per_group * groups if dim == 1 else outputs
    axes = ", ".join("DHW"[3 - n :] if n > 1 else "L")
    one = f"[{channels}, {axes}]"
    if len(shape) not in (n + 1, n + 2):
        raise ShapeError(f"{name}: expected an input of shape [N, {one[1:]} or {one}, got {written(shape)}")
    first = len(shape) - n - 1
    if shape[first] == channels:
        return
    if shape[-1] == channels:
        order = (*range(first), first + n, *range(first, first + n))
        advice = f"its last dimension has {channels}, but channels come first: x.permute{order}"
    elif not first and channels == 1:
        advice = "give it the dimension of channels: x.unsqueeze(1)"
    else:
        advice = f"make the layer with in_channels={shape[first]}"
    of_groups = f" = {groups} groups · {per_group}" if groups > 1 and dim == 1 else ""
    raise ShapeError(
        f"{name}: expected an input of {channels} channel{'s' * (channels != 1)}{of_groups}, [N, {one[1:]} or {one}, "
        f"as the weight {written(shape_of(weight))} says, got {written(shape)}; {advice}"
    )


def _check_bias(name: str, bias: Any, channels: int) -> None:
    if bias is not None and shape_of(bias) != (channels,):
        raise ShapeError(f"{name}: expected a bias of shape [{channels}], got {written(shape_of(bias))}")


def convolution_shape(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Spec:
    """The shape that the output has, or an error that says how it comes about."""
    outputs, _, *size = shape_of(weight)
    n = len(size)
    name = f"conv{n}d"
    check_channels(name, x, weight, 1, groups)
    _check_bias(name, bias, outputs)
    out = window_count(name, shape_of(x)[2:], size, each(stride, n), each(padding, n), each(dilation, n))
    return Spec((shape_of(x)[0], outputs, *out), equal_dtypes(name, x, weight, bias))


def conv_transpose_shape(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    lengths: Shape,
    stride: Ints = 1,
    padding: Ints = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Spec:
    """The shape that the output has, ``lengths`` at its end, or an error that says how it comes about."""
    _, channels, *size = shape_of(weight)
    n = len(size)
    name = f"conv_transpose{n}d"
    check_channels(name, x, weight, 0, groups)
    _check_bias(name, bias, channels * groups)
    out = window_count(name, lengths, size, each(stride, n), each(padding, n), each(dilation, n))
    if out != shape_of(x)[2:]:
        raise ShapeError(
            f"{name}: an output of {written(lengths)} is seen through {written(out)} windows, but the input has "
            f"{written(shape_of(x)[2:])}"
        )
    return Spec((shape_of(x)[0], channels * groups, *lengths), equal_dtypes(name, x, weight, bias))


def convolution_weight_shape(
    x: Any, g: Any, *, size: Shape, stride: Ints = 1, padding: Ints = 0, dilation: Ints = 1, groups: int = 1
) -> Spec:
    """The shape that the kernels have, or an error that says how it comes about."""
    n = len(size)
    out = window_count(
        "convolution_weight", shape_of(x)[2:], size, each(stride, n), each(padding, n), each(dilation, n)
    )
    if shape_of(g)[:1] != shape_of(x)[:1] or shape_of(g)[2:] != out:
        raise ShapeError(
            f"convolution_weight: expected an output of shape [{shape_of(x)[0]}, O, {', '.join(map(str, out))}] for "
            f"the input {written(shape_of(x))}, got {written(shape_of(g))}"
        )
    return Spec((shape_of(g)[1], shape_of(x)[1] // groups, *size), equal_dtypes("convolution_weight", x, g))
