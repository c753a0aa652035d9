"""Tidy: a backward pass without what says nothing: copies, and products with the 1 that backward begins with."""

from __future__ import annotations

from glassnet.ops.arithmetic import mul
from glassnet.ops.dtypes import Array
from glassnet.ops.movement import broadcast_to, cast, copy, reshape
from glassnet.program.passes.rewriting import finished, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var


def tidied(program: Program) -> Program:
    """``program`` with backward values that are equal to others, bit for bit, replaced by those.

    Forward is left as the network wrote it.
    """
    ones = {var for var, array in program.constants.items() if _is_one(array)}
    stands_for: dict[Var, Operand] = {}
    kept = []
    for instruction in program:
        instruction = with_inputs(instruction, stands_for)
        equal = _equal(instruction, ones)
        if equal is None:
            kept.append(instruction)
        else:
            stands_for[instruction.output] = equal
    names = {var.name: str(other) for var, other in stands_for.items()}
    derivatives = {name: names.get(gradient, gradient) for name, gradient in program.derivatives.items()}
    tidy = finished(program, kept, stands_for).having(derivatives=derivatives)
    constants = {var for i in tidy for var in i.reads} | set(tidy.wanted)
    return tidy.having(constants={v: a for v, a in tidy.constants.items() if v in constants})


def _is_one(array: Array) -> bool:
    return array.size > 0 and bool((array == 1).all())


def _equal(instruction: Instruction, ones: set[Var]) -> Var | None:
    """The input that a backward instruction gives back as it is."""
    if instruction.phase != "backward" or instruction.into:
        return None
    candidates: tuple[Operand, ...] = ()
    if instruction.op in (copy, reshape, cast, broadcast_to):
        candidates = instruction.inputs
    elif instruction.op is mul:
        a, b = instruction.inputs
        candidates = (b,) if a in ones or _is_number_one(a) else (a,) if b in ones or _is_number_one(b) else ()
    same = (instruction.output.shape, instruction.output.dtype)
    return next((x for x in candidates if isinstance(x, Var) and (x.shape, x.dtype) == same), None)


def _is_number_one(x: Operand) -> bool:
    return isinstance(x, float | int) and x == 1
