"""Captures: the modules, optimizers and tensors that a function uses without being given them.

    >>> def step(x, y):
    ...     loss = F.cross_entropy(model(x), y)   # captures model ...
    ...     loss.backward()
    ...     optimizer.step()                      # ... and optimizer

A program of ``step`` reads and writes their tensors in place, follows the learning rate, and depends on the rest: the
mode of each module, its attributes, the optimizer's options. Most captures are found before the function runs, among
its `free_variables`; the others are told to the tracer when they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.optim.optimizer import Optimizer
from glassnet.program.names import identifier
from glassnet.tensor import Tensor
from glassnet.threads import loaded
from glassnet.trace.bytecode import methods, names_in
from glassnet.trace.free_variables import MODULES_OWN, SCHEDULES, FreeVariables
from glassnet.trace.gradients import Gradients
from glassnet.trace.guard import PLAIN, Guard, Guarded, TensorKind, comparable
from glassnet.trace.guard_sources import AttributeNames
from glassnet.trace.refusals import refuse
from glassnet.trace.snapshot import Snapshot


class Captures:
    """What ``function`` captures, among its free variables and ``reached``: further values by name, its arguments.

    Modules and optimizers that are found only when they are used are added then.
    """

    def __init__(self, function: Callable[..., Any], reached: Iterable[tuple[str, Any]] = ()) -> None:
        self.free_variables = FreeVariables(function, reached)
        self.modules: dict[str, Module] = {}
        self.optimizers: dict[str, Optimizer] = {}
        self.tensors: dict[str, Tensor] = {}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._names: dict[int, str] = {}  # of modules, by id
        self.stepped: list[Optimizer] = []
        self._rates: dict[int, list[Any]] = {}  # of optimizers, by id, before the function ran
        self.on_new: Callable[[], None] = lambda: None  # called when something is added later
        self._snapshot: Snapshot | None = None  # while the function runs
        self._gradients = Gradients()
        for guard, value in list(self.free_variables.values()):
            self._add(guard.last, value, depth=2)

    def _add(self, name: str, value: Any, depth: int) -> None:
        kinds: tuple[tuple[Any, dict[str, Any]], ...] = (
            (Module, self.modules),
            (Optimizer, self.optimizers),
            (Tensor, self.tensors),
            (np.ndarray, self.arrays),
        )
        captured = next((values for kind, values in kinds if isinstance(value, kind)), None)
        if captured is not None:
            if all(value is not known for known in captured.values()):
                name = "model" if name == "self" else name
                captured[name if name not in captured else f"{name}_{len(captured) + 1}"] = value
                for hook in _hooks_of(value):
                    self.free_variables.add("hook", hook)
        elif depth and isinstance(value, list | tuple) and len(value) <= MANY:
            for i, x in enumerate(value):
                self._add(f"{name}{i}", x, depth - 1)
        elif depth and isinstance(value, dict) and len(value) <= MANY:
            for key, x in value.items():
                self._add(str(key), x, depth - 1)
        if isinstance(value, SCHEDULES):
            self._add("optimizer", value.optimizer, depth)

    # what is used while the function runs ----------------------------------------------------------------------------

    @contextmanager
    def kept_in(self, snapshot: Snapshot, gradients: Gradients) -> Iterator[None]:
        """Within, ``snapshot`` has all that is captured, what is added included; ``gradients`` has the leaves."""
        self._snapshot, self._gradients = snapshot, gradients
        self.check_rates()
        self.free_variables.keep(snapshot)
        self._keep(self.modules.values(), self.optimizers.values())
        self._keep(tensors=self.tensors.values())
        try:
            yield
        finally:
            self._snapshot, self._gradients = None, Gradients()

    def _keep(
        self, modules: Iterable[Module] = (), optimizers: Iterable[Optimizer] = (), tensors: Iterable[Tensor] = ()
    ) -> None:
        snapshot = self._snapshot
        assert snapshot is not None
        for module in modules:
            self._keep(tensors=[*module.parameters(), *module.buffers()])
            for inner in module.modules():
                snapshot.keep_attributes(inner)
        for optimizer in optimizers:
            snapshot.keep_optimizer(optimizer)
            self._keep(tensors=[parameter for group in optimizer.param_groups for parameter in group["params"]])
        tensors = list(tensors)
        snapshot.keep_tensors(tensors)
        self._gradients.meet(tensors)

    def name_of(self, module: Any) -> str:
        """The name of a module that is being called, which is added if it was not reached before."""
        if id(module) not in self._names:
            if not any(module is inner for known in self.modules.values() for inner in known.modules()):
                self._add_late(type(module).__name__.lower(), module)
                self._keep(modules=(module,))
            for root, known in self.modules.items():
                for path, inner in known.named_modules():
                    self._names.setdefault(id(inner), self._module_name(root, path, inner))
        return self._names[id(module)]

    def check_rates(self) -> None:
        """Refuse a function that has changed the learning rate of an optimizer."""
        for optimizer in self.optimizers.values():
            rates = [group["lr"] for group in optimizer.param_groups]
            if rates != self._rates.setdefault(id(optimizer), rates):
                refuse(
                    "changes the learning rate of an optimizer, or comes after a line that does, which the program "
                    "would do only this once; change it outside, between calls"
                )

    def meet(self, optimizer: Any) -> None:
        """An optimizer is about to step: it is added if it was not reached before."""
        if all(optimizer is not known for known in self.optimizers.values()):
            self._add_late(type(optimizer).__name__.lower(), optimizer)
            self._keep(optimizers=(optimizer,))
        self.check_rates()
        if all(optimizer is not known for known in self.stepped):
            self.stepped.append(optimizer)

    def _add_late(self, name: str, value: Any) -> None:
        self._add(name, value, depth=0)
        self.free_variables.add(name, value)
        if self._snapshot is not None:
            self.free_variables.keep(self._snapshot)
        self.on_new()

    # names ----------------------------------------------------------------------------------------------------

    def _module_name(self, root: str, path: str, module: Any) -> str:
        if not path:
            return "" if self._alone else identifier(root)
        words = path.split(".")
        if words[-1].isdigit():
            words[-1] = type(module).__name__.lower() + words[-1]
        name = identifier(".".join(words))
        return name if self._alone else f"{identifier(root)}_{name}"

    @property
    def _alone(self) -> bool:
        """Whether names can do without the model's: it alone has parameters, and it has layers with names."""
        modules = list(self.modules.values())
        models = [module for module in modules if next(module.parameters(), None) is not None] or modules
        return len(models) == 1 and any(models[0].children())

    def named_state(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor that outlives a step, with its name in a program."""
        own = list(self._own_tensors())
        yield from own
        names = {id(tensor): name for name, tensor in reversed(own)}
        for optimizer in self.optimizers.values():
            yield from (("lr", rate) for rate in optimizer.rates())
            yield from (("momentum", momentum) for momentum in optimizer.momenta() if momentum is not None)
            for parameter, state in list(optimizer.state.items()):
                owner = names.get(id(parameter), "parameter")
                yield from ((f"{owner}_{key}", slot) for key, slot in state.items() if isinstance(slot, Tensor))

    def _own_tensors(self) -> Iterator[tuple[str, Tensor]]:
        for root, module in self.modules.items():
            inner = dict(module.named_modules())
            for path, tensor in (*module.named_parameters(), *module.named_buffers()):
                layer, _, last = path.rpartition(".")
                prefix = self._module_name(root, layer, inner[layer])
                yield identifier(f"{prefix}_{last}" if prefix else last), tensor
        yield from ((identifier(name), tensor) for name, tensor in self.tensors.items())

    def _tensors_by_path(self) -> Iterator[tuple[str, Tensor]]:
        for root, module in self.modules.items():
            named = (*module.named_parameters(), *module.named_buffers())
            yield from ((f"{root}.{path}", tensor) for path, tensor in named)
        yield from self.tensors.items()

    def refresh(self) -> None:
        """Bring what optimizers keep for programs to read, learning rates, up to date."""
        for optimizer in self.optimizers.values():
            optimizer.rates()

    # what a trace depends on ----------------------------------------------------------------------------

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Every module, with a path for people."""
        for root, module in self.modules.items():
            yield from ((f"{root}.{path}".removesuffix("."), inner) for path, inner in module.named_modules())

    def guards(self) -> Guarded:
        """What a trace depends on besides the numbers in tensors."""
        guards = self.free_variables.guards()
        for path, module in self.named_modules():
            guards |= _module_guards(path, module, self.free_variables.attributes)
        for name, optimizer in self.optimizers.items():
            guards |= _optimizer_guards(name, optimizer, self.free_variables.reads_rates)
        for path, tensor in self._tensors_by_path():
            guards[Guard("tensor", path)] = TensorKind(tensor.dtype, tensor.shape, tensor.requires_grad)
            if hooks := _hooks_of_tensor(tensor):
                guards[Guard("hooks", path)] = comparable(hooks)
        return guards


def _hooks_of(value: Any) -> Iterator[Callable[..., Any]]:
    """What is called when something passes a module or a tensor."""
    if isinstance(value, Tensor):
        yield from _hooks_of_tensor(value)
    elif isinstance(value, Optimizer):
        yield from (hook.function for hook in (value._hooks or {}).values())
    elif isinstance(value, Module):
        for inner in value.modules():
            yield from (hook.function for hook in inner._hooks_in_order())
        for parameter in value.parameters():
            yield from _hooks_of_tensor(parameter)


def _hooks_of_tensor(tensor: Tensor) -> tuple[Callable[..., Any], ...]:
    of_its_node = loaded("glassnet.tensor.node_hooks").hooks_of(tensor) if tensor._accumulator is not None else ()
    return (*(tensor.hooks or ()), *(tensor.accumulated_hooks or {}).values(), *of_its_node)


MANY = 1000  # a list that is longer is of data; what is used of it makes itself known


def _module_guards(path: str, module: Module, attributes: AttributeNames) -> Guarded:
    kind = type(module)
    read, called = _named_by(kind)  # type: ignore[arg-type]  # a class can be hashed
    names = {*read, *attributes.among(vars(module)), *module._member_kinds}
    guards: Guarded = {Guard("mode", path): "training" if module.training else "evaluation"}
    if module._call_hooks or type(module)._call_hooks:
        guards[Guard("hooks", path)] = comparable(tuple(hook.function for hook in module._hooks_in_order()))
    for name, value in vars(module).items():
        counts = name in names or (name in called and not isinstance(value, PLAIN))
        is_apart = name in MODULES_OWN or isinstance(getattr(kind, name, None), cached_property)
        if counts and not is_apart and not getattr(type(value), "is_compiled", False):
            guards[Guard("attribute", path, name)] = comparable(value)
    return guards


def _optimizer_guards(name: str, optimizer: Optimizer, reads_rates: bool) -> Guarded:
    guards: Guarded = {}
    for number, group in enumerate(optimizer.param_groups):
        options = options_of(optimizer, group, reads_rates)
        guards |= {Guard("option", name, key, number): comparable(value) for key, value in options.items()}
        guards[Guard("parameters", name, place=number)] = comparable(tuple(group["params"]))
    slots = [(key, value) for state in optimizer.state.values() for key, value in state.items()]
    guards[Guard("slots", name)] = comparable(tuple(value for _, value in slots if isinstance(value, Tensor)))
    if optimizer._hooks:
        guards[Guard("hooks", name)] = comparable(tuple(hook.function for hook in optimizer._hooks.values()))
    numbers = [(key, value) for key, value in slots if not isinstance(value, Tensor)]
    return guards | {Guard("slot", name, key, i): comparable(value) for i, (key, value) in enumerate(numbers)}


@cache
def _named_by(kind: type[Module]) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that the code of a class of modules reads, and that it calls: no others matter to it."""
    read: set[str] = set(getattr(kind, "options", ()))
    called: set[str] = set()
    for ancestor in kind.__mro__[: kind.__mro__.index(Module)]:
        is_ours = ancestor.__module__.split(".")[0] == "glassnet"
        for function in methods(ancestor).values():
            names = names_in(function.__code__)
            read |= {name for name in names.attributes if not (is_ours and name.startswith("_"))}  # our own care
            called |= names.called
    return frozenset(read), frozenset(called)


def options_of(optimizer: Optimizer, group: dict[str, Any], reads_rates: bool) -> dict[str, Any]:
    """The options of a group that a trace depends on: all but those that its program reads anew each time.

    ``reads_rates``: that the user's code reads learning rates, too, as numbers.
    """
    options = {key: value for key, value in group.items() if key != "params"}
    if type(optimizer).step is Optimizer.step and not reads_rates:
        options.pop("lr")
        if "base_momentum" in group:  # a schedule moves the momentum, or the first of betas
            options["momentum"] = options.get("momentum", 0) != 0
            options["betas"] = options.get("betas", ())[1:]
    return options
