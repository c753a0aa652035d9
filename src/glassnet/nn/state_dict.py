"""Loading a state into a module: every key and shape is checked before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import DtypeError, GlassnetError
from glassnet.nn.parameter import Parameter, is_uninitialized
from glassnet.nn.registry import Registry
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.text import shown

NAMED_AT_MOST = 6  # keys of one kind that an error lists


class StateError(GlassnetError, RuntimeError):
    """A state whose keys or shapes do not fit the module it is loaded into."""


class IncompatibleKeys(NamedTuple):
    """The keys that `load_state_dict` missed in the state, and those that the module does not have."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Entry(NamedTuple):
    """One entry of a state: an attribute of a module, and the tensor it is now."""

    owner: Registry
    name: str
    value: Tensor


class Faults(NamedTuple):
    """What hooks find wrong before anything is compared: lists of keys and of sentences, to which they add."""

    missing: list[str]
    unexpected: list[str]
    messages: list[str]


def load_state(
    module: str,
    entries: Mapping[str, Entry],
    former: Mapping[str, str],
    state_dict: Mapping[str, Any],
    strict: bool,
    assign: bool,
    found: Faults,
    extras: Mapping[str, Callable[[Any], None]],
    afterwards: Sequence[tuple[Any, Callable[..., Any]]],
) -> IncompatibleKeys:
    """Copy ``state_dict`` into ``entries``, the state of ``module``: see `Module.load_state_dict`.

    What has a ``former`` name there is taken by its present one. ``extras`` take what is no tensor, by path;
    ``afterwards`` are called with their modules and the names that do not fit, and may let some pass.
    """
    if former:
        state_dict = {former.get(path, path): x for path, x in state_dict.items()}
    missing = found.missing + [path for path in (*entries, *extras) if path not in state_dict]
    unexpected = found.unexpected + [path for path in state_dict if path not in entries and path not in extras]
    tensors = {path: _checked(path, state_dict[path]) for path in entries if path in state_dict}
    misfits = [
        f"{shown(path)} is {written(entries[path].value.shape)} here and {written(x.shape)} in the state"
        for path, x in tensors.items()
        if not is_uninitialized(entries[path].value) and x.shape != entries[path].value.shape
    ]
    misfits = [f"size mismatch: {_listed(misfits)}"] * bool(misfits) + found.messages
    if misfits or (strict and not afterwards and (missing or unexpected)):
        raise StateError(_misfit(module, missing, unexpected, misfits, strict))
    if assign:
        tensors = {path: _assignable(path, entries[path].value, x) for path, x in tensors.items()}
    for path, x in tensors.items():
        owner, name, value = entries[path]
        if assign:
            setattr(owner, name, x)
        else:
            _copy(x, value)
    for path, take in extras.items():
        if path in state_dict:
            take(state_dict[path])
    keys = IncompatibleKeys(missing, unexpected)
    for owner, hook in afterwards:
        if hook(owner, keys) is not None:
            raise RuntimeError("a hook after load_state_dict must return None; change the lists that it is given")
    if strict and (keys.missing_keys or keys.unexpected_keys):
        raise StateError(_misfit(module, *keys, misfits, strict, "All others were loaded"))
    return keys


def _checked(path: str, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if not hasattr(value, "__array__"):
        raise TypeError(f"load_state_dict: expected a tensor or an array for {shown(path)}, got {type(value).__name__}")
    return wrap(as_array(np.asarray(value)))


def _copy(source: Tensor, target: Tensor) -> None:
    if is_uninitialized(target):
        if source.shape == (0,):  # nor has that one seen an input
            return
        target.materialize(source.shape)
    with no_grad():
        target.copy_(source)


def _assignable(path: str, current: Tensor, value: Tensor) -> Tensor:
    """``value`` as a parameter if ``current``, which it replaces, is one, else as a plain tensor."""
    if not isinstance(current, Parameter):
        return value.detach() if isinstance(value, Parameter) else value
    if current.requires_grad and not value.is_floating_point():
        raise DtypeError(
            f"load_state_dict: expected a floating tensor for {shown(path)}, got {value.dtype}; leave out assign"
        )
    return value if isinstance(value, Parameter) else Parameter(value, current.requires_grad)


def _misfit(
    module: str,
    missing: Sequence[str],
    unexpected: Sequence[str],
    misfits: Sequence[str],
    strict: bool,
    outcome: str = "Nothing was changed",
) -> str:
    faults = [
        f"{what} {_listed(names)}"
        for what, names in (("missing", missing), ("unexpected", unexpected))
        if names and strict
    ]
    faults += [_listed(misfits)] * bool(misfits)
    advice = "build the module as it was when its state was saved"
    if unexpected and all(name.startswith("module.") for name in unexpected):
        advice = (
            'take the "module." of DataParallel away: {name.removeprefix("module."): x for name, x in state.items()}'
        )
    elif not misfits:
        advice += ", or pass strict=False to load what both have"
    return f"load_state_dict: the state does not fit this {module}: {'; '.join(faults)}. {outcome}; {advice}"


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(shown(name) for name in names[:NAMED_AT_MOST])
    more = len(names) - NAMED_AT_MOST
    return f"{first} and {more} more" if more > 0 else first
