"""What all kinds of pooling share: their windows, what is put around the input for them, how many bins there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from glassnet.errors import RangeError
from glassnet.functional.spatial import per_dimension
from glassnet.ops.layers.windows import pad, window_count
from glassnet.ops.shapes import Shape
from glassnet.tensor import Tensor, apply

Widths = tuple[tuple[int, int], ...]


class Windows(NamedTuple):
    """Windows over some dimensions: for each of them the kernel's size, the stride, the padding and the dilation."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]


def pooling_windows(
    layer: str, n: int, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1
) -> Windows:
    """The windows that the arguments of a pooling over ``n`` dimensions say.

    Raises TypeError, ShapeError and RangeError for what are no such numbers, RangeError for a padding of more than half
    the kernel, which would make windows of nothing else.
    """
    size = per_dimension(layer, "kernel_size", kernel_size, n)
    steps = size if stride in (None, (), []) else per_dimension(layer, "stride", stride, n)
    margins = per_dimension(layer, "padding", padding, n, least=0)
    apart = per_dimension(layer, "dilation", dilation, n)
    for k, p, d in zip(size, margins, apart, strict=True):
        span = d * (k - 1) + 1
        if p > span // 2:
            raise RangeError(
                f"{layer}: expected a padding of at most half the kernel, ⌊(dilation·(kernel − 1) + 1)/2⌋ = "
                f"⌊({d}·({k} − 1) + 1)/2⌋ = {span // 2}, got {p}; to pad more, F.pad the input first"
            )
    return Windows(size, steps, margins, apart)


def widths_around(layer: str, lengths: Sequence[int], windows: Windows, ceil_mode: bool) -> Widths:
    """How much is put around the input for every window to lie inside; with ``ceil_mode`` the last one reaches beyond
    the end. Raises ShapeError, which shows the arithmetic, where no window fits."""
    counts = window_count(layer, lengths, *windows, ceil_mode)
    return tuple(
        (p, max(p, (count - 1) * s + d * (k - 1) + 1 - length - p))
        for length, count, k, s, p, d in zip(lengths, counts, *windows, strict=True)
    )


def padded(input: Tensor, widths: Widths, value: float) -> Tensor:
    """``input`` with ``value`` around its last dimensions; itself where all widths are 0."""
    if not any(map(any, widths)):
        return input
    framed: Tensor = apply(pad, input, widths=widths, value=value)
    return framed


def check_output_size(layer: str, output_size: Any, n: int) -> None:
    """Raise unless ``output_size`` is None, one whole number of 0 or more, or one or None for each dimension."""
    given = output_size if isinstance(output_size, Sequence) else (output_size,)
    per_dimension(layer, "output_size", [1 if k is None else k for k in given], n, least=0)


def output_sizes(layer: str, input: Tensor, n: int, output_size: Any) -> Shape:
    """``output_size`` for each of the last ``n`` dimensions; None stands for the input's."""
    lengths = input.shape[-n:]
    if isinstance(output_size, Sequence) and len(output_size) == n:
        output_size = [length if k is None else k for length, k in zip(lengths, output_size, strict=True)]
    return lengths if output_size is None else per_dimension(layer, "output_size", output_size, n, least=0)


def no_bins(input: Tensor, size: Shape) -> Tensor:
    """What pooling of ``input`` to a ``size`` with a 0 in it gives: no element."""
    return input.flatten(-len(size))[..., :0].reshape(*input.shape[: -len(size)], *size)
