"""Who watches the operations of a thread, forward and backward: a profile, the search for where a NaN came from.

An operation costs nothing more while nobody watches. `apply`, through which all of them go and which every file knows
by its own name, has another body as long as somebody does; so have `write` and the step of backward through one node.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any, Protocol

from glassnet.tensor import dispatch, propagation
from glassnet.tensor.graph import Node


class Watcher(Protocol):
    """What is handed each operation, and carries it out by ``call``."""

    def operation(self, name: str, inputs: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """The result of an operation, which ``call()`` gives."""
        ...

    def step_back(self, node: Node, g: Any, gradients: Any, call: Callable[[Any], None]) -> None:
        """Backward goes through ``node`` with ``g``: ``call(gradients)`` adds those of its inputs to ``gradients``."""
        ...


class _Here(threading.local):
    watchers: tuple[Watcher, ...] = ()


_here = _Here()
_watched: list[object] = []  # one for each watcher of any thread
_plain: dict[str, Any] = {}  # the functions with the bodies that they had


def watch(watcher: Watcher) -> None:
    """Let ``watcher`` have what this thread does from now on; it has it within those who watch already."""
    if not _watched:
        for name, (function, body) in _FUNCTIONS.items():
            _plain[name] = FunctionType(function.__code__, function.__globals__, name)
            function.__code__ = body.__code__
    _watched.append(watcher)
    _here.watchers = (*_here.watchers, watcher)


def leave(watcher: Watcher) -> None:
    """Let it watch no longer. Called in the thread that called `watch`."""
    _here.watchers = tuple(other for other in _here.watchers if other is not watcher)
    _watched.remove(watcher)
    if not _watched:
        for name, (function, _) in _FUNCTIONS.items():
            function.__code__ = _plain[name].__code__


# Bodies run where the functions stand whose they become: what they need, they import.


def _apply(op: Any, *inputs: Any, **params: Any) -> Any:
    from glassnet.tensor.watching import watched

    return watched("apply", op.name, inputs, (op, *inputs), params)


def _write(target: Any, op: Any, *inputs: Any, **params: Any) -> Any:
    from glassnet.tensor.watching import watched

    return watched("write", f"{op.name}_", inputs, (target, op, *inputs), params)


def _through(node: Any, g: Any, gradients: Any, to_tensor: Any, needed: Any) -> None:
    from glassnet.tensor.watching import watched_back

    watched_back(node, g, gradients, to_tensor, needed)


_FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "apply": (dispatch.apply, _apply),
    "write": (dispatch.write, _write),
    "through": (propagation.propagate_through, _through),
}


def watched(function: str, name: str, inputs: tuple[Any, ...], args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The result of a function of `dispatch`, through the watchers of this thread."""
    call: Callable[[], Any] = partial(_plain[function], *args, **params)
    for watcher in _here.watchers:
        call = partial(watcher.operation, name, inputs, call)
    return call()


def watched_back(node: Any, g: Any, gradients: Any, to_tensor: Any, needed: Any) -> None:
    """Backward goes through a node, and through the watchers of this thread."""

    def call(into: Any) -> None:
        _plain["through"](node, g, into, to_tensor, needed)

    for watcher in _here.watchers:
        call = partial(_step, watcher, node, g, call)
    call(gradients)


def _step(watcher: Watcher, node: Any, g: Any, call: Callable[[Any], None], gradients: Any) -> None:
    watcher.step_back(node, g, gradients, call)
