"""An instruction of a program, and the values that it reads and makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from glassnet.ops.dtypes import Dtype
from glassnet.ops.indexing import ARRAY, arrays_in
from glassnet.ops.record import Op

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
    """A call of a module: its name, and which call of it in the trace."""

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
        first = len(arguments) - arrays_in(self.params)  # the arrays of an index stand in it
        arguments, arrays = arguments[:first], iter(arguments[first:])
        arguments += [f"{name}={_param_text(value, arrays)}" for name, value in self.params.items()]
        return f"{self.op.name}({', '.join(arguments)})"


def _param_text(value: Any, arrays: Iterator[str]) -> str:
    if value is ARRAY:
        return next(arrays, str(ARRAY))
    if isinstance(value, slice):
        parts = ["" if n is None else str(n) for n in (value.start, value.stop, value.step)]
        return ":".join(parts if value.step is not None else parts[:2])
    if isinstance(value, tuple):
        inside = ", ".join(_param_text(part, arrays) for part in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if hasattr(value, "bit_generator"):  # not by class, for which numpy.random would have to be loaded
        return "generator"
    return str(value)
