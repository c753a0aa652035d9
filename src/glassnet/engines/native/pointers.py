"""Pointers: what the memory of each value is called in a function of C, and the lines that say where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from glassnet.engines.native.c_names import c_name
from glassnet.engines.native.c_types import C_TYPES
from glassnet.program.program import Var


class Pointers:
    """Call it with memory to name it; `declarations` are of all that was named. ``address`` says where memory lies."""

    def __init__(self, names: Mapping[Var, str], address: Callable[[Var], str]) -> None:
        self._names = names
        self._address = address
        self._named: dict[Var, str] = {}

    def __call__(self, root: Var) -> str:
        """The name of memory."""
        if root not in self._named:
            self._named[root] = f"{self._names.get(root) or c_name(root.name)}_m"
        return self._named[root]

    def declarations(self) -> Iterator[str]:
        """A line for each."""
        for root, name in self._named.items():
            yield f"{C_TYPES[root.dtype]} *{name} = {self._address(root)};"
