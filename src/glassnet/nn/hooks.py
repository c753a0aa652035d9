"""Hooks: functions that see what goes into a module and comes out of it, and may replace it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.tensor import RemovableHandle, Tensor
from glassnet.tensor.graph import changes

Function = Callable[..., Any]
_new_key = count().__next__


class Hook(NamedTuple):
    """One registered function, when it is called, and whether it is given keyword arguments."""

    when: Literal["before", "after", "backward"]
    function: Function
    with_kwargs: bool = False


class Hooked:
    """The part of a module that knows its hooks."""

    _call_hooks: dict[int, Hook] | None = None
    forward: Function

    def register_forward_pre_hook(
        self, hook: Function, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before every forward; what it returns replaces the arguments.

        With ``with_kwargs``: ``hook(module, args, kwargs)``, which may return (args, kwargs).
        ``prepend`` puts it before the hooks that are there.
        """
        return self._add_hook(Hook("before", hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Function, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after every forward; what it returns replaces the output.

        With ``with_kwargs``: ``hook(module, args, kwargs, output)``. ``prepend`` puts it before the
        hooks that are there.
        """
        return self._add_hook(Hook("after", hook, with_kwargs), prepend)

    def register_full_backward_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when gradients have passed the module.

        Both are tuples, with None for what has no gradient. A tuple that it returns replaces
        ``grad_input``; for that, one input at most may require a gradient.
        """
        return self._add_hook(Hook("backward", hook), prepend)

    def _add_hook(self, hook: Hook, prepend: bool) -> RemovableHandle:
        if self._call_hooks is None:
            self._call_hooks = {}
        hooks, key = self._call_hooks, _new_key()
        changes.count += 1
        there = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[key] = hook
        hooks.update(there)
        return RemovableHandle(hooks, key)

    def _forward_watched(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Forward with the hooks around it, and a tracer, if there is one, told of it."""
        if mode.tracer is None:
            return self._forward_with_hooks(args, kwargs)
        with mode.tracer.within(self):
            return self._forward_with_hooks(args, kwargs)

    def _forward_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hooks = list((self._call_hooks or {}).values())
        for hook in hooks:
            if hook.when == "before":
                args, kwargs = self._before(hook, args, kwargs)
        watchers = [hook.function for hook in hooks if hook.when == "backward"]
        watch = _Watch(self, watchers) if watchers else None
        if watch is not None:
            args = watch.enter(args)
        output = self.forward(*args, **kwargs)
        for hook in hooks:
            if hook.when == "after":
                arguments = (args, kwargs, output) if hook.with_kwargs else (args, output)
                changed = hook.function(self, *arguments)
                output = output if changed is None else changed
        return output if watch is None else watch.leave(output)

    def _before(self, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        if not hook.with_kwargs:
            changed = hook.function(self, args)
            if changed is None:
                return args, kwargs
            return (changed if isinstance(changed, tuple) else (changed,)), kwargs
        changed = hook.function(self, args, kwargs)
        if changed is None:
            return args, kwargs
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise TypeError(
                "a forward pre-hook registered with with_kwargs=True must return None or (args, kwargs), got "
                f"{type(changed).__name__}"
            )
        return changed


class _Watch:
    """The gradients that pass a module on the way back from one call of it.

    Each tensor that enters and leaves is seen through a view of its own, so that the gradient at
    the view is what passed through this call alone, whatever else the tensor is used for.
    """

    def __init__(self, module: Any, functions: Sequence[Function]) -> None:
        self.module = module
        self.functions = functions
        self.entering: list[Any] = []
        self.leaving: list[Any] = []
        self.awaited: list[int] = []  # the positions whose gradients are needed before the hooks are called
        self.outputs = 0
        self.come = 0

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.entering = [None] * len(args)
        self.awaited = [i for i, x in enumerate(args) if _is_followed(x)]
        return tuple(self._seen(x, i, self._entered) if _is_followed(x) else x for i, x in enumerate(args))

    def leave(self, output: Any) -> Any:
        outputs = output if isinstance(output, tuple) else (output,)
        self.leaving = [None] * len(outputs)
        seen = tuple(self._seen(y, i, self._left) if _is_followed(y) else y for i, y in enumerate(outputs))
        self.outputs = sum(map(_is_followed, outputs))
        return seen if isinstance(output, tuple) else seen[0]

    def _seen(self, x: Tensor, which: int, tell: Callable[[int, Tensor], Tensor | None]) -> Tensor:
        view = x.reshape(x.shape)
        view.register_hook(lambda g: tell(which, g))
        return view

    def _left(self, which: int, g: Tensor) -> None:
        self.leaving[which] = g
        if not self.awaited:  # nothing further back will be told of a gradient: this is the end
            self.come += 1
            if self.come == self.outputs:
                self._call()

    def _entered(self, which: int, g: Tensor) -> Tensor | None:
        self.entering[which] = g
        self.come += 1
        if self.come < len(self.awaited):
            return None
        gradient: Tensor | None = self._call(which)
        return gradient

    def _call(self, which: int | None = None) -> Any:
        for function in self.functions:
            changed = function(self.module, tuple(self.entering), tuple(self.leaving))
            if changed is not None:
                if len(self.awaited) != 1:
                    raise GradientError(
                        "a full backward hook can replace the gradient of one input, but here "
                        f"{len(self.awaited)} inputs require gradients; return None, and change them by x.register_hook"
                    )
                self.entering = list(changed) if isinstance(changed, tuple) else [changed]
        result = None if which is None else self.entering[which]
        self.entering = [None] * len(self.entering)
        self.leaving = [None] * len(self.leaving)
        self.come = 0
        return result


def _is_followed(x: Any) -> bool:
    return mode.grad and isinstance(x, Tensor) and x.requires_grad
