"""Batch last: the rows of a slice as columns, so that what is done for each of them is done for neighbours in memory.

``h = tanh(x @ W.T + b)`` of an x [rows, 4] becomes ``h_T = tanh(W @ x.T + b.reshape(-1, 1))``. A vector then holds one
feature of many rows, and is full whatever the number of features; sums over the features, as in a softmax, are sums of
whole vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from glassnet.ops.movement import copy, permute, reshape
from glassnet.ops.record import Op
from glassnet.ops.shapes import normalize_dims
from glassnet.program.names import Namer
from glassnet.program.passes.algebraic_simplification import simplify
from glassnet.program.passes.batch_analysis import Along, fits_of
from glassnet.program.passes.common_subexpressions import eliminate_common_subexpressions
from glassnet.program.passes.dead_code import eliminate_dead_code
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.program.slices import Region
from glassnet.program.verify import verify

Shape = tuple[int, ...]

ROWS = Along(0, 1)  # in a matrix that is turned


def put_batch_last(program: Program) -> Program:
    """``program``, in whose regions the rows of a slice are columns wherever all instructions allow it."""
    regions: dict[int, Region] = {}
    instructions: list[Instruction] = []
    for instruction in program:
        region = instruction.params.get("region")
        if isinstance(region, Region):
            if id(region) not in regions:
                regions[id(region)] = _turned(region)
            instruction = replace(instruction, params={**instruction.params, "region": regions[id(region)]})
        instructions.append(instruction)
    return program.having(instructions=tuple(instructions))


def _turned(region: Region) -> Region:
    try:
        program, *rest = (_Turning(program, region.by_rows).turned() for program in region.kinds)
    except _UnknownError:
        return region
    return replace(region, program=program, rest=next(iter(rest), None))


class _UnknownError(Exception):
    """There is no rule for an instruction."""


class _Turning:
    """A program of a slice, and the same with its matrices turned. The rules below say how for each instruction."""

    def __init__(self, program: Program, by_rows: tuple[bool, ...]) -> None:
        self.program = program
        own = [x for x, is_own in zip(program.inputs, by_rows, strict=True) if is_own]
        self.rows = own[0].shape[0]
        self.along = dict.fromkeys(own, ROWS)
        fits = fits_of(program, self.along, self.rows)
        self.along |= {var: fit.output for var, fit in fits.items() if fit.output is not None}
        if self.rows == 1 or any(along.unit != 1 or len(x.shape) > 2 for x, along in self.along.items()):
            raise _UnknownError  # of one row it is not seen what is one for all
        self.names = Namer(program)
        self.instructions: list[Instruction] = []
        self.stands_for: dict[Var, Var] = {}

    def turned(self) -> Program:
        """The program with the rows as columns."""
        for x in self.program.inputs:
            if self.is_turned(x):
                self.stands_for[x] = Var(self.names(f"{x}_T"), x.shape[::-1], x.dtype)
        for instruction in self.program:
            self._turn(instruction)
        program = self.program.having(
            inputs=tuple(self.now(x) for x in self.program.inputs),
            instructions=tuple(self.instructions),
            outputs=tuple(self.now(x) for x in self.program.outputs),
        )
        return verify(self._between(eliminate_dead_code(eliminate_common_subexpressions(simplify(verify(program))))))

    def _between(self, program: Program) -> Program:
        """What takes its inputs and gives its outputs as they were: these are turned in memory, before and after."""
        self.instructions = []
        for x, turned in zip(self.program.inputs, program.inputs, strict=True):
            if x != turned:
                self.instructions.append(Instruction(copy, (self.transposed(x),), turned))
        self.instructions += program
        outputs = [
            self.added(None, copy, self.transposed(x), x.shape[::-1], {}) if self.is_turned(was) else x
            for was, x in zip(self.program.outputs, program.outputs, strict=True)
            if isinstance(x, Var)
        ]
        return self.program.having(instructions=tuple(self.instructions), outputs=tuple(outputs))

    def _turn(self, instruction: Instruction) -> None:
        if self.along.keys().isdisjoint((*instruction.reads, instruction.output)):
            self.instructions.append(instruction)
            return
        rule = _elementwise if instruction.op.elementwise else RULES.get(instruction.op.name)
        if rule is None:
            raise _UnknownError
        rule(self, instruction)

    # what the rules are written in --------------------------------------------------------------------

    def is_turned(self, x: Operand) -> bool:
        """Whether it is a matrix with a row for each of the slice, which is turned."""
        return isinstance(x, Var) and len(x.shape) == 2 and self.along.get(x) == ROWS

    def now(self, x: Any) -> Any:
        """What stands for an operand."""
        return self.stands_for.get(x, x) if isinstance(x, Var) else x

    def put(self, instruction: Instruction, *inputs: Operand, **changes: Any) -> None:
        """Let an instruction read other inputs, and give its result turned if that is a matrix of rows."""
        output = instruction.output
        if self.is_turned(output):
            output = Var(self.names(f"{output}_T"), output.shape[::-1], output.dtype)
        self.stands_for[instruction.output] = output
        self.instructions.append(replace(instruction, inputs=inputs, output=output, **changes))

    def added(self, of: Instruction | None, op: Op, x: Var, shape: Shape, params: Mapping[str, Any]) -> Var:
        """The result of one more instruction; it belongs to ``of``."""
        output = Var(self.names(f"{x}_{'T' if op is permute else op.name}"), shape, x.dtype)
        like = of or Instruction(op, (x,), output)
        self.instructions.append(replace(like, op=op, inputs=(x,), output=output, params=params))
        return output

    def transposed(self, x: Var, of: Instruction | None = None) -> Var:
        """A matrix with its dimensions exchanged."""
        return self.added(of, permute, x, x.shape[::-1], {"dims": (1, 0)})

    def across(self, x: Operand, of: Instruction) -> Operand:
        """An operand of what is now turned: broadcast along the columns, which were rows."""
        if not isinstance(x, Var) or not x.shape or self.is_turned(x):
            found: Operand = self.now(x)
            return found
        if len(x.shape) == 2:
            return self.transposed(x, of)
        shape = (*x.shape, 1)
        return self.added(of, reshape, x, shape, {"shape": shape})


def _elementwise(turning: _Turning, instruction: Instruction) -> None:
    if turning.is_turned(instruction.output):
        turning.put(instruction, *(turning.across(x, instruction) for x in instruction.inputs))
    else:
        turning.put(instruction, *(turning.now(x) for x in instruction.inputs))


def _broadcast_to(turning: _Turning, instruction: Instruction) -> None:
    (x,) = instruction.inputs
    if not turning.is_turned(instruction.output):
        raise _UnknownError
    turning.put(instruction, turning.across(x, instruction), params={"shape": instruction.output.shape[::-1]})


def _reduction(turning: _Turning, instruction: Instruction) -> None:
    (x,), output = instruction.reads, instruction.output
    dims = normalize_dims("reduction", instruction.params.get("dim"), len(x.shape))
    if not turning.is_turned(x):
        turning.put(instruction, turning.now(x))
        return
    turned = {"dim": tuple(1 - d for d in dims), "keepdim": turning.is_turned(output)}
    kept = tuple(n for d, n in enumerate(x.shape) if d not in dims)
    if turning.is_turned(output) or output.shape == kept:
        turning.put(instruction, turning.now(x), params=turned)
        return
    flat = Var(turning.names(f"{output}_flat"), kept, output.dtype)
    turning.instructions.append(replace(instruction, inputs=(turning.now(x),), output=flat, params=turned))
    turning.put(instruction, flat, op=reshape, params={"shape": output.shape})


def _reshape(turning: _Turning, instruction: Instruction) -> None:
    """Between [rows] and [rows, 1]."""
    (x,), output = instruction.reads, instruction.output
    if {x.shape, output.shape} - {(turning.rows,), (turning.rows, 1)}:
        raise _UnknownError
    turning.put(instruction, turning.now(x), params={"shape": output.shape[::-1]})


def _permute(turning: _Turning, instruction: Instruction) -> None:
    """A matrix of rows is turned already; and one that has its rows as columns is what a turned one was."""
    (x,) = instruction.reads
    turning.stands_for[instruction.output] = turning.now(x)


def _matmul(turning: _Turning, instruction: Instruction) -> None:
    a, b = instruction.reads
    if a in turning.along and b in turning.along:  # a sum over the rows
        turning.put(instruction, turning.now(a), turning.transposed(turning.now(b), instruction))
    elif a in turning.along:
        turning.put(instruction, turning.transposed(b, instruction), turning.now(a))
    else:
        turning.put(instruction, a, turning.now(b))


def _gather(turning: _Turning, instruction: Instruction) -> None:
    x, index = instruction.reads
    if not (turning.is_turned(x) and turning.is_turned(index)):
        raise _UnknownError
    turning.put(instruction, turning.now(x), turning.now(index), params={"dim": 1 - instruction.params["dim"] % 2})


RULES: Mapping[str, Callable[[_Turning, Instruction], None]] = {
    **dict.fromkeys(("cast", "copy"), _elementwise),
    **dict.fromkeys(("sum", "prod", "amax", "amin", "all", "any"), _reduction),
    "broadcast_to": _broadcast_to,
    "reshape": _reshape,
    "permute": _permute,
    "matmul": _matmul,
    "gather": _gather,
}
