"""Words: a value as a few characters beside an arrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.shapes import written

FEW = 3  # numbers that are written out


def value_text(value: Any) -> str:
    """A number or a few as they are, of more their shape: "0.42", "[1, 0.5]", "[64, 10]"."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number_text(array.item())
    if array.size <= FEW:
        return _listed(array)
    return written(array.shape)


def gradient_text(gradient: Any) -> str:
    """The same of a gradient; of many numbers, their mean size: "∂ 0.42", "∂ mean 3.1e-05"."""
    if gradient is None:
        return ""
    array = np.asarray(gradient)
    if array.size <= FEW:
        return f"∂ {value_text(array)}"
    with np.errstate(all="ignore"):
        return f"∂ mean {number_text(float(np.abs(array).mean()))}"


def number_text(number: float | bool) -> str:
    """At most four digits."""
    if isinstance(number, bool | int):
        return str(number)
    return f"{number:.4g}"


def _listed(array: Any) -> str:
    if array.ndim == 0:
        return number_text(array.item())
    return f"[{', '.join(map(_listed, array))}]"
