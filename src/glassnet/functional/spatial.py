"""What functions of images, signals and volumes share: one number for each dimension, and checks of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops.shapes import written

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
    check_tensor(layer, input)
    axes = ", ".join(AXES[n])
    if input.ndim != n + 2 and (batched or input.ndim != n + 1):
        kinds = f"[N, C, {axes}]" + ("" if batched else f" or [C, {axes}]")
        advice = ""
        if input.ndim == n + 1:
            advice = "; make one sample a batch: x.unsqueeze(0)"
        elif input.ndim == n:
            advice = "; give it a dimension of channels: x.unsqueeze(0)"
            advice += ", or, where its rows are flattened images, their shape: x.reshape(-1, C, H, W)" if n == 2 else ""
        raise ShapeError(f"{layer}: expected an input of shape {kinds}, got {written(input.shape)}{advice}")
    if 0 in input.shape[input.ndim - n - 1 :]:
        raise ShapeError(
            f"{layer}: expected an input with at least 1 element in each dimension but the batch's, got "
            f"{written(input.shape)}"
        )
