"""Snapshot: how things are, so that they can be put back after a function has run.

    >>> snapshot = Snapshot()
    >>> snapshot.keep_attributes(model)
    >>> model.eval()
    >>> snapshot.restore()  # model.training is True again

References are kept at once; numbers only of those arrays that are about to be overwritten, for copies are dear.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from operator import is_
from typing import Any

import numpy as np

from glassnet.observer import mode
from glassnet.ops.dtypes import Array, own_default_dtype
from glassnet.optim.optimizer import Optimizer
from glassnet.random import Generator
from glassnet.tensor import Tensor

CONTAINERS = (list, tuple, set, frozenset, deque, dict)


class Snapshot:
    """What was kept, to be put back by `restore`, or at the end of a ``with`` block.

    Whether gradients are followed in this thread, and who observes it, is kept from the beginning; so is the default
    dtype in a ``with`` block. What all threads share, that and the default generator, is not changed meanwhile: this
    thread has its own.
    """

    def __init__(self) -> None:
        self._steps: list[tuple[Callable[[], Any], Callable[[], Any]]] = []  # to put something back, to leave it
        self._arrays: dict[int, tuple[Array, Array]] = {}  # by id: an array, held so that the id stays its own, a copy
        self._generators: set[int] = set()
        self._keep_modes()

    def __enter__(self) -> Snapshot:
        begin, end = own_default_dtype()
        self.keep(end, end)
        begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._finish(0)

    def restore(self) -> None:
        """Put everything back, the last kept first, and let go of it."""
        self._finish(0)

    def discard(self) -> None:
        """Let go of what was kept: all stays as it is now."""
        self._finish(1)

    def _finish(self, which: int) -> None:
        try:
            while self._steps:
                self._steps[-1][which]()
                self._steps.pop()
        except BaseException as error:  # a second Ctrl-C, perhaps, while what the first one stopped is put back
            if isinstance(error, Exception):
                self._steps.pop()
            self._finish(which)
            raise
        self._arrays, self._generators = {}, set()

    def keep(self, step: Callable[[], Any], or_else: Callable[[], Any] = lambda: None) -> None:
        """Have `restore` call ``step``, and `discard` ``or_else``. Each may be called twice."""
        self._steps.append((step, or_else))

    def _keep_modes(self) -> None:
        grad, tracer = mode.grad, mode.tracer

        def put_back() -> None:
            mode.grad, mode.tracer = grad, tracer

        self.keep(put_back)

    def keep_array(self, array: Array) -> None:
        """Keep the numbers in an array; a second time changes nothing."""
        if id(array) in self._arrays:
            return
        before = array.copy()
        self._arrays[id(array)] = array, before

        def put_back() -> None:
            if array.flags.writeable:
                np.copyto(array, before)

        self.keep(put_back)

    def numbers_before(self, array: Array) -> Array:
        """The numbers that were in ``array`` when it was kept; what is in it now if it was not."""
        return self._arrays.get(id(array), (array, array))[1]

    def keep_generator(self, generator: Generator | np.random.Generator) -> None:
        """Keep the state of a random generator; a second time changes nothing."""
        if id(generator) in self._generators:
            return
        self._generators.add(id(generator))
        if isinstance(generator, Generator):
            kept = generator.keep()
            self.keep(kept.put_back, kept.leave)
            kept.begin()
        else:
            state = generator.bit_generator.state
            self.keep(lambda: setattr(generator.bit_generator, "state", state))

    def keep_tensors(self, tensors: Iterable[Tensor]) -> None:
        """Keep which array each tensor has, which gradient, and whether it requires one; not the numbers."""
        for tensor in tensors:
            self._keep_tensor(tensor, tensor.array, tensor.grad, tensor._requires_grad)

    def _keep_tensor(self, tensor: Tensor, array: Array, gradient: Tensor | None, requires_grad: bool) -> None:
        def put_back() -> None:
            tensor.array, tensor.grad, tensor._requires_grad = array, gradient, requires_grad

        self.keep(put_back)

    def keep_contents(self, container: Any) -> None:
        """Keep what is in a list, a queue, a set or a dict; it is filled again only if something else is in it."""
        before = contents_of(container)

        def put_back() -> None:
            now = contents_of(container)
            if len(now) == len(before) and all(map(is_, now, before)):
                return
            for kind, refill in _REFILL.items():
                if isinstance(container, kind):
                    kind.clear(container)  # whatever a subclass makes of it
                    refill(container, before)
                    return

        self.keep(put_back)

    def keep_attributes(self, owner: Any) -> None:
        """Keep the attributes of an object, and what is in those that are containers."""
        attributes = dict(vars(owner))
        for value in attributes.values():
            if isinstance(value, CONTAINERS):
                self.keep_contents(value)

        self.keep(lambda: _put_back(vars(owner), attributes))

    def keep_optimizer(self, optimizer: Optimizer) -> None:
        """Keep an optimizer's options, and which tensors and numbers are its state for which parameter."""
        self.keep_attributes(optimizer)
        state, groups = optimizer.state, optimizer.param_groups
        slots_of = {parameter: dict(slots) for parameter, slots in state.items()}
        options_of = [(group, dict(group)) for group in groups]

        def put_back() -> None:
            groups[:] = [group for group, _ in options_of]
            _put_back(state, slots_of)
            for group, options in options_of:
                _put_back(group, options)

        self.keep(put_back)


def _put_back(namespace: dict[Any, Any], before: dict[Any, Any]) -> None:
    """Have in ``namespace`` what was there before. What is the same is left alone: other threads may be reading it."""
    for key in [key for key in list(namespace) if key not in before]:
        namespace.pop(key, None)
    for key, value in before.items():
        if namespace.get(key, _NOTHING) is not value:
            namespace[key] = value
    if not all(map(is_, namespace, before)):  # some were taken out and put in again
        namespace.clear()
        namespace.update(before)


_NOTHING = object()


def contents_of(container: Any) -> list[Any]:
    """What is in a container; of a dict the keys and the values."""
    return [*container, *dict.values(container)] if isinstance(container, dict) else list(container)


def _refill_dict(container: Any, contents: list[Any]) -> None:
    half = len(contents) // 2
    dict.update(container, zip(contents[:half], contents[half:], strict=True))


def _refill_ordered_dict(container: Any, contents: list[Any]) -> None:
    half = len(contents) // 2
    for key, value in zip(contents[:half], contents[half:], strict=True):
        OrderedDict.__setitem__(container, key, value)  # it has an order of its own, of which dict knows nothing


_REFILL: dict[Any, Callable[[Any, list[Any]], Any]] = {
    list: list.extend,
    deque: deque.extend,
    set: set.update,
    OrderedDict: _refill_ordered_dict,
    dict: _refill_dict,
}
