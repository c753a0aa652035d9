"""The mode of a thread: whether autograd follows operations, and who observes them.

An observer is told of everything that goes through dispatch while it is set, and of what autograd, modules,
optimizers and random generators do that a program could not repeat. `glassnet.trace` has one, the `Tracer`; it
is set by `glassnet.trace.trace` and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op, Value


class Observer(Protocol):
    """What is told of operations while they happen.

    Methods named as refusals (`read`, `replacing`, `scheduling`, `searching`, `seeding`) are asked before something
    happens that Python does outside of any operation; they may raise. Modules and optimizers, which stand above this
    file, are Any.
    """

    # operations

    def note(self, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any], result: Any) -> None:
        """``op`` gave the tensor ``result`` for ``inputs``, whose ``values`` are arrays in the dtype it computes in."""
        ...

    def writing(self, target: Any, inputs: tuple[Any, ...]) -> None:
        """An operation is about to be written into the tensor ``target``."""
        ...

    def note_write(
        self, target: Any, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any]
    ) -> None:
        """The result of ``op`` was written into ``target``."""
        ...

    def drawing(self, generator: Any) -> None:
        """An operation is about to draw from ``generator``, which is NumPy's."""
        ...

    def wrapped(self, tensor: Any) -> None:
        """A tensor was made."""
        ...

    def called(self, tensor: Any, name: str) -> None:
        """People know what is in ``tensor`` by ``name``."""
        ...

    def made_of(self, data: Any, array: Array) -> None:
        """``array``, of a new tensor, was made of a person's ``data``: numbers, lists, an array, a tensor."""
        ...

    # autograd

    def backward(self) -> AbstractContextManager[None]:
        """Within, operations are part of a backward pass."""
        ...

    def deriving(self, output: Array) -> None:
        """Backward has come to the operation that gave ``output``."""
        ...

    def derived(self, of: Value | Array, gradient: Any) -> None:
        """``gradient`` is the gradient so far of a leaf, or of the output of an operation."""
        ...

    def accumulating(self, leaf: Any) -> None:
        """A gradient is about to be added to ``leaf.grad``."""
        ...

    def clearing(self, leaves: Iterable[Any], to_none: bool) -> None:
        """The gradients of ``leaves`` are about to be set to None, or to 0."""
        ...

    # modules and optimizers

    def within(self, module: Any) -> AbstractContextManager[None]:
        """Within, operations are part of a call of ``module``."""
        ...

    def stepping(self, optimizer: Any) -> AbstractContextManager[None]:
        """Within, operations are part of a step of ``optimizer``."""
        ...

    # what a program could not repeat

    def read(self, what: str, tensor: Any = None) -> None:
        """Python asks for the numbers in ``tensor``, if it is one; ``what`` is how."""
        ...

    def printed(self, tensor: Any) -> str | None:
        """The text of ``tensor``, where that is not the text of its own numbers."""
        ...

    def detached(self, array: Array) -> Array:
        """A tensor is about to be made of ``array`` that forgets the history of the one that has it: of which array."""
        ...

    def rounding(self) -> None:
        """Something was computed in bfloat16."""
        ...

    def replacing(self, what: str) -> None:
        """The memory of a tensor is about to be replaced; ``what`` is how."""
        ...

    def scheduling(self) -> None:
        """A schedule of learning rates is about to step."""
        ...

    def searching(self) -> None:
        """An optimizer is about to try steps until the loss is low enough."""
        ...

    def seeding(self) -> None:
        """The state of a random generator is about to be set."""
        ...

    def custom(self, name: str, inputs: tuple[Any, ...]) -> None:
        """An operation of the user's own, ``name``, is about to be carried out, with a derivative that he wrote."""
        ...

    def refused(self, error: Exception) -> None:
        """``error`` is about to be raised; the function may catch it, which does not make it possible."""
        ...


class Mode(threading.local):
    """Whether operations leave nodes behind, and whether `inference_mode` keeps them from it; who observes them, how
    many numbers may still be made, if that is limited, whether tensors are filled with random numbers where they
    are to be, and what gives the inputs of an operation in another dtype, torch.autocast: one answer a thread.
    """

    grad = True
    inference = False
    tracer: Observer | None = None
    room: int | None = None
    draws = True
    autocast: Callable[[Op, tuple[Any, ...]], tuple[Any, ...]] | None = None


mode = Mode()
# Of all threads, one object for each: while there is none, no operation need ask for that of its own.
observers: set[object] = set()
