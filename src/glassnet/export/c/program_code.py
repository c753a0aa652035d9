"""A program as functions of C, one for each kernel, and the statements that call them in order."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from glassnet.codegen import comment
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block, index_text
from glassnet.engines.native.kernels import Kernel, state_written
from glassnet.export.c.c_literals import WIDTH
from glassnet.export.c.element_code import index_of, nested, shifted
from glassnet.export.c.portable_schedule import PortableSchedule
from glassnet.program.instruction import Instruction, Var
from glassnet.program.printing import titles
from glassnet.program.program import Program

Step = Kernel | Instruction


class ProgramCode:
    """The functions of ``program``, whose names begin with ``prefix``.

    ``outside`` says by name where inputs, state and constants are: the text of an array.
    """

    def __init__(self, program: Program, prefix: str, outside: Mapping[str, str]) -> None:
        self.program = program
        self.prefix = prefix
        self.outside = outside
        self.schedule = PortableSchedule(program)
        self._bodies = {id(step): list(self.schedule.body(step)) for step in self.schedule.steps}

    def functions(self) -> Iterator[str]:
        """The functions, each with what it computes above it, and titles where a phase begins."""
        steps = self.schedule.steps
        for step, title in zip(steps, titles([_instructions(step)[-1] for step in steps]), strict=True):
            if title and len({i.phase for i in self.program}) > 1:
                yield f"/* {self.prefix}: {title} */"
            yield "\n".join(self._function(step))

    def calls(self, when_out_of_range: str) -> Iterator[str]:
        """The statements that run it; ``when_out_of_range`` is what to do where an index asks for what there is not.

        Before state is overwritten, that is known.
        """
        steps = self.schedule.steps
        is_checked = True
        if any(map(self._may_fail, steps)):
            yield "int64_t fault = 0;"
        for step in steps:
            if not is_checked and state_written(_instructions(step), self.schedule.layouts):
                yield f"if (fault) {when_out_of_range}"
                is_checked = True
            arguments = [self.address(root) for root in self._memory(step)]
            if self._may_fail(step):
                arguments.append("&fault")
                is_checked = False
            yield f"{listed(self._name(step), arguments)};"
        if not is_checked:
            yield f"if (fault) {when_out_of_range}"

    def result(self, target: str) -> Iterator[str]:
        """The statements that copy the program's one output into the array ``target``."""
        (output,) = self.program.outputs
        assert isinstance(output, Var)
        layout = self.schedule.layouts[output]
        loops = [(f"i{d}", n) for d, n in enumerate(output.shape) if n > 1]
        place: list[tuple[int, str]] = []
        size = 1
        for name, n in reversed(loops):
            place.insert(0, (size, name))
            size *= n
        source = self._element(layout.root, index_of(layout, [f"i{d}" for d in range(len(output.shape))]))
        yield from nested(loops, [f"{target}[{index_text(0, *place)}] = {source};"])

    def scalar(self) -> str:
        """The text of the program's one output, a number."""
        (output,) = self.program.outputs
        assert isinstance(output, Var)
        layout = self.schedule.layouts[output]
        return self._element(layout.root, str(layout.offset))

    def address(self, root: Var) -> str:
        """The text of where the memory of a value begins."""
        if root.name in self.outside:
            return self.outside[root.name]
        offset = self.schedule.arena.offsets[root]
        return f"memory.{root.dtype}s" + (f" + {offset}" if offset else "")

    def _element(self, root: Var, index: str) -> str:
        if root.name in self.outside:
            return f"{self.outside[root.name]}[{index}]"
        return f"memory.{root.dtype}s[{shifted(index, self.schedule.arena.offsets[root])}]"

    def _function(self, step: Step) -> Iterator[str]:
        comments = [comment(i).replace("*/", "* /").replace("/*", "/ *") for i in _instructions(step)]
        yield "/* " + "\n   ".join(comments) + " */"
        yield from block(listed(f"static void {self._name(step)}", self._parameters(step)), self._bodies[id(step)])

    def _parameters(self, step: Step) -> Iterator[str]:
        written = self.schedule.writes(step)
        for root in self._memory(step):
            constant = "" if root in written else "const "
            yield f"{constant}{C_TYPES[root.dtype]} *restrict {self.schedule.names[root]}_m"
        if self._may_fail(step):
            yield "int64_t *fault"

    def _memory(self, step: Step) -> list[Var]:
        """The values whose memory the function of a step is given."""
        words = set(re.findall(r"\w+_m\b", "\n".join(self._bodies[id(step)])))
        return [root for root in self.schedule.outside(step) if f"{self.schedule.names[root]}_m" in words]

    def _name(self, step: Step) -> str:
        names = [self.schedule.names[i.output] for i in _instructions(step)]
        if isinstance(step, Kernel) and step.product is not None:  # named for the layer: linear1, of linear1_matmul
            return f"{self.prefix}_{min((name for name in names if names[0].startswith(name)), key=len)}"
        return f"{self.prefix}_{names[-1]}"

    def _may_fail(self, step: Step) -> bool:
        return any(re.search(r"\bfault\b", line) for line in self._bodies[id(step)])


def listed(begin: str, parts: Iterable[str]) -> str:
    """``begin(parts)``, on as many lines as it takes."""
    text = ", ".join(parts)
    if len(begin) + len(text) + 2 <= WIDTH:
        return f"{begin}({text})"
    parted = text.replace(" ", "\0").replace(",\0", ", ")  # a type and a name stay together
    lines = textwrap.wrap(parted, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"{begin}(", *(f"    {line}" for line in lines)]).replace("\0", " ") + ")"


def _instructions(step: Step) -> tuple[Instruction, ...]:
    return step.instructions if isinstance(step, Kernel) else (step,)
