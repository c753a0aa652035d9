"""The state of a module: its parameters and buffers by path, taken out and put back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DtypeError, GlassnetError
from glassnet.nn.parameter import Parameter
from glassnet.nn.registry import Registry, joined
from glassnet.observer import mode
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap

NAMED_AT_MOST = 6  # keys of one kind that an error lists


class StateError(GlassnetError, RuntimeError):
    """A state that does not fit the module it is loaded into."""


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` did not find in the state, and what it found and had no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Place(NamedTuple):
    """Where one entry of a state belongs: an attribute of a module."""

    module: Registry
    name: str
    value: Tensor


class Stateful(Registry):
    """The part of a module that gives and takes its state."""

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Tensor]:
        """The parameters and the persistent buffers by path, in order, sharing their memory.

        Put into ``destination`` if given, each path behind ``prefix``; detached unless ``keep_vars``.
        """
        state = OrderedDict() if destination is None else destination
        for path, place in self._state_places().items():
            state[prefix + path] = place.value if keep_vars else place.value.detach()
        return state

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy a state that ``state_dict()`` gave, of tensors or arrays, into this module.

        ``strict=False`` leaves alone what is in one of the two only, and returns the names of it.
        ``assign=True`` puts the tensors themselves in place, in the dtype they have.

        Raises StateError, which names every missing and unexpected key and every wrong shape;
        nothing is changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: expected a dict from names to tensors, got {type(state_dict).__name__}")
        places = self._state_places()
        missing = [path for path in places if path not in state_dict]
        unexpected = [path for path in state_dict if path not in places]
        given = {path: _checked(path, state_dict[path]) for path in places if path in state_dict}
        misfits = [
            f"{path} is {written(places[path].value.shape)} here and {written(x.shape)} in the state"
            for path, x in given.items()
            if x.shape != places[path].value.shape
        ]
        if misfits or (strict and (missing or unexpected)):
            raise StateError(_misfit(type(self).__name__, missing, unexpected, misfits, strict))
        if assign:
            given = {path: _assignable(path, places[path].value, x) for path, x in given.items()}
        for path, x in given.items():
            module, name, value = places[path]
            if assign:
                setattr(module, name, x)
            else:
                _copy(x, value)
        return IncompatibleKeys(missing, unexpected)

    def _state_places(self) -> dict[str, Place]:
        """Every entry of the state: parameters, then buffers, module by module."""
        return {
            joined(path, name): Place(module, name, value)
            for path, module in self.named_modules(remove_duplicate=False)
            for held in (module._parameters, module._buffers)
            for name, value in held.items()
            if value is not None and name not in module._unsaved_buffers
        }


def _checked(path: str, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if not hasattr(value, "__array__"):
        raise TypeError(f"load_state_dict: expected a tensor or an array for {path}, got {type(value).__name__}")
    return wrap(as_array(np.asarray(value)))


def _copy(source: Tensor, target: Tensor) -> None:
    before, mode.grad = mode.grad, False
    try:
        target.copy_(source)
    finally:
        mode.grad = before


def _assignable(path: str, held: Tensor, value: Tensor) -> Tensor:
    """``value`` as what it takes the place of is: a parameter, or none."""
    if not isinstance(held, Parameter):
        return value.detach() if isinstance(value, Parameter) else value
    if held.requires_grad and not value.is_floating_point():
        raise DtypeError(f"load_state_dict: expected a floating tensor for {path}, got {value.dtype}; leave out assign")
    return value if isinstance(value, Parameter) else Parameter(value, held.requires_grad)


def _misfit(
    module: str, missing: Sequence[str], unexpected: Sequence[str], misfits: Sequence[str], strict: bool
) -> str:
    found = [
        f"{what} {_listed(names)}"
        for what, names in (("missing", missing), ("unexpected", unexpected))
        if names and strict
    ]
    found += [_listed(misfits)] * bool(misfits)
    advice = "build the module as it was when its state was saved"
    if not misfits:
        advice += ", or pass strict=False to load what both have"
    return f"load_state_dict: the state does not fit this {module}: {'; '.join(found)}. Nothing was changed; {advice}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED_AT_MOST])
    more = len(names) - NAMED_AT_MOST
    return f"{shown} and {more} more" if more > 0 else shown
