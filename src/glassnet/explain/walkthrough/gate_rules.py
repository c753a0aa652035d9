"""Rules of recurrent layers: what a gate adds up at one step, how far that opens it, and what it lets through.

The result of a recurrent operation are planes [T, B, H], one for each gate and each state. Here each plane is a value
with a name, such as ``lstm1.f``, and an element of it is made of elements of the planes, at the same step and the one
before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.decimals import written_number
from glassnet.explain.walkthrough.rules import Index, Operand, Rule, array_of, is_given, op_of, series, unraveled
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.window_rules import Told
from glassnet.explain.walkthrough.worked_formula import Leaf, binary
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import Call, Formula, Number
from glassnet.ops.layers import recurrence
from glassnet.ops.layers.recurrence.loop import in_time
from glassnet.ops.record import Op
from glassnet.program.program import Instruction, Var

PLANES: dict[Op, tuple[str, ...]] = {
    recurrence.lstm: ("i", "f", "o", "g", "c", "h"),
    recurrence.gru: ("r", "z", "from_state", "n", "h"),
    recurrence.rnn_tanh: ("h",),
    recurrence.rnn_relu: ("h",),
}


def steps_of(i: Instruction) -> list[slice]:
    """The rows of each step of a recurrent operation, in the order in which its loop goes through them."""
    initial = i.inputs[1]
    assert isinstance(initial, Var)
    rows = math.prod(i.output.shape[1:-1])
    return in_time(rows, initial.shape[0], i.params.get("sizes"), i.params.get("reverse", False))


def states_of(i: Instruction) -> int:
    """How many states go from step to step: with the cell state of an LSTM, two."""
    return 2 if i.op is recurrence.lstm else 1


class _Step:
    """One unit of a recurrent layer at one step: the elements that it is made of."""

    def __init__(self, value: Value, index: Index, operand: Operand, shown: int) -> None:
        self.value, self.index, self.operand, self.shown = value, index, operand, shown
        self.unit = index[-1]
        assert value.instruction is not None
        states, steps = states_of(value.instruction), steps_of(value.instruction)
        self.weight = 2 + states  # that of the state; before it stands that of the input
        self.size = array_of(value, states).shape[1]
        self.place = value.array.shape[1:-1]
        row = int(np.ravel_multi_index(index[:-1], self.place))
        number = next(k for k, step in enumerate(steps) if step.start <= row < step.stop)
        self.sequence = row - steps[number].start
        self.before: int | None = None
        if number and self.sequence < steps[number - 1].stop - steps[number - 1].start:
            self.before = steps[number - 1].start + self.sequence

    def now(self, plane: str, unit: int | None = None) -> Leaf:
        """An element of a plane at this step."""
        return Leaf(plane_of(self.value, plane), (*self.index[:-1], self.unit if unit is None else unit))

    def earlier(self, plane: str, unit: int | None = None) -> Formula:
        """An element of a state, at the step before: of the initial state, at the first."""
        unit = self.unit if unit is None else unit
        if self.before is None:
            return self.operand(2 if plane == "c" else 1, (self.sequence, unit))
        return Leaf(plane_of(self.value, plane), (*unraveled(self.before, self.place), unit))

    def of_input(self, gate: int) -> Formula:
        """What a gate takes from the input: Σ x·W + b."""
        place, at = self.index[:-1], self.weight - 1
        x, weight = array_of(self.value, 0), array_of(self.value, at)
        row = gate * self.size + self.unit
        return self._sum(at, row, x[place] * weight[row], lambda k: self.operand(0, (*place, k)))

    def of_state(self, gate: int) -> Formula:
        """What a gate takes from the state of the step before: Σ h·W + b."""
        weight, row = array_of(self.value, self.weight), gate * self.size + self.unit
        states = [self.earlier("h", k) for k in range(weight.shape[1])]
        numbers = np.array([_number(s) for s in states]) * weight[row]
        return self._sum(self.weight, row, numbers, states.__getitem__)

    def _sum(self, at: int, row: int, numbers: Array, factor: Callable[[int], Formula]) -> Formula:
        """A row of the weight, which is operand ``at``, times ``factor``, and its bias, which stands two after it."""
        total = series("+", numbers, lambda k: binary("*", factor(k), self.operand(at, (row, k))), self.shown, zero=0)
        return binary("+", total, self.operand(at + 2, (row,))) if is_given(self.value, at + 2) else total

    def total(self, gate: int) -> Formula:
        """Everything that a gate adds up."""
        return binary("+", self.of_input(gate), self.of_state(gate))


def _number(x: Formula) -> float:
    return x.number if isinstance(x, Leaf) else x.value if isinstance(x, Number) else 0.0


# what is in each plane -----------------------------------------------------------------------------

Cell = Callable[[_Step], Formula]


def _called(function: str, x: Formula) -> Formula:
    return Call(function, (x,))


def _new_state(step: _Step) -> Formula:
    shown = binary("*", step.now("o"), _called("tanh", step.now("c")))
    value = step.value
    projection = value.operands[7] if len(value.operands) > 7 else None
    if not isinstance(projection, Value):
        return shown
    if step.unit >= len(projection.array):
        return Number(0.0)
    o, c = (plane_of(value, name).array[step.index[:-1]] for name in "oc")
    numbers = projection.array[step.unit] * o * np.tanh(c)

    def term(k: int) -> Formula:
        given = binary("*", step.now("o", k), _called("tanh", step.now("c", k)))
        return binary("*", step.operand(7, (step.unit, k)), given)

    return series("+", numbers, term, step.shown)


def _mixed(step: _Step) -> Formula:
    new = binary("*", binary("-", Number(1), step.now("z")), step.now("n"))
    return binary("+", new, binary("*", step.now("z"), step.earlier("h")))


CELLS: dict[Op, dict[str, Cell]] = {
    recurrence.lstm: {
        "i": lambda step: _called("sigmoid", step.total(0)),
        "f": lambda step: _called("sigmoid", step.total(1)),
        "g": lambda step: _called("tanh", step.total(2)),
        "o": lambda step: _called("sigmoid", step.total(3)),
        "c": lambda step: binary(
            "+", binary("*", step.now("f"), step.earlier("c")), binary("*", step.now("i"), step.now("g"))
        ),
        "h": _new_state,
    },
    recurrence.gru: {
        "r": lambda step: _called("sigmoid", step.total(0)),
        "z": lambda step: _called("sigmoid", step.total(1)),
        "from_state": lambda step: step.of_state(2),
        "n": lambda step: _called(
            "tanh", binary("+", step.of_input(2), binary("*", step.now("r"), step.now("from_state")))
        ),
        "h": _mixed,
    },
    recurrence.rnn_tanh: {"h": lambda step: _called("tanh", step.total(0))},
    recurrence.rnn_relu: {"h": lambda step: Call("max", (step.total(0), Number(0)))},
}


def plane_of(value: Value, name: str) -> Value:
    """A plane of the result of a recurrent operation, as a value: "f" of lstm1, lstm1.f."""
    op, _ = op_of(value)
    cell, about = CELLS[op][name], ABOUT[op].get(name)

    def rule(_part: Value, index: Index, operand: Operand, shown: int) -> Formula:
        return cell(_Step(value, index, operand, shown))

    def noted(_part: Value, index: Index) -> Iterator[Told]:
        if about is not None:
            yield about(_Step(value, index, _leaf_of(value), 1))

    return value.part(name, value.array[PLANES[op].index(name)], rule, noted)


def _leaf_of(value: Value) -> Operand:
    return lambda position, index: Leaf(value.operands[position], index)


def _plane(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    op, _ = op_of(value)
    return Leaf(plane_of(value, PLANES[op][index[0]]), index[1:])


GATE_RULES: dict[Op, Rule] = dict.fromkeys(PLANES, _plane)


# what a gate does, in words --------------------------------------------------------------------------


def _percent(x: Leaf) -> str:
    return f"{100 * x.number:.3g} % open" if np.isfinite(x.number) else "open by no number"


def _product(a: Leaf, b: Any, squashed: bool = False) -> str:
    number = _number(b)
    return written_number(a.number * (np.tanh(number) if squashed else number))


def _input_gate(step: _Step) -> str:
    i, g = step.now("i"), step.now("g")
    return f"the input gate, {_percent(i)}: of {g.name} = {written_number(g.number)} it lets {_product(i, g)} into c"


def _forget_gate(step: _Step) -> str:
    f, c = step.now("f"), step.earlier("c")
    return f"the forget gate, {_percent(f)}: of the c before, {written_number(_number(c))}, it keeps {_product(f, c)}"


def _output_gate(step: _Step) -> str:
    o, c = step.now("o"), step.now("c")
    shown = written_number(np.tanh(c.number))
    return f"the output gate, {_percent(o)}: of tanh({c.name}) = {shown} it shows {_product(o, c, squashed=True)} as h"


def _reset_gate(step: _Step) -> str:
    r, of = step.now("r"), step.now("from_state")
    return f"the reset gate, {_percent(r)}: of {of.name} = {written_number(of.number)} it lets {_product(r, of)} into n"


def _update_gate(step: _Step) -> str:
    z, h = step.now("z"), step.earlier("h")
    return (
        f"the update gate, {_percent(z)}: of the h before, {written_number(_number(h))}, it keeps {_product(z, h)}, "
        "and takes the rest of the new n"
    )


ABOUT: dict[Op, dict[str, Callable[[_Step], str]]] = {
    recurrence.lstm: {"i": _input_gate, "f": _forget_gate, "o": _output_gate},
    recurrence.gru: {"r": _reset_gate, "z": _update_gate},
    recurrence.rnn_tanh: {},
    recurrence.rnn_relu: {},
}


def planes_of(value: Value) -> tuple[Value, ...]:
    """All planes of a recurrent operation's result; none of another value."""
    op = None if value.instruction is None else value.instruction.op
    return tuple(plane_of(value, name) for name in PLANES[op]) if op in PLANES else ()


def planes_named(name: str, values: Iterable[Value]) -> Iterator[Value]:
    """The planes called so: "lstm1.f" of the value lstm1, or "encoder.f" of the module."""
    head, _, tail = name.rpartition(".")
    for value in values:
        if value.instruction is not None and head in (value.name, value.instruction.module):
            yield from (plane for plane in planes_of(value) if plane.name.endswith(f".{tail}"))
