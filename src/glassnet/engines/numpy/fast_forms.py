"""Lowering: what makes NumPy's calls on small arrays quick, where the call costs more than its numbers.

A call is quickest when all its operands are arrays of the result's shape: a Python number takes
NumPy 0.3 µs longer than an array of no dimensions that holds it, and so does a vector that is
added to a matrix of one row. Calls that go over one element with several loops are written out.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from glassnet.ops.activation import sigmoid
from glassnet.ops.arithmetic import add, mul, neg, reciprocal
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.elementary import exp
from glassnet.ops.linear import linear
from glassnet.ops.movement import reshape
from glassnet.ops.record import Op
from glassnet.ops.reduction import mean
from glassnet.program.names import Namer
from glassnet.program.passes.algebraic_simplification import Made
from glassnet.program.program import Instruction, Operand, Program, Var

SMALL = 1 << 10  # elements: up to here, a call costs more than its numbers
LARGE = 1 << 17  # elements: from here on, an update goes through its arrays block by block


def has_own_form(instruction: Instruction) -> bool:
    """Whether the engine runs a named operation as it is.

    Not what the record says is better inline, unless it is a mean of one number, which is simplified to a view; nor
    what is only one or two NumPy calls: updates that keep no state, unless the parameter is large, and small linear.
    """
    op, size = instruction.op, math.prod(instruction.output.shape)
    if op.inline:
        return op is mean and math.prod(instruction.reads[0].shape) == size
    if op is linear:
        return size > SMALL
    plain_update = bool(op.writes) and len(instruction.writes) == 1
    return not plain_update or size > LARGE


def may_overwrite_input(instruction: Instruction) -> bool:
    """Whether NumPy may write the result over an input while it reads it.

    Not that of a single element, for which it takes three times as long then.
    """
    is_one = math.prod(instruction.output.shape) == 1
    return instruction.op.elementwise and isinstance(instruction.op.forward, np.ufunc) and not is_one


def product_over_one(instruction: Instruction, _made: Made) -> Instruction | None:
    """A matrix product of a number and a row, or of a column and a number, as the elementwise one that it is.

    Of a column and a row, NumPy's matrix product is the quicker one.
    """
    a, b = instruction.inputs
    if not (isinstance(a, Var) and isinstance(b, Var) and len(a.shape) == len(b.shape) == 2 and a.shape[1] == 1):
        return None
    is_quicker = a.shape[0] == 1 or b.shape[1] == 1
    return replace(instruction, op=mul) if is_quicker else None


def lowered(program: Program) -> Program:
    """``program`` with small elementwise operations in the form that NumPy is quickest at."""
    return _Lowering(program).result()


class _Lowering:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._names = Namer(program)
        self._constants: dict[Var, Array] = dict(program.constants)
        self._numbers: dict[tuple[str, Dtype], Var] = {}
        self._views: dict[tuple[Var, tuple[int, ...]], Var] = {}
        self._instructions: list[Instruction] = []

    def result(self) -> Program:
        for instruction in self._program:
            if instruction.op is sigmoid and _is_small(instruction):
                self._add_sigmoid(instruction)
            else:
                self._add(instruction)
        return self._program.having(instructions=tuple(self._instructions), constants=self._constants)

    def _add(self, instruction: Instruction) -> None:
        if isinstance(instruction.op.forward, np.ufunc) and len(instruction.inputs) == 2 and _is_small(instruction):
            inputs = tuple(self._array(x, instruction) for x in instruction.inputs)
            instruction = replace(instruction, inputs=inputs)
        self._instructions.append(instruction)

    def _add_sigmoid(self, instruction: Instruction) -> None:
        """1/(1 + exp(−x)), written out: exp is ∞ for a large −x, and 1/∞ is 0."""
        x = instruction.reads[0]
        value: Operand = x
        for op, inputs in ((neg, ()), (exp, ()), (add, (1.0,))):
            part = self._new(op, x)
            self._add(replace(instruction, op=op, inputs=(value, *inputs), output=part, into=""))
            value = part
        self._add(replace(instruction, op=reciprocal, inputs=(value,)))

    def _new(self, op: Op, like: Var) -> Var:
        return Var(self._names(op.name), like.shape, like.dtype)

    # operands ---------------------------------------------------------------------------------------

    def _array(self, x: Operand, instruction: Instruction) -> Operand:
        """An operand as an array of the result's rank, or of no dimensions."""
        if isinstance(x, float | int) and not isinstance(x, bool):
            return self._number(x, instruction.reads[0].dtype)
        shape = instruction.output.shape
        if not isinstance(x, Var) or not x.shape or x.shape == shape:
            return x
        if math.prod(x.shape) == 1 < math.prod(shape):
            return self._view(x, (), "number", instruction)
        if len(x.shape) < len(shape):
            return self._view(x, (1,) * (len(shape) - len(x.shape)) + x.shape, "row", instruction)
        return x

    def _number(self, x: float, dtype: Dtype) -> Var:
        key = (repr(float(x)), dtype)
        if key not in self._numbers:
            self._numbers[key] = Var(self._names(f"number_{_spelled(x)}"), (), dtype)
            self._constants[self._numbers[key]] = np.array(x, dtype)
        return self._numbers[key]

    def _view(self, x: Var, shape: tuple[int, ...], what: str, instruction: Instruction) -> Var:
        if (x, shape) not in self._views:
            seen = self._views[x, shape] = Var(self._names(f"{x.name}_{what}"), shape, x.dtype)
            self._instructions.append(
                replace(instruction, op=reshape, inputs=(x,), params={"shape": shape}, output=seen, into="")
            )
        return self._views[x, shape]


def _is_small(instruction: Instruction) -> bool:
    """Whether it is an elementwise operation on few numbers, all of one kind of float."""
    kinds = {x.dtype for x in instruction.reads}
    return (
        instruction.op.elementwise
        and math.prod(instruction.output.shape) <= SMALL
        and len(kinds) == 1
        and next(iter(kinds)).kind == "f"
    )


def _spelled(x: float) -> str:
    return f"{x:g}".replace("-", "minus_").replace(".", "_").replace("+", "")
