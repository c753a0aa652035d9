"""Without effect: whether a function, while it is traced, does what a program would not do again.

The tracer sees tensors. What else a function does, print, draw with Python's random numbers, ask for the time, add to a
list, set an attribute, is seen here: every call of a function of C's from the user's code is looked at before it
happens, and what is not known to be harmless is refused; random generators, and NumPy arrays, are compared before and
after, and put back.
"""

from __future__ import annotations

import dis
import gc
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from types import CodeType, FrameType
from typing import Any

import numpy as np

from glassnet.nn import Module
from glassnet.observer import mode
from glassnet.ops.dtypes import Array
from glassnet.random import _Stream as Stream
from glassnet.tensor import Tensor
from glassnet.trace.bytecode import CHANGING
from glassnet.trace.refusals import HOUSE, is_users_file, refuse

_BUILTINS = {
    "abs", "all", "any", "bin", "callable", "chr", "divmod", "format", "getattr", "hasattr", "hash", "id", "isinstance",
    "issubclass", "iter", "len", "max", "min", "ord", "pow", "repr", "round", "sorted", "sum", "__build_class__",
}  # fmt: skip
_VALUES = (str, bytes, int, float, complex, tuple, frozenset, list, dict, set, deque, type(None), range, slice)
_MODULES = {"math", "cmath", "_operator", "itertools", "_functools", "_collections", "_abc", "numpy", "_typing"}
_CONTAINERS = {list, dict, set, deque}
_WRITTEN_IN_SIGHT = (list, dict, deque, np.ndarray, Tensor, Module)
_ATTRIBUTES = {"grad", "requires_grad"}  # of tensors: the tracer sees them
_RANDOM = {random.Random, np.random.Generator, np.random.RandomState}
_WRITING = ("_io", "io", "time", "_random", "posix", "nt", "_socket", "select", "_thread", "_datetime")


def watched(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, refused with TraceError where it has an effect that is not on tensors."""

    @wraps(function)
    def carried_out(*args: Any, **kwargs: Any) -> Any:
        with _watching():
            return function(*args, **kwargs)

    return carried_out


@contextmanager
def _watching() -> Iterator[None]:
    _refuse_what_is_not_seen()
    older, moving = _look_around()
    arrays = _arrays_in_reach()
    before = sys.getprofile()

    def look(frame: FrameType, event: str, what: Any) -> None:
        file = frame.f_code.co_filename
        if event == "c_call":
            if is_users_file(file):
                if not _is_harmless(what, older):
                    refuse(f"calls {what.__name__}(), which a program would not do again")
            elif _is_writing(what) and _is_for_user(frame):
                refuse(f"calls {what.__name__}(), which a program would not do again")
        elif event == "call" and is_users_file(file) and (name := _sets(frame.f_code)):
            refuse(f"sets {name}, which a program would not do again")

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
        drawn = [(one, state) for one, state in moving if repr(_state_of(one)) != repr(state)]
        for one, state in drawn:  # however it ended: the step will be run as it is written
            _set_back(one, state)
        written = [(name, array, numbers) for name, array, numbers in arrays if array.tobytes() != numbers.tobytes()]
        for _, array, numbers in written:
            array[...] = numbers
    if drawn:
        refuse("draws random numbers that are not a tensor's, which a program would not do again")
    if written:
        refuse(f"writes into {written[0][0]}, a NumPy array, which a program would not do again")


def _is_for_user(frame: FrameType | None) -> bool:
    """Whether it is the user's code that called a function of Python's own or of a package, and not glassnet's."""
    while frame is not None and not is_users_file(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith(HOUSE):
            return False
        frame = frame.f_back
    return True


def _look_around() -> tuple[set[int], list[tuple[Any, Any]]]:
    """The containers that there are, by id, and the random generators that are no tensors', with where they are."""
    there = gc.get_objects()
    ours = {id(vars(x).get("numpy")) for x in there if type(x) is Stream}
    older = {id(x) for x in there if type(x) in _CONTAINERS}
    return older, [(x, _state_of(x)) for x in there if type(x) in _RANDOM and id(x) not in ours]


def _state_of(x: Any) -> Any:
    if isinstance(x, random.Random):
        return x.getstate()
    return x.bit_generator.state if isinstance(x, np.random.Generator) else x.get_state()


def _set_back(x: Any, state: Any) -> None:
    if isinstance(x, random.Random):
        x.setstate(state)
    elif isinstance(x, np.random.Generator):
        x.bit_generator.state = state
    else:
        x.set_state(state)


def _arrays_in_reach() -> list[tuple[str, Array, Array]]:
    """NumPy arrays that the function reaches, by name, with their numbers; those of tensors are the tracer's."""
    captures = getattr(mode.tracer, "captures", None)
    if captures is None:
        return []
    modules = captures.modules.values()
    held = [*captures.tensors.values(), *(x for module in modules for x in (*module.parameters(), *module.buffers()))]
    return [
        (name, array, array.copy())
        for name, array in captures.arrays.items()
        if array.flags.writeable and not any(np.may_share_memory(array, x.array) for x in held)
    ]


def _refuse_what_is_not_seen() -> None:
    """What is taken from an iterator is gone, and what is written into an array of Python's or a table leaves no trace:
    that there is one in reach is enough."""
    captures = getattr(mode.tracer, "captures", None)
    if captures is None:
        return
    inner = (inner for module in captures.modules.values() for inner in module.modules())
    reached = [*captures.free_variables, *(pair for module in inner for pair in vars(module).items())]
    for name, value in reached:
        if hasattr(type(value), "__next__"):
            refuse(f"reaches {name}, an iterator: what is taken from it is gone")
        if hasattr(type(value), "__setitem__") and not isinstance(value, _WRITTEN_IN_SIGHT):
            refuse(f"reaches {name}, of class {type(value).__name__}: what is written into it would not be seen")


def _is_harmless(called: Any, older: set[int]) -> bool:
    owner = getattr(called, "__self__", None)
    name = called.__name__
    if owner is None or type(owner) is type(sys):
        module = getattr(called, "__module__", None) or ""
        if module == "builtins":
            return name in _BUILTINS
        return module.partition(".")[0] in _MODULES or type(called).__name__ in (
            "method_descriptor",
            "wrapper_descriptor",
        )
    if isinstance(owner, type):
        return name in ("__new__", "fromkeys", "__init_subclass__")
    if not isinstance(owner, _VALUES):
        return name.startswith("__") and name not in ("__setattr__", "__delattr__", "__next__", "__setitem__")
    return name not in CHANGING or id(owner) not in older


def _is_writing(called: Any) -> bool:
    owner = getattr(called, "__self__", None)
    where = getattr(called, "__module__", None) or type(owner).__module__
    return where in _WRITING or (isinstance(owner, random.Random))


@cache
def _sets(code: CodeType) -> str:
    """What a function of the user's sets that is not its own; "" for nothing."""
    if code.co_name in ("__init__", "__post_init__", "__setattr__"):
        return ""
    for instruction in dis.get_instructions(code):
        name = str(instruction.argval)
        if instruction.opname in ("STORE_ATTR", "DELETE_ATTR") and name not in _ATTRIBUTES:
            return f"the attribute {name}"
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            return f"the global {name}"
        if instruction.opname in ("STORE_DEREF", "DELETE_DEREF") and name in code.co_freevars:
            return name
    return ""
