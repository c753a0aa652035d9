"""Surroundings: the modules, optimizers and tensors that a function uses without being given them.

They are what a compiled step has to keep in touch with: parameters it reads and changes,
learning rates it follows, the mode (training or not) that it was recorded in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from glassnet.graph import changes
from glassnet.nn.module import Module
from glassnet.optim.optimizer import Optimizer
from glassnet.program.naming import identifier
from glassnet.program.record import Recorder
from glassnet.tensor import Tensor


class Surroundings:
    """What ``function`` reaches: through its closure, the globals it names, and its `self`."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...] = ()) -> None:
        self.modules: dict[str, Module] = {}
        self.optimizers: dict[str, Optimizer] = {}
        self.tensors: dict[str, Tensor] = {}
        self._parts: list[Module] | None = None
        self._of_parts: tuple[Any, ...] = ()
        self._groups: list[dict[str, Any]] = []
        self._changes = -1
        for name, value in (*_reached(function), *((f"argument{i}", a) for i, a in enumerate(arguments))):
            self._add(name, value, depth=2)

    def _add(self, name: str, value: Any, depth: int) -> None:
        if isinstance(value, Module):
            if value not in self.modules.values():
                self.modules[name] = value
        elif isinstance(value, Optimizer):
            if value not in self.optimizers.values():
                self.optimizers[name] = value
        elif isinstance(value, Tensor):
            self.tensors[name] = value
        elif depth and isinstance(value, list | tuple):
            for i, x in enumerate(value):
                self._add(f"{name}{i}", x, depth - 1)
        elif depth and isinstance(value, dict):
            for key, x in value.items():
                self._add(str(key), x, depth - 1)
        elif depth == 2 and hasattr(value, "__dict__") and not callable(value) and not inspect.ismodule(value):
            for key, x in vars(value).items():  # the trainer whose method the function is
                self._add(key, x, depth - 1)

    @property
    def _alone(self) -> bool:
        """Whether names can do without that of the model: there is one, and it has layers with names."""
        return len(self.modules) == 1 and all(any(module.children()) for module in self.modules.values())

    def named_state(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor that outlives a step, with its name in a program."""
        own = [*self._of_modules(), *self.tensors.items()]
        yield from own
        names = {id(tensor): name for name, tensor in reversed(own)}
        for optimizer in self.optimizers.values():
            yield from (("lr", rate) for rate in optimizer.rates())
            for parameter, state in optimizer.state.items():
                owner = names.get(id(parameter), "parameter")
                yield from ((f"{owner}_{key}", held) for key, held in state.items() if isinstance(held, Tensor))

    def _of_modules(self) -> Iterator[tuple[str, Tensor]]:
        for root, module in self.modules.items():
            kinds = {path: type(m).__name__ for path, m in module.named_modules()}
            for path, tensor in (*module.named_parameters(), *module.named_buffers()):
                layer, _, last = path.rpartition(".")
                prefix = _module_name(root, layer, kinds[layer], self._alone)
                yield f"{prefix}_{last}" if prefix else last, tensor

    def refresh(self) -> None:
        """Bring what optimizers keep for programs to read, learning rates, up to date."""
        for optimizer in self.optimizers.values():
            optimizer.rates()

    def signature(self) -> tuple[Any, ...]:
        """What a recording depends on besides its arguments: modes, parameters, optimizers' options.

        Not learning rates, which programs read anew each time.
        """
        if self._parts is None or changes.count != self._changes:
            self._changes = changes.count
            self._parts = [m for module in self.modules.values() for m in module.modules()]
            self._of_parts = (_short(tuple(map(_module_signature, self._parts))),)
            self._groups = [group for optimizer in self.optimizers.values() for group in optimizer.param_groups]
        if not self._groups:
            return self._of_parts
        return (*self._of_parts, *map(_options, self._groups))

    def difference(self, before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
        """What is new about a signature, in words."""
        if len(before) != len(after):
            return "modules or optimizers were added or taken away"
        if before[1:] != after[1:]:
            return "an optimizer's options have changed"
        old, new = (next(s for s, token in _tokens.items() if token == x[0]) for x in (before, after))
        if len(old) != len(new):
            return "modules were added or taken away"
        for part, was, now in zip(self._parts or (), old, new, strict=True):
            if was[0] != now[0]:
                return f"{type(part).__name__} is in {'training' if now[0] else 'evaluation'} mode now"
            if was != now:
                return f"{type(part).__name__} has other parameters or attributes"
        return "nothing is different"

    @contextmanager
    def watched_by(self, recorder: Recorder) -> Iterator[None]:
        """Within, ``recorder`` is told which module is computing, and when an optimizer steps.

        The forward and step of each object are shadowed by an attribute of the object itself, so
        neither nn nor optim has to know of recording.
        """
        with ExitStack() as stack:
            for root, module in self.modules.items():
                for path, inner in module.named_modules():
                    name = _module_name(root, path, type(inner).__name__, self._alone)
                    stack.enter_context(_shadowed(inner, "forward", _inside_module(recorder, name)))
            for optimizer in self.optimizers.values():
                stack.enter_context(_shadowed(optimizer, "step", _updating(recorder)))
            yield


_tokens: dict[tuple[Any, ...], int] = {}


def _short(signature: tuple[Any, ...]) -> int:
    """A number that stands for ``signature``, which is long, at every call."""
    return _tokens.setdefault(signature, len(_tokens))


def _module_signature(module: Module) -> tuple[Any, ...]:
    flags = (getattr(x, "requires_grad", None) for x in module.__dict__.values())
    return (module.training, *map(id, module.__dict__.values()), *flags)


def _options(group: dict[str, Any]) -> tuple[Any, ...]:
    return tuple([value for name, value in group.items() if name != "lr" and name != "params"])


def _module_name(root: str, path: str, kind: str, alone: bool) -> str:
    if not path:
        return "" if alone else root
    name = identifier(path, "")
    words = path.split(".")
    name = identifier(".".join([*words[:-1], f"{kind.lower()}{words[-1]}"]) if words[-1].isdigit() else path)
    return name if alone else f"{root}_{name}"


def _reached(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(function, Module):
        yield "model", function
        return
    function = inspect.unwrap(function)
    if inspect.ismethod(function):
        yield "self", function.__self__
        function = function.__func__
    if not inspect.isfunction(function):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue  # not assigned yet
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            yield name, parameter.default


def _inside_module(recorder: Recorder, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def around(forward: Callable[..., Any]) -> Callable[..., Any]:
        def inside(*args: Any, **kwargs: Any) -> Any:
            recorder.path.append(name)
            try:
                return forward(*args, **kwargs)
            finally:
                recorder.path.pop()

        return inside

    return around


def _updating(recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def around(step: Callable[..., Any]) -> Callable[..., Any]:
        def updating(*args: Any, **kwargs: Any) -> Any:
            recorder.updating = True
            try:
                return step(*args, **kwargs)
            finally:
                recorder.updating = False

        return updating

    return around


@contextmanager
def _shadowed(owner: Any, attribute: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    before = owner.__dict__.get(attribute)
    owner.__dict__[attribute] = around(getattr(owner, attribute))
    try:
        yield
    finally:
        if before is None:
            del owner.__dict__[attribute]
        else:
            owner.__dict__[attribute] = before
