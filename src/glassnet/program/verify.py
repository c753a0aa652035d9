"""Verify: whether a program makes sense. Every pass is followed by this."""

from __future__ import annotations

from typing import Any

from glassnet.program.program import Instruction, Program, Var


class ProgramError(AssertionError):
    """A program that does not make sense: a defect of the pass that made it."""


def verify(program: Program) -> Program:
    """``program`` itself, if every value is defined once and before it is used, shapes and dtypes are
    what the shape rules say, nothing but state is written to, and that in the update phase only.

    Raises ProgramError, which names the instruction, if not.
    """
    defined: dict[str, Var] = {}
    for var in (*program.inputs, *program.state, *program.constants):
        if var.name in defined:
            raise ProgramError(f"{var.name} is declared twice")
        defined[var.name] = var
    for var, array in program.constants.items():
        if (array.shape, array.dtype) != (var.shape, var.dtype):
            raise ProgramError(
                f"{var.name} is declared as {var.shape} {var.dtype}, but holds {array.shape} {array.dtype}"
            )
    state = {var.name: var for var in program.state}
    for position, instruction in enumerate(program.instructions):
        where = f"instruction {position}, {instruction.output} = {instruction.text}"
        for operand in instruction.reads:
            if defined.get(operand.name) != operand:
                raise ProgramError(f"{where}: {operand.name} is used before it is defined, or as what it is not")
        if instruction.output.name in defined:
            raise ProgramError(f"{where}: {instruction.output.name} is defined a second time")
        _check_type(instruction, where)
        _check_writes(instruction, state, where)
        defined[instruction.output.name] = instruction.output
    for var in program.wanted:
        if defined.get(var.name) != var:
            raise ProgramError(f"the program gives back {var.name}, which it does not define")
    return program


def _check_type(instruction: Instruction, where: str) -> None:
    try:
        spec: Any = instruction.op.shape(*instruction.inputs, **instruction.params)
    except Exception as error:
        raise ProgramError(f"{where}: the shape rule refuses it: {error}") from error
    output = instruction.output
    if (spec.shape, spec.dtype) != (output.shape, output.dtype):
        declared = f"{output.shape} {output.dtype}"
        raise ProgramError(f"{where}: the shape rule says {spec.shape} {spec.dtype}, the program {declared}")


def _check_writes(instruction: Instruction, state: dict[str, Var], where: str) -> None:
    output = instruction.output
    for name in instruction.writes:
        if name not in state:
            raise ProgramError(f"{where}: writes to {name}, which is not state")
        if instruction.phase != "update":
            raise ProgramError(f"{where}: writes state in the {instruction.phase} phase")
        target = state[name]
        if name == instruction.into and (output.shape, output.dtype) != (target.shape, target.dtype):
            value = f"{output.shape} {output.dtype}"
            raise ProgramError(f"{where}: writes {value} to {name}, which is {target.shape} {target.dtype}")
