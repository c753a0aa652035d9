"""Functions that copy what views of the same name look into: torch.t_copy(x) is x.t().clone()."""

from __future__ import annotations

from typing import Any

from glassnet.tensor import Tensor, functions

_OF = {
    "alias": "view_as", "as_strided": "as_strided", "detach": "detach", "diagonal": "diagonal", "expand": "expand",
    "permute": "permute", "select": "select", "split": "split", "split_with_sizes": "split", "squeeze": "squeeze",
    "t": "t", "transpose": "transpose", "unbind": "unbind", "unfold": "unfold", "unsqueeze": "unsqueeze",
    "view": "view", "view_as_complex": "view_as_complex", "view_as_real": "view_as_real",
}  # fmt: skip


def _copy(name: str, view: str) -> Any:
    def called(input: Tensor, *args: Any, **named: Any) -> Any:
        if name == "alias":
            return input.clone()
        if view.startswith("view_as_"):
            return functions.function(view)(input).clone()
        found = getattr(input, view)(*args, **named)
        return tuple(x.clone() for x in found) if isinstance(found, tuple) else found.clone()

    called.__name__ = called.__qualname__ = f"{name}_copy"
    called.__doc__ = f"`Tensor.{view}`, in memory of its own."
    return called


def slice_copy(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """The elements from ``start`` to ``end`` along ``dim``, in memory of their own."""
    part: Tensor = input[(*(slice(None),) * (dim % input.ndim), slice(start, end, step))]
    return part.clone()


_made = {f"{name}_copy": _copy(name, view) for name, view in _OF.items()}
globals().update(_made)

__all__ = ["slice_copy", *_made]
