"""The value in a PyTorch file: what its pickle says, with names from the closed lists, and checked as a whole."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.serialization.pt.opcodes import Refused, read_pickle
from glassnet.serialization.pt.permitted import Class, Made, named, set_array
from glassnet.serialization.pt.pickled import DEEPEST
from glassnet.serialization.pt.plain_objects import (
    ObjectClass,
    class_of_objects,
    is_plain,
    members_of,
    set_attributes,
)
from glassnet.serialization.pt.storages import Kind, Storage
from glassnet.serialization.pt.whole_modules import ModuleClass, class_named, function_named, set_module
from glassnet.tensor import Tensor, device
from glassnet.tensor.creation import room_for
from glassnet.text import shown

_USUAL = 2**20  # weights that a network may have, and sizes; one that needs more has to have them in the file
_MOST = 5_000_000  # values on all ways through a structure: a few lists, each twice in the next, have more than memory
_INNER = (Kind, Made, Class, ModuleClass, ObjectClass, Storage)
_LEAVES = (str, bytes, bytearray, int, float, complex, np.ndarray, np.generic, np.dtype, Tensor, device, type(None))
_REFUSED = (
    "a PyTorch file may hold tensors, parameters, state_dicts, numbers, texts and plain containers of them",
    "where it was made, save model.state_dict(), or the tensors and numbers you need",
)


def read_value(
    text: memoryview, storage: Callable[[str, Kind, int], Storage], size: int, modules: bool
) -> tuple[Any, int]:
    """The value that ``text`` describes, and how many bytes of it that took.

    ``storage(key, kind, count)`` gives the storages, ``size`` is that of the file, and ``modules`` says whether whole
    networks are wanted. Raises Refused.
    """

    def names(module: str, name: str) -> Any:
        found = named(module, name)
        if found is None:
            found = function_named(module, name) or (_class(module, name) if modules else None)
        if found is None:
            raise _refused(module, name, modules)
        return found

    def stored(identity: Any) -> Storage:
        if not isinstance(identity, tuple) or len(identity) not in (5, 6) or identity[0] != "storage":
            raise Refused("it speaks of something outside that is no storage")
        _, kind, key, _, count, *view = identity
        if not isinstance(kind, Kind) or not isinstance(key, str) or type(count) is not int or not 0 <= count < 2**62:
            raise Refused("it speaks of a storage without a dtype, a name and a size")
        if view not in ([], [None]):
            raise Refused("a storage is a part of another", "save it again with a newer PyTorch")
        return storage(key, kind, count)

    def build(value: Any, state: Any) -> None:
        if isinstance(value, Module) and not vars(value):
            set_module(value, state, _USUAL + size)
        elif isinstance(value, np.ndarray):
            set_array(value, state)
        elif isinstance(value, np.dtype):
            if not isinstance(state, tuple) or len(state) < 2 or state[1] == ">":
                raise Refused("an array of NumPy's has its bytes in the other order", "save it as array.astype('<f8')")
        elif type(value) is OrderedDict and isinstance(state, dict):
            vars(value).update({name: inner for name, inner in state.items() if name == "_metadata"})
        elif modules and is_plain(type(value)):
            set_attributes(value, state)
        else:
            raise Refused(f"it changes a {type(value).__name__} in a way of its own", _REFUSED[1])

    with room_for(_USUAL + size):
        value, taken = read_pickle(text, names, stored, build)
    _check(value)
    return value, taken


def _class(module: str, name: str) -> ModuleClass | ObjectClass | None:
    return class_named(module, name) or class_of_objects(module, name)


def _refused(module: str, name: str, modules: bool) -> Refused:
    whole = shown(f"{module}.{name}")[:100]
    if not modules and (found := _class(module, name)) is not None:
        what = "a whole network" if isinstance(found, ModuleClass) else "an object"
        return Refused(f"it holds {what} ({whole}), not numbers alone", "load it with weights_only=False")
    if module.partition(".")[0] in ("torch", "builtins", "__builtin__", "numpy", "collections", "_codecs"):
        return Refused(f"it asks for {whole}; {_REFUSED[0]}", _REFUSED[1])
    return Refused(
        f"it asks for {whole}, which is no class that the program has imported, or one whose objects run code",
        f"import or define it before loading; else, {_REFUSED[1]}",
    )


def _check(value: Any) -> None:
    """Raise Refused for a structure that holds itself, is too deep or too large, or has what only the reader needs."""
    sizes: dict[int, int] = {}  # by identity: values on all ways through it; 0 while it is being walked
    waiting = [(value, 0, False)]
    while waiting:
        each, depth, is_left = waiting.pop()
        if isinstance(each, _INNER):
            raise Refused("it holds a part of a tensor by itself")
        if isinstance(each, _LEAVES):
            continue
        inner = _inner(each)
        if is_left:
            sizes[id(each)] = 1 + len(inner) + sum(sizes.get(id(part), 0) for part in inner)
            if sizes[id(each)] > _MOST:
                raise Refused(f"its structure has more than {_MOST:,} values")
            continue
        if id(each) in sizes:
            if sizes[id(each)] == 0:
                raise Refused("its structure holds itself")
            continue
        if depth > DEEPEST:
            raise Refused(f"its structure is nested more than {DEEPEST} levels deep")
        sizes[id(each)] = 0
        waiting.append((each, depth, True))
        waiting += [(part, depth + 1, False) for part in inner]


def _inner(value: Any) -> list[Any]:
    if isinstance(value, Module):
        return list(vars(value).values())
    inner: list[Any] = []  # of sets and keys none, which hold plain values alone, nor of functions
    if isinstance(value, dict):
        inner += dict.values(value)
    elif isinstance(value, list | tuple | deque):
        kind: Any = next(kind for kind in (list, tuple, deque) if isinstance(value, kind))
        inner += kind.__iter__(value)
    if type(value) is OrderedDict or is_plain(type(value)):
        attributes, slots = members_of(value)
        inner += [*attributes.values(), *slots.values()]
    return inner
