"""Convolution over one, two and three dimensions, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import RangeError, ShapeError
from glassnet.functional.spatial import AXES, check_spatial, per_dimension
from glassnet.ops.layers import convolution as ops
from glassnet.ops.layers.convolution_shapes import check_channels
from glassnet.ops.layers.windows import pad, short
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

Numbers = int | Sequence[int]
Padding = Numbers | str


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Padding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of a signal [N, C, L] with kernels [O, C/groups, K]: [N, O, L']; or of one without N.

    L' = ⌊(L + 2·padding − dilation·(K − 1) − 1)/stride⌋ + 1. ``padding`` "same" gives L' = L, with a stride of 1.

    Raises ShapeError, which shows the arithmetic, for what does not fit.

    >>> F.conv1d(glassnet.tensor([[1.0, 2.0, 4.0, 7.0]]), glassnet.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2., 3.]])
    """
    return _convolution(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Padding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of images [N, C, H, W] with kernels [O, C/groups, kh, kw]: [N, O, H', W']; or of one without N.

    H' = ⌊(H + 2·padding − dilation·(kh − 1) − 1)/stride⌋ + 1, and so W'. ``padding`` "same" gives H' = H.

    Raises ShapeError, which shows the arithmetic, for what does not fit.
    Y. LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998.

    >>> F.conv2d(glassnet.ones(1, 1, 3, 3), glassnet.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolution(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Padding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of volumes [N, C, D, H, W] with kernels [O, C/groups, kd, kh, kw]: [N, O, D', H', W'].

    As `conv2d`, with a depth.

    >>> F.conv3d(glassnet.ones(1, 1, 2, 2, 2), glassnet.ones(1, 1, 2, 2, 2)).item()
    8.0
    """
    return _convolution(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transpose of `conv1d`: [N, C, L] with kernels [C, O/groups, K] gives [N, O, L'].

    L' = (L − 1)·stride − 2·padding + dilation·(K − 1) + output_padding + 1: the length from which conv1d gives L.

    Raises ShapeError, which shows the arithmetic, for what does not fit.

    >>> F.conv_transpose1d(glassnet.tensor([[1.0, 2.0]]), glassnet.tensor([[[1.0, 10.0]]]), stride=2)
    tensor([[ 1., 10.,  2., 20.]])
    """
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transpose of `conv2d`: [N, C, H, W] with kernels [C, O/groups, kh, kw] gives [N, O, H', W'].

    H' = (H − 1)·stride − 2·padding + dilation·(kh − 1) + output_padding + 1, and so W'.

    Raises ShapeError, which shows the arithmetic, for what does not fit.
    M. Zeiler et al., Deconvolutional Networks, 2010.

    >>> F.conv_transpose2d(glassnet.ones(1, 1, 2, 2), glassnet.ones(1, 1, 2, 2))
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transpose of `conv3d`: [N, C, D, H, W] with kernels [C, O/groups, kd, kh, kw] gives [N, O, D', H', W'].

    As `conv_transpose2d`, with a depth.

    >>> F.conv_transpose3d(glassnet.ones(1, 1, 1, 1, 2), glassnet.ones(1, 1, 1, 1, 2)).flatten()
    tensor([1., 2., 1.])
    """
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


# what they share ----------------------------------------------------------------------------------------


def same_padding(
    name: str, size: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """What to add before and after each dimension so that a convolution keeps its length: after, where it is odd.

    Raises ShapeError for a stride, with which no length is kept.
    """
    if any(s != 1 for s in stride):
        raise ShapeError(
            f'{name}: padding="same" keeps the size, which a stride of {short(stride)} does not; give numbers'
        )
    total = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    return [(t // 2, t - t // 2) for t in total]


def _checked(n: int, name: str, input: Tensor, weight: Tensor, groups: Any, **numbers: Any) -> dict[str, Any]:
    """Options for each dimension, or an error before anything is computed."""
    check_spatial(name, input, n)
    if len(weight.shape) != n + 2:
        axes = ", ".join(f"k{axis.lower()}" for axis in AXES[n]) if n > 1 else "K"
        raise ShapeError(f"{name}: expected a weight of shape [O, C/groups, {axes}], got {written(weight.shape)}")
    if isinstance(groups, bool) or not isinstance(groups, int):
        raise TypeError(f"{name}: expected groups as a whole number, got {type(groups).__name__}")
    if groups < 1:
        raise RangeError(f"{name}: expected groups of 1 or more, got {groups}")
    check_channels(name, input, weight, 0 if "transpose" in name else 1, groups)
    return {what: per_dimension(name, what, value, n, least_of(what)) for what, value in numbers.items()}


def least_of(what: str) -> int:
    """The least number that is one of padding, or of kernel_size, stride and dilation."""
    return 0 if "padding" in what else 1


def _applied(op: Any, n: int, input: Tensor, weight: Tensor, bias: Tensor | None, **options: Any) -> Tensor:
    """The operation with those options that say something, on a batch, or on one sample as a batch of one."""
    options = {name: v if name in ("lengths", "groups") else short(v) for name, v in options.items()}
    options = {name: v for name, v in options.items() if v != (0 if name == "padding" else 1)}
    is_one = len(input.shape) == n + 1
    batch = input.unsqueeze(0) if is_one else input
    op.shape(batch, weight, bias, **options)
    y: Tensor = apply(op, batch, weight, **options) if bias is None else apply(op, batch, weight, bias, **options)
    return y.squeeze(0) if is_one else y


def _convolution(
    n: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    name = f"conv{n}d"
    found = _checked(n, name, input, weight, groups, stride=stride, dilation=dilation)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        widths = same_padding(name, weight.shape[2:], found["stride"], found["dilation"])
        padding = [before for before, _ in widths]
        if any(before != after for before, after in widths):
            input = apply(pad, input, widths=tuple((0, after - before) for before, after in widths))
    elif isinstance(padding, str):
        raise RangeError(f'{name}: expected padding as numbers, "same" or "valid", got {padding!r:.60}')
    found["padding"] = per_dimension(name, "padding", padding, n, least_of("padding"))
    return _applied(ops.convolution, n, input, weight, bias, groups=groups, **found)


def _transposed(
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    name = f"conv_transpose{n}d"
    numbers = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
    found = _checked(n, name, input, weight, groups, **numbers)
    more = found.pop("output_padding")
    lengths = transposed_lengths(name, input.shape[-n:], weight.shape[2:], **found, output_padding=more)
    if all(m < s for m, s in zip(more, found["stride"], strict=True)):
        return _applied(ops.conv_transpose, n, input, weight, bias, groups=groups, lengths=lengths, **found)
    # a window more would fit into so long an output: all there is without padding, cut to measure
    widths = tuple((-p, m - p) for p, m in zip(found.pop("padding"), more, strict=True))
    uncut = tuple(length - sum(width) for length, width in zip(lengths, widths, strict=True))
    y = _applied(ops.conv_transpose, n, input, weight, None, groups=groups, lengths=uncut, **found)
    y = apply(pad, y, widths=widths)
    return y if bias is None else y + bias.reshape(-1, *(1,) * n)


def least_lengths(
    lengths: Sequence[int], size: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> tuple[int, ...]:
    """The lengths that a transposed convolution gives without an output_padding, which may be below 1."""
    numbers = zip(lengths, size, stride, padding, dilation, strict=True)
    return tuple((m - 1) * s - 2 * p + d * (k - 1) + 1 for m, k, s, p, d in numbers)


def transposed_lengths(
    name: str,
    lengths: Sequence[int],
    size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    output_padding: Sequence[int],
) -> tuple[int, ...]:
    """The lengths that a transposed convolution gives: (in − 1)·stride − 2·padding + dilation·(kernel − 1)
    + output_padding + 1.

    Raises ShapeError for one below 1, RangeError for an output_padding that neither stride nor dilation exceeds.
    """
    found = []
    numbers = (lengths, size, stride, padding, dilation)
    for m, k, s, p, d, more, least in zip(*numbers, output_padding, least_lengths(*numbers), strict=True):
        if more >= max(s, d):
            raise RangeError(
                f"{name}: expected an output_padding below the stride ({s}) or the dilation ({d}), got {more}: "
                "more of the output would come from no element of the input"
            )
        out = least + more
        if out < 1 or m < 1:
            raise ShapeError(
                f"{name}: nothing is left of the output: (in − 1)·stride − 2·padding + dilation·(kernel − 1) + "
                f"output_padding + 1 = ({m} − 1)·{s} − 2·{p} + {d}·({k} − 1) + {more} + 1 = {out}; make the "
                "padding smaller, or the input larger"
            )
        found.append(out)
    return tuple(found)
