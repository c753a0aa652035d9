"""Recurrence: a layer over all steps as one loop in time, forward and back.

The sums that the gates of a unit need come from one tile of a product: the weights are copied into panels in which they
lie side by side, those of the input before those of the state, for as many units as a vector has lanes. What the cell
does with them follows while they are near. A row of the batch depends on itself alone: each thread goes through time
with rows of its own, and waits for nobody.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from glassnet.engines.native.kernel_code import block, indented, loop_head
from glassnet.engines.native.layouts import Layout
from glassnet.engines.native.product_plan import REGISTERS
from glassnet.engines.native.routine import Needs, Routine, RoutineCode
from glassnet.engines.native.routines.gated_units import GRU, LSTM, RELU, TANH, Cell
from glassnet.ops.dtypes import float32, float64
from glassnet.program.program import Instruction, Var

VECTORS = 4  # of columns of a tile


class _Layer:
    """What both directions share: the sizes, and tiles of products with weights that were copied into panels.

    A panel has the weights of ``width`` units, ``depth`` rows of as many columns as a tile; each unit needs ``sums``.
    """

    def __init__(self, code: RoutineCode, cell: Cell, y: Layout, depth: int, sums: int) -> None:
        self.code, self.cell, self.y, self.depth = code, cell, y, depth
        _, self.steps, self.batch, self.size = y.shape
        lanes = max(1, code.target.vector_bytes // code.dtype.itemsize)
        vectors = sums * max(1, VECTORS // sums)
        registers = REGISTERS.get(code.target.vector_bytes, 15)
        self.width = vectors // sums * lanes
        self.columns = vectors * lanes
        self.blocks = math.ceil(self.size / self.width)
        self.rows = min(self.batch, max(1, (registers - vectors - 1) // vectors))
        self.pieces = math.ceil(self.batch / self.rows)
        self.sizes = f"{code.type}, {lanes}", vectors
        self.reverse = bool(code.instruction.params.get("reverse", False))

    @property
    def needs(self) -> Needs:
        """Memory for the panels, and the kinds of tile."""
        shape = (self.blocks, self.depth, self.columns)
        kinds = {self.rows, self.batch % self.rows} - {0}
        kind, vectors = self.sizes
        tiles = (f"PRODUCT_TILE({self._tile(rows)}, {kind}, {rows}, {vectors})" for rows in sorted(kinds))
        return Needs(Var(f"{self.code.instruction.output.name} sums", shape, self.code.dtype), tuple(tiles))

    def _tile(self, rows: int) -> str:
        return f"tile_{self.code.type}_{rows}x{self.columns}"

    def packed(self, unit: Iterable[str]) -> Iterator[str]:
        """The panels: ``unit`` are the statements that copy the weights of the u-th unit of a block."""
        size = self.depth * self.columns
        each = f"for (long u = 0; u < {self.width} && u + {self.width}*block < {self.size}; u++)"
        body = [
            f"{self.code.type} *panel = sums_m + {size}*block;",
            f"memset(panel, 0, {size} * sizeof *panel);",
            *block(each, [f"const long unit = u + {self.width}*block;", *unit]),
        ]
        yield from block(loop_head("block", self.blocks, shared=True), body)
        yield "if (threads > 1) barrier();"

    def through_time(self, body: Iterable[str], *, backwards: bool) -> Iterator[str]:
        """The loop over the steps: t is where one is in memory, ``step`` how many there were before it in time."""
        times = (
            f"long step = {self.steps - 1}; step >= 0; step--"
            if backwards
            else f"long step = 0; step < {self.steps}; step++"
        )
        t = f"const long t = {f'{self.steps - 1} - step' if self.reverse else 'step'};"
        yield from block(f"for ({times})", [t, *body])

    def of_blocks(self, body: Iterable[str]) -> Iterator[str]:
        """The loop over the blocks of units."""
        size = self.depth * self.columns
        head = [
            f"const {self.code.type} *panel = sums_m + {size}*block;",
            f"const long units = {_at_most(self.width, 'block', self.size)};",
        ]
        yield from block(loop_head("block", self.blocks), [*head, *body])

    def of_rows(self, body: Iterable[str]) -> Iterator[str]:
        """The loop over pieces of the rows, which the threads divide."""
        head = f"const long first = {self.rows}*piece, rows = {_at_most(self.rows, 'piece', self.batch)};"
        yield from block(loop_head("piece", self.pieces, shared=True), [head, *body])

    def product(self, depth: int, matrix: str, panel: str, *, adds: bool) -> Iterator[str]:
        """A product of a matrix, told with its steps, and a panel: it is added to a tile, or makes it."""
        arguments = f"{depth}, {matrix}, {panel}, {self.columns}, {int(adds)}, tile, {self.columns}"
        yield f"if (rows == {self.rows}) {self._tile(self.rows)}({arguments});"
        if rest := self.batch % self.rows:
            yield f"else {self._tile(rest)}({arguments});"

    def of_units(self, units: str, body: Iterable[str]) -> Iterator[str]:
        """The loop over the units of a row."""
        return iter(["#pragma omp simd", *block(f"for (long u = 0; u < {units}; u++)", body)])

    def first_or_later(self, lines: Callable[[str], Iterable[str]], initial: Layout | None, unit: str) -> Iterator[str]:
        """Statements that read the state before: at first the initial one, later a plane of the step before."""
        if initial is None:
            yield from lines("")
            return
        plane = self.cell.planes.index("cell" if self.cell.before == "c" else "hidden")
        before = f"(t {'+' if self.reverse else '-'} 1)"
        for head, text in (
            ("if (step) {", self.code.at(self.y, str(plane), before, "b", unit)),
            ("} else {", self.code.at(initial, "b", unit)),
        ):
            yield head
            yield from indented(lines(f"const {self.code.type} {self.cell.before} = {text};"))
        yield "}"

    def statement(self, text: str) -> str:
        """A statement of a cell in C."""
        f = "f" if self.code.dtype == float32 else ""
        text = text.replace("tanh(", f"tanh_{f}(").replace("logistic(", f"logistic_{f}(")
        return f"const {self.code.type} {text.replace('LEAST', f'1e-18{f}')};"


def _at_most(most: int, name: str, size: int) -> str:
    """How many there are in a piece of ``most``, of which the last may have fewer."""
    left = f"{size} - {most}*{name}"
    return str(most) if size % most == 0 else f"{left} < {most} ? {left} : {most}"


# forward ----------------------------------------------------------------------------------------------------


class _Forward:
    def __init__(self, code: RoutineCode, cell: Cell) -> None:
        self.code, self.cell = code, cell
        self.x, self.h0 = code.input(0), code.input(1)
        self.weights = code.input(cell.states + 1), code.input(cell.states + 2)
        inputs = code.instruction.inputs
        self.biases = [
            code.input(n) if n < len(inputs) and inputs[n] is not None else None
            for n in (cell.states + 3, cell.states + 4)
        ]
        self.depths = self.x.shape[-1], self.h0.shape[-1]
        self.layer = _Layer(code, cell, code.result, sum(self.depths) + 1, len(cell.sums))

    def lines(self) -> Iterator[str]:
        """The statements."""
        yield from self.layer.packed(self._unit())
        yield from self.layer.through_time(self._step(), backwards=False)

    def _unit(self) -> Iterator[str]:
        """The weights of a unit, a column for each sum; the last row is its bias."""
        layer, code = self.layer, self.code
        for n, blocks in enumerate(self.cell.sums):
            column, at = n * layer.width, 0
            biases = []
            for which, depth, weight, bias in zip(blocks, self.depths, self.weights, self.biases, strict=True):
                if which is not None:
                    row = f"({which * layer.size} + unit)"
                    to = f"panel[{layer.columns}*({at} + k) + {column} + u]"
                    yield f"for (long k = 0; k < {depth}; k++) {to} = {code.at(weight, row, 'k')};"
                    biases += [code.at(bias, row)] if bias is not None else []
                at += depth
            if biases:
                yield f"panel[{layer.columns * at + column} + u] = {' + '.join(biases)};"

    def _step(self) -> Iterator[str]:
        code, layer, y = self.code, self.layer, self.code.result
        before = code.at(y, str(len(self.cell.planes) - 1), f"(t {'+' if layer.reverse else '-'} 1)", "0", "0")
        rows, units = (_step_of(self.h0, d) for d in (0, 1))
        yield f"const {code.type} *h = step ? &{before} : &{code.at(self.h0, '0', '0')};"
        yield f"const long h_row = step ? {layer.size} : {rows}, h_unit = step ? 1 : {units};"
        yield from layer.of_blocks(layer.of_rows(self._piece()))

    def _piece(self) -> Iterator[str]:
        code, layer = self.code, self.layer
        bias = f"panel + {(layer.depth - 1) * layer.columns}"
        yield f"{code.type} tile[{layer.rows * layer.columns}] __attribute__((aligned(64)));"
        copied = f"memcpy(tile + {layer.columns}*r, {bias}, {layer.columns} * sizeof *tile);"
        yield f"for (long r = 0; r < rows; r++) {copied}"
        x = f"&{code.at(self.x, 't', 'first', '0')}, {_step_of(self.x, 1)}, {_step_of(self.x, 2)}"
        yield from layer.product(self.depths[0], x, "panel", adds=True)
        panel = f"panel + {self.depths[0] * layer.columns}"
        yield from layer.product(self.depths[1], "h + h_row*first, h_row, h_unit", panel, adds=True)
        initial = {"h": code.input(1), "c": code.input(2), "": None}[self.cell.before]
        unit = f"({layer.width}*block + u)"
        rest = layer.first_or_later(lambda before: layer.of_units("units", self._cell(before, unit)), initial, unit)
        yield from block("for (long r = 0; r < rows; r++)", ["const long b = first + r;", *rest])

    def _cell(self, before: str, unit: str) -> Iterator[str]:
        code, layer = self.code, self.layer
        if before:
            yield before
        for n in range(len(self.cell.sums)):
            yield f"const {code.type} s{n} = tile[{layer.columns}*r + {n * layer.width} + u];"
        yield from (layer.statement(text) for text in self.cell.forward)
        for n, plane in enumerate(self.cell.planes):
            yield f"{code.at(code.result, str(n), 't', 'b', unit)} = {plane};"


def _step_of(layout: Layout, dim: int) -> int:
    pairs = layout.dims[dim]
    return pairs[0][1] if pairs else 0


# back -------------------------------------------------------------------------------------------------------


class _Backward:
    """The first rows of the result are the gradients of the initial states: they hold what goes from step to step."""

    def __init__(self, code: RoutineCode, cell: Cell) -> None:
        self.code, self.cell = code, cell
        self.g, self.y = code.input(0), code.input(1)
        self.initial = code.input(2) if cell.before else None
        self.weight = code.input(3 if cell.before else 2)
        self.layer = _Layer(code, cell, self.y, self.weight.shape[0], 1)

    def lines(self) -> Iterator[str]:
        """The statements."""
        layer, code, width = self.layer, self.code, self.code.result.shape[1]
        to = f"panel[{layer.columns}*k + u]"
        yield from layer.packed(
            [f"for (long k = 0; k < {layer.depth}; k++) {to} = {code.at(self.weight, 'k', 'unit')};"]
        )
        zeros = f"memset(&{code.at(code.result, 'first', '0')}, 0, {width}*rows * sizeof({code.type}));"
        yield from layer.of_rows([zeros])
        yield from layer.through_time([*layer.of_rows(self._slopes()), *self._carried()], backwards=True)

    def _slopes(self) -> Iterator[str]:
        layer, size = self.layer, self.layer.size
        rest = layer.first_or_later(lambda before: layer.of_units(str(size), self._cell(before)), self.initial, "u")
        yield from block("for (long r = 0; r < rows; r++)", ["const long b = first + r;", *rest])

    def _cell(self, before: str) -> Iterator[str]:
        code, cell, layer, d = self.code, self.cell, self.layer, self.code.result
        if before:
            yield before
        of_all = len(self.g.shape) == len(self.y.shape)
        given = {
            name: f" + {code.at(self.g, str(n), 't', 'b', 'u')}" if of_all else "" for n, name in enumerate(cell.planes)
        }
        last = code.at(self.g, *([str(len(cell.planes) - 1)] if of_all else []), "t", "b", "u")
        for n, plane in enumerate(cell.planes):
            yield f"const {code.type} y_{plane} = {code.at(self.y, str(n), 't', 'b', 'u')};"
        yield f"const {code.type} g_h = {code.at(d, 'b', 'u')} + {last};"
        if cell.states == 2:
            yield f"const {code.type} g_c = {code.at(d, 'b', f'({layer.size} + u)')};"
        terms = {f"+g_{name}": text for name, text in given.items()}
        yield from (layer.statement(_filled(text, terms)) for text in cell.backward)
        row = f"({layer.batch} + {layer.batch}*t + b)"
        for n, slope in enumerate(cell.slopes):
            yield f"{code.at(d, row, f'({n * layer.size} + u)')} = {slope};"
        yield f"{code.at(d, 'b', 'u')} = {'direct' if self._is_direct else '0'};"
        if cell.states == 2:
            yield f"{code.at(d, 'b', f'({layer.size} + u)')} = g_before;"

    @property
    def _is_direct(self) -> bool:
        return any(text.startswith("direct") for text in self.cell.backward)

    def _carried(self) -> Iterator[str]:
        """The product of the slopes and the weight, which reaches the state of the step before."""
        code, layer, width = self.code, self.layer, self.code.result.shape[1]
        row = f"({layer.batch} + {layer.batch}*t + first)"
        matrix = f"&{code.at(code.result, row, str(width - layer.depth))}, {width}, 1"
        target = code.at(code.result, "(first + r)", f"({layer.width}*block + u)")
        piece = [
            f"{code.type} tile[{layer.rows * layer.columns}] __attribute__((aligned(64)));",
            *layer.product(layer.depth, matrix, "panel", adds=False),
            *block(
                "for (long r = 0; r < rows; r++)",
                layer.of_units("units", [f"{target} {'+=' if self._is_direct else '='} tile[{layer.columns}*r + u];"]),
            ),
        ]
        yield from layer.of_blocks(layer.of_rows(piece))


def _filled(text: str, terms: dict[str, str]) -> str:
    for name, term in terms.items():
        text = text.replace(f"{{{name}}}", term)
    return text


# the table --------------------------------------------------------------------------------------------------


def _fits(instruction: Instruction) -> bool:
    """Whether it is of sequences of one length, without a projection, in memory of its own."""
    params, inputs = instruction.params, instruction.inputs
    projection = {"lstm": 7, "lstm_backward": 4}.get(instruction.op.name, len(inputs))
    is_plain = params.get("sizes") is None and all(x is None for x in inputs[projection:])
    has_steps = (
        len(instruction.output.shape if "backward" not in instruction.op.name else instruction.reads[1].shape) == 4
    )
    return is_plain and has_steps and instruction.output.dtype in (float32, float64) and not instruction.into


def _routines(name: str, cell: Cell) -> list[Routine]:
    return [
        Routine(
            name, lambda code: _Forward(code, cell).lines(), _fits, needs=lambda code: _Forward(code, cell).layer.needs
        ),
        Routine(
            f"{name}_backward",
            lambda code: _Backward(code, cell).lines(),
            _fits,
            needs=lambda code: _Backward(code, cell).layer.needs,
        ),
    ]


ROUTINES = [
    routine
    for name, cell in (("lstm", LSTM), ("gru", GRU), ("rnn_tanh", TANH), ("rnn_relu", RELU))
    for routine in _routines(name, cell)
]
