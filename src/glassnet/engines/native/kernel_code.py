"""What the C of every kernel is made of: a statement an instruction, of locals and elements of memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping

from glassnet.engines.native.c_operations import expression, operand_type
from glassnet.engines.native.c_types import C_TYPES, number
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.engines.native.layouts import Layout, seen_by
from glassnet.engines.native.target import Target
from glassnet.program.program import Instruction, Var


class KernelCode(ABC):
    """The body of the function of a kernel.

    ``stored`` are the values that others read from memory, ``names`` what each value is called: as a local, and with
    ``_m`` after it as memory.
    """

    def __init__(
        self, kernel: Kernel, layouts: Layouts, stored: set[Var], names: Mapping[Var, str], target: Target
    ) -> None:
        self.kernel = kernel
        self.layouts = layouts
        self.stored = stored
        self.names = names
        self.target = target

    @property
    @abstractmethod
    def is_shared(self) -> bool:
        """Whether the threads of a team divide the work; otherwise the first does it."""

    @property
    def may_fail(self) -> bool:
        """Whether it follows an index, which may be out of range."""
        return any(instruction.op.name == "gather" for instruction in self.kernel.instructions)

    @property
    def waits(self) -> bool:
        """Whether the threads wait for one another while they are at it."""
        return False

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """The statements."""

    @abstractmethod
    def index(self, offset: int, steps: tuple[int, ...]) -> str:
        """The text of the element that the loops are at, of memory that is gone over in ``steps``."""

    def local(self, made: Instruction, _reader: Instruction) -> str:
        """The text by which a later instruction reads what an instruction of the kernel made."""
        return self.names[made.output]

    def statement(self, instruction: Instruction) -> Iterator[str]:
        """The computation of one element, and where it is stored."""
        text = expression(instruction, self.operands(instruction))
        yield f"const {C_TYPES[instruction.output.dtype]} {self.names[instruction.output]} = {text};"
        yield from self.stores(instruction)

    def stores(self, instruction: Instruction) -> Iterator[str]:
        """The statement that stores a result, where it is needed in memory."""
        output = instruction.output
        if output not in self.stored and not instruction.into:
            return
        once = "if (!id) " if self.is_once(instruction) and self.is_shared else ""
        yield f"{once}{self.place(instruction)} = {self.local(instruction, instruction)};"

    def is_once(self, instruction: Instruction) -> bool:
        """Whether every thread computes it, the same number."""
        return not self.kernel.reduced and self.kernel.is_for_each_row(instruction)

    def place(self, instruction: Instruction) -> str:
        """The element of memory that a result goes to."""
        layout = self.layouts[instruction.output]
        return self._element(layout, self.kernel.result_steps(layout, instruction))

    def operands(self, instruction: Instruction) -> list[str]:
        """The texts of what an instruction reads."""
        seen = iter(seen_by(instruction, self.layouts))
        texts = [
            self._read(next(seen)[1], instruction) if isinstance(x, Var) else number(x, operand_type(instruction))
            for x in instruction.inputs
        ]
        if instruction.op.name == "gather":
            x, dim = instruction.reads[0], instruction.params["dim"]
            ((_, step),) = self.layouts[x].dims[dim]
            texts[1] = index_text(0, (step, f"in_range_({texts[1]}, {x.shape[dim]}, fault)"))
        return texts

    def _read(self, layout: Layout, instruction: Instruction) -> str:
        made = self.maker(layout.root, instruction)
        if made is not None:
            return self.local(made, instruction)
        return self._element(layout, self.kernel.steps(layout, instruction))

    def _element(self, layout: Layout, steps: tuple[int, ...] | None) -> str:
        assert steps is not None  # the kernel is consistent
        return f"{self.names[layout.root]}_m[{self.index(layout.offset, steps)}]"

    def maker(self, root: Var, reader: Instruction) -> Instruction | None:
        """The instruction of the kernel that made what ``reader`` reads; None where that is in memory."""
        found = None
        for instruction in self.kernel.instructions:
            if instruction is reader:
                break
            if self.layouts[instruction.output].root == root:
                found = instruction
        return found


def index_text(offset: int, *terms: tuple[int, str]) -> str:
    """The text of an index: an offset, and steps times names."""
    texts = [str(offset)] if offset else []
    texts += [name if step == 1 else f"{step}*{name}" for step, name in terms if step]
    return " + ".join(texts) or "0"


def loop_head(name: str, size: int, step: int = 1, shared: bool = False) -> str:
    """The head of a loop; of one that is ``shared`` each thread makes its part of the passes."""
    begin, end = "0", str(size)
    if shared:
        times = "" if step == 1 else f"{step}*"
        begin, end = (f"{times}{bound}_({size // step}, id, threads)" for bound in ("begin", "end"))
    more = f"{name}++" if step == 1 else f"{name} += {step}"
    return f"for (long {name} = {begin}; {name} < {end}; {more})"


def block(head: str, body: Iterable[str]) -> Iterator[str]:
    """Lines in braces."""
    yield f"{head} {{"
    yield from indented(body)
    yield "}"


def indented(lines: Iterable[str]) -> Iterator[str]:
    """Lines one step further to the right."""
    return (f"    {line}" if line else "" for line in lines)
