"""Evaluate: carry out a program instruction by instruction, each with its operation's own forward.

This is what a program means. Engines are held against it, and explanations read every value from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.program.verify import ProgramError
from glassnet.random import Generator


@dataclass(frozen=True)
class Evaluation:
    """What a program computed.

    ``results`` has the arrays of each instruction, in order: its result, or, for an update, the new value of
    each state that it writes. ``outputs`` and ``kept`` are the program's, ``state`` is what the state is
    afterwards, by name.
    """

    results: tuple[tuple[Array, ...], ...]
    outputs: tuple[Any, ...]
    kept: tuple[Array, ...]
    state: dict[str, Array]


@np.errstate(all="ignore")
def evaluate(
    program: Program,
    inputs: Sequence[Array],
    state: Mapping[str, Array],
    *,
    in_order: bool = False,
    advance: bool = False,
) -> Evaluation:
    """Carry out ``program``. The arrays that are given do not change, and random generators only with ``advance``.

    ``in_order``: results lie in memory in the order of their elements, as an engine's do; otherwise as
    NumPy lays them, which may be transposed, and a sum is then rounded in another way.

    Raises ProgramError where a result is not of the shape and dtype that the program says.
    """
    values = {var.name: _read_only(array) for var, array in program.constants.items()}
    values |= {var.name: _read_only(array) for var, array in zip(program.inputs, inputs, strict=True)}
    values |= {var.name: np.array(state[var.name]) for var in program.state}
    generators: dict[int, Any] | None = None if advance else {}  # copies of the program's, by the id of each
    results: list[tuple[Array, ...]] = []
    for instruction in program:
        result = _result(instruction, values, generators)
        if in_order and not instruction.op.view and not instruction.into:
            result = np.array(result, order="C")
        values[instruction.output.name] = result
        written = instruction.writes
        changeable = bool(written) or instruction.op.view  # memory that a later instruction may write to
        made = [values[name] for name in written] if instruction.op.writes and written else [result]
        results.append(tuple(x.copy() if changeable else x for x in made))
    return Evaluation(
        tuple(results),
        tuple(np.array(_value(x, values)) if isinstance(x, Var) else x for x in program.outputs),
        tuple(np.array(values[x.name]) for x in program.kept),
        {var.name: values[var.name] for var in program.state},
    )


def _result(instruction: Instruction, values: dict[str, Array], generators: dict[int, Any] | None) -> Array:
    inputs = [_value(x, values) for x in instruction.inputs]
    params = {name: _own(value, generators) for name, value in instruction.params.items()}
    result = np.asarray(instruction.op.forward(*inputs, **params))
    output = instruction.output
    if (result.shape, result.dtype) != (output.shape, output.dtype):
        raise ProgramError(f"{output} = {instruction.text}: got {result.shape} {result.dtype}")
    if not instruction.into:
        return result
    values[instruction.into][...] = result  # in place: there may be views of it
    return values[instruction.into]


def _value(x: Operand, values: Mapping[str, Array]) -> Any:
    return values[x.name] if isinstance(x, Var) else x


def _read_only(array: Array) -> Array:
    array = np.asarray(array).view()
    array.flags.writeable = False
    return array


def _own(value: Any, generators: dict[int, Any] | None) -> Any:
    """A parameter; for a random generator one in the same state, which is then advanced in its place."""
    if generators is None or not isinstance(value, np.random.Generator | Generator):
        return value
    return generators.setdefault(id(value), deepcopy(value))
