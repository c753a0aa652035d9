"""The registry of a module: which of its attributes are parameters, buffers and modules.

They are ordinary attributes, as quick to read as any other. The registry keeps the kind of each by
name, in the order of assignment, so that `parameters()` and `state_dict()` find them.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, MutableMapping, ValuesView
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from glassnet.nn.constructors import without_arguments
from glassnet.nn.parameter import Buffer, Parameter
from glassnet.tensor import RemovableHandle, Tensor
from glassnet.tensor.creation import take_room
from glassnet.tensor.graph import changes

Kind = Literal["parameter", "buffer", "module"]
_NOTHING = object()
_ROOM = 16  # numbers: what the record of a part takes beside the part itself


_hooks: dict[Kind, dict[int, Callable[..., Any]]] = {"parameter": {}, "buffer": {}, "module": {}}  # of registration
_new_key = count(1).__next__


def _add_hook(kind: Kind, hook: Callable[..., Any]) -> RemovableHandle:
    key = _new_key()
    _hooks[kind][key] = hook
    return RemovableHandle(_hooks[kind], key)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` whenever a module is given one; what it returns takes its place.

    >>> handle = nn.register_module_parameter_registration_hook(lambda module, name, parameter: print(name))
    >>> layer = nn.Linear(2, 1)
    weight
    bias
    >>> handle.remove()
    """
    return _add_hook("parameter", hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` whenever a module is given one; what it returns takes its place.

    >>> handle = nn.register_module_buffer_registration_hook(lambda module, name, buffer: print(name))
    >>> layer = nn.BatchNorm1d(2)
    running_mean
    running_var
    num_batches_tracked
    >>> handle.remove()
    """
    return _add_hook("buffer", hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` whenever a module is given another; what it returns takes its place.

    >>> handle = nn.register_module_module_registration_hook(lambda module, name, submodule: print(name, submodule))
    >>> net = nn.Sequential(nn.ReLU())
    0 ReLU()
    >>> handle.remove()
    """
    return _add_hook("module", hook)


class Registered(MutableMapping[str, Any]):
    """The attributes of one kind as a mapping, as in PyTorch: ``module._modules["fc1"]``."""

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
        return list(self._module._member_kinds.values()).count(self._kind)

    def keys(self) -> KeysView[str]:
        """The names, as a dict gives them."""
        return dict.fromkeys(self).keys()

    def values(self) -> ValuesView[Any]:
        """The values, as a dict gives them."""
        return {name: self[name] for name in self}.values()

    def items(self) -> ItemsView[str, Any]:
        """The names and the values, as a dict gives them."""
        return {name: self[name] for name in self}.items()

    def __repr__(self) -> str:
        return repr(dict(self))


class Registry:
    """The part of a module that registers its parameters, buffers and modules."""

    _member_kinds: dict[str, Kind]
    _unsaved_buffers: set[str]  # buffers that state_dict() leaves out

    if TYPE_CHECKING:

        def __init__(self) -> None: ...
    else:
        __init__ = without_arguments

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
        attributes = self.__dict__
        return [attributes[name] for name, which in self._member_kinds.items() if which == kind]

    # registration -----------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under ``name``; None for an optional one that is not there (no bias)."""
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

    def add_module(self, name: str, module: Registry | None) -> None:
        """Add a module under ``name``, as ``self.name = module`` does."""
        self._check_free("module", name)
        self._register_member("module", name, module)

    register_module = add_module

    def _check_free(self, kind: Kind, name: str) -> None:
        if isinstance(name, str) and name in self.__dict__ and self._member_kinds.get(name) != kind:
            raise KeyError(f"{type(self).__name__} has an attribute {name!r:.80} already; choose another name")

    def _register_member(self, kind: Kind, name: str, value: Any) -> None:
        kinds = self._member_kinds
        if not isinstance(name, str):
            raise TypeError(f"expected the name of a {kind} as text, got {type(name).__name__}: {name!r:.80}")
        if not name or "." in name:
            raise KeyError(
                f"the name of a {kind} must not be empty or contain a dot (dots join paths), got {name!r:.80}"
            )
        if getattr(type(self), name, None) is not None:
            raise KeyError(f"{name!r:.80} is a name that every {type(self).__name__} has already; choose another name")
        _check_kind(kind, name, value)
        for hook in _hooks[kind].values():
            changed = hook(self, name, value)
            value = value if changed is None else changed
        take_room(_ROOM)
        if kinds.get(name) != kind:
            kinds.pop(name, None)
            kinds[name] = kind
            self._unsaved_buffers.discard(name)
        self.__dict__[name] = value
        changes.tell()

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name, _NOTHING) is value:
            return
        if getattr(type(value), "is_compiled", False) and isinstance(value.function, Registry):
            raise TypeError(
                f"{type(self).__name__}.{name}: a compiled module cannot be part of another, which would not find its "
                "parameters; assign the module itself, and compile the whole network, or the training step"
            )
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
            changes.tell()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        if "_member_kinds" in self.__dict__:
            self._member_kinds.pop(name, None)
            self._unsaved_buffers.discard(name)
        changes.tell()

    def __getattr__(self, name: str) -> Any:
        if name in ("_member_kinds", "_unsaved_buffers"):
            raise AttributeError(
                f"{type(self).__name__} was given a parameter, buffer or module, or asked for them, before "
                "Module.__init__() was called; begin its __init__ with super().__init__()"
            )
        raise AttributeError(f"{type(self).__name__!r:.80} object has no attribute {name!r:.80}", name=name, obj=self)

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name[:1].isdigit())


def joined(path: str, name: str) -> str:
    """The path of ``name`` within what is at ``path``."""
    return f"{path}.{name}" if path else name


_CLASSES: dict[Kind, type[Any]] = {"parameter": Parameter, "buffer": Tensor, "module": Registry}


def _check_kind(kind: Kind, name: str, value: Any) -> None:
    if value is None or isinstance(value, _CLASSES[kind]):
        return
    expected = {"parameter": "a Parameter", "buffer": "a Tensor", "module": "a Module"}[kind]
    what, advice = type(value).__name__, ""
    if kind == "parameter" and isinstance(value, Tensor):
        advice = f"; wrap it, nn.Parameter(x), or change the values in place: {name}.data.copy_(x)"
    elif kind == "module" and isinstance(value, type):
        what, advice = f"the class {value.__name__}", f"; make one of it: {value.__name__}()"
    elif kind == "module" and callable(value):
        advice = "; use the module of the function, nn.ReLU() for F.relu"
    raise TypeError(f"expected {expected} or None for the {kind} {name!r:.80}, got {what}{advice}")
