"""Module: a network, or a part of one. Parameters, other modules, and a forward that uses them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import DtypeError, is_own, place
from glassnet.nn.constructors import name_constructor
from glassnet.nn.hooks import Hooked
from glassnet.nn.parameter import Parameter, is_uninitialized
from glassnet.nn.registry import Kind, Registered, joined
from glassnet.nn.stateful import Stateful
from glassnet.notebook import repr_html
from glassnet.observer import mode
from glassnet.ops.bfloat16 import bfloat16
from glassnet.ops.dtypes import float16, float32, float64
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import changes
from glassnet.text import shown


class Module(Stateful, Hooked):
    """A network, or a part of one: assign parameters and modules in __init__, use them in forward.

    Every `Parameter` or `Module` that is assigned to an attribute is registered, so that
    ``parameters()``, ``state_dict()``, ``train()`` and ``to()`` reach everything within. An error in a
    layer names it by its path from the outermost module called: "in fc1 (Linear(…))".

    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc1 = nn.Linear(784, 64)
    ...         self.fc2 = nn.Linear(64, 10)
    ...
    ...     def forward(self, x):
    ...         return self.fc2(F.relu(self.fc1(x)))
    >>> net = Net()
    >>> net(glassnet.zeros(32, 784)).shape
    (32, 10)
    >>> [name for name, parameter in net.named_parameters()]
    ['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']
    """

    training: bool = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        name_constructor(cls)

    # calling ----------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every module defines its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward; define def forward(self, x)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call forward and the hooks; an error raised inside names the layer."""
        try:
            if self._call_hooks or mode.tracer is not None:
                return self._forward_traced(args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            if is_own(error):
                self._locate(error)
            raise

    def _locate(self, error: Any) -> None:
        """Name in ``error`` the layer it happened in, by the path to it from here if there is one."""
        layer = getattr(error, "layer", None)
        if layer is None:
            layer = self
            place(error, self, self._one_line())
        for path, module in self.named_modules():
            if module is layer and path:
                place(error, layer, f"{path} ({module._one_line()})")
                return

    def _one_line(self) -> str:
        return self._get_name() if "\n" in repr(self) else repr(self)

    # traversal --------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module, under ``prefix``, and all modules within it, with the paths to them.

        A module with several paths is given once, under the first, unless ``remove_duplicate`` is False.
        """
        seen = set() if memo is None else memo
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if remove_duplicate:
                if module in seen:
                    continue
                seen.add(module)
            yield path, module
            inner = [(joined(path, name), m) for name, m in module._modules.items() if m is not None]
            stack.extend(reversed(inner))

    def modules(self) -> Iterator[Module]:
        """This module and all modules within it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly within this one, with their names; each once."""
        seen: set[Any] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly within this one."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with the paths to them: "fc1.weight". Not those within, if not ``recurse``."""
        return self._named_members("parameter", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, if ``recurse``, of all modules within it."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with the paths to them. Not those within, if not ``recurse``."""
        return self._named_members("buffer", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, if ``recurse``, of all modules within it."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named_members(
        self, kind: Kind, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[Any] = set()
        modules: Any = ((prefix, self),)
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules:
            for name, value in Registered(module, kind).items():
                if value is None or (remove_duplicate and value in seen):
                    continue
                seen.add(value)
                yield joined(path, name), value

    # by path ----------------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Module:
        """The module at the path ``target`` ("layers.0"); AttributeError if there is none."""
        module: Module = self
        for depth, name in enumerate(target.split(".") if target else ()):
            if name not in module._modules:
                where = ".".join(target.split(".")[:depth]) or type(self).__name__
                names = ", ".join(module._modules) or "none"
                raise AttributeError(f"get_submodule: {where} has no module {name!r:.80}; it has {names}")
            module = module._modules[name]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at the path ``target`` ("fc1.weight"); AttributeError if there is none."""
        parameter: Parameter = self._get_member("parameter", target)
        return parameter

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put ``module`` in the place at the path ``target``; ``strict``: only where there is one already.

        Raises AttributeError where there is no such place, ValueError for an empty path or what is no module.
        """
        if not target or not isinstance(module, Module):
            given = "an empty path" if not target else f"a {type(module).__name__}"
            raise ValueError(f"set_submodule: expected a path and a module, got {given}")
        path, _, name = target.rpartition(".")
        outer = self.get_submodule(path)
        if strict:
            self.get_submodule(target)
        outer._modules[name] = module

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at the path ``target``; AttributeError if there is none."""
        buffer: Tensor = self._get_member("buffer", target)
        return buffer

    def _get_member(self, kind: Kind, target: str) -> Any:
        path, _, name = target.rpartition(".")
        members = Registered(self.get_submodule(path), kind)
        if name not in members:
            names = ", ".join(members) or "none"
            raise AttributeError(
                f"get_{kind}: {path or type(self).__name__} has no {kind} {name!r:.80}; it has {names}"
            )
        return members[name]

    # modes ------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set this module and all within it to training mode (``training`` True), or to evaluation mode."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: expected True or False, got {mode!r:.80}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set this module and all within it to evaluation mode: dropout is off."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set for all parameters whether gradients are computed for them; False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Remove the gradients of all parameters; with ``set_to_none=False``, set them to 0."""
        if mode.tracer is not None:
            mode.tracer.clearing(self.parameters(), set_to_none)
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.detach_().zero_()

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on every module within this one, and on this one last."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # dtypes -----------------------------------------------------------------------------------

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace every parameter, gradient and buffer by ``fn`` of it; of this module alone, if not ``recurse``."""
        for module in self.children() if recurse else ():
            module._apply(fn)
        for parameter in self.parameters(recurse=False):
            parameter.data = fn(parameter.data)
            if parameter.grad is not None:
                parameter.grad = fn(parameter.grad.detach())
        for name, buffer in self.named_buffers(recurse=False):
            if is_uninitialized(buffer):
                buffer.data = fn(buffer.data)
            else:
                self.__dict__[name] = fn(buffer)
        changes.tell()
        return self

    def to(self, *args: Any, memory_format: Any = None, **kwargs: Any) -> Self:
        """Convert all floating parameters and buffers to another dtype: to(glassnet.float64), to("cpu").

        ``memory_format`` is that of those with four or five dimensions, the weights of convolutions.
        """
        probe = wrap(np.empty(0, float32)).to(*args, **kwargs)
        if not probe.is_floating_point():
            raise DtypeError(f"to: the parameters of a module are floating, got {probe.dtype}")
        layout = {} if memory_format is None else {"memory_format": memory_format}

        def moved(t: Tensor) -> Tensor:
            options = kwargs | layout if len(t.shape) in (4, 5) else kwargs
            return t.to(*args, **options) if t.is_floating_point() else t

        return self._apply(moved)

    def float(self) -> Self:
        """Convert all floating parameters and buffers to float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Convert all floating parameters and buffers to float64."""
        return self.to(float64)

    def half(self) -> Self:
        """Convert all floating parameters and buffers to float16."""
        return self.to(float16)

    def bfloat16(self) -> Self:
        """Convert all floating parameters and buffers to bfloat16."""
        return self.to(bfloat16)

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers, those of whole numbers too, to another dtype."""
        return self._apply(lambda t: t.type(dst_type))

    def to_empty(self, *, device: Any = None, recurse: bool = True) -> Self:
        """Put all parameters and buffers in new memory, with any numbers in it."""
        wrap(np.empty(0)).to(device or "cpu")  # raises for what there is not
        return self._apply(lambda t: wrap(np.empty_like(t.array)), recurse)

    def share_memory(self) -> Self:
        """Move all parameters and buffers to memory that other processes have too: see `Tensor.share_memory_`."""
        for tensor in (*self.parameters(), *self.buffers()):
            tensor.share_memory_()
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: PyTorch's way to compile a module in its place. `glassnet.compile` gives a compiled one."""

    def cpu(self) -> Self:
        """The module itself: everything is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raises RuntimeError: there is no other device than the CPU."""
        return self.to("cuda")

    # copying and printing ---------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = type(self).__new__(type(self))
        memo[id(self)] = other
        other.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return other

    def __copy__(self) -> Self:
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._member_kinds, other._unsaved_buffers = dict(self._member_kinds), set(self._unsaved_buffers)
        return other

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """The text between the parentheses of the repr, before the modules within."""
        return ""

    def _argument(self, name: str) -> Any:
        """What the constructor was given as ``name``: the attribute of that name, unless another is kept there."""
        return getattr(self, name)

    def _inner_lines(self) -> list[str]:
        return [f"({shown(name)}): {indented(repr(module))}" for name, module in self._modules.items()]

    def __repr__(self) -> str:
        extra = self.extra_repr()
        inner = self._inner_lines()
        if not inner and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = [*extra.split("\n"), *inner] if extra else inner
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"

    _repr_html_ = repr_html


def indented(text: str) -> str:
    """``text`` with every line but the first indented by two more columns."""
    return text.replace("\n", "\n  ")


@contextmanager
def evaluating(module: Module) -> Iterator[None]:
    """Within, ``module`` is in evaluation mode and autograd follows nothing; afterwards every mode is as it was."""
    training = [(inner, inner.training) for inner in module.modules()]
    module.eval()
    try:
        with no_grad():
            yield
    finally:
        for inner, was_training in training:
            inner.training = was_training


Names = tuple[str, ...]


class FunctionModule(Module):
    """A function of `glassnet.functional`, with options that are set once.

    ``function`` is the function, ``options`` are the names of its arguments that are attributes of the
    module, read at each call, and ``shown`` are those that its repr shows.
    """

    function: ClassVar[Callable[..., Tensor]]
    options: ClassVar[Names] = ()
    shown: ClassVar[Names] = ()

    def _call(self, *inputs: Any) -> Tensor:
        return self.function(*inputs, **{name: getattr(self, name) for name in self.options})

    def extra_repr(self) -> str:
        """The options; ``inplace`` only if it is on."""
        shown = [(name, getattr(self, name)) for name in self.shown]
        return ", ".join(f"{name}={value!r}" for name, value in shown if name != "inplace" or value)
