"""The description of a network: plain data (JSON can hold it) that is enough to build it again.

A layer is its class's name and the arguments of its constructor, and these it keeps as attributes
of the same names, as PyTorch's layers do: nothing has to be written for a new one (where PyTorch keeps
something else under the name, the layer has a `Module._argument` of its own). Only the classes of `glassnet.nn`
and `glassnet.networks` are ever built, by name from a table; a description cannot make anything else run.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from difflib import get_close_matches
from functools import cache
from typing import Any

import glassnet.nn as nn
from glassnet.nn.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from glassnet.nn.linear import Identity
from glassnet.nn.module import Module
from glassnet.nn.registry import joined
from glassnet.nn.transformer import Transformer, TransformerDecoder, TransformerEncoder
from glassnet.nn.utils.parametrize import type_before_parametrizations
from glassnet.serialization.computed_attributes import build_computed, describe_computed
from glassnet.serialization.described import (
    DescriptionError,
    Path,
    at,
    cannot_be_built,
    check_arguments,
    parameters_of,
    plain_argument,
)
from glassnet.tensor import Tensor
from glassnet.tensor.creation import room_for, without_drawing

_NOT_LAYERS = (Module, ParameterDict, ParameterList)
_Modules = dict[str, Any]  # those within a container, by name


def _stack(layer: str) -> Callable[[_Modules], dict[str, Any]]:
    """``layer`` would be copied: the layers themselves take the places of the copies."""
    return lambda within: {layer: Identity(), "num_layers": len(within["layers"]), "norm": within.get("norm")}


# A container is described by the modules within it, and its constructor is given what these say of its arguments.
CONTAINERS: dict[type[Module], Callable[[_Modules], dict[str, Any]]] = {
    Sequential: lambda _: {},
    ModuleList: lambda _: {},
    ModuleDict: lambda _: {},
    TransformerEncoder: _stack("encoder_layer"),
    TransformerDecoder: _stack("decoder_layer"),
    Transformer: lambda within: {"custom_encoder": within["encoder"], "custom_decoder": within["decoder"]},
}
# What they still have to be told.
_OF_CONTAINERS = {"enable_nested_tensor", "mask_check", "d_model", "nhead", "batch_first"}
_LETTERS = 2**24  # of the paths to all layers, those that are in several places counted in each
_DEEPEST = 40  # containers within each other: a file may nest JSON a hundred deep


@cache
def layers() -> dict[str, Any]:
    """The classes that can be described and built, by name."""
    from glassnet import networks  # few files hold one

    return {
        name: value
        for name, value in sorted({**vars(nn), **vars(networks)}.items())
        if isinstance(value, type) and issubclass(value, Module) and value not in _NOT_LAYERS and value.__name__ == name
    }


# describe ---------------------------------------------------------------------------------------


def describe(module: Module) -> dict[str, Any]:
    """The description of ``module``: ``{"type": "Linear", "in_features": 64, …}``.

    A `Sequential`, or a transformer of several layers, has the descriptions of its ``"modules"`` by name; a
    module that comes a second time is ``{"same_as": path}``; what is computed of it (a weight norm, a spectral norm, an
    orthogonal weight) is ``"computed"``. Hooks, weights, which of them are frozen, and the
    mode (train or eval) are no part of it.

    Raises DescriptionError for a class that is not in `glassnet.nn`: only its author knows how to
    build it.

    >>> serialization.describe(nn.Linear(4, 3))
    {'type': 'Linear', 'in_features': 4, 'out_features': 3, 'bias': True}
    """
    if not isinstance(module, Module):
        raise TypeError(f"describe: expected a Module, got {type(module).__name__}")
    _check_untied(module)
    described = _describe(module, "", {}, 0)
    assert described is not None
    return described


def _describe(module: Module | None, path: str, seen: dict[Module, str], depth: int) -> dict[str, Any] | None:
    if module is None:
        return None
    if module in seen:
        return {"same_as": seen[module]}
    _check_depth(depth)
    seen[module] = path
    kind: Any = type_before_parametrizations(module)
    if layers().get(kind.__name__) != kind:
        raise DescriptionError(
            f"{at(path)} is a {kind.__name__}, which a file cannot describe (it can describe the layers of "
            "glassnet.nn); save the weights alone, glassnet.save(model.state_dict(), path), and load them into a new "
            "one, or build the network with nn.Sequential"
        )
    described: dict[str, Any] = {"type": kind.__name__}
    for name, parameter in _arguments(kind).items():
        value = module._argument(name)
        if isinstance(value, Module):  # an activation, a distance
            described[name] = _describe(value, joined(path, name), seen, depth + 1)
        else:
            described[name] = plain_argument(value, name, parameter, path)
    if kind in CONTAINERS:
        inner = {name: _describe(m, joined(path, name), seen, depth + 1) for name, m in module._modules.items()}
        described["modules"] = inner
    if computed := describe_computed(module, seen.__contains__, path):
        described["computed"] = computed
    return described


@cache
def _arguments(kind: Any) -> dict[str, inspect.Parameter]:
    """What has to be known to build a ``kind``: its constructor's arguments but those of the numbers."""
    taken = parameters_of(kind)
    return {name: p for name, p in taken.items() if name in _OF_CONTAINERS} if kind in CONTAINERS else taken


