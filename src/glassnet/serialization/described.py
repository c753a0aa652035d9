"""The arguments in a description: what is kept of those that something was made with, and what may be read of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.files.schema import (
    Kind,
    Misfit,
    any_number,
    anything,
    described,
    either,
    flag,
    items,
    one_of,
    text,
    whole,
)
from glassnet.tensor import Tensor

# Arguments that say what the numbers are at first: those come from the saved weights.
_OF_THE_NUMBERS = {"_freeze", "_weight", "device", "dtype"}
_KINDS: dict[Any, Kind] = {  # of arguments, by their types; a description holds no tensors
    bool: flag,
    int: whole(),
    float: any_number,
    str: text,
    NoneType: one_of(None),
    Tensor: Kind("no tensor", lambda _: False),
}

Path = tuple[str, ...]  # the names of a module and of those around it
Parameters = Mapping[str, inspect.Parameter]


class DescriptionError(GlassnetError, ValueError):
    """A network that cannot be described, or a description that no network can be built from.

    >>> serialization.build({"type": "Linaer"})
    Traceback (most recent call last):
    glassnet.serialization.described.DescriptionError: the network: unknown layer 'Linaer': ... (did you mean Linear?)
    """


def parameters_of(maker: Any) -> dict[str, inspect.Parameter]:
    """What a class or a function has to be told, but for what the saved weights say."""
    return {
        name: parameter
        for name, parameter in inspect.signature(maker).parameters.items()
        if name not in _OF_THE_NUMBERS and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


def plain_argument(value: Any, name: str, parameter: inspect.Parameter, path: str) -> Any:
    """``value``, an argument of the layer at ``path``, as JSON can hold it. Raises DescriptionError where it cannot."""
    if isinstance(parameter.default, bool):
        return bool(value) if isinstance(value, bool | np.bool_) else value is not None  # bias=True made a parameter
    try:
        return _plain(value)
    except TypeError:
        raise DescriptionError(
            f"{at(path)} has {name}={value!r:.60}, which a description cannot hold (numbers, texts, lists of "
            "them, None); save the weights alone: glassnet.save(model.state_dict(), path)"
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_plain(x) for x in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError


def check_arguments(
    maker: Any, taken: Parameters, arguments: Mapping[str, Any], path: str | Path, largest: int | None
) -> None:
    """Raise DescriptionError where the names, plain types and sizes of ``arguments`` cannot be those of ``maker``."""
    unknown = [name for name in arguments if name not in taken]
    missing = [name for name, p in taken.items() if p.default is p.empty and name not in arguments]
    if unknown or missing:
        takes = ", ".join(taken) or "no arguments"
        wrong = ", ".join([f"no argument {name!r:.60}" for name in unknown] + [f"needs {name}" for name in missing])
        raise DescriptionError(f"{at(path)}: {maker.__name__} takes {takes}: {wrong}")
    for name, value in arguments.items():
        try:
            _kinds(maker).get(name, anything).check(value)
        except Misfit:
            problem = f"{maker.__name__} takes {name} as {taken[name].annotation}, got {described(value)}"
            raise DescriptionError(f"{at(path)}: {problem}") from None
        if largest is not None and max(_whole_numbers(value), default=0) > largest:
            raise DescriptionError(
                f"{at(path)}: {maker.__name__} cannot have {name}={value!r:.40}: there are not that many weights"
            )


@cache
def _kinds(maker: Any) -> dict[str, Kind]:
    """What the arguments of ``maker`` are, by their types."""
    hints = get_type_hints(maker.__init__ if isinstance(maker, type) else maker)  # type: ignore[misc]
    return {name: _kind_of(hint) for name, hint in hints.items()}


def _kind_of(hint: Any) -> Kind:
    if get_origin(hint) in (Union, UnionType):
        return either(*map(_kind_of, get_args(hint)))
    if get_origin(hint) is Sequence:
        (each,) = get_args(hint)
        return items(_kind_of(each))
    return _KINDS.get(hint, anything)


def _whole_numbers(value: Any) -> Iterator[int]:
    """Those in the value of an argument, or in the lists that it is."""
    if isinstance(value, list):
        for each in value:
            yield from _whole_numbers(each)
    elif type(value) is int:
        yield value


def cannot_be_built(what: str, arguments: Mapping[str, Any], path: str | Path, error: Exception) -> DescriptionError:
    """The error for what a constructor raised."""
    call = ", ".join(f"{name}={value!r:.40}" for name, value in arguments.items())
    why = error.args[0] if isinstance(error, KeyError) and error.args else error  # str() would put it in quotes
    return DescriptionError(f"{at(path)}: {what}({call}) cannot be built: {why}")


def at(path: str | Path) -> str:
    """Where the layer at ``path`` is, in words."""
    dotted = path if isinstance(path, str) else ".".join(map(str, path))
    return f"layer {dotted}" if path else "the network"
