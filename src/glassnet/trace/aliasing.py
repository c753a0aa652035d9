"""Aliasing analysis: which arrays are views of which others, and whose numbers were changed through another one.

    >>> row = x[0]
    >>> x.mul_(2)
    >>> row + 1   # reads what was written through x

A program knows values, not memory. A write through a view is a new value of its base, for it is known how the view lies
in it; what was changed through a base, or through another view, cannot be read through a view that is older.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.record import Op

STALE = (
    "memory through one tensor after it was changed in place through another, which a program has no word for; make a "
    "new tensor instead (x = x + 1 for x += 1, or clone())"
)
View = tuple[Any, Op, dict[str, Any]]  # the base, a tensor or an array, and the operation that gives the view of it


class Aliasing:
    """The views that were made while a function ran, and the arrays that were overwritten, and when."""

    def __init__(self) -> None:
        self._views: dict[int, View] = {}  # by the id of the array
        self._overwritten: list[tuple[Any, int]] = []

    def add_view(self, tensor: Any) -> None:
        """A tensor has been made; it may be a view."""
        if tensor.view_of is not None:
            base, op, params, _ = tensor.view_of
            self._views[id(tensor.array)] = (base.array, op, params)

    def view_of(self, tensor: Any) -> View | None:
        """What a tensor is a view of, and how; one that shares the array of a view (``.data``) is one too."""
        view = getattr(tensor, "view_of", None)
        return view[:3] if view is not None else self._views.get(id(getattr(tensor, "array", tensor)))

    def overwrite(self, array: Any, since: int) -> None:
        """What is in ``array`` is another value from now on, and values from number ``since`` on know of that."""
        self._overwritten.append((array, since))

    def is_stale(self, number: int, array: Any) -> bool:
        """Whether what is in the array of a value was changed through another array since."""
        return any(
            number < since and memory is not array and np.may_share_memory(memory, array)
            for memory, since in self._overwritten
        )
