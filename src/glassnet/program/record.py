"""Record: run a function once, for real, and keep every instruction that passed through the door.

While it runs, a `Recorder` stands beside the door. It knows values by the arrays that hold them.
Names come afterwards, when it is known what every value was for (see `naming`).
"""

from __future__ import annotations

import linecache
import sys
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import glassnet
from glassnet.errors import GlassnetError
from glassnet.graph import Node
from glassnet.ops.indexing import getitem
from glassnet.ops.movement import cast
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.program.program import Phase
from glassnet.tensor import Tensor

HOUSE = str(Path(glassnet.__file__).parent)


class RecordingError(GlassnetError, RuntimeError):
    """Something in the function cannot become part of a program; the message says what, where, and
    the way out."""


@dataclass(slots=True)
class Noted:
    """An instruction as it was noted: values are numbers that stand for arrays."""

    op: Op
    inputs: tuple[Any, ...]  # `Slot`s, Python numbers, None
    output: int
    params: dict[str, Any]
    phase: Phase
    module: str
    derivative_of: int | None = None
    into: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """The number of a value."""

    number: int


@dataclass
class Recorder:
    """Whoever stands beside the door and writes down what passes."""

    modules: dict[int, str] = field(default_factory=dict)
    noted: list[Noted] = field(default_factory=list)
    arrays: list[Any] = field(default_factory=list)  # by number; held, so that no id is used twice
    gradients: dict[int, int] = field(default_factory=dict)  # value -> its gradient, the last one computed
    tensors: list[Any] = field(default_factory=list)  # weak references to every result
    path: list[str] = field(default_factory=list)
    updating: bool = False
    _numbers: dict[int, int] = field(default_factory=dict)
    _written: list[tuple[Any, int]] = field(default_factory=list)
    _deriving: int | None = None
    _backward: int = 0

    # what the door tells -------------------------------------------------------------------------

    def note(self, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any], result: Any) -> None:
        """An operation has happened."""
        if op is getitem and any(_is_mask(v) for v in values[1:]):
            self._refuse_here(
                "picks elements by a bool tensor, so the shape of the result depends on values; use "
                "glassnet.where(mask, x, 0), which keeps the shape"
            )
        # an update gives back the very array it wrote to, which goes on being the state it was
        array = result.array
        self._add(op, values, params, self._new(array.view()) if op.writes else self.number(array))
        self.tensors.append(weakref.ref(result))

    def note_write(self, target: Any, op: Op, values: list[Any], params: dict[str, Any]) -> None:
        """An operation has happened in place: what the target's array holds is a new value from now on."""
        operands = tuple(map(self._operand, values))
        before = self.number(target.array)
        after = self._new(target.array)
        self._append(op, operands, after, params)
        self._written.append((target.array, after))
        if self._is_origin(before):  # state keeps its name; what is read from it later is the new value
            self._numbers[id(target.array)] = before
            self.noted[-1].into, self.noted[-1].phase = before, "update"

    def casts(self, inputs: tuple[Any, ...], values: list[Any]) -> None:
        """Inputs were cast on their way in: an instruction like any other."""
        for x, value in zip(inputs, values, strict=True):
            array = getattr(x, "array", x)
            if isinstance(array, np.ndarray) and array is not value:
                self._add(cast, [array], {"dtype": value.dtype}, self.number(value))

    def deriving(self, node: Node) -> None:
        """Backward has come to ``node``."""
        self._deriving = self.number(node.output)

    def gradient(self, parent: Any, gradient: Any) -> None:
        """``gradient`` is what has been gathered for ``parent``, a node or a leaf."""
        value = parent.output if isinstance(parent, Node) else parent.array
        self.gradients[self.number(value)] = self.number(gradient.array)

    def read(self, what: str) -> None:
        """Python asks for the numbers in a tensor: raises RecordingError, for they are of this run only."""
        self._refuse_here(
            f"{what} reads a tensor's value in Python. The program would keep this run's value for ever. Return the "
            "tensor and read it outside, or choose with glassnet.where(condition, a, b)"
        )

    def check_kept(self, result: Any, gradients: list[Any]) -> None:
        """Refuse a recording of a function that has put a tensor somewhere where it outlives the call.

        Later calls would not put theirs there. ``gradients`` and what is within ``result`` are expected.
        """
        expected = {id(tensor) for tensor in _tensors_within([result, *gradients])}
        for reference in self.tensors:
            tensor = reference()
            if tensor is None or id(tensor) in expected:
                continue
            raise RecordingError(
                f"the function keeps a tensor of shape {written(tensor.shape)} that it computed (in a list, an "
                "attribute or a global). The program would do that only this once. Return the tensor instead, and keep "
                "it outside"
            )

    # bookkeeping -----------------------------------------------------------------------------------

    def number(self, array: Any) -> int:
        """The number of the value in ``array``."""
        known = self._numbers.get(id(array))
        return self._new(array) if known is None else known

    def _new(self, array: Any) -> int:
        self.arrays.append(array)
        self._numbers[id(array)] = len(self.arrays) - 1
        return len(self.arrays) - 1

    @property
    def made(self) -> set[int]:
        """The ids of the arrays whose values instructions made."""
        return {id(self.arrays[noted.output]) for noted in self.noted}

    def _is_origin(self, number: int) -> bool:
        return all(noted.output != number for noted in self.noted)

    def _operand(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        number = self.number(value)
        for memory, when in self._written:
            if number < when and memory is not value and np.may_share_memory(memory, value):
                self._refuse_here(
                    "reads memory through one tensor after it was changed in place through another, which a program "
                    "has no word for; make a new tensor instead (x = x + 1 for x += 1, or clone())"
                )
        return Slot(number)

    def _add(self, op: Op, values: list[Any], params: dict[str, Any], output: int) -> None:
        self._append(op, tuple(map(self._operand, values)), output, params)

    def _append(self, op: Op, operands: tuple[Any, ...], output: int, params: dict[str, Any]) -> None:
        phase: Phase = "update" if self.updating or op.writes else "backward" if self._backward else "forward"
        deriving = self._deriving if phase == "backward" else None
        path = self.path[-1] if self.path else ""
        self.noted.append(Noted(op, operands, output, dict(params), phase, path, deriving))

    def _refuse_here(self, why: str) -> None:
        place, line = users_line()
        raise RecordingError(f"{place}: `{line}` {why}.")

    @contextmanager
    def backward(self) -> Iterator[None]:
        """Within, what happens is part of a backward pass."""
        self._backward += 1
        try:
            yield
        finally:
            self._backward -= 1
            self._deriving = None


def _tensors_within(result: Any) -> Iterator[Any]:
    """The tensors in a result, and those that the views among them look into."""
    if isinstance(result, Tensor):
        while result is not None:
            yield result
            result = result.view_of[0] if result.view_of else None
    elif isinstance(result, Mapping):
        for inner in result.values():
            yield from _tensors_within(inner)
    elif isinstance(result, list | tuple):
        for inner in result:
            yield from _tensors_within(inner)


def _is_mask(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.bool_


def users_line() -> tuple[str, str]:
    """(place, text) of the innermost line that is not glassnet's own."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HOUSE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"{Path(name).name}, line {number}", linecache.getline(name, number).strip()
