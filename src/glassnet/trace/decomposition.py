"""Decomposition: a named operation said in primitive ones, for a reader that does not know it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.ops.movement import cast, copy
from glassnet.program.names import Namer, telling_name
from glassnet.program.passes import PASSES, Pass
from glassnet.program.passes.rewriting import finished, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.tensor import Tensor, wrap
from glassnet.trace.trace import trace


def passes_for(known: Callable[[Instruction], bool], passes: Mapping[str, Pass] = PASSES) -> dict[str, Pass]:
    """``passes``, after one that decomposes named operations but for the ``known`` instructions."""
    return {"decompose": lambda program: decompose(program, known), **passes}


def decompose(program: Program, known: Callable[[Instruction], bool]) -> Program:
    """With every instruction whose operation is named and not ``known`` decomposed."""
    names = Namer(program)
    constants = dict(program.constants)
    stands_for: dict[Var, Operand] = {}
    instructions: list[Instruction] = []
    for instruction in program.instructions:
        instruction = with_inputs(instruction, stands_for)
        if instruction.op.primitive or known(instruction):
            instructions.append(instruction)
            continue
        parts, result, new_constants = _decomposition(instruction, names)
        constants |= new_constants
        deeper = decompose(_fragment(program, parts, constants), known)
        constants |= deeper.constants
        instructions.extend(deeper.instructions)
        if isinstance(result, Var) and not instruction.op.writes:
            stands_for[instruction.output] = result
    return finished(program.having(constants=constants), instructions, stands_for)


def _fragment(program: Program, parts: list[Instruction], constants: Any) -> Program:
    return program.having(instructions=tuple(parts), outputs=(), kept=(), constants=constants)


def _decomposition(instruction: Instruction, names: Namer) -> tuple[list[Instruction], Operand, dict[Var, Any]]:
    """The instructions that an instruction decomposes into, its result, and new constants.

    Found by tracing the operation's ``expand`` on stand-ins, all ones, of the inputs' shapes; then values get names of
    ``names``.
    """
    op, variables = instruction.op, instruction.reads
    traced = _traced_decomposition(instruction)
    known: dict[Operand, Operand] = dict(zip(traced.inputs, variables, strict=True))
    constants: dict[Var, Any] = {}
    for var, array in traced.constants.items():
        known[var] = new = Var(names("constant"), var.shape, var.dtype)
        constants[new] = array
    parts: list[Instruction] = []
    for part in traced:
        inputs = tuple(known.get(x, x) for x in part.inputs)
        wish = f"change_of_{instruction.inputs[0]}" if op.writes else f"{instruction.output.name}_{part.op.name}"
        source = inputs[0] if inputs and isinstance(inputs[0], Var) else None
        output = Var(names(telling_name(part.op, part.params, source) or wish), part.output.shape, part.output.dtype)
        known[part.output] = output
        parts.append(replace(instruction, op=part.op, inputs=inputs, params=part.params, output=output, into=""))
    results = [known.get(x, x) for x in traced.outputs]
    if op.writes:
        return _writing(instruction, parts, results, names), None, constants
    (value,) = results
    if parts and parts[-1].output == value:  # the last part is the result itself, under its own name
        parts[-1] = replace(parts[-1], output=instruction.output, into=instruction.into)
        value = instruction.output
    return parts, value, constants


def _traced_decomposition(instruction: Instruction) -> Program:
    expand = instruction.op.expand
    assert expand is not None  # the operation is not primitive

    def expanded(*tensors: Tensor) -> Any:
        values = iter(tensors)
        inputs = (next(values) if isinstance(x, Var) else x for x in instruction.inputs)
        return expand(*inputs, **instruction.params)

    stand_ins = (wrap(np.ones(x.shape, x.dtype)) for x in instruction.reads)
    with np.errstate(all="ignore"):
        return trace(expanded, *stand_ins, gradients=False, isolated=True).program


def _writing(instruction: Instruction, parts: list[Instruction], new: list[Any], names: Namer) -> list[Instruction]:
    """``parts`` with each new value written to the state it is of: at once where nothing reads the old
    value any more, else copied at the end."""
    copies: list[Instruction] = []
    for position, value in zip(instruction.op.writes, new, strict=True):
        state = instruction.inputs[position] if position < len(instruction.inputs) else None
        if not isinstance(state, Var) or not isinstance(value, Var):
            continue
        made = next((n for n, part in enumerate(parts) if part.output == value), None)
        read_later = made is None or any(state in part.reads for part in parts[made + 1 :])
        if made is not None and not read_later and not parts[made].into and state.dtype == value.dtype:
            parts[made] = replace(parts[made], into=state.name)
            parts[made + 1 :] = [with_inputs(part, {value: state}) for part in parts[made + 1 :]]
        else:
            op, params = (copy, {}) if state.dtype == value.dtype else (cast, {"dtype": state.dtype})
            output = Var(names(f"new_{state.name}"), value.shape, state.dtype)
            copies.append(replace(instruction, op=op, inputs=(value,), params=params, output=output, into=state.name))
    return parts + copies
