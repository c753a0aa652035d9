"""A program: one step written down as data, a short list of typed instructions.

`record` makes one of a function that ran, passes turn it into a better one, readers run, draw,
explain or export it. It holds no numbers but constants: state and inputs are named here and
bound to arrays by whoever runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from glassnet.notebook import repr_html
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.record import Op
from glassnet.ops.shapes import written

Phase = Literal["forward", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "backward", "update")


@dataclass(frozen=True, slots=True)
class Var:
    """A value of a program: its name, and the shape and dtype it has whenever the program runs."""

    name: str
    shape: tuple[int, ...]
    dtype: Dtype

    def __str__(self) -> str:
        return self.name

    @property
    def nbytes(self) -> int:
        """The bytes that the value takes."""
        size = self.dtype.itemsize
        for n in self.shape:
            size *= n
        return size


Operand = Var | int | float | bool | None


class Call(NamedTuple):
    """A call of a module: its name, and which call of the recording it was."""

    module: str
    number: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """``output = op(*inputs, **params)``.

    ``phase`` is when it happens, ``module`` the module whose forward asked for it, ``calls`` the calls of
    modules that were going on then, from the outermost to that one, and
    ``derivative_of``, for a backward instruction, the name of the forward value whose derivative
    it helps to compute. ``into`` names the state that the result overwrites; update operations
    overwrite those of their inputs that their record says (`writes`).
    """

    op: Op
    inputs: tuple[Operand, ...]
    output: Var
    params: Mapping[str, Any] = field(default_factory=dict)
    phase: Phase = "forward"
    module: str = ""
    derivative_of: str = ""
    into: str = ""
    calls: tuple[Call, ...] = field(default=(), compare=False)

    @property
    def reads(self) -> tuple[Var, ...]:
        """The values among its inputs."""
        return tuple(x for x in self.inputs if isinstance(x, Var))

    @property
    def writes(self) -> tuple[str, ...]:
        """The names of the state it overwrites."""
        targets = (self.inputs[i] for i in self.op.writes if i < len(self.inputs))
        written_inputs = tuple(x.name for x in targets if isinstance(x, Var))
        return (self.into, *written_inputs) if self.into else written_inputs

    @property
    def is_view(self) -> bool:
        """Whether the result is a view of the one input: no numbers are moved."""
        return self.op.view and len(self.inputs) == 1

    @property
    def text(self) -> str:
        """The instruction as a person would write it, without the name of its result."""
        arguments = ["None" if x is None else str(x) for x in self.inputs]
        arguments += [f"{name}={_param_text(value)}" for name, value in self.params.items()]
        return f"{self.op.name}({', '.join(arguments)})"


def _param_text(value: Any) -> str:
    if isinstance(value, slice):
        parts = ["" if n is None else str(n) for n in (value.start, value.stop, value.step)]
        return ":".join(parts if value.step is not None else parts[:2])
    if isinstance(value, tuple):
        inside = ", ".join(map(_param_text, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if type(value).__module__.startswith("numpy.random"):
        return "generator"
    return str(value)


@dataclass(frozen=True, repr=False)
class Program:
    """Instructions in order, and the values they start from: inputs, state, constants.

    ``outputs`` are what it gives back. ``kept`` are further values that whoever runs it wants to
    look at afterwards (gradients), so no pass may drop them or reuse their memory. ``derivatives``
    says of values, by name, which value is the gradient, as recorded: a pass may have dropped it.
    """

    inputs: tuple[Var, ...]
    state: tuple[Var, ...]
    constants: Mapping[Var, Array] = field(compare=False)
    instructions: tuple[Instruction, ...]
    outputs: tuple[Operand, ...]
    kept: tuple[Var, ...] = ()
    derivatives: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    history: Mapping[str, Program] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.instructions)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)

    def __repr__(self) -> str:
        return program_text(self)

    _repr_html_ = repr_html

    @property
    def wanted(self) -> tuple[Var, ...]:
        """The values that have to be there when it ends."""
        return tuple(x for x in self.outputs if isinstance(x, Var)) + self.kept

    def having(self, **changes: Any) -> Program:
        """The same program but for ``changes`` of its fields."""
        return replace(self, **changes)

    def after(self, name: str) -> Program:
        """The program as it was after the pass ``name``; "traced" is before all passes."""
        if name not in self.history:
            raise KeyError(f"expected the name of a pass, {', '.join(self.history)}; got {name!r}")
        return self.history[name]

    def phase(self, phase: Phase) -> tuple[Instruction, ...]:
        """The instructions of one phase, in order."""
        return tuple(i for i in self.instructions if i.phase == phase)


def titles(instructions: Iterable[Instruction]) -> Iterator[str]:
    """For each instruction the title that goes before it: its phase where that begins, "" elsewhere.

    A phase may come again, as forward does where something is computed of what was just learned.
    """
    phase, seen = "", set()
    for instruction in instructions:
        begins, phase = instruction.phase != phase, instruction.phase
        yield "" if not begins else f"{phase} again" if phase in seen else phase
        seen.add(phase)


def program_text(program: Program) -> str:
    """One line an instruction, each field in a column of its own."""
    lines = declarations(program)
    rows = []
    for instruction in program.instructions:
        name, kind, text, origin = row(instruction)
        rows.append((name, kind, f"= {text}", f"# {origin}" if origin else ""))
    widths = [max((len(cells[c]) for cells in rows), default=0) for c in range(4)]
    for title, cells in zip(titles(program.instructions), rows, strict=True):
        if title:
            lines.append(f"{title}:")
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append(f"  {line}".rstrip())
    outputs = ", ".join(str(x) for x in program.outputs)
    return "\n".join([*lines, f"output: {outputs or 'nothing'}"])


def declarations(program: Program) -> list[str]:
    """A line for each kind of value that a program starts from: "input: x float32[2, 3]"."""
    starts = (("input", program.inputs), ("state", program.state), ("constant", tuple(program.constants)))
    return [
        f"{kind}: " + ", ".join(f"{v.name} {v.dtype}{written(v.shape)}" for v in values)
        for kind, values in starts
        if values
    ]


def row(instruction: Instruction) -> tuple[str, str, str, str]:
    """An instruction in four texts: the result's name, its dtype and shape, the call, and where it comes from."""
    kind = f"{instruction.output.dtype}{written(instruction.output.shape)}"
    name = instruction.into or instruction.output.name
    origin = instruction.module
    if instruction.derivative_of:
        origin = f"∂ {instruction.derivative_of}" + (f" in {origin}" if origin else "")
    return name, kind, instruction.text, origin
