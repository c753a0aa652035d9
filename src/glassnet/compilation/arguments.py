"""Arguments: what a compiled function is called with, as what has to be equal and what may differ.

Shapes, dtypes, Python numbers and the way they are put together have to be equal for a specialisation to serve again;
they are the key that it is found by. The numbers in tensors may differ. A leaf tensor that requires a gradient is a
parameter: which one it is matters, and the program reads and changes that one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.program.names import identifier
from glassnet.pytree import LEAF, flatten, named_leaves
from glassnet.tensor import Tensor
from glassnet.trace.guard import PLAIN, Guard, Guarded, Same, TensorKind, comparable

Args = tuple[Any, ...]
Kwargs = dict[str, Any]


class StructureError(GlassnetError, TypeError):
    """Something that a compiled function cannot take or give."""


def key_of(args: Args, kwargs: Kwargs, arrays: list[Any]) -> tuple[Any, ...]:
    """What has to be equal for a specialisation to serve again; puts the call's arrays into ``arrays``."""
    key: list[Any] = []
    for x in args:
        if isinstance(x, Tensor) and not x._requires_grad:  # the usual case, quickly
            array = x.array
            arrays.append(array)
            key.append((array.shape, array.dtype))
        else:
            key.append(_key(x, arrays))
    key.extend((name, _key(x, arrays)) for name, x in kwargs.items())
    if len(arrays) > 1 and (arrays[0] is arrays[1] or len(arrays) > 2) and len(set(map(id, arrays))) < len(arrays):
        ids = list(map(id, arrays))  # one tensor is in two places
        key.append(tuple(map(ids.index, ids)))
    return tuple(key)


def _key(x: Any, arrays: list[Any]) -> Any:
    if isinstance(x, Tensor):
        return _leaf_key(x, arrays)
    leaves, treedef = flatten(x)
    if treedef is LEAF:
        return _leaf_key(x, arrays)
    return treedef, tuple([_leaf_key(leaf, arrays) for leaf in leaves])


def _leaf_key(x: Any, arrays: list[Any]) -> Any:
    if not isinstance(x, Tensor):
        return type(x), comparable(x)
    if _is_parameter(x):
        return Same(x)
    arrays.append(x.array)
    return x.array.shape, x.array.dtype, x._requires_grad


def _is_parameter(x: Any) -> bool:
    return isinstance(x, Tensor) and x._requires_grad and x.node is None


class Arguments:
    """The arguments of one call, by name.

    ``inputs`` are the arrays, in the order of `key_of`; ``others`` are parameters, modules, optimizers and what else
    there may be; ``guards`` say what has to be equal, as the key does, for people.
    """

    def __init__(self, function: Callable[..., Any], args: Args, kwargs: Kwargs) -> None:
        self.inputs: dict[str, Any] = {}
        self.others: list[tuple[str, Any]] = []
        self.guards: Guarded = {}
        self.tensors: list[tuple[str, Tensor]] = []
        for name, value in _named(function, args, kwargs):
            for where, leaf in named_leaves(name, value):
                self._add(where, leaf)

    def let_go(self) -> None:
        """Keep nothing but what can be said of them."""
        self.inputs, self.others, self.tensors = {}, [], []

    def _add(self, where: str, leaf: Any) -> None:
        if isinstance(leaf, np.ndarray):
            raise StructureError(
                f"{where}: expected a tensor, got a NumPy array: what NumPy does with it would go unseen. Pass "
                f"glassnet.from_numpy({where}), which shares its memory"
            )
        if isinstance(leaf, Tensor) and not _is_parameter(leaf):
            self.tensors.append((where, leaf))
            name, number = identifier(where), 2
            while name in self.inputs:
                name, number = f"{identifier(where)}_{number}", number + 1
            self.inputs[name] = leaf.array
            self.guards[Guard("argument", name=where)] = TensorKind(leaf.dtype, leaf.shape, leaf.requires_grad)
        else:
            if not isinstance(leaf, PLAIN):
                self.others.append((where, leaf))
            self.guards[Guard("argument", name=where)] = comparable(leaf)


def _named(function: Callable[..., Any], args: Args, kwargs: Kwargs) -> Iterator[tuple[str, Any]]:
    called = function.forward if isinstance(function, Module) else function
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}_{i}" for i in range(len(args) - len(names))]
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            names.append(parameter.name)
    names += [f"argument_{i}" for i in range(len(names), len(args))]
    yield from zip(names, args, strict=False)
    yield from kwargs.items()
