"""Whole networks in a PyTorch file: the class of each module by its name, what it keeps, and the modules within it.

A layer of `glassnet.nn` is built by its constructor, from the arguments that it keeps. A class of a person's own is
only looked up among what the program has already imported; it is given its attributes, and none of its code is run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import glassnet.functional as functional
import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.nn.utils.parametrize import computed_attributes, type_before_parametrizations
from glassnet.serialization.described import DescriptionError, check_arguments, parameters_of
from glassnet.serialization.network import CONTAINERS, layers
from glassnet.serialization.pt.opcodes import Refused
from glassnet.tensor import Tensor, functions, namespace
from glassnet.tensor.creation import without_drawing
from glassnet.text import shown

_KINDS = ("_parameters", "_buffers", "_modules")
_OWN = ("_member_kinds", "_unsaved_buffers", "_call_hooks", "_state_hooks", "training")  # of glassnet's modules
_HOOKS = (
    "_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks",
    "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip  # PyTorch's modules keep them in these; they are functions, and no part of a file
_ADVICE = "save the numbers alone: torch.save(model.state_dict(), path)"


class ModuleClass:
    """A class of modules as a file names it; what is made of it is empty until it is given its state."""

    def __init__(self, kind: type[Module]) -> None:
        self.kind = kind

    def make(self, arguments: tuple[Any, ...]) -> Module:
        """One without attributes."""
        if arguments:
            raise Refused(f"a {self.kind.__name__} is made with arguments")
        return self.kind.__new__(self.kind)


def class_named(module: str, name: str) -> ModuleClass | None:
    """The class of this name: a layer, or one that the program has imported. None if there is none.

    Raises Refused where the program has something else of that name.
    """
    if module.partition(".")[0] in ("torch", "glassnet") and module.split(".")[1:2] == ["nn"]:
        kind = vars(nn).get(name)
        return ModuleClass(kind) if isinstance(kind, type) and issubclass(kind, Module) else None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if found is not None and hasattr(found, "__dict__") else None
    if isinstance(found, type) and issubclass(found, Module):
        return ModuleClass(found)
    return None


def function_named(module: str, name: str) -> Any:
    """The function of PyTorch's of this name, which a network may keep, such as torch.relu; None if there is none."""
    if module == "torch.nn.functional" and name in functional.__all__:
        return getattr(functional, name)
    if module == "torch" and name in functions.FILE_OF:
        return functions.function(name)
    return vars(namespace).get(name) if module == "torch" and name in vars(namespace)["__all__"] else None


def place_of_function(value: Any) -> tuple[str, str] | None:
    """The module and the name under which PyTorch has the function ``value``; None for another."""
    name = getattr(value, "__name__", "") if callable(value) else ""
    value = getattr(value, "__wrapped__", value)  # of one that takes out=
    places = (module for module in ("torch.nn.functional", "torch") if function_named(module, name) is value)
    module = next(places, None) if name else None
    return None if module is None else (module, name)


def set_module(module: Module, state: Any, largest: int) -> None:
    """Give ``module``, which has no attributes yet, those of ``state``. Raises Refused for one that does not fit.

    ``largest`` is the largest size of a layer that is believed.
    """
    kind = type(module)
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise Refused(f"the state of a {kind.__name__} is no dict of attributes")
    parts = {name: state.get(name, {}) for name in _KINDS}
    if not all(isinstance(part, dict) for part in parts.values()):
        raise Refused(f"a {kind.__name__} has parameters, buffers or modules that are no dict")
    try:
        Module.__init__(module)
        if layers().get(kind.__name__) is kind:
            _build(module, state, parts["_parameters"], largest)
        else:
            for name, value in state.items():
                if name not in (*_KINDS, *_HOOKS, *_OWN, "_non_persistent_buffers_set", "_is_full_backward_hook"):
                    module.__dict__[name] = value.kind if isinstance(value, ModuleClass) else value
        for part, members in parts.items():
            for name, value in members.items():
                getattr(module, part)[name] = value
        left_out = state.get("_non_persistent_buffers_set")
        module._unsaved_buffers.update(left_out if isinstance(left_out, set) else ())
        module.training = bool(state.get("training", True))
    except Refused:
        raise
    except Exception as error:  # what a constructor raises for the numbers of a stranger is not known
        raise Refused(f"a {kind.__name__} cannot be built: {shown(str(error)):.200}", _ADVICE) from error


def _build(module: Module, state: dict[str, Any], parameters: dict[str, Any], largest: int) -> None:
    """Build a layer by its constructor, of those arguments that are among its attributes."""
    kind: Any = type(module)
    if kind in CONTAINERS:
        module.__dict__.update((name, value) for name, value in state.items() if name[:1] != "_" and name not in _OWN)
        return
    taken, given = parameters_of(kind), {}
    for name in taken:
        if name in parameters:
            given[name] = parameters[name] is not None
        elif name in state and not isinstance(state[name], Module | Tensor):
            given[name] = state[name]
    plain = {name: _lists(value) for name, value in given.items() if not callable(value)}
    try:
        check_arguments(kind, {n: p for n, p in taken.items() if n in plain or n not in given}, plain, "", largest)
    except DescriptionError as error:
        raise Refused(str(error), _ADVICE) from None
    with without_drawing():
        module.__dict__.update(vars(kind(**given)))


def _lists(value: Any) -> Any:
    """``value`` with lists where there are tuples, as descriptions have them."""
    return [_lists(each) for each in value] if isinstance(value, tuple) else value


# writing ------------------------------------------------------------------------------------------


def reference(value: Any) -> tuple[str, str]:
    """The module and the name by which a class or a function of a network is found again. Raises TypeError."""
    module, name = value.__module__, value.__qualname__
    if vars(nn).get(name) is value:
        return "torch.nn", name
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not value or not isinstance(value, type):
        raise TypeError(
            f"save: {module}.{name} cannot be found again by its name; define the class at the top of its module, or "
            "save the numbers alone: model.state_dict()"
        )
    return module, name


def state_of(module: Module) -> dict[str, Any]:
    """What a file keeps of ``module``: PyTorch's names for the kinds of members, then its other attributes.

    Raises TypeError for tensors that are computed from parameters, such as weight norms.
    """
    kind = type_before_parametrizations(module)
    if computed_attributes(module) or kind is not type(module):
        raise TypeError(
            f"save: a {kind.__name__} computes {', '.join(computed_attributes(module)) or 'a tensor'} from others; "
            "save the numbers alone, model.state_dict(), or the network by save_model"
        )
    members = {
        "_parameters": dict(module._parameters),
        "_buffers": dict(module._buffers),
        "_non_persistent_buffers_set": set(module._unsaved_buffers),
        **{name: {} for name in _HOOKS},
        "_is_full_backward_hook": None,
        "_modules": dict(module._modules),
    }
    return {"training": module.training, **members, **dict(_attributes(module, kind))}


def _attributes(module: Module, kind: type[Module]) -> Iterator[tuple[str, Any]]:
    own = {name: value for name, value in vars(module).items() if name not in module._member_kinds and name not in _OWN}
    yield from own.items()
    if layers().get(kind.__name__) is kind and kind not in CONTAINERS:
        for name in parameters_of(kind):
            if name not in own and name not in module._member_kinds and hasattr(module, name):
                yield name, module._argument(name)
