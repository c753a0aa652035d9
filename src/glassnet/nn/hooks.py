"""Hooks: functions called before and after a module's forward, and when gradients have passed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.tensor import RemovableHandle, Tensor
from glassnet.tensor.graph import changes

Function = Callable[..., Any]
_new_key = count(1).__next__


class Hook(NamedTuple):
    """One registered function, when it is called, and whether it is given keyword arguments."""

    when: Literal["before", "after", "backward"]
    function: Function
    with_kwargs: bool = False


class Hooked:
    """The part of a module that keeps its hooks and calls them."""

    _call_hooks: dict[int, Hook] | None = None
    forward: Function

    def register_forward_pre_hook(
        self, hook: Function, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before every forward; what it returns replaces the arguments.

        With ``with_kwargs``: ``hook(module, args, kwargs)``, which may return (args, kwargs).
        ``prepend`` calls it before the hooks registered earlier.
        """
        return self._add_hook(Hook("before", hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Function, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after every forward; what it returns replaces the output.

        With ``with_kwargs``: ``hook(module, args, kwargs, output)``. ``prepend`` calls it before
        the hooks registered earlier.
        """
        return self._add_hook(Hook("after", hook, with_kwargs), prepend)

    def register_full_backward_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when gradients have passed the module.

        Both are tuples, with None for what has no gradient. A tuple that it returns replaces
        ``grad_input``; for that, one input at most may require a gradient.
        """
        return self._add_hook(Hook("backward", hook), prepend)

    def _add_hook(self, hook: Hook, prepend: bool) -> RemovableHandle:
        hooks: dict[int, Hook] = vars(self).setdefault("_call_hooks", {})
        key = -_new_key() if prepend else _new_key()  # they are called in the order of keys
        hooks[key] = hook
        changes.tell()
        return RemovableHandle(hooks, key)

    def _forward_traced(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Forward with its hooks; a tracer, if there is one, is told when it begins and ends."""
        if mode.tracer is None:
            return self._forward_with_hooks(args, kwargs)
        with mode.tracer.within(self):
            return self._forward_with_hooks(args, kwargs)

    def _forward_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hooks = [hook for _, hook in sorted((self._call_hooks or {}).items())]
        for hook in hooks:
            if hook.when == "before":
                args, kwargs = self._before(hook, args, kwargs)
        functions = [hook.function for hook in hooks if hook.when == "backward"]
        backward = _BackwardHooks(self, functions) if functions else None
        if backward is not None:
            args = backward.enter(args)
        output = self.forward(*args, **kwargs)
        for hook in hooks:
            if hook.when == "after":
                arguments = (args, kwargs, output) if hook.with_kwargs else (args, output)
                changed = hook.function(self, *arguments)
                output = output if changed is None else changed
        return output if backward is None else backward.leave(output)

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


class _BackwardHooks:
    """The gradients of one call of a module, collected on the way back for its backward hooks.

    Each tensor that goes in or comes out is replaced by a view of its own, so that the gradient of the
    view is what passed through this call alone, whatever else the tensor is used for. The hooks are
    called once the gradients of all inputs have arrived, or, if no input needs one, those of all outputs.
    """

    def __init__(self, module: Any, functions: Sequence[Function]) -> None:
        self.module = module
        self.functions = functions
        self.grad_input: list[Any] = []
        self.grad_output: list[Any] = []
        self.inputs: list[int] = []  # the positions of the inputs that need a gradient
        self.outputs = 0  # how many outputs need one
        self.arrived = 0

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.grad_input = [None] * len(args)
        self.inputs = [i for i, x in enumerate(args) if _needs_grad(x)]
        return tuple(self._view(x, i, self._at_input) if _needs_grad(x) else x for i, x in enumerate(args))

    def leave(self, output: Any) -> Any:
        outputs = output if isinstance(output, tuple) else (output,)
        self.grad_output = [None] * len(outputs)
        views = tuple(self._view(y, i, self._at_output) if _needs_grad(y) else y for i, y in enumerate(outputs))
        self.outputs = sum(map(_needs_grad, outputs))
        return views if isinstance(output, tuple) else views[0]

    def _view(self, x: Tensor, position: int, receive: Callable[[int, Tensor], Tensor | None]) -> Tensor:
        view = x.reshape(x.shape)
        view.register_hook(lambda g: receive(position, g))
        return view

    def _at_output(self, position: int, g: Tensor) -> None:
        self.grad_output[position] = g
        if not self.inputs:  # no gradient will arrive at an input: this is the end
            self.arrived += 1
            if self.arrived == self.outputs:
                self._call()

    def _at_input(self, position: int, g: Tensor) -> Tensor | None:
        self.grad_input[position] = g
        self.arrived += 1
        if self.arrived < len(self.inputs):
            return None
        gradient: Tensor | None = self._call(position)
        return gradient

    def _call(self, position: int | None = None) -> Any:
        for function in self.functions:
            changed = function(self.module, tuple(self.grad_input), tuple(self.grad_output))
            if changed is not None:
                if len(self.inputs) != 1:
                    raise GradientError(
                        "a full backward hook can replace the gradient of one input, but here "
                        f"{len(self.inputs)} inputs require gradients; return None, and change them by x.register_hook"
                    )
                self.grad_input = list(changed) if isinstance(changed, tuple) else [changed]
        result = None if position is None else self.grad_input[position]
        self.grad_input = [None] * len(self.grad_input)
        self.grad_output = [None] * len(self.grad_output)
        self.arrived = 0
        return result


def _needs_grad(x: Any) -> bool:
    return mode.grad and isinstance(x, Tensor) and x.requires_grad
