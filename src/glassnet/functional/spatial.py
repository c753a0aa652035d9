"""What functions of images, signals and volumes share: one number for each dimension, and checks of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor

AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


def per_dimension(layer: str, name: str, value: Any, n: int, least: int = 1) -> tuple[int, ...]:
    """``value``, one whole number for all of ``n`` dimensions or one for each, as one for each.

    Raises TypeError for what is no whole number, ShapeError for another number of them, RangeError for one below
    ``least``.
    """
    numbers = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * n
    for each in numbers:
        if isinstance(each, bool) or not isinstance(each, int | np.integer):
            raise TypeError(
                f"{layer}: expected {name} as a whole number, or one for each of {n} dimensions, got "
                f"{type(each).__name__}: {each!r:.60}"
            )
    if len(numbers) == 1:
        numbers *= n
    if len(numbers) != n:
        raise ShapeError(f"{layer}: expected {name} as one number or {n}, one for each dimension, got {numbers}")
    if min(numbers) < least:
        raise RangeError(f"{layer}: expected {name} of {least} or more, got {value}")
    return tuple(map(int, numbers))


def check_spatial(layer: str, input: Any, n: int, batched: bool = False) -> None:
    """Raise unless ``input`` is a tensor [N, C, …] with ``n`` dimensions after the channels, or, if not ``batched``,
    [C, …]: DtypeError, ShapeError."""
    if not isinstance(input, Tensor):
        raise DtypeError(f"{layer}: expected a tensor, got {type(input).__name__}; make one: glassnet.tensor(x)")
    axes = ", ".join(AXES[n])
    if input.ndim != n + 2 and (batched or input.ndim != n + 1):
        kinds = f"[N, C, {axes}]" + ("" if batched else f" or [C, {axes}]")
        advice = ""
        if input.ndim == n + 1:
            advice = "; make one sample a batch: x.unsqueeze(0)"
        elif input.ndim == n:
            advice = f"; give it a dimension of channels: x.unsqueeze({0 if input.ndim == n else 1})"
        raise ShapeError(f"{layer}: expected an input of shape {kinds}, got {written(input.shape)}{advice}")
    if 0 in input.shape[input.ndim - n - 1 :]:
        raise ShapeError(
            f"{layer}: expected an input with at least 1 element in each dimension but the batch's, got "
            f"{written(input.shape)}"
        )


def pooling_windows(
    layer: str,
    n: int,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> dict[str, Any]:
    """The windows of a pooling as parameters of its operation: those that say something.

    Raises TypeError, ShapeError and RangeError for what are no such numbers, RangeError for a padding of more than half
    the kernel, which would make windows of nothing else.
    """
    size = per_dimension(layer, "kernel_size", kernel_size, n)
    windows: dict[str, Any] = {"size": size, "stride": size}
    if stride not in (None, (), []):
        windows["stride"] = per_dimension(layer, "stride", stride, n)
    margins = per_dimension(layer, "padding", padding, n, least=0)
    steps = per_dimension(layer, "dilation", dilation, n)
    for k, p, d in zip(size, margins, steps, strict=True):
        span = d * (k - 1) + 1
        if p > span // 2:
            raise RangeError(
                f"{layer}: expected a padding of at most half the kernel, ⌊(dilation·(kernel − 1) + 1)/2⌋ = "
                f"⌊({d}·({k} − 1) + 1)/2⌋ = {span // 2}, got {p}; to pad more, F.pad the input first"
            )
    if any(margins):
        windows["padding"] = margins
    if set(steps) != {1}:
        windows["dilation"] = steps
    if ceil_mode:
        windows["ceil_mode"] = True
    return windows


def check_output_size(layer: str, output_size: Any, n: int) -> None:
    """Raise unless ``output_size`` is None, one whole number of 1 or more, or one or None for each dimension."""
    given = output_size if isinstance(output_size, Sequence) else (output_size,)
    per_dimension(layer, "output_size", [1 if k is None else k for k in given], n)


def output_sizes(layer: str, input: Tensor, n: int, output_size: Any) -> tuple[int, ...]:
    """``output_size`` for each of the last ``n`` dimensions; None stands for the input's."""
    lengths = input.shape[-n:]
    if isinstance(output_size, Sequence) and len(output_size) == n:
        output_size = [length if k is None else k for length, k in zip(lengths, output_size, strict=True)]
    return lengths if output_size is None else per_dimension(layer, "output_size", output_size, n)
