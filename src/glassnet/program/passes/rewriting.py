"""Rewriting: what passes share, replacing values by others throughout a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from glassnet.program.program import Instruction, Operand, Program, Var


def renamed(operand: Operand, stands_for: Mapping[Var, Operand]) -> Operand:
    """``operand``, or what stands for it."""
    return stands_for.get(operand, operand) if isinstance(operand, Var) else operand


def with_inputs(instruction: Instruction, stands_for: Mapping[Var, Operand]) -> Instruction:
    """``instruction`` with every input replaced by what stands for it."""
    inputs = tuple(renamed(x, stands_for) for x in instruction.inputs)
    return instruction if inputs == instruction.inputs else replace(instruction, inputs=inputs)


def finished(program: Program, instructions: list[Instruction], stands_for: Mapping[Var, Operand]) -> Program:
    """``program`` with other instructions, and its outputs replaced by what stands for them."""
    outputs = tuple(renamed(x, stands_for) for x in program.outputs)
    kept = tuple(v if isinstance(v := renamed(x, stands_for), Var) else x for x in program.kept)
    return program.having(instructions=tuple(instructions), outputs=outputs, kept=kept)


def changing_values(program: Program) -> set[Var]:
    """The state that is overwritten, and the views of it: what is read there depends on when."""
    written = {name for instruction in program.instructions for name in instruction.writes}
    changing = {var for var in program.state if var.name in written}
    for instruction in program.instructions:
        if instruction.is_view and not instruction.into and not changing.isdisjoint(instruction.reads):
            changing.add(instruction.output)
    return changing


def has_same_type(other: Instruction, instruction: Instruction) -> bool:
    """Whether ``other`` would give a result of the shape and dtype that ``instruction`` gives."""
    spec = other.op.shape(*other.inputs, **other.params)
    return (spec.shape, spec.dtype) == (instruction.output.shape, instruction.output.dtype)
