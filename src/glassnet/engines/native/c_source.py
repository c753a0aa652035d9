"""The C file of a program: a function for each kernel, one for each slice and segment, that call them in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files

from glassnet.engines.native.kernel_code import block
from glassnet.engines.native.kernel_functions import KernelFunctions, definitions_of
from glassnet.engines.native.kernels import Kernel, state_written
from glassnet.engines.native.pointers import Pointers
from glassnet.engines.native.segments import Schedule, Segment
from glassnet.engines.native.slice_functions import SliceFunctions
from glassnet.engines.native.sliced import Sliced
from glassnet.program.program import Var

ARENA, BARRIER, FAULT, FIRST = 0, 1, 2, 3  # positions in the table of addresses; from FIRST on, values from outside


def c_source(schedule: Schedule, places: Mapping[Var, int]) -> str:
    """The text of the file. ``places`` are the positions in the table of the addresses of inputs, state, constants."""
    return _Writer(schedule, places).text()


def functions_of(schedule: Schedule) -> dict[str, str]:
    """For each value that C computes, by its name: the function that does, that of a slice where there are slices."""
    writer = _Writer(schedule, {})
    return writer.kernels.of_values() | {name: f for s in writer.slices.values() for name, f in s.of_values().items()}


class _Writer:
    def __init__(self, schedule: Schedule, places: Mapping[Var, int]) -> None:
        self.schedule = schedule
        self.places = places
        self.kernels = KernelFunctions(schedule)
        self.slices = {
            id(step): SliceFunctions(step, schedule.slices[id(step)], f"slice_{number}", self._address_of)
            for number, step in enumerate(s for segment in schedule.segments for s in segment if isinstance(s, Sliced))
        }

    def text(self) -> str:
        schedule = self.schedule
        definitions = dict.fromkeys(definitions_of(schedule))
        functions = (self._functions(step) for segment in schedule.segments for step in segment)
        parts = [
            _header("functions.h"),
            _header("generators.h") if schedule.generators else "",
            "\n".join(definitions),
            *(text for texts in functions for text in texts),
            *("\n".join(self._segment(n, segment)) for n, segment in enumerate(schedule.segments)),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _functions(self, step: Kernel | Sliced) -> Iterator[str]:
        return self.slices[id(step)].texts() if isinstance(step, Sliced) else iter([self.kernels.text(step)])

    def _segment(self, number: int, kernels: Segment) -> Iterator[str]:
        pointers = Pointers(self.schedule.names, self._address)
        calls = list(self._calls(kernels, pointers))
        begin = [
            f"char *arena = at[{ARENA}];",
            f"void (*const barrier)(void) = at[{BARRIER}];",
            f"int64_t *fault = at[{FAULT}];",
        ]
        head = f"int64_t segment_{number}(void *const *at, long id, long threads)"
        yield from block(head, [*begin, *pointers.declarations(), *calls])

    def _calls(self, kernels: Segment, pointers: Pointers) -> Iterator[str]:
        """The kernels in order. The threads wait for one another where one needs what another has written.

        Before state is overwritten, no index may have been out of range.
        """
        if kernels is self.schedule.segments[0]:
            yield from (f"if (!id) keep_({self._address(var)});" for var in self.schedule.generators)
        is_checked, phase = True, ""
        since: Segment = []  # the last barrier
        for number, kernel in enumerate(kernels):
            begins, phase = self._phase(kernel) != phase, self._phase(kernel)
            yield from ("", f"/* {phase} */") if begins else ()
            has_to_check = not is_checked and bool(state_written(kernel.instructions, self.schedule.layouts))
            if has_to_check or any(self._collide(kernel, other) for other in since):
                yield "if (threads > 1) barrier();"
                since = []
            if has_to_check:
                yield from self._check()
                is_checked = True
                if any(self._may_fail(later) for later in kernels[number:]):  # that all have looked before
                    yield "if (threads > 1) barrier();"
            since.append(kernel)
            yield from self._call(kernel, pointers)
            is_checked = is_checked and not self._may_fail(kernel)
        if not is_checked:
            yield "if (threads > 1) barrier();"
            yield from self._check()
        yield "return 0;"

    def _check(self) -> Iterator[str]:
        """When an index was out of range, nothing is changed."""
        for var in self.schedule.generators:
            yield f"if (*fault && !id) put_back_({self._address(var)});"
        yield "if (*fault) return 1;"

    def _call(self, step: Kernel | Sliced, pointers: Pointers) -> Iterator[str]:
        if isinstance(step, Sliced):
            yield from self.slices[id(step)].loop()
        else:
            yield self.kernels.call(step, pointers, "id, threads")

    def _phase(self, step: Kernel | Sliced) -> str:
        return self.kernels.told(step).phase if isinstance(step, Kernel) else step.instructions[0].phase

    def _may_fail(self, step: Kernel | Sliced) -> bool:
        return self.slices[id(step)].may_fail if isinstance(step, Sliced) else self.kernels.may_fail(step)

    def _collide(self, one: Kernel | Sliced, other: Kernel | Sliced) -> bool:
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

    def _address_of(self, var: Var) -> str:
        return self._address(self.schedule.layouts[var].root)

    def _address(self, root: Var) -> str:
        return address(root, self.schedule, self.places)


def address(root: Var, schedule: Schedule, places: Mapping[Var, int]) -> str:
    """The text of the address of memory."""
    if root in places:
        return f"at[{places[root]}]"
    return f"(void *)(arena + {schedule.arena.offsets[root]})"


def _header(name: str) -> str:
    return files("glassnet.engines.native").joinpath(name).read_text(encoding="utf-8").rstrip()
