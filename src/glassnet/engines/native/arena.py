"""The arena: one piece of memory for all values of a program; those that are never needed at the same time share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.program.program import Var

ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector


def aligned(nbytes: int) -> Array:
    """Memory that begins where the widest vectors may."""
    memory = np.zeros(nbytes + ALIGNMENT, np.uint8)
    begin = -memory.ctypes.data % ALIGNMENT
    return memory[begin : begin + nbytes]


@dataclass
class Arena:
    """Where each value lies, in bytes from the beginning, and how many bytes there are in all."""

    offsets: dict[Var, int] = field(default_factory=dict)
    nbytes: int = 0


def arena_of(lives: Mapping[Var, tuple[int, int]], alignment: int = ALIGNMENT) -> Arena:
    """A place for each value, which is made in one step and last needed in another; it begins where ``alignment`` says.

    The largest first, each at the lowest place that is free for as long as it lives.
    """
    arena = Arena()
    placed: list[tuple[int, int, int, int]] = []  # begin, end in bytes; born, dead
    for var in sorted(lives, key=lambda var: (-var.nbytes, lives[var])):
        born, dead = lives[var]
        size = -(-max(var.nbytes, 1) // alignment) * alignment
        place = 0
        for begin, end in sorted((b, e) for b, e, first, final in placed if first <= dead and born <= final):
            if begin - place >= size:
                break
            place = max(place, end)
        arena.offsets[var] = place
        arena.nbytes = max(arena.nbytes, place + size)
        placed.append((place, place + size, born, dead))
    return arena


def lives_of(made: Sequence[set[Var]], read: Sequence[set[Var]], wanted: set[Var]) -> dict[Var, tuple[int, int]]:
    """For every value that some step makes: in which, and in which it is read last; ``wanted`` ones live to the end."""
    lives: dict[Var, tuple[int, int]] = {}
    for number, values in enumerate(made):
        for var in values:
            lives[var] = (number, len(made) if var in wanted else number)
    for number, values in enumerate(read):
        for var in values & lives.keys():
            born, dead = lives[var]
            lives[var] = (born, max(dead, number))
    return lives
