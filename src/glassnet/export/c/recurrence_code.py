"""Recurrent layers: one loop over time, as the textbook has it.

What an operation gives are the planes of all steps: of an LSTM i, f, o, g, c and h; of a GRU r, z, what n takes from
the state, n, and h. A network in use mostly reads the last h alone: then `only_last` has the steps written over one
another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block, index_text, loop_head
from glassnet.engines.native.layouts import layouts_of
from glassnet.export.c.element_code import Place
from glassnet.ops.dtypes import Array, float32
from glassnet.ops.record import Op, Spec
from glassnet.program.instruction import Instruction, Operand, Var
from glassnet.program.program import Program

LAYERS = ("lstm", "gru")
LAST = "last_state_of_"  # the name of a layer that gives its last h alone begins so
OF_8_BITS = "int8_"  # … and before that, of one whose weights have 8 bits: their scales come after its other inputs


def layer_of(op: Op) -> str:
    """The recurrent layer that an operation is of; "" for others."""
    name = op.name.removeprefix(OF_8_BITS).removeprefix(LAST)
    return name if name in LAYERS else ""


def only_last(program: Program) -> Program:
    """``program``, in which a recurrent layer of which the last hidden state alone is read gives nothing else."""
    layouts = layouts_of(program, {})
    read = {x for i in program if not i.is_view for x in i.reads} | set(program.wanted)
    last: dict[Var, Instruction] = {}  # by the value that is the last hidden state
    for instruction in program:
        y = instruction.output
        values = [x for x in read if layouts[x].root == y]
        if instruction.op.name not in LAYERS or instruction.params.get("sizes") or instruction.params.get("reverse"):
            continue
        state = y.shape[-2:]
        size = state[0] * state[1]
        if len(values) == 1 and values[0].shape == state:
            layout = layouts[values[0]]
            is_last = layout.offset == y.nbytes // y.dtype.itemsize - size
            if is_last and layout.loops(state) in (((size, 1),), ()):
                last[y] = replace(instruction, op=_last_state(instruction.op), output=values[0])
    views = {i.output for i in program if i.is_view and layouts[i.output].root in last}
    return program.having(instructions=tuple(last.get(i.output, i) for i in program if i.output not in views))


def _last_state(op: Op) -> Op:
    def forward(*args: Any, **params: Any) -> Array:
        result: Array = op.forward(*args, **params)[-1, -1]
        return result

    return Op(
        f"{LAST}{op.name}",
        forward=forward,
        vjp=(None,) * 7,
        shape=lambda *args, **params: Spec(op.shape(*args, **params).shape[-2:], args[0].dtype),
        formula="h after the last step",
        expand=op.expand,
    )


def over_time(place: Place, instruction: Instruction) -> Iterator[str]:
    """The loop over time."""
    return _Cell(place, instruction).lines()


class _Cell:
    def __init__(self, place: Place, instruction: Instruction) -> None:
        self.place = place
        self.output = instruction.output
        self.name = layer_of(instruction.op)
        self.keeps_all = LAST not in instruction.op.name
        self.reverse = bool(instruction.params.get("reverse"))
        inputs, scales = list(instruction.inputs), list[Operand]([None, None])
        if instruction.op.name.startswith(OF_8_BITS):
            inputs, scales = inputs[:-2], inputs[-2:]
        inputs += [None, None]
        self.scale_ih, self.scale_hh = scales
        self.x, self.h0, self.c0 = inputs[0], inputs[1], inputs[2] if self.name == "lstm" else None
        self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = inputs[3:7] if self.name == "lstm" else inputs[2:6]
        self.gates = 4 if self.name == "lstm" else 3
        self.steps, self.batch, self.features = self._var(self.x).shape
        self.units = self._var(self.h0).shape[1]
        self.type = C_TYPES[self.output.dtype]
        self.f = "f" if self.output.dtype == float32 else ""

    def lines(self) -> Iterator[str]:
        """The statements. The new state of a step takes the place of the old one when all units have seen that."""
        states = ["h", "c"] if self.name == "lstm" else ["h"]
        size = self.batch * self.units
        for state in states:
            yield f"{self.type} {state}[{size}], new_{state}[{size}];"
        fill = [f"{state}[{self._unit}] = {self._at(initial, 'n', 'j')};" for state, initial in self._initial]
        yield from self._each_unit(fill)
        step = [
            *self._each_unit([*self._sums(), *(self._lstm() if self.name == "lstm" else self._gru())]),
            *(f"memcpy({state}, new_{state}, sizeof {state});" for state in states),
        ]
        when = [f"const long t = {self.steps - 1} - step;"] if self.reverse else []
        yield from block(loop_head("step" if self.reverse else "t", self.steps), [*when, *step])
        if not self.keeps_all:
            yield from self._each_unit([f"{self._at(self.output, 'n', 'j')} = h[{self._unit}];"])

    @property
    def _unit(self) -> str:
        return index_text(0, (self.units if self.batch > 1 else 0, "n"), (1, "j"))

    @property
    def _initial(self) -> list[tuple[str, Operand]]:
        return [("h", self.h0), ("c", self.c0)] if self.name == "lstm" else [("h", self.h0)]

    def _each_unit(self, body: list[str]) -> Iterator[str]:
        """Loops over the samples ``n`` of the batch and the units ``j``."""
        lines = block(loop_head("j", self.units), body)
        yield from lines if self.batch == 1 else block(loop_head("n", self.batch), lines)

    def _sums(self) -> Iterator[str]:
        """What each gate takes from the input, and from the state before."""
        state = index_text(0, (self.units if self.batch > 1 else 0, "n"), (1, "k"))
        input, before = self._at(self.x, "t", "n", "k"), f"h[{state}]"
        yield from self._sum("from_input", input, self.features, self.weight_ih, self.bias_ih, self.scale_ih)
        yield from self._sum("from_state", before, self.units, self.weight_hh, self.bias_hh, self.scale_hh)

    def _sum(self, name: str, source: str, depth: int, weight: Operand, bias: Operand, scale: Operand) -> Iterator[str]:
        """A sum for each gate, which is brought back by the scale of its weights where they have 8 bits."""
        gate, each_gate = f"{self.units}*gate + j", loop_head("gate", self.gates)
        yield f"{self.type} {name}[{self.gates}] = {{0}};"
        product = f"{name}[gate] += {source} * {self._at(weight, gate, 'k')};"
        yield from block(loop_head("k", depth), block(each_gate, [product]))
        factor = "" if scale is None else f" * {self._at(scale, gate)}"
        added = "" if bias is None else f" + {self._at(bias, gate)}"
        if factor or added:
            yield f"{each_gate} {name}[gate] = {name}[gate]{factor}{added};"

    def _lstm(self) -> Iterator[str]:
        for gate, n in (("i", 0), ("f", 1), ("o", 3)):
            yield f"const {self.type} {gate} = {self._sigmoid(n)};"
        yield f"const {self.type} g = tanh_{self.f}(from_input[2] + from_state[2]);"
        yield f"new_c[{self._unit}] = f * c[{self._unit}] + i * g;"
        yield f"new_h[{self._unit}] = o * tanh_{self.f}(new_c[{self._unit}]);"
        yield from self._planes("i", "f", "o", "g", f"new_c[{self._unit}]", f"new_h[{self._unit}]")

    def _gru(self) -> Iterator[str]:
        one = "1.0f" if self.f else "1.0"
        yield f"const {self.type} r = {self._sigmoid(0)};"
        yield f"const {self.type} z = {self._sigmoid(1)};"
        yield f"const {self.type} g = tanh_{self.f}(from_input[2] + r * from_state[2]);"
        yield f"new_h[{self._unit}] = ({one} - z) * g + z * h[{self._unit}];"
        yield from self._planes("r", "z", "from_state[2]", "g", f"new_h[{self._unit}]")

    def _sigmoid(self, n: int) -> str:
        one = "1.0f" if self.f else "1.0"
        return f"{one} / ({one} + exp_{self.f}(-from_input[{n}] - from_state[{n}]))"

    def _planes(self, *values: str) -> Iterator[str]:
        for n, value in enumerate(values if self.keeps_all else ()):
            yield f"{self._at(self.output, str(n), 't', 'n', 'j')} = {value};"

    def _at(self, x: Operand, *at: str) -> str:
        return self.place.element(self._var(x), at)

    def _var(self, x: Operand) -> Var:
        assert isinstance(x, Var)
        return x
