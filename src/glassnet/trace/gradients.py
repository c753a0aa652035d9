"""Gradients: what becomes of the ``.grad`` of parameters while a function runs.

    >>> loss.backward()   # w.grad = g where it was None, else w.grad += g

Whether a parameter has a gradient when a function begins decides what the function does: backward adds to one that is
there, and an optimizer passes over a parameter that has none. So a program serves only where the same gradients are
there, unless the function clears them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class Gradients:
    """The leaves that a function deals with, and which of them had a gradient when it began."""

    def __init__(self) -> None:
        self.before: dict[int, tuple[Any, Any]] = {}  # by id: the leaf, and its gradient then
        self._needed: set[int] = set()
        self._cleared: set[int] = set()

    def meet(self, leaves: Iterable[Any]) -> None:
        """Add leaves whose gradients have not been touched yet."""
        for leaf in leaves:
            self.before.setdefault(id(leaf), (leaf, leaf.grad))

    def clear(self, leaves: Iterable[Any]) -> None:
        """Gradients are set to None."""
        for leaf in leaves:
            self.meet((leaf,))
            if id(leaf) not in self._needed:
                self._cleared.add(id(leaf))

    def need(self, leaves: Iterable[Any]) -> None:
        """Something is about to happen that depends on whether gradients are there."""
        for leaf in leaves:
            self.meet((leaf,))
            was_there = self.before[id(leaf)][1] is not None
            if was_there and leaf.grad is None:  # cleared by hand
                self.clear((leaf,))
            if id(leaf) not in self._cleared:
                self._needed.add(id(leaf))

    def need_what_is_read(self, arrays: set[int]) -> None:
        """Gradients whose arrays, by id, were read as they were when the function began."""
        self.need([leaf for leaf, grad in self.before.values() if grad is not None and id(grad.array) in arrays])

    def leaves(self) -> list[Any]:
        """All leaves that were added."""
        return [leaf for leaf, _ in self.before.values()]

    def needed(self) -> Iterator[tuple[Any, Any]]:
        """The leaves whose gradients have to be there, or not, as they were: with them."""
        return (self.before[key] for key in self._needed)

    def touched(self) -> Iterator[Any]:
        """The leaves whose gradients may be others afterwards."""
        for key, (leaf, gradient) in self.before.items():
            if key in self._needed or key in self._cleared or leaf.grad is not gradient:
                yield leaf
