"""What makes one run of a function do for many samples: an observer that does each operation for all of them.

The function runs once, on the first sample, and so sees the shapes of one. Each operation that it carries out is told
to the observer, which carries it out for all samples as well, by a rule of `batch_rules`, and keeps which array of the
one sample stands for which tensor of all. What is the same for all samples is kept as it is.

Observers within one another do as they should: what the inner one carries out for its samples is an operation that the
outer one is told of. So are gradients: they are operations too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from textwrap import indent
from typing import Any, NoReturn

import numpy as np

from glassnet.func.batch_rules import Call, Operand, repeated, rule_of, sample_by_sample
from glassnet.observer import mode, observers
from glassnet.ops.dtypes import Array
from glassnet.ops.movement import cast
from glassnet.ops.record import Op
from glassnet.tensor import Tensor, apply, wrap
from glassnet.tensor.dispatch import State


class Batching:
    """The observer of one call of a function that `vmap` gave, for ``size`` samples."""

    def __init__(self, size: int, randomness: str) -> None:
        self.size, self.randomness = size, randomness
        self.outer = mode.tracer
        # By the id of an array: the array, what it stands for outside, and whether that is of all samples.
        self._known: dict[int, tuple[Array, Any, bool]] = {}
        self._made: set[int] = set()  # arrays of tensors that came to be within
        self._kept: list[Any] = []  # so that no id is used twice

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Within, operations are for all samples."""
        before, mode.tracer = mode.tracer, self
        observers.add(here := object())
        try:
            yield
        finally:
            mode.tracer = before
            observers.remove(here)

    @contextmanager
    def _outside(self) -> Iterator[None]:
        before, mode.tracer = mode.tracer, self.outer
        try:
            yield
        finally:
            mode.tracer = before

    def take(self, sample: Any, whole: Any) -> None:
        """Say that ``sample`` stands for ``whole``: [size, …]."""
        self._note(sample.array, whole, True)

    def keep(self, x: Any) -> None:
        """Say that another tensor of the same array has no other history outside than ``x`` has."""
        self._note(x.array, *self._of(x))

    def whole(self, x: Any) -> Any:
        """What a result of the function stands for: that of all samples, [size, …]."""
        value, is_batched = self._of(x)
        with self._outside():
            return repeated(Operand(value, is_batched, tuple(x.shape)), self.size)

    def _note(self, array: Any, value: Any, is_batched: bool) -> None:
        self._known[id(array)] = array, value, is_batched
        self._kept.append(array)

    def _of(self, x: Any) -> tuple[Any, bool]:
        """What a tensor or array stands for outside, and whether that is of all samples."""
        array = x.array if isinstance(x, State) else x
        if not isinstance(array, np.ndarray):
            return x, False
        found = self._known.get(id(array))
        if found is not None:
            return found[1:]
        if isinstance(x, State) and x.view_of is not None:  # of one that has come to differ since
            base, op, params, _ = x.view_of
            value, is_batched = self._of(base)
            if value is not base:
                if is_batched:
                    whole = self._carried_out(op, (Operand(value, True, tuple(base.shape)),), params, x)
                else:
                    with self._outside():
                        whole = apply(op, value, **params)
                self._note(array, whole, is_batched)
                return whole, is_batched
        return (x if isinstance(x, State) else wrap(array)), False

    # operations -------------------------------------------------------------------------------

    def note(self, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any], result: Any) -> None:
        """An operation has been done for one sample: do it for all."""
        self._made.add(id(result.array))
        self._kept.append(result.array)
        operands = self._operands(op, inputs, values)
        if "generator" in params:
            self._draw(op, operands, params, result)
        elif any(operand.is_batched for operand in operands):
            self._note(result.array, self._carried_out(op, operands, params, result, inputs, values), True)
        elif self.outer is not None or result.requires_grad:  # outside it has another history, or none
            with self._outside():
                self._note(result.array, apply(op, *(operand.value for operand in operands), **params), False)

    def _operands(self, op: Op, inputs: tuple[Any, ...], values: list[Any]) -> tuple[Operand, ...]:
        operands = []
        for x, value in zip(inputs, values, strict=True):
            source = x.array if isinstance(x, State) else x
            if not isinstance(source, np.ndarray):
                operands.append(Operand(x, False, ()))
                continue
            whole, is_batched = self._of(x)
            if isinstance(value, np.ndarray) and value.dtype != whole.dtype:  # cast on its way in
                with self._outside():
                    whole = apply(cast, whole, dtype=value.dtype)
            if value is not source and isinstance(value, np.ndarray) and (is_batched or self.outer is not None):
                self._note(value, whole, is_batched)
            operands.append(Operand(whole, is_batched, tuple(np.shape(value))))
        return tuple(operands)

    def _carried_out(
        self,
        op: Op,
        operands: tuple[Operand, ...],
        params: dict[str, Any],
        result: Any,
        inputs: tuple[Any, ...] = (),
        values: Iterable[Any] = (),
    ) -> Any:
        call = Call(op, operands, params, self.size, tuple(result.shape))
        rule = rule_of(op)
        with self._outside():
            found = None if rule is None else rule(call)
        if found is None and op.expand is not None and not op.writes:
            found = self._decomposed(op, inputs, values, params)
        if found is None:
            with self._outside():
                found = sample_by_sample(call)
        return found

    def _decomposed(self, op: Op, inputs: tuple[Any, ...], values: Iterable[Any], params: dict[str, Any]) -> Any:
        """By the simpler operations, of which each is told to this observer again."""
        assert op.expand is not None
        given = [
            wrap(value) if isinstance(value, np.ndarray) and value is not getattr(x, "array", x) else x
            for x, value in zip(inputs, values, strict=True)
        ]
        given = [wrap(x) if isinstance(x, np.ndarray) else x for x in given]
        with self.observing():
            result = op.expand(*given, **params)
        return self._of(result)[0] if self._of(result)[1] else None

    def _draw(self, op: Op, operands: tuple[Operand, ...], params: dict[str, Any], result: Any) -> None:
        """Random numbers: others for each sample, or the same ones for all."""
        is_batched = any(operand.is_batched for operand in operands)
        if self.randomness == "same" and is_batched:
            _refuse(f'randomness="same" has {op.name} draw from one that differs; draw first, then move it')
        with self._outside():
            values = [operand.value for operand in operands]
            if self.randomness == "same":
                whole = apply(op, *values, **params)
            elif operands:
                values = [
                    repeated(operand, self.size) if isinstance(operand.value, State) else operand.value
                    for operand in operands
                ]
                whole = apply(op, *values, **params)
            elif "shape" in params:
                whole = apply(op, **{**params, "shape": (self.size, *params["shape"])})
            else:
                whole = sample_by_sample(Call(op, operands, params, self.size, tuple(result.shape)))
        is_of_all = self.randomness == "different"
        if self.size:
            result.array[...] = whole.array[0] if is_of_all else whole.array
        self._note(result.array, whole, is_of_all)

    def drawing(self, generator: Any) -> None:
        """Random numbers are about to be drawn: RuntimeError unless it is said how."""
        if self.randomness == "error":
            _refuse(
                "random numbers are drawn; say whether each sample has its own ones, "
                'randomness="different", or all have the same, randomness="same"'
            )

    def writing(self, target: Any, inputs: tuple[Any, ...]) -> None:
        """An operation is about to be written into ``target``: RuntimeError where that cannot hold all samples.

        What came to be within gets a twin outside before that, in which the same is written.
        """
        base = target
        while base.view_of is not None:
            base = base.view_of[0]
        value, is_batched = self._of(base)
        differs = any(self._of(x)[1] for x in inputs)
        is_followed = mode.grad and any(getattr(x, "requires_grad", False) for x in inputs)
        if is_batched or not (differs or is_followed or self.outer is not None):
            return
        if id(base.array) not in self._made:
            if differs or self.outer is not None:
                _refuse(
                    f"a tensor of shape {list(target.shape)} from outside is changed in place by what differs from "
                    "sample to sample; make a new one of it: x = x + y"
                )
            return
        if differs or value is base:
            with self._outside():
                twin = (repeated(Operand(value, False, tuple(base.shape)), self.size) if differs else value).clone()
            for key, (array, _, _) in list(self._known.items()):
                if array is not base.array and np.may_share_memory(array, base.array):
                    del self._known[key]  # a view, which is taken again when it is asked for
            self._note(base.array, twin, differs)

    def note_write(
        self, target: Any, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any]
    ) -> None:
        """An operation has been written into ``target``: write that of all."""
        whole, is_batched = self._of(target)
        if whole is target:
            return
        operands = self._operands(op, inputs, values)
        before = wrap(np.broadcast_to(np.zeros((), target.dtype), op.shape(*values, **params).shape))
        if any(operand.is_batched for operand in operands):
            result = self._carried_out(op, operands, params, before, inputs, values)
            result = Operand(result, True, tuple(before.shape))
        else:
            with self._outside():
                made = apply(op, *(operand.value for operand in operands), **params)
            result = Operand(made, False, tuple(before.shape))
        with self._outside():
            if is_batched:
                call = Call(op, (result,), {}, self.size, tuple(target.shape))
                whole.copy_(repeated(result, self.size) if call.shape == result.shape else _spread(call))
            else:
                whole.copy_(result.value)

    # what it is told besides ------------------------------------------------------------------

    def wrapped(self, tensor: Any) -> None:
        """A tensor has been made, of memory of its own or of another's."""
        array = tensor.array
        if array.base is None and id(array) not in self._known:
            self._made.add(id(array))
            self._kept.append(array)
        if self.outer is not None:
            self.outer.wrapped(tensor)

    def detached(self, array: Array) -> Array:
        """The array of a tensor that forgets its history: another, which stands for what is detached outside."""
        view = array.view()
        if id(array) in self._known:
            _, value, is_batched = self._known[id(array)]
            with self._outside():
                self._note(view, value.detach(), is_batched)
        return view

    def called(self, tensor: Any, name: str) -> None:
        """What people call it is of no matter here."""

    def made_of(self, data: Any, array: Any) -> None:
        """A tensor is made of a person's data: what differs between samples is not put into it unseen."""
        if isinstance(data, Tensor):
            value, is_batched = self._of(data)
            if is_batched or value is not data:
                with self._outside():
                    self._note(array, apply(cast, value, dtype=array.dtype), is_batched)
        elif isinstance(data, list | tuple):
            for x in data:
                if isinstance(x, Tensor | list | tuple):
                    self.read("a list of tensors that becomes one (stack() does that)", x) if isinstance(
                        x, Tensor
                    ) else self.made_of(x, array)

    def backward(self) -> AbstractContextManager[None]:
        """Within, operations are part of a backward pass."""
        return nullcontext() if self.outer is None else self.outer.backward()

    def deriving(self, output: Array) -> None:
        """Backward goes on."""

    def derived(self, of: Any, gradient: Any) -> None:
        """Backward has come somewhere."""

    def accumulating(self, leaf: Any) -> None:
        """backward() would add up gradients of one sample."""
        _refuse("backward() adds up gradients in place; take glassnet.func.grad, or autograd.grad")

    def clearing(self, leaves: Iterable[Any], to_none: bool) -> None:
        """Gradients are forgotten."""

    def within(self, module: Any) -> AbstractContextManager[None]:
        """Within, operations are part of a call of ``module``."""
        return nullcontext() if self.outer is None else self.outer.within(module)

    def stepping(self, optimizer: Any) -> AbstractContextManager[None]:
        """An optimizer would step for one sample."""
        _refuse("an optimizer steps, which is not done sample by sample; step outside")

    def read(self, what: str, tensor: Any = None) -> None:
        """Python asks for numbers: RuntimeError where they differ from sample to sample."""
        value, is_batched = self._of(tensor)
        if is_batched:
            _refuse(
                f"{what} reads numbers that differ from sample to sample. The function runs once for all of them: "
                "choose with glassnet.where(condition, a, b), or return the tensor and read it outside"
            )
        if self.outer is not None:
            self.outer.read(what, value)

    def custom(self, name: str, inputs: tuple[Any, ...]) -> None:
        """An autograd.Function: RuntimeError where its backward, of one sample, would have to be that of all."""
        if mode.grad and any(getattr(self._of(x)[0], "requires_grad", False) for x in inputs):
            _refuse(
                f"{name} has a backward of its own, which is for one sample, and is asked for outside as well; "
                "take the gradient within: vmap(grad(f))"
            )

    def printed(self, tensor: Any) -> str | None:
        """The numbers of all samples, as PyTorch writes them, and which ``vmap`` they are of: 1 is the outermost."""
        value, is_batched = self._of(tensor)
        with self._outside():
            text = repr(value)
        return f"BatchedTensor(lvl={self._level}, bdim=0, value=\n{indent(text, '    ')}\n)" if is_batched else text

    @property
    def _level(self) -> int:
        return 1 + (self.outer._level if isinstance(self.outer, Batching) else 0)

    def rounding(self) -> None:
        """Something was computed in bfloat16, of all samples as of one."""

    def replacing(self, what: str) -> None:
        """The memory of a tensor would be replaced for one sample."""
        _refuse(f"{what} is replaced; make a new tensor")

    def scheduling(self) -> None:
        """A schedule would step for one sample."""
        _refuse("a schedule of learning rates steps, which is not done sample by sample; step outside")

    def searching(self) -> None:
        """An optimizer would try steps for one sample."""
        _refuse("an optimizer steps, which is not done sample by sample; step outside")

    def seeding(self) -> None:
        """A random generator is set."""

    def refused(self, error: Exception) -> None:
        """An error is about to be raised."""


def _spread(call: Call) -> Any:
    """A result that is smaller than what it is written into, with dimensions of 1 for those it lacks."""
    (result,) = call.operands
    value = result.value if result.is_batched else repeated(result, call.size)
    return value.reshape(call.size, *(1,) * (len(call.shape) - len(result.shape)), *result.shape)


def _refuse(reason: str) -> NoReturn:
    raise RuntimeError(f"vmap: {reason}")
