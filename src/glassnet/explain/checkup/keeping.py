"""What a check-up may touch besides the network and its optimizer, kept so that it is put back.

A step of one's own advances schedules, counts, and fills lists; a loader draws from its generator; a dataset may count
what is asked of it. None of that is seen in the step's arguments, so everything is followed that they lead to.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.optim import Optimizer
from glassnet.random import Generator, default_generator
from glassnet.tensor import Tensor
from glassnet.threads import are_others
from glassnet.trace.free_variables import FreeVariables
from glassnet.trace.refusals import is_users_file
from glassnet.trace.snapshot import CONTAINERS, Snapshot, contents_of

MOST = 10_000  # objects that are followed
FEW = 1_000  # entries of a container that are followed; of a longer one, which is of data, only which they are
SMALL = 2**20  # numbers of an array that is kept; a larger one that is no parameter is data


def keep_reached(snapshot: Snapshot, roots: Iterable[Any]) -> None:
    """Have ``snapshot`` put back whatever ``roots`` lead to: functions, loaders, datasets, schedules, networks."""
    _keep_randomness(snapshot)
    todo, met = list(roots), dict[int, Any]()
    while todo and len(met) < MOST:
        value = todo.pop()
        if value is None or id(value) in met or isinstance(value, int | float | str | bytes | type | ModuleType):
            continue
        met[id(value)] = value
        todo += _kept(snapshot, value)


def _keep_randomness(snapshot: Snapshot) -> None:
    snapshot.keep_generator(default_generator)
    if are_others():
        return  # these are one for all threads, and putting them back would repeat what another has drawn meanwhile
    state = random.getstate()
    snapshot.keep(lambda: random.setstate(state))
    legacy = sys.modules.get("numpy.random")  # not loaded by glassnet before it is needed
    if legacy is not None:
        numbers = legacy.get_state()
        snapshot.keep(lambda: legacy.set_state(numbers))


def _kept(snapshot: Snapshot, value: Any) -> Iterable[Any]:
    """Keep one value, and return what it leads to."""
    if isinstance(value, Tensor):
        snapshot.keep_tensors([value])
        if value.array.size <= SMALL or isinstance(value, Parameter):
            snapshot.keep_array(value.array)
        return [value.grad]
    if isinstance(value, np.ndarray):
        if value.size <= SMALL and value.dtype.kind in "biufc":
            snapshot.keep_array(value)
        return []
    if isinstance(value, Generator | np.random.Generator):
        snapshot.keep_generator(value)
    elif isinstance(value, random.Random):
        state = value.getstate()
        snapshot.keep(lambda: value.setstate(state))
    elif isinstance(value, np.random.RandomState):
        numbers = value.get_state()
        snapshot.keep(lambda: value.set_state(numbers))
    elif isinstance(value, CONTAINERS):
        snapshot.keep_contents(value)
        return contents_of(value) if len(value) <= FEW else []
    elif isinstance(value, FunctionType | MethodType | partial):
        return _of_function(snapshot, value)
    elif hasattr(value, "__dict__") and _is_followed(type(value)):
        if isinstance(value, Optimizer):
            snapshot.keep_optimizer(value)
        else:
            snapshot.keep_attributes(value)
        called = type(value).forward if isinstance(value, Module) else vars(type(value)).get("__call__")
        return [*vars(value).values(), *([called] if isinstance(called, FunctionType) else [])]
    return []


def _of_function(snapshot: Snapshot, function: Any) -> Iterable[Any]:
    if isinstance(function, partial):
        return [function.func, *function.args, *function.keywords.values()]
    if isinstance(function, MethodType):
        return [function.__self__, function.__func__]
    if not is_users_file(function.__code__.co_filename):
        return _closed_over(function)
    variables = FreeVariables(function)
    variables.keep(snapshot)
    return [*(value for _, value in variables), *_closed_over(function)]


def _closed_over(function: FunctionType) -> list[Any]:
    return [*map(_in_cell, function.__closure__ or ()), *(function.__defaults__ or ())]


def _in_cell(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _is_followed(kind: type) -> bool:
    """Whether objects of a class are the user's or glassnet's: what other libraries keep is their own."""
    home = kind.__module__.partition(".")[0]
    if home in ("glassnet", "torch"):  # by which a tensor's class may go: glassnet.pytorch
        return True
    if home == "numpy" or home in sys.stdlib_module_names:
        return kind.__module__ == "__main__"
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is None or is_users_file(file)
