"""The registry of a module: its parameters, buffers and modules, by name, in order.

They are ordinary attributes of the module, as quick to reach as any other. The registry notes
which attributes they are, so that `parameters()` and `state_dict()` find them.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Literal

from glassnet.nn.parameter import Buffer, Parameter
from glassnet.tensor import Tensor
from glassnet.tensor.graph import changes

if TYPE_CHECKING:
    from glassnet.nn.module import Module

Kind = Literal["parameter", "buffer", "module"]
_NOTHING = object()


class Registered(MutableMapping[str, Any]):
    """The attributes of one kind, as the mapping that PyTorch has: ``module._modules["fc1"]``."""

    __slots__ = ("_kind", "_module")

    def __init__(self, module: Registry, kind: Kind) -> None:
        self._module = module
        self._kind = kind

    def __getitem__(self, name: str) -> Any:
        if self._module._member_kinds.get(name) != self._kind:
            raise KeyError(name)
        return self._module.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._module._register_member(self._kind, name, value)

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, kind in self._module._member_kinds.items() if kind == self._kind)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


class Registry:
    """Attributes that know what they are; the paths to them through modules within modules."""

    _member_kinds: dict[str, Kind]
    _unsaved_buffers: set[str]  # buffers that state_dict() leaves out

    def __init__(self) -> None:
        self._member_kinds = {}
        self._unsaved_buffers = set()

    @property
    def _parameters(self) -> Registered:
        return Registered(self, "parameter")

    @property
    def _buffers(self) -> Registered:
        return Registered(self, "buffer")

    @property
    def _modules(self) -> Registered:
        return Registered(self, "module")

    def _members(self, kind: Kind) -> list[Any]:
        held = self.__dict__
        return [held[name] for name, which in self._member_kinds.items() if which == kind]

    # registration -----------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under ``name``; None says that there could be one (no bias)."""
        self._check_free("parameter", name)
        self._register_member("parameter", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state but is not learned.

        It is in ``state_dict()`` unless ``persistent=False``.
        """
        self._check_free("buffer", name)
        self._register_member("buffer", name, tensor)
        if not persistent:
            self._unsaved_buffers.add(name)
        else:
            self._unsaved_buffers.discard(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under ``name``, as ``self.name = module`` does."""
        self._check_free("module", name)
        self._register_member("module", name, module)

    register_module = add_module

    def _check_free(self, kind: Kind, name: str) -> None:
        if isinstance(name, str) and name in self.__dict__ and self._member_kinds.get(name) != kind:
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} already; choose another name")

    def _register_member(self, kind: Kind, name: str, value: Any) -> None:
        kinds = self._member_kinds
        if not isinstance(name, str):
            raise TypeError(f"expected the name of a {kind} as text, got {type(name).__name__}: {name!r}")
        if not name or "." in name:
            raise KeyError(f"the name of a {kind} must not be empty or contain a dot (dots join paths), got {name!r}")
        if getattr(type(self), name, None) is not None:
            raise KeyError(f"{name!r} means something to every {type(self).__name__} already; choose another name")
        _check_kind(kind, name, value)
        changes.count += 1
        if kinds.get(name) != kind:
            kinds.pop(name, None)
            kinds[name] = kind
            self._unsaved_buffers.discard(name)
        self.__dict__[name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name, _NOTHING) is value:
            return
        if getattr(type(value), "is_compiled", False) and isinstance(value.function, Registry):
            raise TypeError(
                f"{type(self).__name__}.{name}: a compiled module is no part of another, which would not find its "
                "parameters; assign the module itself, and compile the whole network, or the training step"
            )
        changes.count += 1
        if isinstance(value, Parameter):
            self._register_member("parameter", name, value)
        elif isinstance(value, Registry):
            self._register_member("module", name, value)
        elif isinstance(value, Buffer):
            self._register_member("buffer", name, value)
            if not value.persistent:
                self._unsaved_buffers.add(name)
        else:
            kind = self.__dict__.get("_member_kinds", {}).get(name)
            if kind is not None:
                _check_kind(kind, name, value)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        changes.count += 1
        object.__delattr__(self, name)
        if "_member_kinds" in self.__dict__:
            self._member_kinds.pop(name, None)
            self._unsaved_buffers.discard(name)

    def __getattr__(self, name: str) -> Any:
        if name in ("_member_kinds", "_unsaved_buffers"):
            raise AttributeError(
                f"{type(self).__name__} was given a parameter, buffer or module, or asked for them, before "
                "Module.__init__() was called; begin its __init__ with super().__init__()"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name[:1].isdigit())

    # traversal --------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module, under ``prefix``, and all modules within it, with the paths to them.

        A module that is reached along several paths comes once, unless ``remove_duplicate`` is False.
        """
        seen = set() if memo is None else memo
        ahead: list[tuple[str, Any]] = [(prefix, self)]
        while ahead:
            path, module = ahead.pop()
            if remove_duplicate:
                if module in seen:
                    continue
                seen.add(module)
            yield path, module
            inner = [(joined(path, name), m) for name, m in module._modules.items() if m is not None]
            ahead.extend(reversed(inner))

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
        found: Any = self
        for done, name in enumerate(target.split(".") if target else ()):
            if name not in found._modules:
                place = ".".join(target.split(".")[:done]) or type(self).__name__
                there = ", ".join(found._modules) or "none"
                raise AttributeError(f"get_submodule: {place} has no module {name!r}; it has {there}")
            found = found._modules[name]
        return found  # type: ignore[no-any-return]

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at the path ``target`` ("fc1.weight"); AttributeError if there is none."""
        return self._get_member("parameter", target)  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at the path ``target``; AttributeError if there is none."""
        return self._get_member("buffer", target)  # type: ignore[no-any-return]

    def _get_member(self, kind: Kind, target: str) -> Any:
        path, _, name = target.rpartition(".")
        held = Registered(self.get_submodule(path), kind)
        if name not in held:
            there = ", ".join(held) or "none"
            raise AttributeError(f"get_{kind}: {path or type(self).__name__} has no {kind} {name!r}; it has {there}")
        return held[name]


def joined(path: str, name: str) -> str:
    """The path of ``name`` within what is at ``path``."""
    return f"{path}.{name}" if path else name


_CLASSES: dict[Kind, type[Any]] = {"parameter": Parameter, "buffer": Tensor, "module": Registry}


def _check_kind(kind: Kind, name: str, value: Any) -> None:
    if value is None or isinstance(value, _CLASSES[kind]):
        return
    expected = {"parameter": "a Parameter", "buffer": "a Tensor", "module": "a Module"}[kind]
    came, advice = type(value).__name__, ""
    if kind == "parameter" and isinstance(value, Tensor):
        advice = f"; wrap it, nn.Parameter(x), or change the values in place: {name}.data.copy_(x)"
    elif kind == "module" and isinstance(value, type):
        came, advice = f"the class {value.__name__}", f"; make one of it: {value.__name__}()"
    elif kind == "module" and callable(value):
        advice = "; functions have their modules, nn.ReLU() for F.relu"
    raise TypeError(f"expected {expected} or None for the {kind} {name!r}, got {came}{advice}")
