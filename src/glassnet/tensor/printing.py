"""How a tensor prints: its numbers, then dtype, shape or history where they are not the usual ones."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from glassnet.ops.dtypes import bool_, float64, get_default_dtype, int64
from glassnet.ops.shapes import written

# Beyond `threshold` elements, the first and last `edgeitems` of each dimension.
_options: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print.

    ``precision`` is the number of digits after the point; tensors of more than ``threshold`` elements show the first
    and last ``edgeitems`` of each dimension; ``linewidth`` is in characters; ``sci_mode`` turns powers of ten on or
    off, None decides by the numbers. Any other argument that is None keeps its setting.

    >>> glassnet.set_printoptions(precision=2)
    >>> glassnet.tensor([0.123456])
    tensor([0.12])
    >>> glassnet.set_printoptions(precision=4)
    """
    changes = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update({name: value for name, value in changes.items() if value is not None}, sci_mode=sci_mode)


def tensor_text(tensor: Any) -> str:
    """The text of ``tensor``: values to 4 digits, dtype if unusual, history if any."""
    parts = [_numbers(tensor.array)]
    is_empty = tensor.array.size == 0
    if is_empty and len(tensor.shape) != 1:
        parts.append(f"size={written(tensor.shape)}")
    if tensor.dtype != get_default_dtype() and (is_empty or tensor.dtype not in (int64, bool_)):
        parts.append(f"dtype={tensor.dtype}")
    if tensor.node is not None:
        parts.append(f"grad_fn=<{tensor.node.op.name}>")
    elif tensor.requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"


def _numbers(array: Any) -> str:
    if array.size == 0:
        return "[]"
    powers, digits = _options["sci_mode"], _options["precision"]
    mode: Literal["fixed", "maxprec"] = "fixed"
    formatter: Any = None
    if array.dtype.kind == "f":
        array = array.astype(float64)  # of fewer digits, NumPy would print powers of ten sooner
        if np.all(np.isnan(array) | (array == np.floor(array))):
            mode = "maxprec"  # whole numbers: a point, and nothing after it
        if powers:
            formatter = {"float_kind": f"{{:.{digits}e}}".format}
    return np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        precision=digits,
        threshold=_options["threshold"],
        edgeitems=_options["edgeitems"],
        max_line_width=_options["linewidth"],
        suppress_small=None if powers is None else not powers,
        floatmode=mode,
        formatter=formatter,
    )
