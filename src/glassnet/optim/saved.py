"""An optimizer's ``state_dict``, in PyTorch's layout: made, and checked and taken apart again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.files.schema import Kind, an_object, items, record, whole, within
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap

Group = dict[str, Any]
State = defaultdict[Any, dict[str, Any]]

_GROUP = record({"params": items(whole(0))}, others=True)
_PARTS = record(
    {
        "state": Kind("state by the number of the parameter", lambda x: isinstance(x, Mapping)),
        "param_groups": items(_GROUP, expected="a list of groups"),
    },
    others=True,
)


def _are_numbers(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and as_array(value).dtype.kind in "iuf"
    except (TypeError, ValueError):
        return False


_NUMBERS = Kind("a tensor of numbers", _are_numbers)
_COUNT = Kind("a number of 0 or more", lambda x: 0 <= x < np.inf)


def packed(groups: list[Group], state: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
    """``groups`` and ``state`` with parameters replaced by their number, counted over all groups."""
    number: dict[Tensor, int] = {}
    packed_groups = [
        {option: value for option, value in group.items() if option != "params"}
        | {"params": [number.setdefault(param, len(number)) for param in group["params"]]}
        for group in groups
    ]
    return {
        "state": {
            number.get(key, key): {name: _as_saved(name, value) for name, value in entries.items()}
            for key, entries in state.items()
        },
        "param_groups": packed_groups,
    }


def _as_saved(name: str, value: Any) -> Any:
    """``value``; but the count of steps, which the updates compute with in float64, in float32, as PyTorch keeps it."""
    if name == "step" and isinstance(value, Tensor) and value.array.dtype == np.float64 and value.array.ndim == 0:
        count = value.array.astype(np.float32)
        return wrap(count) if count == value.array else value
    return value


def unpacked(
    name: str, state_dict: Mapping[str, Any], groups: list[Group], defaults: Group, slots: tuple[Any, ...]
) -> tuple[list[Group], State]:
    """The groups and the state in ``state_dict``, for the parameters of ``groups``.

    Everything is a copy. Raises ValueError (ShapeError) where they do not match.
    """
    fault = f"{name}.load_state_dict: "
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
        raise ValueError(f"{fault}expected a dict with 'state' and 'param_groups', as state_dict() gives")
    _PARTS.check(state_dict)
    saved_groups = state_dict["param_groups"]
    sizes = [len(group["params"]) for group in groups]
    saved_sizes = [len(group["params"]) for group in saved_groups]
    if sizes != saved_sizes:
        raise ValueError(
            f"{fault}expected groups of {_listed(sizes)} parameters, got {_listed(saved_sizes)}; make the optimizer "
            "as it was when its state was saved"
        )
    new_groups: list[Group] = []
    for number, (group, saved) in enumerate(zip(groups, saved_groups, strict=True)):
        missing = sorted(set(defaults) - set(saved))
        if missing:
            raise ValueError(f"{fault}group {number} has no {_listed(missing)}: it is of another optimizer")
        names = {"param_names": group["param_names"]} if "param_names" in group else {}
        new_groups.append({**names, **deepcopy({k: v for k, v in saved.items() if k != "params"})})
        new_groups[-1]["params"] = group["params"]
    owner: dict[int, tuple[Tensor, Group]] = {}
    for group, saved in zip(new_groups, saved_groups, strict=True):
        for key, param in zip(saved["params"], group["params"], strict=True):
            if owner.setdefault(key, (param, group))[0] is not param:
                raise ValueError(f"{fault}expected a different number for each parameter, got {key} twice")
    state: State = defaultdict(dict)
    for key, entries in state_dict["state"].items():
        an_object.check(entries, f"state.{key}")
        if key in owner:
            param, group = owner[key]
            with within(f"state.{key}"):
                state[param] = _fitted(f"{fault}parameter {key}", entries, param, group, slots)
        elif isinstance(key, str) and not key.isdecimal():
            state[key] = deepcopy(entries)  # an optimizer's own, of no parameter
        else:
            raise ValueError(f"{fault}there is state for parameter {key}, which is in no group")
    return new_groups, state


def _fitted(
    fault: str, entries: Mapping[str, Any], param: Tensor, group: Group, slots: tuple[Any, ...]
) -> dict[str, Any]:
    """``entries``, the state of ``param``, copied, and cast to the dtype each of its slots has."""
    entries = {name: value for name, value in entries.items() if value is not None}
    kept = [slot for slot in slots if slot.shape_for(param) is not None]
    missing = [slot.name for slot in kept if slot.name not in entries and (slot.only_if is None or group[slot.only_if])]
    if entries and missing:
        raise ValueError(f"{fault} has no {_listed(missing)}; save the state of every slot, or none")
    known = {slot.name: slot for slot in kept}
    fitted: dict[str, Any] = {}
    for name, value in entries.items():
        if name not in known:
            fitted[name] = deepcopy(value)
            continue
        _NUMBERS.check(value, name)
        shape, is_scalar = known[name].shape_for(param) or (), known[name].scalar
        array = as_array(value, np.float64 if is_scalar else param.dtype, copy=True)
        if array.shape != shape:
            raise ShapeError(f"{fault}: expected {name} of shape {written(shape)}, got {written(array.shape)}")
        if is_scalar:
            _COUNT.check(array.item(), name)
        fitted[name] = wrap(array)
    return fitted


def _listed(items: list[Any]) -> str:
    return ", ".join(map(str, items)) or "no"
