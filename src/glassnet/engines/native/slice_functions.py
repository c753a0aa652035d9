"""Slice functions: what is done for a slice of the batch as a function of C, and the loop that calls it for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from glassnet.engines.native.kernel_code import block, loop_head
from glassnet.engines.native.kernel_functions import KernelFunctions, with_own_fault
from glassnet.engines.native.pointers import Pointers
from glassnet.engines.native.segments import Schedule
from glassnet.engines.native.sliced import Sliced
from glassnet.program.program import Var


class SliceFunctions:
    """The functions of a region: of its kernels, of a slice, and of the rest of the rows where there is one.

    ``schedules`` are those of the two programs, ``address`` says where a value of the whole program lies.
    """

    def __init__(self, step: Sliced, schedules: Sequence[Schedule], name: str, address: Callable[[Var], str]) -> None:
        self.step = step
        self.names = [f"{name}{suffix}" for suffix in ("", "_rest")[: len(schedules)]]
        self.kernels = [
            KernelFunctions(schedule, f"{name}_") for schedule, name in zip(schedules, self.names, strict=True)
        ]
        self.addresses = self._addresses(address)

    @property
    def may_fail(self) -> bool:
        """Whether an index is followed, which may be out of range."""
        return any(self.kernels[0].may_fail(kernel) for kernel in self.kernels[0].schedule.kernels)

    def of_values(self) -> dict[str, str]:
        """For each value, by its name: the function that computes it for a slice."""
        return self.kernels[0].of_values()

    def texts(self) -> Iterator[str]:
        """The functions."""
        for name, kernels in zip(self.names, self.kernels, strict=True):
            yield from (kernels.text(kernel) for kernel in kernels.schedule.kernels)
            head = f"static void {name}(void *const *at, char *arena, int64_t *any_fault, long slice)"
            calls = self._calls(kernels)
            yield "\n".join(block(head, with_own_fault(calls) if self.may_fail else calls))

    def _calls(self, kernels: KernelFunctions) -> Iterator[str]:
        schedule = kernels.schedule
        yield f"char near[{max(1, schedule.arena.nbytes)}] __attribute__((aligned(64)));"

        if any(schedule.codes[id(kernel)].waits for kernel in schedule.kernels):
            yield "void (*const barrier)(void) = 0; /* there is no one to wait for */"

        def address(root: Var) -> str:
            return self.addresses.get(root.name) or f"(void *)(near + {schedule.arena.offsets[root]})"

        pointers = Pointers(schedule.names, address)
        calls = [kernels.call(kernel, pointers, "0, 1") for kernel in schedule.kernels]
        yield from pointers.declarations()
        yield from calls

    def _addresses(self, address: Callable[[Var], str]) -> dict[str, str]:
        """Where the memory lies of what a slice reads and gives, by name."""
        region, instructions = self.step.region, self.step.instructions
        layouts = self.kernels[0].schedule.layouts  # what is given may have another shape than what is computed
        given = [layouts[x].root for x in region.program.outputs if isinstance(x, Var)]
        places = [
            *zip(region.program.inputs, instructions[0].reads, region.by_rows, strict=True),
            *((x, instruction.output, True) for x, instruction in zip(given, instructions, strict=True)),
        ]
        return {
            inner.name: f"(void *)((char *){address(outer)} + {inner.nbytes}*slice)" if own else address(outer)
            for inner, outer, own in places
        }

    def loop(self) -> Iterator[str]:
        """The statements that carry out all slices; each thread has some of them."""
        region = self.step.region
        call, *rest = (f"{name}(at, arena, fault, slice);" for name in self.names)
        head = loop_head("slice", len(region.programs), shared=True)
        yield f"{head} {{"
        yield f"    {call}" if not rest else f"    if (slice < {region.count}) {call}"
        yield from (f"    else {other}" for other in rest)
        yield "}"
