"""How a tensor prints: its numbers, then shape, dtype or history where they are not the usual ones, as in PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.ops.bfloat16 import dtype_name, same_dtype
from glassnet.ops.dtypes import Array, bool_, get_default_dtype, int64, result_type
from glassnet.tensor.wording import torch_prefix

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
# Beyond `threshold` elements, the first and last `edgeitems` of each dimension.
_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print.

    ``precision`` is the number of digits after the point; tensors of more than ``threshold`` elements show the first
    and last ``edgeitems`` of each dimension; ``linewidth`` is in characters; ``sci_mode`` turns powers of ten on or
    off, None decides by the numbers. Any other argument that is None keeps its setting. ``profile`` sets them all:
    "default", "short" (2 digits) or "full" (every element).

    >>> glassnet.set_printoptions(precision=2)
    >>> glassnet.tensor([0.123456])
    tensor([0.12])
    >>> glassnet.set_printoptions(profile="default")
    """
    if profile is not None:
        _options.update(_PROFILES.get(profile, {}))
    changes = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update({name: value for name, value in changes.items() if value is not None}, sci_mode=sci_mode)


def tensor_text(tensor: Any) -> str:
    """The text of ``tensor``: its values, its dtype if that is unusual, its history if it has any."""
    array: Array = tensor.array
    parts: list[str] = []
    if array.size == 0 and array.ndim != 1:
        parts.append(f"size={array.shape}")
    usual = get_default_dtype(), result_type(1j)
    is_usual = any(same_dtype(array.dtype, dtype) for dtype in usual)
    if not is_usual and (array.size == 0 or array.dtype not in (int64, bool_)):
        parts.append(f"dtype={torch_prefix()}{dtype_name(array.dtype)}")
    if tensor.node is not None:
        parts.append(f"grad_fn=<{tensor.node.name()}>")
    elif tensor.requires_grad:
        parts.append("requires_grad=True")
    start = "tensor("
    return f"{_joined(start + numbers_text(array, len(start)), parts, len(start))})"


def _joined(text: str, parts: list[str], indent: int) -> str:
    """``text`` and what follows it, on lines of their own where one has become too long."""
    length = len(text) - text.rfind("\n") + 1
    for part in parts:
        if length + len(part) + 2 > _options["linewidth"]:
            text += f",\n{' ' * indent}{part}"
            length = indent + len(part)
        else:
            text += f", {part}"
            length += len(part) + 2
    return text


@np.errstate(all="ignore")
def numbers_text(array: Array, indent: int = 0) -> str:
    """The values in brackets, ``indent`` columns from the left; the middle is left out where they are many."""
    if not array.size:
        return "[]"
    is_summarised = array.size > _options["threshold"]
    shown = _edges(array) if is_summarised else array
    width, text_of = _number_form(shown)
    return _brackets(array, indent, is_summarised, width, text_of)


def _edges(array: Array) -> Array:
    """The elements that are shown where the middle of each dimension is left out."""
    edge = _options["edgeitems"]
    for dim, size in enumerate(array.shape):
        if size > 2 * edge:
            array = array.take([*range(edge), *range(size - edge, size)], dim)
    return array


def _brackets(array: Array, indent: int, is_summarised: bool, width: int, text_of: Callable[[Any], str]) -> str:
    if array.ndim == 0:
        return text_of(array.item())
    edge, dots = _options["edgeitems"], []
    head: Any = array
    tail: Any = ()
    if is_summarised and len(array) > 2 * edge:
        head, tail, dots = array[:edge], array[len(array) - edge :], ["..."]
    if array.ndim > 1:
        below: list[str] = [_brackets(row, indent + 1, is_summarised, width, text_of) for row in head]
        below += dots + [_brackets(row, indent + 1, is_summarised, width, text_of) for row in tail]
        between = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
        return f"[{between.join(below)}]"
    texts = [text_of(value) for value in head.tolist()]
    if dots:
        texts += [" ..." if edge else "...", *map(text_of, tail.tolist())]
    in_a_line = max(1, (_options["linewidth"] - indent) // (width + 2))
    lines = [", ".join(texts[i : i + in_a_line]) for i in range(0, len(texts), in_a_line)]
    return "[" + f",\n{' ' * (indent + 1)}".join(lines) + "]"


def _number_form(shown: Array) -> tuple[int, Callable[[Any], str]]:
    """How wide the numbers are written, and the text of each: all alike, so that they stand in columns."""
    if shown.dtype.kind == "c":
        return _complex_form(shown)
    form = _float_form(shown) if shown.dtype.kind == "f" else str
    width = max(map(len, _measured(shown, form)), default=1)
    return width, lambda value: form(value).rjust(width)


def _complex_form(shown: Array) -> tuple[int, Callable[[Any], str]]:
    """The real and the imaginary part, each in a form of its own."""
    widths, forms = zip(*map(_number_form, (shown.real, shown.imag)), strict=True)

    def form(value: complex) -> str:
        imaginary = forms[1](value.imag).lstrip()
        sign = "" if imaginary.startswith("-") else "+"
        return f"{forms[0](value.real)}{sign}{imaginary}j"

    return sum(widths) + 1, form


def _measured(shown: Array, form: Callable[[Any], str]) -> Iterator[str]:
    """The texts that the columns are as wide as: of floats, the finite ones that are not 0."""
    if shown.dtype.kind == "f":
        shown = shown[np.isfinite(shown) & (shown != 0)]
    return map(form, shown.ravel().tolist())


def _float_form(shown: Array) -> Callable[[float], str]:
    digits, powers = _options["precision"], _options["sci_mode"]
    finite = shown[np.isfinite(shown) & (shown != 0)].astype(np.float64)
    if not finite.size:
        return _whole
    sizes = np.abs(finite)
    least, most = sizes.min(), sizes.max()
    if powers is None:
        powers = most > 1e8 or least < 1e-4 or most > 1000.0 * least
    if powers:
        return f"{{:.{digits}e}}".format
    return _whole if np.all(finite == np.ceil(finite)) else f"{{:.{digits}f}}".format


def _whole(value: float) -> str:
    """A float that is a whole number: a point says that it is no integer."""
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
