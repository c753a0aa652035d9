"""Batch slicing: what can be done for some rows of the batch at a time is done so, slice by slice.

``h = x @ W.T; L = h.sum()`` with an x [1000, 4] becomes ``L_slices = slices(x, W); L = sum(L_slices, dim=0)``, where
``slices`` carries out ``h = x @ W.T; L = h.sum()`` for the first rows of x, for the next, and so on: what is computed
for a slice is still near when the next instruction reads it. Slices may be computed in any order and by any number of
threads; the order in which their sums are added is that of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from glassnet.ops.reduction import sum as add_up
from glassnet.program.names import Namer
from glassnet.program.passes.batch_analysis import Along, Fit, fits_of
from glassnet.program.passes.batch_levels import Levels, before_overwritten
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.slices import SLICES, Region
from glassnet.program.verify import verify

LIGHT = (  # rather computed again in a later region than handed to it
    *("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_not", "where", "cast"),
    *("add", "sub", "mul", "div", "neg", "abs", "maximum", "minimum"),
)


def slice_batch(
    program: Program, batched: Sequence[Var], rows: int, knows: Callable[[Instruction], bool] = lambda _: True
) -> Program:
    """``program`` with all that can be done for some ``rows`` at a time done so, of those that ``batched`` values have.

    ``knows`` says which instructions come into question. It is the program itself where the rows of a value would have
    to be handed on that do not lie one after another.
    """
    try:
        return verify(_Slicing(program, batched, rows, knows).sliced())
    except _OutOfOrderError:
        return program


class _OutOfOrderError(Exception):
    """The rows of a value that is needed as a whole do not lie one after another."""


class _Slicing:
    def __init__(
        self, program: Program, batched: Sequence[Var], rows: int, knows: Callable[[Instruction], bool]
    ) -> None:
        self.program = program
        self.batch = batched[0].shape[0]
        self.rows = rows
        self.along = dict.fromkeys(batched, Along(0, 1))
        fits = fits_of(program, self.along, self.batch, knows)
        self.first = before_overwritten(program, fits)
        self.maker = {i.output: i for i in self.first}
        self.fits = {var: fits[var] for var in self.maker if var in fits}
        self.along |= {var: fit.output for var, fit in self.fits.items() if fit.output is not None}
        self.levels = Levels(program, self.first, self.fits, self.along)
        self.names = Namer(program)
        self.regions = [_Region(self, number) for number in range(self.levels.last + 1)]
        self.views: dict[Var, int] = {}  # of rows, needed as a whole; and after which region they are

    def sliced(self) -> Program:
        """The program with its regions."""
        whole = [i for i in self.first if i.output not in self.fits]
        after = self.program.instructions[len(self.first) :]
        for x in (*self.program.wanted, *(x for i in (*whole, *after) for x in i.reads)):
            self.need(x)
        for region in reversed(self.regions):  # a later one may need more of an earlier one
            region.collect()
        instructions = list(self._views(-1))
        for number, region in enumerate(self.regions):
            instructions += self._due(whole, number)
            instructions += region.instructions()
            instructions += self._views(number)
        instructions += self._due(whole, len(self.regions))
        return self.program.having(instructions=(*instructions, *after))

    def _due(self, whole: list[Instruction], number: int) -> Iterator[Instruction]:
        return (i for i in whole if self.levels.due[i.output] == number)

    def _views(self, number: int) -> Iterator[Instruction]:
        return (i for i in self.first if self.views.get(i.output) == number)

    def need(self, x: Var) -> int:
        """Let a value of rows be there as a whole; gives the number of the region after which it is."""
        if x not in self.along or x not in self.maker:
            return -1
        maker = self.maker[x]
        if maker.is_view:
            self.views[x] = self.need(maker.reads[0])
            return self.views[x]
        if self.along[x].dim:
            raise _OutOfOrderError
        self.regions[self.levels.place[x]].given[x] = None
        return self.levels.place[x]


class _Region:
    """What is computed slice by slice: ``given`` are the values of rows that others need."""

    def __init__(self, whole: _Slicing, number: int) -> None:
        self.whole = whole
        self.number = number
        self.given: dict[Var, None] = {}
        self.sums: list[Var] = []
        self._members: set[Var] = set()
        self._inputs: dict[tuple[Var, Along | None], Var] = {}  # and what they are called within a slice

    def collect(self) -> None:
        """Find out what has to be computed here, and what of it comes from elsewhere."""
        levels = self.whole.levels
        for output, fit in self.whole.fits.items():
            if levels.place[output] == self.number:
                self._add(output)
                if fit.output is None:
                    self.sums.append(output)

    def _add(self, var: Var) -> None:
        if var in self._members:
            return
        self._members.add(var)
        maker = self.whole.maker[var]
        fit = self.whole.fits.get(var)
        for n, x in enumerate(maker.reads):
            self._need(x, fit.operands[n] if fit else None)

    def _need(self, x: Var, along: Along | None) -> None:
        maker = self.whole.maker.get(x)
        if x in self.whole.along:
            is_here = maker is not None and self.whole.levels.place[x] == self.number
            if maker is not None and (is_here or maker.is_view or self._is_light(x)):
                self._add(x)
                return
            self.whole.need(x)
        elif along is None and maker is not None and maker.is_view and not maker.into:
            self._add(x)  # looked at from within
            return
        name = x.name if along is None or x in self.whole.along else self.whole.names(f"{x}_rows")
        self._inputs.setdefault((x, along), Var(name, x.shape, x.dtype))

    def _is_light(self, x: Var) -> bool:
        """Whether a value of rows is made of inputs alone, by light operations."""
        maker = self.whole.maker.get(x)
        if maker is None or x not in self.whole.along:
            return True
        return (maker.is_view or maker.op.name in LIGHT) and all(self._is_light(y) for y in maker.reads)

    def instructions(self) -> Iterator[Instruction]:
        """The region as instructions: one for each value that it gives, and what adds up its sums."""
        given = [*self.given, *self.sums]
        if not given:
            return
        rows, (count, rest) = self.whole.rows, divmod(self.whole.batch, self.whole.rows)
        joined = tuple(x in self.given for x in given)
        by_rows = tuple(along is not None for _, along in self._inputs)
        program = verify(self._program(rows, given))
        region = Region(program, verify(self._program(rest, given)) if rest else None, count, by_rows, joined)
        inputs = tuple(x for x, _ in self._inputs)
        parts = {x: Var(self.whole.names(f"{x}_slices"), (len(region.programs), *x.shape), x.dtype) for x in self.sums}
        for which, x in enumerate(given):
            how = {"region": region, "which": which}
            yield replace(self._about(x), op=SLICES, inputs=inputs, output=parts.get(x, x), params=how)
        for x in self.sums:
            maker = self._about(x)
            op = add_up if maker.op.name == "matmul" else maker.op
            yield replace(maker, op=op, inputs=(parts[x],), params={"dim": 0})

    def _about(self, x: Var) -> Instruction:
        return self.whole.maker[x]

    def _program(self, rows: int, given: list[Var]) -> Program:
        """What is done for a slice of so many rows."""
        members = [i for i in self.whole.first if i.output in self._members]
        inputs = [self._cut(inner, along, rows) for (_, along), inner in self._inputs.items()]
        return Program(
            inputs=tuple(inputs),
            state=(),
            constants={},
            instructions=tuple(self._of_rows(i, rows) for i in members),
            outputs=tuple(self._cut(x, self.whole.along.get(x), rows) for x in given),
        )

    def _of_rows(self, instruction: Instruction, rows: int) -> Instruction:
        """An instruction for so many rows."""
        fit = self.whole.fits.get(instruction.output) or Fit((None,) * len(instruction.reads), None)
        needed = iter(fit.operands)
        inputs = tuple(self._operand(x, next(needed), rows) if isinstance(x, Var) else x for x in instruction.inputs)
        output = self._cut(instruction.output, fit.output, rows)
        params = dict(instruction.params)
        if "shape" in params and fit.output is not None:
            params["shape"] = output.shape
        return replace(instruction, inputs=inputs, output=output, params=params)

    def _operand(self, x: Var, along: Along | None, rows: int) -> Var:
        return self._cut(self._inputs.get((x, along), x), along, rows)

    @staticmethod
    def _cut(x: Var, along: Along | None, rows: int) -> Var:
        """A value of rows, with so many of them."""
        if along is None:
            return x
        return replace(x, shape=(*x.shape[: along.dim], rows * along.unit, *x.shape[along.dim + 1 :]))
