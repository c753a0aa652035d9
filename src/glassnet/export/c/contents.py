"""What the files hold, and how much memory it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from glassnet.encoders import Encoder
from glassnet.export.c.c_literals import identifier
from glassnet.export.c.cell_code import CellCode, cell_code
from glassnet.export.c.program_code import ProgramCode
from glassnet.export.c.traced_network import Network, Traced
from glassnet.ops.dtypes import Array, Dtype, int8, int64
from glassnet.program.instruction import Var


@dataclass(frozen=True)
class Contents:
    """What the files hold.

    ``name`` begins what they define. ``inputs`` and ``outputs`` are a few encoded samples and their answers, for the
    self-test. Without ``classes`` the network gives values.
    """

    name: str
    network: Network
    encoder: Encoder
    classes: Sequence[str]
    inputs: Array
    outputs: Array
    title: str
    facts: Mapping[str, str]

    @property
    def upper(self) -> str:
        """The name as macros begin with it."""
        return self.name.upper()

    @cached_property
    def cells(self) -> CellCode:
        """How raw samples become numbers."""
        return cell_code(self.encoder, self.input.dtype)

    @cached_property
    def predict(self) -> ProgramCode:
        """The network in use."""
        return _program_code(self.network.predict, "predict")

    @cached_property
    def train(self) -> ProgramCode | None:
        """The training step."""
        return None if self.network.train is None else _program_code(self.network.train, "train")

    @property
    def programs(self) -> list[ProgramCode]:
        """All programs."""
        return [self.predict, *([self.train] if self.train else [])]

    @property
    def constants(self) -> dict[str, Array]:
        """The constants of all programs, by their name in C."""
        return {
            code.outside[var.name].removeprefix("constants."): array
            for code in self.programs
            for var, array in code.program.constants.items()
        }

    @property
    def target_type(self) -> str:
        """The type of what is to be learned, in C."""
        assert self.train is not None
        return "int32_t" if self.train.program.inputs[1].dtype.kind == "i" else "float"

    @property
    def input(self) -> Var:
        """What the network is given."""
        return self.predict.program.inputs[0]

    @property
    def input_type(self) -> str:
        """The type of what it is given, in C."""
        return "float" if self.input.dtype.kind == "f" else "int32_t"

    @property
    def memory(self) -> dict[str, tuple[Dtype, int]]:
        """The arrays for what is computed, by name: dtype and size."""
        found: dict[str, tuple[Dtype, int]] = {}
        for code in self.programs:
            for dtype, size in code.schedule.arena.sizes.items():
                name = f"{dtype}s"
                found[name] = (dtype, max(size, found.get(name, (dtype, 0))[1]))
            for var in code.program.inputs:
                if var.dtype == int64:
                    found[code.outside[var.name].removeprefix("memory.")] = (int64, math.prod(var.shape))
        return found

    @property
    def has_8_bits(self) -> bool:
        """Whether weights are whole numbers of 8 bits."""
        return any(array.dtype == int8 for array in self.constants.values())

    @property
    def constant_bytes(self) -> int:
        """The bytes that are only read: weights, unless they learn, and constants."""
        kept = sum(array.nbytes for array in self.constants.values())
        return kept + (0 if self.train else self._state_bytes)

    @property
    def memory_bytes(self) -> int:
        """The bytes that are written to: those of what is computed, and of weights that learn."""
        computed = sum(dtype.itemsize * size for dtype, size in self.memory.values())
        return computed + (self._state_bytes if self.train else 0)

    @property
    def _state_bytes(self) -> int:
        return sum(array.nbytes for array in self.network.state.values())


def _program_code(traced: Traced, prefix: str) -> ProgramCode:
    """The functions of a program, and where what they work on is."""
    program = traced.program
    outside = {var.name: f"weights.{traced.fields[var.name]}" for var in program.state}
    outside |= {var.name: f"constants.{prefix}_{identifier(var.name)}" for var in program.constants}
    for var in program.inputs:
        name = "input" if prefix == "predict" else identifier(var.name)
        outside[var.name] = f"memory.{prefix}_{name}" if var.dtype == int64 else name
    return ProgramCode(program, prefix, outside)
