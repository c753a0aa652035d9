"""A tiny interpreter: what a program means, said in a dozen lines, to hold passes and engines against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.program.program import Instruction, Operand, Program, Var

Array = Any


@dataclass
class Values:
    """What came of a program: its outputs, the kept values, and the state afterwards."""

    outputs: list[Array]
    kept: list[Array]
    state: dict[str, Array]

    def arrays(self) -> dict[str, Array]:
        """All of it, by name."""
        named = {f"output {i}": x for i, x in enumerate(self.outputs)}
        return (
            named | {f"kept {i}": x for i, x in enumerate(self.kept)} | {f"state {k}": x for k, x in self.state.items()}
        )


def evaluate(
    program: Program, inputs: Sequence[Array], state: Mapping[str, Array], *, in_order: bool = False
) -> Values:
    """Carry out every instruction in turn, with its operation's own forward. ``state`` is left as it is.

    ``in_order``: results lie in memory in the order of their elements, as an engine's do; else as
    NumPy lays them, which may be transposed, and a sum is then rounded in another way.
    """
    values: dict[str, Array] = {var.name: np.array(array) for var, array in program.constants.items()}
    values |= {var.name: array for var, array in zip(program.inputs, inputs, strict=True)}
    values |= {var.name: np.array(state[var.name]) for var in program.state}
    given = [np.array(x) for x in inputs]
    for instruction in program:
        result = _carried_out(instruction, values)
        if in_order and not instruction.op.view and not instruction.into:
            result = np.array(result, order="C")
        assert (result.shape, result.dtype) == (instruction.output.shape, instruction.output.dtype), instruction.text
        values[instruction.output.name] = result
    for before, after in zip(given, inputs, strict=True):
        np.testing.assert_array_equal(after, before)
    return Values(
        [np.array(_value(x, values)) for x in program.outputs],
        [np.array(values[x.name]) for x in program.kept],
        {var.name: np.array(values[var.name]) for var in program.state},
    )


def _carried_out(instruction: Instruction, values: dict[str, Array]) -> Array:
    inputs = [_value(x, values) for x in instruction.inputs]
    result = np.asarray(instruction.op.forward(*inputs, **instruction.params))
    if instruction.into:
        values[instruction.into][...] = result
        return values[instruction.into]
    return result


def _value(x: Operand, values: Mapping[str, Array]) -> Any:
    return values[x.name] if isinstance(x, Var) else x


def check_equal(a: Values, b: Values, *, exactly: bool) -> None:
    """Assert that two evaluations gave the same: bit for bit, or to rounding."""
    named = b.arrays()
    for name, x in a.arrays().items():
        y = named[name]
        assert x.shape == y.shape, name
        if exactly or x.dtype.kind != "f":
            np.testing.assert_array_equal(x, y, err_msg=name)
        else:
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-11, err_msg=name)
