"""Kernel functions: each kernel of a schedule as a function of C, and the calls of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from glassnet.codegen import comment
from glassnet.engines.native.c_names import c_name
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block
from glassnet.engines.native.kernels import Kernel
from glassnet.engines.native.product_code import ProductCode
from glassnet.engines.native.routine import RoutineCode
from glassnet.engines.native.segments import Schedule
from glassnet.ops.dtypes import bool_
from glassnet.program.program import Instruction, Var


class KernelFunctions:
    """The functions of the kernels of a schedule. Their names begin with ``prefix``."""

    def __init__(self, schedule: Schedule, prefix: str = "") -> None:
        self.schedule = schedule
        self.names: dict[int, str] = {}
        for kernel in schedule.kernels:
            name = f"{prefix}{self._wish(kernel)}"
            while name in self.names.values():
                name += "_"
            self.names[id(kernel)] = name

    def text(self, kernel: Kernel) -> str:
        """The function of a kernel, and above it what it computes."""
        code = self.schedule.codes[id(kernel)]
        comments = [comment(instruction).replace("*/", "* /") for instruction in kernel.instructions]
        lines = with_own_fault(code.lines()) if self._notes_faults(kernel) else code.lines()
        body = lines if code.is_shared else ("if (id) return;", *lines)
        head = f"static void {self.names[id(kernel)]}({', '.join(self._parameters(kernel))})"
        return "\n".join(["/* " + "\n   ".join(comments) + " */", *block(head, body)])

    def call(self, kernel: Kernel, address: Callable[[Var], str], who: str) -> str:
        """The call of a kernel. ``address`` says where a value lies, ``who`` which of how many threads this is."""
        arguments = [address(root) for root in self.schedule.touches(kernel)]
        arguments += ["fault"] if self.may_fail(kernel) else []
        arguments += ["barrier"] if self.schedule.codes[id(kernel)].waits else []
        return f"{self.names[id(kernel)]}({', '.join([*arguments, who])});"

    def of_values(self) -> dict[str, str]:
        """For each value, by its name: the function that computes it."""
        return {i.output.name: self.names[id(kernel)] for kernel in self.schedule.kernels for i in kernel.instructions}

    def may_fail(self, kernel: Kernel) -> bool:
        """Whether it follows an index, which may be out of range."""
        return self.schedule.codes[id(kernel)].may_fail

    def _notes_faults(self, kernel: Kernel) -> bool:
        """Whether its threads note faults each for itself; a routine does it in its own way."""
        return self.may_fail(kernel) and not kernel.is_routine

    def _wish(self, kernel: Kernel) -> str:
        told = self.told(kernel)
        return f"{told.phase}_{c_name(told.into or self.schedule.names[told.output])}"

    def told(self, kernel: Kernel) -> Instruction:
        """The instruction that a kernel is called after: of those whose results are stored the last that overwrites
        state, otherwise that makes numbers rather than yes and no."""
        stored = [i for i in kernel.instructions if i.into or i.output in self.schedule.stored]
        return max(stored[::-1] or kernel.instructions, key=lambda i: (bool(i.into), i.output.dtype != bool_))

    def _parameters(self, kernel: Kernel) -> Iterator[str]:
        written = self.schedule.writes(kernel)
        for root in self.schedule.touches(kernel):
            name = self.schedule.names.get(root, "sums")
            constant = "" if root in written else "const "
            yield f"{constant}{C_TYPES[root.dtype]} *restrict {name}_m"
        if self.may_fail(kernel):
            yield f"int64_t *{'any_fault' if self._notes_faults(kernel) else 'fault'}"
        if self.schedule.codes[id(kernel)].waits:
            yield "void (*barrier)(void)"
        yield from ("long id", "long threads")


def with_own_fault(lines: Iterable[str]) -> Iterator[str]:
    """Statements that note a fault for one thread alone: of what two write at once, one would be lost."""
    yield "int64_t own_fault = 0, *const fault = &own_fault;"
    yield from lines
    yield "if (own_fault) __atomic_store_n(any_fault, 1, __ATOMIC_RELAXED);"


def definitions_of(schedule: Schedule) -> Iterator[str]:
    """What has to be defined before the kernels of a schedule: the kinds of tile that they need."""
    for code in schedule.codes.values():
        if isinstance(code, ProductCode | RoutineCode):
            yield from code.definitions
    for schedules in schedule.slices.values():
        for slice_ in schedules:
            yield from definitions_of(slice_)
