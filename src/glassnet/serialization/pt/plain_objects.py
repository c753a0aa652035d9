"""Objects of a person's own classes in a PyTorch file: the class by its name, the items it holds, and its attributes.

A checkpoint holds more than tensors: the arguments of the run, a vocabulary, the samples of a data set. Such an object
is written as Python's own pickle writes it. Read, its class is only looked up among what the program has already
imported; the object is given its items and attributes, and none of the code of its class is run.
"""

from __future__ import annotations

import argparse
import copyreg
import inspect
import sys
import types
from abc import ABCMeta
from collections import OrderedDict
from enum import Enum, EnumMeta
from typing import Any

from glassnet.serialization.pt.opcodes import Refused

_BASES: tuple[type, ...] = (OrderedDict, dict, list, tuple, types.SimpleNamespace, object)
_OF_PYTHON = (argparse.Namespace, types.SimpleNamespace)
_RUN = ("__del__", "__reduce__", "__reduce_ex__", "__setstate__", "__getnewargs_ex__")  # what would be


class ObjectClass:
    """A class of a person's own as a file names it."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def make(self, arguments: tuple[Any, ...]) -> Any:
        """One without attributes; of an enumeration its member, of a named tuple the whole."""
        kind = self.kind
        if issubclass(kind, Enum):
            members = [member for member in kind if len(arguments) == 1 and member.value == arguments[0]]
            if not members:
                raise Refused(f"{kind.__name__} has no such member")
            return members[0]
        base: Any = _base(kind)
        if base is tuple:
            if len(arguments) != len(getattr(kind, "_fields", arguments)):
                raise Refused(f"a {kind.__name__} has another number of fields")
        elif arguments:
            raise Refused(f"a {kind.__name__} is made with arguments")
        return base.__new__(kind, *([arguments] if base is tuple else []))


def class_of_objects(module: str, name: str) -> ObjectClass | None:
    """The class of this name, if the program has imported it and its objects are plain; None if not."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if found is not None and hasattr(found, "__dict__") else None
    return ObjectClass(found) if isinstance(found, type) and is_plain(found) and found.__module__ == module else None


def is_plain(kind: type) -> bool:
    """Whether objects of ``kind`` are their items and attributes alone: nothing runs when one is made or goes."""
    if kind in _OF_PYTHON:
        return True
    own = [base for base in kind.__mro__ if base not in _BASES]
    return (
        type(kind) in (type, ABCMeta, EnumMeta)
        and kind.__module__.partition(".")[0] not in sys.stdlib_module_names - {"__main__"}
        and (issubclass(kind, Enum) or not any(name in vars(base) for base in own for name in _RUN))
        and (issubclass(kind, Enum) or not any(base.__module__ == "builtins" for base in own))
        and (_base(kind) is not tuple or hasattr(kind, "_fields"))
    )


def _base(kind: type) -> Any:
    return next(base for base in _BASES if issubclass(kind, base))


def set_attributes(value: Any, state: Any) -> None:
    """Give ``value`` the attributes of ``state``, a dict, or two: that of its slots comes second. Raises Refused."""
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    for names in (attributes, slots):
        if names is not None and not (isinstance(names, dict) and all(isinstance(name, str) for name in names)):
            raise Refused(f"the state of a {type(value).__name__} is no dict of attributes")
    for name, inner in (slots or {}).items():
        if not isinstance(inspect.getattr_static(type(value), name, None), types.MemberDescriptorType):
            raise Refused(f"a {type(value).__name__} has no slot {name[:40]}")
        object.__setattr__(value, name, inner)
    if attributes:
        if not hasattr(value, "__dict__"):
            raise Refused(f"a {type(value).__name__} has slots alone")
        vars(value).update(attributes)


# writing ------------------------------------------------------------------------------------------


def arguments_of(value: Any) -> tuple[Any, ...]:
    """What a file says that ``value`` is made of: the value of a member of an enumeration, the fields of a tuple."""
    if isinstance(value, Enum):
        return (value.value,)
    return tuple(value) if isinstance(value, tuple) else ()


def attributes_of(value: Any) -> Any:
    """The state of ``value``: None, the dict of its attributes, or (attributes, slots)."""
    if isinstance(value, Enum):
        return None
    if any("__getstate__" in vars(base) for base in type(value).__mro__ if base is not object):
        return value.__getstate__()
    attributes, slots = members_of(value)
    return (attributes or None, slots) if slots else attributes or None


def members_of(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes of ``value``, and what is in its slots."""
    names = [name for name in copyreg._slotnames(type(value)) if hasattr(value, name)]  # type: ignore[attr-defined]
    return dict(getattr(value, "__dict__", {})), {name: getattr(value, name) for name in names}
