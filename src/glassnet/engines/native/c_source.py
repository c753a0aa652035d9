"""The C file of a program: a function for each kernel, and one that calls them in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from glassnet.codegen import comment
from glassnet.engines.native.arena import Arena
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernels import Kernel, Layouts, state_written
from glassnet.engines.native.loop_code import LoopCode
from glassnet.engines.native.product_code import ProductCode
from glassnet.program.program import Program, Var

KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while panel tile row "
    "first columns block part deep id threads fault barrier at arena asm linux unix NAN INFINITY".split()
)


def c_names(program: Program) -> dict[Var, str]:
    """What each value is called in C: as in the program, unless that means something else there."""
    taken: set[str] = set(KEYWORDS)
    names: dict[Var, str] = {}
    for var in (*program.inputs, *program.state, *program.constants, *(i.output for i in program)):
        wish = re.sub(r"[^A-Za-z0-9_]", lambda found: f"u{ord(found[0]):x}", var.name)
        wish = f"v{wish}" if wish[0] in "_0123456789" or re.fullmatch(r"[ijkcr]\d*", wish) else wish
        while wish in taken:
            wish += "_"
        taken.add(wish)
        names[var] = wish
    return names


class CSource:
    """The text of the C file. ``segments`` are the kernels that run one after another, without NumPy in between."""

    def __init__(
        self,
        program: Program,
        segments: Sequence[Sequence[Kernel]],
        layouts: Layouts,
        stored: set[Var],
        arena: Arena,
        places: Mapping[Var, int],
        width: int,
    ) -> None:
        self.program = program
        self.segments = segments
        self.layouts = layouts
        self.stored = stored
        self.arena = arena
        self.places = places  # of inputs, state and constants: the position of the address in the table
        self.width = width
        self.names = c_names(program)

    def text(self) -> str:
        """The whole file."""
        tiles: dict[str, str] = {}
        functions: list[str] = []
        for segment in self.segments:
            for kernel in segment:
                functions.append("\n".join(self._function(kernel, tiles)))
        return "\n\n".join(
            [
                files("glassnet.engines.native").joinpath("functions.h").read_text(encoding="utf-8").rstrip(),
                *(["\n".join(tiles.values())] if tiles else []),
                *functions,
                *("\n".join(self._segment(n, segment)) for n, segment in enumerate(self.segments)),
            ]
        ) + "\n"

    def _function(self, kernel: Kernel, tiles: dict[str, str]) -> Iterator[str]:
        for n, instruction in enumerate(kernel.instructions):
            yield f"{'/*' if n == 0 else '  '} {comment(instruction)}{' */' if n == len(kernel.instructions) - 1 else ''}"
        yield f"static void {self._name(kernel)}({', '.join(self._parameters(kernel))}) {{"
        if kernel.product is not None:
            code = ProductCode(kernel, self.layouts, self.stored, self.names, self.width)
            for name, rows, vectors in code.tiles:
                tiles[name] = f"PRODUCT_TILE({name}, {code.type}, {code.lanes}, {rows}, {vectors})"
            lines = list(code.lines())
        else:
            loops = LoopCode(kernel, self.layouts, self.stored, self.names)
            lines = list(loops.lines())
            if not loops.shares:
                yield "    if (id) return;"
        yield from (f"    {line}" for line in lines)
        yield "}"

    def _name(self, kernel: Kernel) -> str:
        instruction = kernel.product or kernel.instructions[-1]
        return f"compute_{self.names[instruction.output]}"

    def _parameters(self, kernel: Kernel) -> Iterator[str]:
        written = written_by(kernel, self.layouts, self.stored)
        for root in touched_by(kernel, self.layouts, self.stored):
            constant = "" if root in written else "const "
            yield f"{constant}{C_TYPES[root.dtype]} *restrict {self.names[root]}_m"
        if may_fail(kernel):
            yield "int64_t *fault"
        yield "long id"
        yield "long threads"

    def _segment(self, number: int, kernels: Sequence[Kernel]) -> Iterator[str]:
        yield f"int64_t segment_{number}(void *const *at, long id, long threads) {{"
        yield "    char *arena = at[0];"
        yield "    void (*const barrier)(void) = at[1];"
        yield "    int64_t *fault = at[2];"
        checked = True
        since: list[Kernel] = []
        for kernel in kernels:
            arguments = [self._address(root) for root in touched_by(kernel, self.layouts, self.stored)]
            if may_fail(kernel):
                arguments.append("fault")
                checked = False
            waits = any(self._collide(kernel, other) for other in since)
            updates = not checked and bool(state_written(kernel.instructions, self.layouts))
            if waits or updates:
                yield "    if (threads > 1) barrier();"
                since = []
            if updates:
                yield "    if (*fault) return 1;"
                checked = True
            since.append(kernel)
            yield f"    {self._name(kernel)}({', '.join([*arguments, 'id', 'threads'])});"
        yield "    return 0;"
        yield "}"

    def _collide(self, one: Kernel, other: Kernel) -> bool:
        """Whether one of them writes what the other reads or writes."""
        writes = [written_by(kernel, self.layouts, self.stored) for kernel in (one, other)]
        all_ = [set(touched_by(kernel, self.layouts, self.stored)) for kernel in (one, other)]
        return any(
            self._overlap(a, b) for n in (0, 1) for a in writes[n] for b in all_[1 - n]
        )

    def _overlap(self, a: Var, b: Var) -> bool:
        if a == b:
            return True
        if a in self.places or b in self.places:
            return False
        x, y = self.arena.offsets[a], self.arena.offsets[b]
        return x < y + b.nbytes and y < x + a.nbytes

    def _address(self, root: Var) -> str:
        if root in self.places:
            return f"at[{self.places[root]}]"
        return f"(void *)(arena + {self.arena.offsets[root]})"


def may_fail(kernel: Kernel) -> bool:
    """Whether it follows an index, which may be out of range."""
    return any(instruction.op.name == "gather" for instruction in kernel.instructions)


def read_by(kernel: Kernel, layouts: Layouts) -> set[Var]:
    """The values that a kernel reads and does not make itself."""
    made: set[Var] = set()
    found: set[Var] = set()
    for instruction in kernel.instructions:
        found |= {layouts[x].root for x in instruction.reads} - made
        made.add(layouts[instruction.output].root)
    return found


def written_by(kernel: Kernel, layouts: Layouts, stored: set[Var]) -> set[Var]:
    """The values that a kernel writes to memory."""
    return (kernel.made.keys() & stored) | state_written(kernel.instructions, layouts)


def touched_by(kernel: Kernel, layouts: Layouts, stored: set[Var]) -> list[Var]:
    """All the memory that a kernel reads or writes, in the order of its instructions."""
    wanted = read_by(kernel, layouts) | written_by(kernel, layouts, stored)
    order = dict.fromkeys(layouts[x].root for i in kernel.instructions for x in (*i.reads, i.output))
    return [root for root in order if root in wanted]
