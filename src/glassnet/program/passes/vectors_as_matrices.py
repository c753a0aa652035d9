"""Vectors as matrices: a product of a vector is one of a matrix with one row or column.

``y = W @ x`` becomes ``y = (W @ x.reshape(4, 1)).reshape(3)``: an engine has to know products of matrices alone.
"""

from __future__ import annotations

from dataclasses import replace

from glassnet.ops.linear import matmul
from glassnet.ops.movement import reshape
from glassnet.program.names import Namer
from glassnet.program.program import Instruction, Program, Var


def vectors_as_matrices(program: Program) -> Program:
    """Write every product in which a vector takes part as one of matrices."""
    names = Namer(program)
    instructions: list[Instruction] = []
    for instruction in program:
        if instruction.op is matmul and any(len(x.shape) == 1 for x in instruction.reads):
            instructions += _of_matrices(instruction, names)
        else:
            instructions.append(instruction)
    return program.having(instructions=tuple(instructions))


def _of_matrices(product: Instruction, names: Namer) -> list[Instruction]:
    a, b = product.reads
    row = _reshaped(product, a, (1, *a.shape), names) if len(a.shape) == 1 else None
    column = _reshaped(product, b, (*b.shape, 1), names) if len(b.shape) == 1 else None
    factors = (a if row is None else row.output, b if column is None else column.output)
    shape = matmul.shape(*factors).shape
    matrix = Var(names(f"{product.output}_matrix"), shape, product.output.dtype)
    made = replace(product, inputs=factors, output=matrix, into="")
    given = replace(product, op=reshape, inputs=(matrix,), params={"shape": product.output.shape})
    return [*(x for x in (row, column) if x is not None), made, given]


def _reshaped(product: Instruction, vector: Var, shape: tuple[int, ...], names: Namer) -> Instruction:
    matrix = Var(names(f"{vector}_matrix"), shape, vector.dtype)
    return replace(product, op=reshape, inputs=(vector,), output=matrix, params={"shape": shape}, into="")
