"""What is computed in a network that a file describes: weight norms, orthogonal weights, weights behind a mask.

Each is the name of the function that makes it and the arguments of that function, which it keeps as attributes of the
same names. Only the functions below are ever called; a class that someone else wrote is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.nn.registry import joined
from glassnet.nn.utils import parametrizations, prune
from glassnet.nn.utils.norms import DividedByNorm, LengthAndDirection, spectral_norm, weight_norm
from glassnet.nn.utils.orthogonal import Orthogonal
from glassnet.nn.utils.parametrizations import SpectralNorm, WeightNorm
from glassnet.nn.utils.parametrize import computed_attributes, is_parametrized
from glassnet.nn.utils.pruning_methods import Masked
from glassnet.serialization.described import (
    DescriptionError,
    Path,
    at,
    cannot_be_built,
    check_arguments,
    parameters_of,
    plain_argument,
)

Description = dict[str, list[dict[str, Any]]]  # by the path of the tensor: what it is made with, one after the other

_MAKERS: dict[str, tuple[type[Any], Callable[..., Module]]] = {
    "weight_norm": (LengthAndDirection, weight_norm),
    "spectral_norm": (DividedByNorm, spectral_norm),
    "parametrizations.weight_norm": (WeightNorm, parametrizations.weight_norm),
    "parametrizations.spectral_norm": (SpectralNorm, parametrizations.spectral_norm),
    "parametrizations.orthogonal": (Orthogonal, parametrizations.orthogonal),
    "prune.identity": (Masked, prune.identity),  # the mask is in the state
}
_NAMES = {kind: name for name, (kind, _) in _MAKERS.items()}
_MOST = 16  # parametrizations of one tensor: each new one computes all before it


def describe_computed(module: Module, elsewhere: Callable[[Module], bool], path: str) -> Description:
    """What is computed in ``module`` and in the modules within it but for those that are described ``elsewhere``.

    Raises DescriptionError for what is computed by a stranger's class.
    """
    return {
        joined(inner, name): [_described(each, joined(path, inner) if inner else path) for each in _steps(owner, name)]
        for inner, owner in module.named_modules()
        if owner is module or not elsewhere(owner)
        for name in computed_attributes(owner)
    }


def _steps(module: Any, name: str) -> Iterator[Any]:
    """What computes the tensor ``name`` of ``module``, in the order in which it was registered."""
    if is_parametrized(module, name):
        yield from module.parametrizations[name]
    else:
        yield computed_attributes(module)[name].get


def _described(step: Any, path: str) -> dict[str, Any]:
    name = _NAMES.get(type(step))
    if name is None:
        raise DescriptionError(
            f"{at(path)} has a parametrization {type(step).__name__}, which a file cannot describe (it can describe "
            f"{', '.join(_MAKERS)}); take it off (nn.utils.parametrize.remove_parametrizations), or save the weights "
            "alone: glassnet.save(model.state_dict(), path)"
        )
    arguments = _arguments(_MAKERS[name][1]).items()
    return {"type": name} | {
        each: plain_argument(getattr(step, each), each, parameter, path) for each, parameter in arguments
    }


@cache
def _arguments(maker: Callable[..., Module]) -> dict[str, Any]:
    """What ``maker`` is told besides the module and the name of the tensor."""
    return dict(islice(parameters_of(maker).items(), 2, None))


def build_computed(module: Module, computed: Any, path: Path, largest: int | None) -> None:
    """Let the tensors in ``module`` be computed as ``computed`` says. Raises DescriptionError where they cannot be."""
    if not isinstance(computed, Mapping):
        raise DescriptionError(f"{at(path)}: expected what is computed by name, got {computed!r:.60}")
    module.eval()  # no steps of power iteration, of which a file may ask for millions
    for place, steps in computed.items():
        inner, _, name = place.rpartition(".")
        if not isinstance(steps, list) or len(steps) > _MOST:
            raise DescriptionError(f"{at(path)}: expected how {place} is made, a list of at most {_MOST}")
        for step in steps:
            arguments = dict(step) if isinstance(step, Mapping) else {}
            kind = arguments.pop("type", None)
            if not isinstance(kind, str) or kind not in _MAKERS:
                raise DescriptionError(
                    f"{at(path)}: expected how {place:.60} is made, one of {', '.join(_MAKERS)}; got {step!r:.60}"
                )
            _, maker = _MAKERS[kind]
            check_arguments(maker, _arguments(maker), arguments, path, largest)
            try:
                with np.errstate(all="ignore"):  # the weights may not be set yet
                    maker(module.get_submodule(inner), name, **arguments)
            except Exception as error:  # what it raises for the numbers of a stranger is not known
                raise cannot_be_built(kind, {"name": place} | arguments, path, error) from error
    module.train()
