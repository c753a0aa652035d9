"""Escape analysis: the tensors that are made while a function is traced, none of which may outlive it unseen.

>>> def step(x):
...     losses.append(x.sum())   # escapes: a program would append only this once
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from glassnet.ops.shapes import written
from glassnet.trace.refusals import Line, TraceError, is_within, refuse, users_line


class Escapes:
    """Weak references to the tensors that were made, and the lines that made them."""

    def __init__(self) -> None:
        self._tensors: list[tuple[Any, Line]] = []
        self._ids: set[int] = set()  # those of older tensors, which are still there, cannot be among them

    def add(self, tensor: Any) -> None:
        """A tensor has been made."""
        if is_within("data"):
            refuse(
                "takes samples from a data set, and the program would go on with these for ever; let the loop over the "
                "loader be outside, and pass the batch in"
            )
        self._tensors.append((weakref.ref(tensor), users_line()))
        self._ids.add(id(tensor))

    def __contains__(self, tensor: Any) -> bool:
        """Whether ``tensor``, which is still there, was made while the function ran."""
        return id(tensor) in self._ids

    def check_kept(self, expected: Iterable[Any]) -> None:
        """Refuse a function that has put a tensor somewhere where it outlives the call.

        Later calls would not put theirs there. ``expected`` may stay; what the function returned is gone by now,
        unless it was put somewhere else too.
        """
        allowed = {id(tensor) for tensor in _with_what_they_view(expected)}
        for collected in (False, True):  # a second look, when what only goes in circles is gone
            kept = [(t(), line) for t, line in self._tensors if t() is not None and id(t()) not in allowed]
            if not kept:
                return
            if not collected:
                kept.clear()
                gc.collect()
        tensor, line = kept[0]
        raise TraceError(
            f"makes a tensor of shape {written(tensor.shape)} that the function keeps (in a list, an attribute or a "
            "global). The program would keep it only this once. Return the tensor and keep it outside; if it is to be "
            "remembered from call to call, change one that is there in place: self.last.copy_(x)",
            line,
        )


def _with_what_they_view(tensors: Iterable[Any]) -> Iterator[Any]:
    """The tensors, and those that the views among them look into."""
    for tensor in tensors:
        while tensor is not None:
            yield tensor
            tensor = tensor.view_of[0] if tensor.view_of else None
