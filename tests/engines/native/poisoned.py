"""A pytest plugin for runs under AddressSanitizer: in the arena every value has a place of its own, and what lies
between two values may not be touched. So C that goes beyond a value is seen, although all of the arena is one array.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import pytest

from glassnet.engines.native import engine, segments
from glassnet.engines.native.arena import ALIGNMENT, Arena
from glassnet.program.program import Var

GAP = 4 * ALIGNMENT  # further than a vector or a tile's row reaches
LARGE = 4096  # bytes: smaller arrays NumPy gives out again without asking the system, and they would stay poisoned


def spread(lives: Mapping[Var, tuple[int, int]]) -> Arena:
    """Stands for `arena_of`: no value shares memory with another, and there is a gap behind each."""
    arena = Arena()
    for var in sorted(lives, key=lambda var: var.name):
        arena.offsets[var] = arena.nbytes
        arena.nbytes += _padded(var)
    arena.nbytes = max(arena.nbytes, LARGE)
    return arena


def poison(made: engine.NativeEngine) -> None:
    """Let AddressSanitizer stop at whatever reads or writes a gap."""
    arena = made._schedule.arena
    begin = made._table[engine.ARENA]
    for var, offset in arena.offsets.items():
        first, end = offset + var.nbytes, offset + _padded(var)
        ctypes.CDLL(None).__asan_poison_memory_region(ctypes.c_void_p(begin + first), ctypes.c_size_t(end - first))


def _padded(var: Var) -> int:
    return -(-max(var.nbytes, 1) // ALIGNMENT) * ALIGNMENT + GAP


@pytest.fixture(autouse=True)
def gaps_are_poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every engine that a test makes."""
    make = engine.NativeEngine.__init__

    def poisoned(self: engine.NativeEngine, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        poison(self)

    monkeypatch.setattr(segments, "arena_of", spread)
    monkeypatch.setattr(engine.NativeEngine, "__init__", poisoned)
