"""Hooks of an optimizer: functions called around its steps, and when its state is saved and loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from itertools import count
from typing import Any, Literal, NamedTuple

from glassnet.tensor import RemovableHandle
from glassnet.tensor.graph import changes

Function = Callable[..., Any]
When = Literal["step", "stepped", "state_dict", "state_dict made", "load_state_dict", "loaded"]

_new_key = count(1).__next__
_of_all: dict[int, Hook] = {}  # those of every optimizer


class Hook(NamedTuple):
    """One registered function, and when it is called."""

    when: When
    function: Function


class Hooked:
    """The part of an optimizer that keeps its hooks and calls them."""

    _hooks: dict[int, Hook] | None = None
    stepped: bool

    def register_step_pre_hook(self, hook: Function) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; ``args`` begin with the optimizer.

        What it returns, (args, kwargs), replaces the arguments.
        """
        return self._add_hook("step", hook)

    def register_step_post_hook(self, hook: Function) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._add_hook("stepped", hook)

    def register_state_dict_pre_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before `state_dict` makes one; ``prepend``: before the hooks registered earlier."""
        return self._add_hook("state_dict", hook, prepend)

    def register_state_dict_post_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` on what `state_dict` has made; what it returns replaces it."""
        return self._add_hook("state_dict made", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before `load_state_dict`; what it returns is loaded in its place."""
        return self._add_hook("load_state_dict", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after `load_state_dict`."""
        return self._add_hook("loaded", hook, prepend)

    def _add_hook(self, when: When, function: Function, prepend: bool = False) -> RemovableHandle:
        return _added(vars(self).setdefault("_hooks", {}), Hook(when, function), prepend)

    def _functions(self, when: When) -> Iterator[Function]:
        """The hooks of that kind, in the order in which they are called: first those of all optimizers."""
        for hooks in (_of_all, self._hooks):
            if hooks:
                yield from (hook.function for _, hook in sorted(hooks.items()) if hook.when == when)

    def _replaced(self, when: When, state_dict: Any) -> Any:
        """``state_dict``, or what the hooks make of it."""
        for function in self._functions(when):
            changed = function(self, state_dict)
            state_dict = state_dict if changed is None else changed
        return state_dict

    def _before_step(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
        for function in self._functions("step"):
            changed = function(self, args, kwargs)
            if changed is None:
                continue
            if not isinstance(changed, tuple) or len(changed) != 2:
                raise RuntimeError(
                    "a hook before an optimizer's step must return None or (args, kwargs), got "
                    f"{type(changed).__name__}; args begin with the optimizer"
                )
            args, kwargs = changed
        return args, kwargs


def _added(hooks: dict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    key = -_new_key() if prepend else _new_key()  # they are called in the order of keys
    hooks[key] = hook
    changes.tell()
    return RemovableHandle(hooks, key)


def register_optimizer_step_pre_hook(hook: Function) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer.

    >>> handle = optim.register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: print("a step"))
    >>> optim.SGD([nn.Parameter(glassnet.zeros(1))]).step()
    a step
    >>> handle.remove()
    """
    return _added(_of_all, Hook("step", hook))


def register_optimizer_step_post_hook(hook: Function) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer.

    >>> handle = optim.register_optimizer_step_post_hook(lambda optimizer, args, kwargs: print("a step"))
    >>> optim.SGD([nn.Parameter(glassnet.zeros(1))]).step()
    a step
    >>> handle.remove()
    """
    return _added(_of_all, Hook("stepped", hook))


def hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` that calls the hooks before and after it."""

    @wraps(step)
    def stepping(self: Hooked, *args: Any, **kwargs: Any) -> Any:
        if not self._hooks and not _of_all:
            return step(self, *args, **kwargs)
        (_, *args), kwargs = self._before_step((self, *args), kwargs)
        result = step(self, *args, **kwargs)
        for function in self._functions("stepped"):
            function(self, (self, *args), kwargs)
        return result

    return stepping
