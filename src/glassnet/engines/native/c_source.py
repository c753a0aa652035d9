"""The C file of a program: a function for each kernel, and one for each segment that calls them in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files

from glassnet.codegen import comment
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block
from glassnet.engines.native.kernels import Kernel, state_written
from glassnet.engines.native.product_code import ProductCode
from glassnet.engines.native.segments import Schedule, Segment
from glassnet.program.program import Var

ARENA, BARRIER, FAULT, FIRST = 0, 1, 2, 3  # positions in the table of addresses; from FIRST on, values from outside


def c_source(schedule: Schedule, places: Mapping[Var, int]) -> str:
    """The text of the file. ``places`` are the positions in the table of the addresses of inputs, state, constants."""
    return _Writer(schedule, places).text()


class _Writer:
    def __init__(self, schedule: Schedule, places: Mapping[Var, int]) -> None:
        self.schedule = schedule
        self.places = places

    def text(self) -> str:
        schedule = self.schedule
        functions = ["\n".join(self._function(kernel)) for segment in schedule.segments for kernel in segment]
        parts = [
            _header("functions.h"),
            _header("generators.h") if schedule.generators else "",
            "\n".join(self._definitions()),
            *functions,
            *("\n".join(self._segment(n, segment)) for n, segment in enumerate(schedule.segments)),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _definitions(self) -> Iterator[str]:
        products = (code for code in self.schedule.codes.values() if isinstance(code, ProductCode))
        yield from dict.fromkeys(line for code in products for line in code.definitions)

    def _function(self, kernel: Kernel) -> Iterator[str]:
        code = self.schedule.codes[id(kernel)]
        comments = [comment(instruction).replace("*/", "* /") for instruction in kernel.instructions]
        yield "/* " + "\n   ".join(comments) + " */"
        body = code.lines() if code.is_shared else ("if (id) return;", *code.lines())
        yield from block(f"static void {self._name(kernel)}({', '.join(self._parameters(kernel))})", body)

    def _name(self, kernel: Kernel) -> str:
        instruction = kernel.product or kernel.instructions[-1]
        return f"compute_{self.schedule.names[instruction.output]}"

    def _parameters(self, kernel: Kernel) -> Iterator[str]:
        written = self.schedule.writes(kernel)
        for root in self.schedule.touches(kernel):
            name = self.schedule.names.get(root, "sums")
            constant = "" if root in written else "const "
            yield f"{constant}{C_TYPES[root.dtype]} *restrict {name}_m"
        if self.schedule.codes[id(kernel)].may_fail:
            yield "int64_t *fault"
        yield from ("long id", "long threads")

    def _segment(self, number: int, kernels: Segment) -> Iterator[str]:
        yield from block(f"int64_t segment_{number}(void *const *at, long id, long threads)", self._calls(kernels))

    def _calls(self, kernels: Segment) -> Iterator[str]:
        """The kernels in order. The threads wait for one another where one needs what another has written.

        Before state is overwritten, no index may have been out of range.
        """
        yield f"char *arena = at[{ARENA}];"
        yield f"void (*const barrier)(void) = at[{BARRIER}];"
        yield f"int64_t *fault = at[{FAULT}];"
        if kernels is self.schedule.segments[0]:
            yield from (f"if (!id) keep_({self._address(var)});" for var in self.schedule.generators)
        is_checked = True
        since: list[Kernel] = []  # the last barrier
        for kernel in kernels:
            arguments = [self._address(root) for root in self.schedule.touches(kernel)]
            has_to_check = not is_checked and bool(state_written(kernel.instructions, self.schedule.layouts))
            if has_to_check or any(self._collide(kernel, other) for other in since):
                yield "if (threads > 1) barrier();"
                since = []
            if has_to_check:
                yield from block("if (*fault)", self._refusal())
                is_checked = True
            since.append(kernel)
            if self.schedule.codes[id(kernel)].may_fail:
                arguments.append("fault")
                is_checked = False
            yield f"{self._name(kernel)}({', '.join([*arguments, 'id', 'threads'])});"
        if not is_checked:
            yield "if (threads > 1) barrier();"
            yield from block("if (*fault)", self._refusal())
        yield "return 0;"

    def _refusal(self) -> Iterator[str]:
        """What is done when an index was out of range: nothing is changed."""
        yield from (f"if (!id) put_back_({self._address(var)});" for var in self.schedule.generators)
        yield "return 1;"

    def _collide(self, one: Kernel, other: Kernel) -> bool:
        """Whether one of them writes what the other reads or writes."""
        pairs = (one, other), (other, one)
        return any(
            self._overlap(a, b)
            for writer, reader in pairs
            for a in self.schedule.writes(writer)
            for b in self.schedule.touches(reader)
        )

    def _overlap(self, a: Var, b: Var) -> bool:
        if a == b or a in self.places or b in self.places:
            return a == b
        offsets = self.schedule.arena.offsets
        return offsets[a] < offsets[b] + b.nbytes and offsets[b] < offsets[a] + a.nbytes

    def _address(self, root: Var) -> str:
        if root in self.places:
            return f"at[{self.places[root]}]"
        return f"(void *)(arena + {self.schedule.arena.offsets[root]})"


def _header(name: str) -> str:
    return files("glassnet.engines.native").joinpath(name).read_text(encoding="utf-8").rstrip()
