"""Memory: which arrays look into which others, and whose numbers were changed through another one.

A program knows values, not memory: what was changed through one tensor cannot be read through another
that looks into the same memory, unless it is told how the one lies in the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.record import Op

STALE = (
    "memory through one tensor after it was changed in place through another, which a program has no word for; make a "
    "new tensor instead (x = x + 1 for x += 1, or clone())"
)
Look = tuple[Any, Op, dict[str, Any]]  # what is looked into, a tensor or an array, and how


class Aliasing:
    """The views that came about while a function ran, and the arrays that were overwritten, and when."""

    def __init__(self) -> None:
        self._views: dict[int, Look] = {}  # by the id of the array
        self._overwritten: list[tuple[Any, int]] = []

    def add_view(self, tensor: Any) -> None:
        """A tensor has been made; it may be a view."""
        if tensor.view_of is not None:
            base, op, params, _ = tensor.view_of
            self._views[id(tensor.array)] = (base.array, op, params)

    def looks_into(self, tensor: Any) -> Look | None:
        """What a tensor is a view of, and how; one that shares the array of a view (``.data``) is one, too."""
        held = getattr(tensor, "view_of", None)
        return held[:3] if held is not None else self._views.get(id(getattr(tensor, "array", tensor)))

    def overwrite(self, array: Any, since: int) -> None:
        """What is in ``array`` is another value from now on, and values from number ``since`` on know of that."""
        self._overwritten.append((array, since))

    def is_stale(self, number: int, array: Any) -> bool:
        """Whether what is in the array of a value was changed through another array since."""
        return any(
            number < since and memory is not array and np.may_share_memory(memory, array)
            for memory, since in self._overwritten
        )
