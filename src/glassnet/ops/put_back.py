"""A tensor again, once a view of it has changed: the way back from each operation that gives a view."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from glassnet.ops.indexing import getitem, setitem
from glassnet.ops.movement import inverse_order, permute, reshape
from glassnet.ops.record import Op

# Of views that few need: the file of the operation that leads back, and its name.
_SELDOM = {
    "as_strided": ("strides", "as_strided_scatter"),
    "diagonal": ("diagonals", "diagonal_scatter"),
    "imag": ("complex_numbers", "with_part"),
    "real": ("complex_numbers", "with_part"),
    "view_as_complex": ("complex_numbers", "view_as_real"),
    "view_as_real": ("complex_numbers", "view_as_complex"),
}


def put_back(op: Op, params: dict[str, Any], shape: tuple[int, ...]) -> tuple[Op, dict[str, Any], bool]:
    """The operation that makes a tensor of ``shape`` of a changed view of it, which ``op`` had given; its parameters;
    and whether it takes the tensor as it was, too, before the view: where that is but a part of it.
    """
    if op is getitem:
        return setitem, params, True
    if op is reshape:
        return reshape, {"shape": shape}, False
    if op is permute:
        return permute, {"dims": inverse_order(params["dims"])}, False
    file, name = _SELDOM[op.name]
    back: Op = getattr(import_module(f"glassnet.ops.functions.{file}"), name)
    if name == "with_part":
        return back, {"imaginary": op.name == "imag"}, True
    return back, params, not name.startswith("view_as")