def _check_untied(module: Module) -> None:
    """Raise where two modules have one parameter: built again, they would have two."""
    owners: dict[Tensor, Module] = {}
    for path, inner in module.named_modules():
        for name, parameter in inner.named_parameters(recurse=False):
            if owners.setdefault(parameter, inner) is not inner:
                raise DescriptionError(
                    f"the parameter {joined(path, name)} is shared with another layer, which a description cannot "
                    "say; use one module in both places, or save the weights alone: "
                    "glassnet.save(model.state_dict(), path)"
                )


# build ------------------------------------------------------------------------------------------


def build(description: Mapping[str, Any], *, fill: bool = True, largest: int | None = None) -> Module:
    """A new network from what `describe` gave, with new random weights.

    ``fill=False`` draws none: saved ones will take their place. ``largest`` is the largest size that is believed, and
    how many weights the network may have altogether: a description that was tampered with is refused before it fills
    the memory.

    Raises DescriptionError, which names the layer by its path, for a class that is not in
    `glassnet.nn` and for arguments that the class does not take.

    >>> serialization.build({"type": "Linear", "in_features": 4, "out_features": 3})
    Linear(in_features=4, out_features=3, bias=True)
    """
    with nullcontext() if largest is None else room_for(largest), nullcontext() if fill else without_drawing():
        builder = _Builder(largest)
        builder.build(description, builder.whole, ())
    assert builder.whole.module is not None
    return builder.whole.module


class _Place:
    """Where a module belongs: it is None until it is built. ``inner`` are the places within it, by name.

    ``layers`` and ``letters`` say how many paths lead to it and to what is within it, and how long these are together:
    a few containers, each of which has the one before in it twice, have more paths than can ever be walked.
    """

    def __init__(self) -> None:
        self.module: Module | None = None
        self.inner: dict[str, _Place] = {}
        self.layers, self.letters = 1, 1

    def count(self, name: str, within: _Place, path: Path) -> None:
        """Add the paths to what is ``within``. Raises DescriptionError where that are too many."""
        self.layers += within.layers
        self.letters += within.letters + within.layers * (len(name) + 1)
        if self.letters > _LETTERS:
            raise DescriptionError(
                f"{at(path):.60}: expected layers whose paths have at most {_LETTERS:,} letters together, got more"
            )


class _Builder:
    """``path`` are names, and not one text of them: a long name at the top would be in those of all that is below."""

    def __init__(self, largest: int | None) -> None:
        self._largest = largest
        self.whole = _Place()

    def build(self, description: Any, place: _Place, path: Path) -> None:
        """Build the module at ``place``, and those within it."""
        _check_depth(len(path))
        if description is None and path:
            return  # an empty place in a ModuleList or ModuleDict
        if not isinstance(description, Mapping):
            raise DescriptionError(f'{at(path)}: expected a layer as {{"type": …}}, got {description!r:.60}')
        if "same_as" in description:
            earlier = self._earlier(description["same_as"], path)
            place.module, place.layers, place.letters = earlier.module, earlier.layers, earlier.letters
            return
        arguments = dict(description)
        kind, computed = _class(arguments.pop("type", None), path), arguments.pop("computed", None)
        inner = arguments.pop("modules", {}) if kind in CONTAINERS else {}
        if not isinstance(inner, Mapping):
            raise DescriptionError(f"{at(path)}: expected the modules of a {kind.__name__} by name, got {inner!r:.60}")
        check_arguments(kind, _arguments(kind), arguments, path, self._largest)
        layers = {name: value for name, value in arguments.items() if isinstance(value, Mapping)}
        for name, each in {**layers, **inner}.items():
            place.inner[name] = _Place()
            self.build(each, place.inner[name], (*path, name))
            place.count(name, place.inner[name], path)
        try:
            built: _Modules = {name: within.module for name, within in place.inner.items()}
            given = {name: built[name] if name in layers else _tuples(value) for name, value in arguments.items()}
            module: Module = kind(**given, **CONTAINERS[kind](built) if kind in CONTAINERS else {})
            for name in inner:
                if getattr(module, name, self) is not built[name]:
                    module.add_module(name, built[name])
        except Exception as error:  # what a constructor raises for the numbers of a stranger is not known
            raise cannot_be_built(kind.__name__, arguments, path, error) from error
        if computed is not None:
            build_computed(module, computed, path, self._largest)
        place.module = module

    def _earlier(self, earlier: Any, path: Path) -> _Place:
        place = self.whole if isinstance(earlier, str) and earlier else _Place()
        for name in earlier.split(".", _DEEPEST) if isinstance(earlier, str) else []:
            place = place.inner.get(name, _Place())
        if place.module is None:
            raise DescriptionError(f"{at(path)}: expected the path of an earlier layer, got {earlier!r:.60}")
        return place


def _class(name: Any, path: Path) -> Any:
    kind = layers().get(name) if isinstance(name, str) else None
    if kind is None:
        near = get_close_matches(str(name), layers(), n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        raise DescriptionError(f"{at(path)}: unknown layer {name!r:.60}: glassnet.nn has none of that name{guess}")
    return kind


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _check_depth(depth: int) -> None:
    if depth > _DEEPEST:
        raise DescriptionError(f"expected containers at most {_DEEPEST} deep within each other, got more")
