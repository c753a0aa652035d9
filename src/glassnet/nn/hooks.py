"""Hooks: functions called before and after a module's forward, and when gradients have passed it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.tensor import RemovableHandle, Tensor
from glassnet.tensor.graph import changes

Function = Callable[..., Any]
_new_key = count(1).__next__


When = Literal["before", "after", "before backward", "backward"]


class Hook(NamedTuple):
    """One registered function, when it is called, and whether it is given keyword arguments.

    ``always``: it is called even where forward has failed.
    """

    when: When
    function: Function
    with_kwargs: bool = False
    always: bool = False


class _OfOne(MutableMapping[int, Function]):
    """The hooks of one module that are called ``when``, by the keys of their handles; to be read and changed."""

    def __init__(self, module: Hooked, when: When) -> None:
        self._module = module
        self._when = when

    def _all(self) -> dict[int, Hook]:
        found: dict[int, Hook] = vars(self._module).get("_call_hooks", {})
        return found

    def __getitem__(self, key: int) -> Function:
        hook = self._all()[key]
        if hook.when != self._when:
            raise KeyError(key)
        return hook.function

    def __setitem__(self, key: int, hook: Function) -> None:
        vars(self._module).setdefault("_call_hooks", {})[key] = Hook(self._when, hook)
        changes.tell()

    def __delitem__(self, key: int) -> None:
        self[key]  # raises KeyError
        del self._all()[key]
        changes.tell()

    def __iter__(self) -> Iterator[int]:
        return iter([key for key, hook in sorted(self._all().items()) if hook.when == self._when])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(OrderedDict(self))


class _HooksOf:
    """What a module knows of its hooks of one kind: module._forward_hooks, which may be set too."""

    def __init__(self, when: When) -> None:
        self._when = when

    def __get__(self, module: Hooked, kind: type[Hooked]) -> _OfOne:
        return _OfOne(module, self._when)

    def __set__(self, module: Hooked, hooks: Mapping[int, Function]) -> None:
        given = dict(hooks)
        mine = _OfOne(module, self._when)
        mine.clear()
        mine.update(given)


class Hooked:
    """The part of a module that keeps its hooks and calls them.

    Those of all modules are kept on this class, where a module without hooks of its own finds them.
    """

    _call_hooks: dict[int, Hook] = {}  # noqa: RUF012
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
        self, hook: Function, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after every forward; what it returns replaces the output.

        With ``with_kwargs``: ``hook(module, args, kwargs, output)``. ``prepend`` calls it before
        the hooks registered earlier. With ``always_call`` it is called even where forward or a hook
        before it fails, with None as the output.
        """
        return self._add_hook(Hook("after", hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when gradients have passed the module.

        Both are tuples, with None for what has no gradient. A tuple that it returns replaces
        ``grad_input``; for that, one input at most may require a gradient.
        """
        return self._add_hook(Hook("backward", hook), prepend)

    register_backward_hook = register_full_backward_hook

    def register_full_backward_pre_hook(self, hook: Function, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before gradients pass the module.

        A tuple that it returns replaces ``grad_output``; for that, one output at most may require a gradient.
        """
        return self._add_hook(Hook("before backward", hook), prepend)

    def _add_hook(self, hook: Hook, prepend: bool) -> RemovableHandle:
        return _added(vars(self).setdefault("_call_hooks", {}), hook, prepend)

    _forward_pre_hooks = _HooksOf("before")
    _forward_hooks = _HooksOf("after")
    _backward_pre_hooks = _HooksOf("before backward")
    _backward_hooks = _HooksOf("backward")

    def _hooks_in_order(self) -> list[Hook]:
        """The hooks of all modules, then its own."""
        own = self._call_hooks if self._call_hooks is not Hooked._call_hooks else {}
        return [hook for hooks in (Hooked._call_hooks, own) for _, hook in sorted(hooks.items())]

    def _forward_traced(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Forward with its hooks; a tracer, if there is one, is told when it begins and ends."""
        if mode.tracer is None:
            return self._forward_with_hooks(args, kwargs)
        with mode.tracer.within(self):
            return self._forward_with_hooks(args, kwargs)

    def _forward_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hooks = self._hooks_in_order()
        waiting = [hook for hook in hooks if hook.when == "after"]
        try:
            for hook in hooks:
                if hook.when == "before":
                    args, kwargs = self._before(hook, args, kwargs)
            functions = [hook.function for hook in hooks if hook.when == "backward"]
            earlier = [hook.function for hook in hooks if hook.when == "before backward"]
            backward = _BackwardHooks(self, functions, earlier) if functions or earlier else None
            if backward is not None:
                args = backward.enter(args)
            output = self.forward(*args, **kwargs)
            while waiting:
                changed = self._after(waiting.pop(0), args, kwargs, output)
                output = output if changed is None else changed
        except Exception:
            for hook in waiting:
                if hook.always:
                    self._after(hook, args, kwargs, None)
            raise
        return output if backward is None else backward.leave(output)

    def _after(self, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        return hook.function(self, *((args, kwargs, output) if hook.with_kwargs else (args, output)))

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


def _added(hooks: dict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    key = -_new_key() if prepend else _new_key()  # they are called in the order of keys
    hooks[key] = hook
    changes.tell()
    return RemovableHandle(hooks, key)


def register_module_forward_pre_hook(hook: Function) -> RemovableHandle:
    """Call ``hook(module, args)`` before the forward of every module; what it returns replaces the arguments.

    >>> handle = nn.register_module_forward_pre_hook(lambda module, args: print(type(module).__name__))
    >>> y = nn.Sequential(nn.ReLU())(glassnet.ones(1))
    Sequential
    ReLU
    >>> handle.remove()
    """
    return _added(Hooked._call_hooks, Hook("before", hook))


def register_module_forward_hook(
    hook: Function, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after the forward of every module; what it returns replaces the output.

    >>> handle = nn.register_module_forward_hook(lambda module, args, output: print(module, output.shape))
    >>> y = nn.Linear(2, 3)(glassnet.ones(4, 2))
    Linear(in_features=2, out_features=3, bias=True) (4, 3)
    >>> handle.remove()
    """
    return _added(Hooked._call_hooks, Hook("after", hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Function) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before gradients pass any module.

    >>> handle = nn.register_module_full_backward_pre_hook(lambda module, grad_output: print(module, grad_output))
    >>> nn.Tanh()(glassnet.zeros(1, requires_grad=True)).sum().backward()
    Tanh() (tensor([1.]),)
    >>> handle.remove()
    """
    return _added(Hooked._call_hooks, Hook("before backward", hook))


def register_module_full_backward_hook(hook: Function) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` when gradients have passed any module.

    >>> handle = nn.register_module_full_backward_hook(lambda module, into, out: print(module, into))
    >>> nn.Tanh()(glassnet.zeros(1, requires_grad=True)).sum().backward()
    Tanh() (tensor([1.]),)
    >>> handle.remove()
    """
    return _added(Hooked._call_hooks, Hook("backward", hook))


register_module_backward_hook = register_module_full_backward_hook


class _BackwardHooks:
    """The gradients of one call of a module, collected on the way back for its backward hooks.

    Each tensor that goes in or comes out is replaced by a view of its own, so that the gradient of the
    view is what passed through this call alone, whatever else the tensor is used for. The hooks are
    called once the gradients of all inputs have arrived, or, if no input needs one, those of all outputs.
    """

    def __init__(self, module: Any, functions: Sequence[Function], earlier: Sequence[Function] = ()) -> None:
        self.module = module
        self.functions = functions
        self.earlier = earlier
        self.grad_input: list[Any] = []
        self.grad_output: list[Any] = []
        self.inputs: list[int] = []  # the positions of the inputs that need a gradient
        self.outputs = 0  # how many outputs need one
        self.left = 0  # how many of them wait for theirs
        self.arrived = 0

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.grad_input = [None] * len(args)
        self.inputs = [i for i, x in enumerate(args) if _needs_grad(x)]
        return tuple(self._view(x, i, self._at_input) if _needs_grad(x) else x for i, x in enumerate(args))

    def leave(self, output: Any) -> Any:
        outputs = output if isinstance(output, tuple) else (output,)
        self.grad_output = [None] * len(outputs)
        views = tuple(self._view(y, i, self._at_output) if _needs_grad(y) else y for i, y in enumerate(outputs))
        self.left = self.outputs = sum(map(_needs_grad, outputs))
        return views if isinstance(output, tuple) else views[0]

    def _view(self, x: Tensor, position: int, receive: Callable[[int, Tensor], Tensor | None]) -> Tensor:
        view = x.reshape(x.shape)
        view.register_hook(lambda g: receive(position, g))
        return view

    def _at_output(self, position: int, g: Tensor) -> Tensor | None:
        self.grad_output[position] = g
        self.left -= 1
        if self.left:
            return None
        self.left = self.outputs
        changed = self._call_earlier()
        if not self.inputs:  # no gradient will arrive at an input: this is the end
            self._call()
        return self.grad_output[position] if changed else None

    def _call_earlier(self) -> bool:
        """Call what comes before the gradients pass; whether it has replaced that of the output."""
        is_changed = False
        for function in self.earlier:
            changed = function(self.module, tuple(self.grad_output))
            if changed is not None:
                if self.outputs != 1:
                    raise GradientError(
                        "a hook before the backward pass can replace the gradient of one output, but here "
                        f"{self.outputs} outputs require gradients; return None, and change them by y.register_hook"
                    )
                self.grad_output = list(changed) if isinstance(changed, tuple) else [changed]
                is_changed = True
        return is_changed

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
