"""Sliced: the step of a program that is carried out for some rows of the batch at a time."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.program.program import Instruction
from glassnet.program.slices import Region


@dataclass(frozen=True, eq=False)
class Sliced:
    """The instructions of a region: one for each value that it gives."""

    instructions: tuple[Instruction, ...]

    @property
    def region(self) -> Region:
        """What is done for each slice."""
        found: Region = self.instructions[0].params["region"]
        return found
