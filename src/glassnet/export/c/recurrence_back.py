"""The way back through a recurrent layer: one loop over time, from the last step to the first.

The result has a row for each initial state and for each step of each sequence: the gradients of what its gates add up.
First come the rows of the initial states, which hold their gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block, index_text, loop_head
from glassnet.export.c.element_code import Place
from glassnet.ops.dtypes import float32
from glassnet.program.instruction import Instruction
from glassnet.program.program import Program

SLOPES = 4  # of a unit: i, f, g and o of an LSTM; of a GRU what n takes from the input, r, z, what n takes from h


def of_last_plane(program: Program) -> Program:
    """``program``, in which the way back is given the gradient of the hidden states alone, where others have none."""
    made = {i.output: i for i in program}

    def lighter(instruction: Instruction) -> Instruction:
        g = made.get(instruction.reads[0]) if instruction.op.name in ("lstm_backward", "gru_backward") else None
        if g is None or g.op.name != "put" or g.params["index"] != (-1,):
            return instruction
        return replace(instruction, inputs=(g.reads[0], *instruction.inputs[1:]))

    return program.having(instructions=tuple(map(lighter, program)))


def back_over_time(place: Place, instruction: Instruction) -> Iterator[str]:
    """The loop over time."""
    return _Back(place, instruction).lines()


class _Back:
    def __init__(self, place: Place, instruction: Instruction) -> None:
        self.place = place
        self.d = instruction.output
        self.g, self.y, self.initial, self.weight = instruction.reads[:4]
        self.is_lstm = instruction.op.name.startswith("lstm")
        self.reverse = bool(instruction.params.get("reverse"))
        self.steps, self.batch, self.units = self.y.shape[1:]
        self.type = C_TYPES[self.d.dtype]
        self.f = "f" if self.d.dtype == float32 else ""

    def lines(self) -> Iterator[str]:
        """The statements. The gradient of the state goes from each step to the one before."""
        size = self.batch * self.units
        yield f"{self.type} g_h[{size}] = {{0}}" + (f", g_c[{size}] = {{0}};" if self.is_lstm else ";")
        t = f"{self.steps - 1} - step" if self.reverse else "step"
        before = f"t {'+' if self.reverse else '-'} 1"
        body = [
            f"const long t = {t};",
            *self._each("j", self._slopes(before)),
            *self._each("k", self._carried()),
        ]
        yield from block(f"for (long step = {self.steps - 1}; step >= 0; step--)", body)
        for column in range(SLOPES):
            gradient = ["g_h", "g_c"][column] if column < 1 + self.is_lstm else ""
            value = f"{gradient}[{self._unit('j')}]" if gradient else "0"
            yield from self._each("j", [f"{self._slope('n', column)} = {value};"])

    def _unit(self, name: str) -> str:
        return index_text(0, (self.units if self.batch > 1 else 0, "n"), (1, name))

    def _each(self, name: str, body: list[str]) -> Iterator[str]:
        """Loops over the samples ``n`` of the batch and over units."""
        lines = block(loop_head(name, self.units), body)
        yield from lines if self.batch == 1 else block(loop_head("n", self.batch), lines)

    def _slope(self, row: str, column: int) -> str:
        row = row if self.batch > 1 else "0" if row == "n" else row
        return self.place.element(self.d, [row, index_text(column * self.units, (1, "j"))])

    @property
    def _row(self) -> str:
        """The row of a step of a sequence."""
        return index_text(self.batch, (self.batch, "t"), (1 if self.batch > 1 else 0, "n"))

    def _plane(self, number: int, t: str = "t") -> str:
        return self.place.element(self.y, [str(number), t, "n", "j"])

    def _state_before(self, plane: int, before: str) -> str:
        return f"step > 0 ? {self._plane(plane, before)} : {self.place.element(self.initial, ['n', 'j'])}"

    def _slopes(self, before: str) -> list[str]:
        """The gradients of what the gates of a unit add up."""
        one, unit = "1.0f" if self.f else "1.0", self._unit("j")
        upstream = f"const {self.type} gh = g_h[{unit}] + {self.place.element(self.g, ['t', 'n', 'j'])};"
        if self.is_lstm:
            names = {"i": 0, "f": 1, "o": 2, "g": 3}
            values = [
                f"gc * g * i * ({one} - i)", f"gc * c * f * ({one} - f)", f"gc * i * ({one} - g * g)",
                f"gh * seen * o * ({one} - o)",
            ]  # fmt: skip
            between = [
                f"const {self.type} c = {self._state_before(4, before)};",
                f"const {self.type} seen = tanh_{self.f}({self._plane(4)});",
                f"const {self.type} gc = g_c[{unit}] + gh * o * ({one} - seen * seen);",
            ]
            after = [f"g_c[{unit}] = gc * f;", f"g_h[{unit}] = 0;"]
        else:
            names = {"r": 0, "z": 1, "from_state": 2, "g": 3}
            values = [
                "of_input",
                f"of_input * from_state * r * ({one} - r)",
                f"gh * (h - g) * z * ({one} - z)",
                "of_input * r",
            ]
            between = [
                f"const {self.type} h = {self._state_before(4, before)};",
                f"const {self.type} of_input = gh * ({one} - z) * ({one} - g * g);",
            ]
            after = [f"g_h[{unit}] = gh * z;"]
        planes = [f"const {self.type} {name} = {self._plane(number)};" for name, number in names.items()]
        stores = [f"{self._slope(self._row, column)} = {value};" for column, value in enumerate(values)]
        return [*planes, upstream, *between, *stores, *after]

    def _carried(self) -> list[str]:
        """What reaches a unit of the state before through the gates."""
        gates = 4 if self.is_lstm else 3
        first = (SLOPES - gates) * self.units
        slope = self.place.element(self.d, [self._row, index_text(first, (1, "j"))])
        product = f"sum += {slope} * {self.place.element(self.weight, ['j', 'k'])};"
        return [
            f"{self.type} sum = 0;",
            f"{loop_head('j', gates * self.units)} {product}",
            f"g_h[{self._unit('k')}] += sum;",
        ]
