"""The schedule of a program for any C compiler: the kernels of the native engine, in plain loops and static memory.

Products, convolutions and recurrent layers are written otherwise here: as the loops that a textbook has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from glassnet.engines.native.arena import Arena, arena_of, lives_of
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import KernelCode
from glassnet.engines.native.kernels import Kernel
from glassnet.engines.native.segments import Schedule
from glassnet.engines.native.target import PORTABLE
from glassnet.export.c.element_code import ElementCode, Place, Product
from glassnet.export.c.recurrence_back import back_over_time
from glassnet.export.c.recurrence_code import LAST, LAYERS, OF_8_BITS, over_time
from glassnet.export.c.window_code import Convolution, ConvolutionWeight, ConvTranspose
from glassnet.export.inference import ExportError
from glassnet.ops.dtypes import Dtype
from glassnet.program.instruction import Instruction, Var
from glassnet.program.program import Program

Step = Kernel | Instruction

CODES: dict[str, type[ElementCode]] = {  # by the names of operations, as are WRITERS
    "conv_transpose": ConvTranspose,
    "convolution": Convolution,
    "convolution_weight": ConvolutionWeight,
    "int8_convolution": Convolution,
    "int8_matmul": Product,
    "matmul": Product,
}
BACK = tuple(f"{name}_backward" for name in LAYERS)
WRITERS: dict[str, Callable[[Place, Instruction], Iterator[str]]] = {
    **{f"{bits}{last}{name}": over_time for bits in ("", OF_8_BITS) for last in ("", LAST) for name in LAYERS},
    **dict.fromkeys(BACK, back_over_time),
}
KNOWN = {*CODES, "max_pool", "max_pool_backward"}  # of the operations that need not be decomposed


def is_known(instruction: Instruction) -> bool:
    """Whether an instruction need not be decomposed."""
    name, reads = instruction.op.name, instruction.reads
    if name in (*LAYERS, *BACK) and instruction.params.get("sizes"):
        return False  # packed sequences are written step by step
    if name in LAYERS:
        return len(instruction.inputs) < 8  # as are those with a projection
    if name in BACK:
        return len(reads) == 4 and len(reads[0].shape) == 3
    return name in KNOWN


@dataclass
class Memory(Arena):
    """A place for each value in the array of its dtype, counted in elements; ``sizes`` are those of the arrays."""

    sizes: dict[Dtype, int] = field(default_factory=dict)


class PortableSchedule(Schedule):
    """What runs, in order, and where its values are. Raises ExportError for what cannot be written in C."""

    arena: Memory

    def __init__(self, program: Program) -> None:
        for var in (*program.inputs, *program.state, *program.constants, *(i.output for i in program)):
            if var.dtype not in C_TYPES:
                raise ExportError(f"{var} is {var.dtype}, which C99 has no numbers of; make it float32")
        super().__init__(program, {}, PORTABLE)
        for step in self.steps:
            if not isinstance(step, Kernel) and (step.op.name not in WRITERS or step.into) and _gives_numbers(step):
                where = step.module or step.output
                raise ExportError(
                    f"{where} computes {step.op.name}, which cannot be written in C yet; export it with --to numpy"
                )

    @property
    def steps(self) -> list[Step]:
        """Kernels, and what is written whole."""
        return [step for step in self._steps if isinstance(step, Step) and _gives_numbers(step)]

    def body(self, step: Step) -> Iterator[str]:
        """The statements of a step."""
        if isinstance(step, Kernel):
            return self.codes[id(step)].lines()
        return WRITERS[step.op.name](Place(self.layouts, self.names), step)

    def outside(self, step: Step) -> list[Var]:
        """All memory that a step reads or writes, in the order of its instructions."""
        if isinstance(step, Kernel):
            return self.touches(step)
        return list(dict.fromkeys(self.layouts[x].root for x in (*step.reads, step.output)))

    def _kernel_of(self, instruction: Instruction) -> Kernel | None:
        name = instruction.op.name
        if name in WRITERS:
            return None
        if name in CODES and not instruction.into and _gives_numbers(instruction):
            dims = self.layouts[instruction.output].dims
            sizes = tuple(n for pairs in dims for n, _ in pairs if n != 1)
            return Kernel((instruction,), sizes, product=instruction)
        return super()._kernel_of(instruction)

    def _code(self, kernel: Kernel) -> KernelCode:
        if kernel.product is None:
            return super()._code(kernel)
        code = CODES[kernel.product.op.name]
        return code(kernel, self.layouts, self.stored, self.names, self.target)

    def _arena(self) -> Memory:
        made = [self.writes(step) - set(self.program.state) for step in self.steps]
        lives = lives_of(made, [self.reads(step) for step in self.steps], self.wanted)
        memory = Memory()
        for dtype in dict.fromkeys(var.dtype for var in lives):
            of_dtype = arena_of({var: life for var, life in lives.items() if var.dtype == dtype}, dtype.itemsize)
            memory.offsets |= {var: offset // dtype.itemsize for var, offset in of_dtype.offsets.items()}
            memory.sizes[dtype] = of_dtype.nbytes // dtype.itemsize
            memory.nbytes += of_dtype.nbytes
        return memory


def _gives_numbers(step: Step) -> bool:
    """Whether anything is to be computed."""
    return isinstance(step, Kernel) or 0 not in step.output.shape
