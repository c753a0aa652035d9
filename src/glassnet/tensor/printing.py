"""How a tensor prints: its numbers, then whatever is not usual about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import bool_, get_default_dtype, int64
from glassnet.ops.shapes import written

SUMMARIZED_FROM = 1000  # elements; beyond that, the first and last three of each dimension


def tensor_text(tensor: Any) -> str:
    """The text of ``tensor``: values to 4 digits, dtype if unusual, history if any."""
    parts = [_numbers(tensor.array)]
    if tensor.array.size == 0 and len(tensor.shape) != 1:
        parts.append(f"size={written(tensor.shape)}")
    if tensor.dtype not in (get_default_dtype(), int64, bool_):
        parts.append(f"dtype={tensor.dtype}")
    if tensor.node is not None:
        parts.append(f"grad_fn=<{tensor.node.op.name}>")
    elif tensor.requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"


def _numbers(array: Any) -> str:
    if array.size == 0:
        return "[]"
    whole = array.dtype.kind != "f" or bool(np.all(np.isfinite(array) & (array == np.floor(array))))
    return np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        precision=4,
        threshold=SUMMARIZED_FROM,
        edgeitems=3,
        floatmode="maxprec" if whole else "fixed",
        suppress_small=None,
    )
