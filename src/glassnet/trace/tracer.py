"""Tracer: the observer that keeps what a function does while it runs once, for real.

    >>> y = x * 2
    >>> z = y.sum()

is kept as two operations on numbered values: 1 = mul(0, 2) and 2 = sum(1). A value is known by the array that holds it,
not by its tensor, for two tensors may share one array. An operation in place puts a new value in an old array:

    >>> x.add_(1)   # 3 = add(0, 1); the array of x is 3 from now on

Names come afterwards, when it is known what every value was for (see `lowering`).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.nn.parameter import Parameter
from glassnet.ops.dtypes import Array, plain_dtype
from glassnet.ops.indexing import getitem
from glassnet.ops.movement import broadcast_to, cast, copy
from glassnet.ops.put_back import put_back
from glassnet.ops.record import Op, Spec, Value
from glassnet.program.program import Call, Phase
from glassnet.tensor import Tensor
from glassnet.tensor.dispatch import State
from glassnet.tensor.wording import Size
from glassnet.trace.aliasing import STALE, Aliasing
from glassnet.trace.captures import Captures
from glassnet.trace.escapes import Escapes
from glassnet.trace.gradients import Gradients
from glassnet.trace.refusals import EarlierError, Refusals, TraceError, given_by_user, refuse
from glassnet.trace.snapshot import Snapshot

__all__ = ["Slot", "TraceError", "TracedOp", "Tracer"]


@dataclass(frozen=True, slots=True)
class Slot:
    """The number of a value."""

    number: int


@dataclass(slots=True)
class TracedOp:
    """An operation that happened, its values as numbers.

    ``into`` is the number of the value, older than all instructions, in whose memory the result was
    put; whether that memory outlives the function, and so is state, is known only at the end.
    """

    op: Op
    inputs: tuple[Any, ...]  # `Slot`s, Python numbers, None
    output: int
    params: dict[str, Any]
    phase: Phase
    module: str
    derivative_of: int | None = None
    into: int | None = None
    calls: tuple[Call, ...] = ()


@dataclass
class Tracer(Refusals):
    """What one run did, for `lower` to make a program of.

    ``captures`` knows the modules and optimizers that the function uses, and is told of those it did not know. What
    is of this run only is refused, unless the program is to be run ``once``.
    ``snapshot`` has what is to be put back after the run.
    """

    captures: Captures | None = None
    once: bool = False
    snapshot: Snapshot = field(default_factory=Snapshot)
    ops: list[TracedOp] = field(default_factory=list)
    arrays: list[Any] = field(default_factory=list)  # by number; kept, so that no id is used twice
    roots: dict[int, int] = field(default_factory=dict)  # value -> the oldest value of the same memory
    owners: dict[int, list[Any]] = field(default_factory=dict)  # value -> its tensors, by weak references
    derivatives: dict[int, int] = field(default_factory=dict)  # value -> its gradient, the last one computed
    names: dict[int, str] = field(default_factory=dict)  # value -> what the function that made it calls it
    gradients: Gradients = field(default_factory=Gradients)
    created: Escapes = field(default_factory=Escapes)
    calls: list[Call] = field(default_factory=list)  # of modules that are going on, the outermost first
    updating: int = 0
    _inputs: set[int] = field(default_factory=set)
    _made: set[int] = field(default_factory=set)
    _aliasing: Aliasing = field(default_factory=Aliasing)
    _numbers: dict[int, int] = field(default_factory=dict)
    _new_data: set[int] = field(default_factory=set)  # values that were made of numbers and lists
    _deriving: int | None = None
    _backward: int = 0
    _called: int = 0

    # operations -------------------------------------------------------------------------

    def note(self, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any], result: Any) -> None:
        """An operation has happened."""
        if op is getitem and not self.once and any(_is_mask(v) for v in values[1:]):
            refuse(
                "picks elements by a bool tensor, so the shape of the result depends on values; use "
                "glassnet.where(mask, x, 0), which keeps the shape"
            )
        operands = self._operands(inputs, values)
        # an update gives back the very array it wrote to, which goes on being the state it was
        array = result.array
        self._aliasing.add_view(result)
        self._append(op, operands, self._new(array.view() if op.writes else array), params)
        self.created.add(result)

    def drawing(self, generator: Any) -> None:
        """Random numbers are about to be drawn."""
        self.snapshot.keep_generator(generator)

    def writing(self, target: Any, inputs: tuple[Any, ...]) -> None:
        """An operation is about to happen in place."""
        targets = [target]
        while (view_of := self._aliasing.view_of(targets[-1])) is not None:
            targets.append(view_of[0])
        if any(self._number_of(x) in self._inputs for x in targets):
            refuse(
                "changes an argument in place, which a program does not; make a new tensor (x = x + 1 for x += 1), "
                "or let the function find the tensor outside instead of being given it",
                EarlierError,
            )
        for x in (*targets, *inputs):
            self._keep(x)

    def note_write(
        self, target: Any, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any]
    ) -> None:
        """An operation has happened in place: what the target's array holds is a new value from now on."""
        operands = self._operands(inputs, values)
        array, since = target.array, len(self.arrays)
        spec = op.shape(*values, **params)
        steps: list[tuple[Op, dict[str, Any], Spec]] = [(op, params, spec)]
        if spec.dtype != array.dtype:
            steps.append((cast, {"dtype": array.dtype}, Spec(spec.shape, array.dtype)))
        if spec.shape != array.shape:
            steps.append((broadcast_to, {"shape": array.shape}, Spec(array.shape, array.dtype)))
            steps.append((copy, {}, steps[-1][2]))
        for step, its_params, its_spec in steps[:-1]:
            number = self._new(its_spec)
            self._append(step, operands, number, its_params)
            operands = (Slot(number),)
        self._replace(array, steps[-1][0], operands, steps[-1][1], since)
        self._write_bases(target, since)

    def wrapped(self, tensor: Any) -> None:
        """A tensor has been made."""
        self.created.add(tensor)
        if self.updating:  # a new slot of an optimizer's state, which begins with these numbers
            self.snapshot.keep_array(tensor.array)

    def called(self, tensor: Any, name: str) -> None:
        """People know what is in ``tensor`` by ``name``."""
        self.names[self.number(tensor.array)] = name

    def made_of(self, data: Any, array: Any) -> None:
        """``array``, the array of a tensor, was made of a person's ``data``: numbers, lists, an array, a tensor."""
        if isinstance(data, list | tuple):
            if any(isinstance(x, Tensor) for x in _within(data)):
                self.read("a list of tensors that becomes one (glassnet.stack() does that as well, and)")
            if any(isinstance(x, np.ndarray) for x in _within(data)):
                self.using_array()
        elif isinstance(data, Tensor | np.ndarray):
            source = getattr(data, "array", data)
            if isinstance(data, np.ndarray) and not self._knows(data):
                self.using_array()
            operands = self._operands((data,), [source])
            if array is not source:
                same = array.dtype == source.dtype
                self._append(copy if same else cast, operands, self._new(array), {} if same else {"dtype": array.dtype})
            return
        self._new_data.add(self.number(array))

    # autograd ---------------------------------------------------------------------------

    def deriving(self, output: Array) -> None:
        """Backward has come to the operation that gave ``output``."""
        number = self._numbers.get(id(output))
        if number is None or number not in self._made:
            refuse(
                "follows gradients back to before the function was called, where no program can go; cut the history "
                "of what the function is given: x.detach()",
                EarlierError,
            )
        self._deriving = number

    def derived(self, of: Value | Array, gradient: Any) -> None:
        """``gradient`` is the gradient so far of a leaf, or of the output of an operation."""
        self.derivatives[self._number_of(of)] = self.number(gradient.array)

    # modules and optimizers -----------------------------------------------------------------

    def accumulating(self, leaf: Any) -> None:
        """A gradient is about to be added to ``leaf.grad``."""
        if leaf not in self.created:
            self.gradients.need((leaf,))

    def clearing(self, leaves: Iterable[Any], to_none: bool) -> None:
        """Gradients are about to be forgotten, or set to 0."""
        (self.gradients.clear if to_none else self.gradients.need)(leaves)

    @contextmanager
    def within(self, module: Any) -> Iterator[None]:
        """Within, what happens is asked for by ``module``."""
        self._called += 1
        self.calls.append(Call(self.captures.name_of(module) if self.captures is not None else "", self._called))
        try:
            yield
        finally:
            self.calls.pop()

    @contextmanager
    def stepping(self, optimizer: Any) -> Iterator[None]:
        """Within, what happens is part of an optimizer's step."""
        if self.captures is not None:
            self.captures.meet(optimizer)
        for group in optimizer.param_groups:
            self.gradients.need(group["params"])
        slots = (x for slots in optimizer.state.values() for x in slots.values() if isinstance(x, Tensor))
        for x in (*slots, *(parameter for group in optimizer.param_groups for parameter in group["params"])):
            self._keep(x)
        self.updating += 1
        try:
            yield
        finally:
            self.updating -= 1

    @contextmanager
    def backward(self) -> Iterator[None]:
        """Within, what happens is part of a backward pass."""
        self._backward += 1
        try:
            yield
        finally:
            self._backward -= 1
            self._deriving = None

    # values -----------------------------------------------------------------------------------

    def take_inputs(self, arrays: Iterable[Any]) -> None:
        """Say which arrays the function is given."""
        self._inputs |= {self.number(array) for array in arrays}

    def number(self, array: Any) -> int:
        """The number of the value in ``array``."""
        known = self._numbers.get(id(array))
        return self._new(array) if known is None else known

    def _knows(self, array: Array) -> bool:
        """Whether an array is a value already, or one that the function captures under a name."""
        captured = () if self.captures is None else self.captures.arrays.values()
        return id(array) in self._numbers or any(array is x for x in captured)

    def origin_numbers(self) -> list[int]:
        """The numbers of values that no instruction made and that are not inputs."""
        used = {x.number for op in self.ops for x in op.inputs if isinstance(x, Slot)}
        used |= {op.into for op in self.ops if op.into is not None}
        return sorted(used - self._made - self._inputs)

    def origins(self) -> set[int]:
        """The ids of the arrays of those values."""
        return {id(self.arrays[number]) for number in self.origin_numbers()}

    def let_go(self) -> None:
        """Forget the arrays, which nobody will ask for again."""
        self.arrays, self.ops = [], []

    def unnamed_state(self) -> Iterator[tuple[str, Any]]:
        """The tensors, older than the run, that it got hold of though nothing reached has a name for them."""
        for number in self.origin_numbers():
            tensor = self.owner(number)
            if tensor is not None:
                is_parameter = isinstance(tensor, Parameter) or (tensor.requires_grad and tensor.is_leaf)
                yield "parameter" if is_parameter else "tensor", tensor

    def owner(self, number: int) -> Any:
        """A tensor that holds a value, was there before the function ran, and still is; None if there is none."""
        older = (t for reference in self.owners.get(number, ()) if (t := reference()) is not None)
        return next((t for t in older if number not in self._new_data and t not in self.created), None)

    def _keep(self, x: Any) -> None:
        """Remember what is in something older than the function, which may be about to change."""
        array = getattr(x, "array", x)
        number = self._number_of(x) if isinstance(array, np.ndarray) else None
        if number is not None and number not in self._made:
            self.snapshot.keep_array(array)

    def _number_of(self, x: Any) -> int:
        """The number of what a tensor (or array) holds, with a note of who holds it if it is not known yet."""
        array = getattr(x, "array", x)
        number = self.number(array)
        if number not in self._made and isinstance(x, State) and all(t() is not x for t in self.owners.get(number, ())):
            self.owners.setdefault(number, []).append(weakref.ref(x))
            if x._requires_grad and x.node is None and x not in self.created:
                self.gradients.meet((x,))
        return number

    def _new(self, array: Any) -> int:
        self.arrays.append(array)
        self._numbers[id(array)] = len(self.arrays) - 1
        return len(self.arrays) - 1

    def _operands(self, inputs: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
        arrays = sum(isinstance(getattr(x, "array", x), np.ndarray) for x in inputs)
        return tuple(self._operand(x, value, arrays > 0) for x, value in zip(inputs, values, strict=True))

    def _operand(self, x: Any, value: Any, beside_arrays: bool) -> Any:
        if isinstance(x, np.generic):
            x = x.item()
        if not isinstance(value, np.ndarray) or (isinstance(x, int | float) and beside_arrays):
            return x
        source = getattr(x, "array", x)
        if isinstance(source, np.ndarray) and source is not value:  # it was cast on its way in
            operand = self._operand(x, source, beside_arrays)
            self._append(cast, (operand,), self._new(value), {"dtype": value.dtype})
            return Slot(self.number(value))
        if isinstance(x, np.ndarray) and not self._knows(x) and given_by_user(x):
            self.using_array()
        number = self._number_of(x) if isinstance(x, State) else self.number(value)
        if self._aliasing.is_stale(number, self.arrays[number]):
            return Slot(self._taken_again(x))
        return Slot(number)

    def _taken_again(self, x: Any) -> int:
        """The number of what a tensor (or array) holds, of which the memory was changed through another one."""
        view_of = self._aliasing.view_of(x)
        if view_of is None:
            refuse(f"reads {STALE}")
        base, op, params = view_of
        number = self._number_of(base)
        if self._aliasing.is_stale(number, self.arrays[number]):
            number = self._taken_again(base)
        again = self._new(getattr(x, "array", x))
        self._append(op, (Slot(number),), again, params)
        return again

    def check_fresh(self, arrays: Iterable[Any]) -> None:
        """See that the function gives back what is in ``arrays``, where that was changed through another tensor."""
        for array in arrays:
            if self._aliasing.is_stale(self.number(array), array):
                if self._aliasing.view_of(array) is None:
                    raise TraceError(f"gives back {STALE}")
                self._taken_again(array)

    def _append(
        self, op: Op, operands: tuple[Any, ...], output: int, params: dict[str, Any], into: int | None = None
    ) -> None:
        phase: Phase = "update" if self.updating or op.writes else "backward" if self._backward else "forward"
        deriving = self._deriving if phase == "backward" else None
        module = self.calls[-1].module if self.calls else ""
        calls = tuple(self.calls)
        params = {name: _plain(value) for name, value in params.items()}
        self.ops.append(TracedOp(op, operands, output, params, phase, module, deriving, into, calls))
        self._made.add(output)

    def _replace(self, array: Any, op: Op, operands: tuple[Any, ...], params: dict[str, Any], since: int) -> None:
        """Note the instruction whose result has taken the place of what was in ``array``."""
        before = self.number(array)
        root = self.roots.get(before, None if before in self._made else before)
        after = self._new(array)
        if root is not None:
            self.roots[after] = root
        self._append(op, operands, after, params, root)
        self._aliasing.overwrite(array, since)

    def _write_bases(self, view: Any, since: int) -> None:
        """What was changed is a view: then so is the tensor it looks into, and that one's, if it is one."""
        while (view_of := self._aliasing.view_of(view)) is not None:
            base, op, params = view_of
            array: Any = getattr(base, "array", base)
            value, before = Slot(self.number(getattr(view, "array", view))), Slot(self._number_of(base))
            back, its_params, takes_base = put_back(op, params, array.shape)
            if takes_base:
                self._replace(array, back, (before, value), its_params, since)
            else:
                moved = self._new(Spec(array.shape, array.dtype))
                self._append(back, (value,), moved, its_params)
                self._replace(array, copy, (Slot(moved),), {}, since)
            view = base


def _within(data: Any) -> Iterator[Any]:
    for x in data:
        if isinstance(x, list | tuple):
            yield from _within(x)
        else:
            yield x


def _is_mask(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.bool_


def _plain(value: Any) -> Any:
    """A parameter whose text is source: no shape or dtype of a class of its own."""
    return tuple(value) if type(value) is Size else plain_dtype(value)
