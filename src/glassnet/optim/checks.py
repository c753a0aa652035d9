"""What optimizers refuse: parameters and options that cannot be meant, each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from numbers import Real
from typing import Any

import numpy as np

from glassnet.tensor import Tensor

Group = dict[str, Any]


def _is_least(value: Any) -> bool:
    return isinstance(value, Real) and 0 <= float(value) < float("inf")


def _is_share(value: Any) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= 1


def _are_betas(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(_is_share(b) and b < 1 for b in value)


_OPTIONS: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "lr": (_is_least, "a learning rate of 0 or more", "to climb rather than descend, use maximize=True"),
    "momentum": (_is_least, "a momentum of 0 or more", "0.9 is usual, 0 is none"),
    "weight_decay": (_is_least, "a weight decay of 0 or more", "0 is none"),
    "eps": (_is_least, "an eps of 0 or more", "1e-8 is usual"),
    "lr_decay": (_is_least, "a decay of the learning rate of 0 or more", "0 is none"),
    "initial_accumulator_value": (_is_least, "a sum of squares of 0 or more to start from", "0 is usual"),
    "momentum_decay": (_is_least, "a decay of the momentum of 0 or more", "0.004 is usual"),
    "alpha": (_is_share, "an alpha from 0 to 1", "0.99 is usual"),
    "rho": (_is_share, "a rho from 0 to 1", "0.9 is usual"),
    "betas": (_are_betas, "two betas, each from 0 up to but not 1", "(0.9, 0.999) is usual"),
}
"""For each option: whether a value can be meant, what was expected, and what to do."""


def check_options(name: str, group: Group) -> None:
    """Raise ValueError (TypeError for what is no number) for an option that cannot be meant.

    NumPy's numbers become Python's, which take part in arithmetic without changing its dtype.
    """
    for option, value in group.items():
        if isinstance(value, np.generic):
            group[option] = value = value.item()
        if option not in _OPTIONS:
            continue
        can_be_meant, expected, advice = _OPTIONS[option]
        if not can_be_meant(value):
            if isinstance(value, Tensor):
                advice = f"pass a number: {option}.item()"
            error = ValueError if isinstance(value, Real | tuple | list) else TypeError
            raise error(f"{name}: expected {expected}, got {option}={value!r}; {advice}")


def group_list(name: str, params: Any) -> list[Group]:
    """``params`` as a list of groups: of one group if it lists parameters."""
    advice = ""
    if isinstance(params, Tensor):
        advice = "one tensor; pass a list of it: [x]"
    elif isinstance(params, dict):
        advice = "one dict; pass a list of groups: [{'params': …}]"
    elif isinstance(params, set | frozenset):
        advice = _UNORDERED
    elif not isinstance(params, Iterable):
        call = ".parameters()" if hasattr(params, "parameters") else ""
        advice = type(params).__name__ + (f"; pass its parameters: model{call}" if call else "; pass a list of them")
    if advice:
        raise TypeError(f"{name}: expected the parameters as a list or another ordered iterable, got {advice}")
    entries = list(params)
    if not entries:
        raise ValueError(
            f"{name}: expected at least one parameter, got none; a generator is empty once it was used: call "
            "model.parameters() again"
        )
    return entries if isinstance(entries[0], dict) else [{"params": entries}]


_UNORDERED = "a set, whose order changes from run to run; pass a list"


def checked_parameters(name: str, group: Any, held: Collection[Tensor]) -> Group:
    """A copy of ``group`` with its ``params`` as a list of tensors, none of which is in ``held``.

    Pairs of name and tensor become ``params`` and ``param_names``.
    """
    if not isinstance(group, dict) or "params" not in group:
        came = f"a dict of {', '.join(map(repr, group)) or 'nothing'}" if isinstance(group, dict) else repr(group)[:80]
        raise TypeError(f"{name}: expected a group of parameters as a dict with 'params', got {came}")
    params = group["params"]
    if isinstance(params, set | frozenset):
        raise TypeError(f"{name}: expected the parameters of a group in order, got {_UNORDERED}")
    entries = [params] if isinstance(params, Tensor) else list(params)
    named = [entry for entry in entries if isinstance(entry, tuple) and len(entry) == 2]
    if named and len(named) != len(entries):
        raise ValueError(f"{name}: expected all parameters of a group with names or none, got some of each")
    found = [entry[1] for entry in named] if named else entries
    seen = set(held)
    for place, param in enumerate(found):
        _check_parameter(f"{name}: parameter {place}" + (f" ({named[place][0]})" if named else ""), param, seen)
        seen.add(param)
    return {**group, "params": found} | ({"param_names": [entry[0] for entry in named]} if named else {})


def _check_parameter(which: str, param: Any, seen: Collection[Tensor]) -> None:
    if not isinstance(param, Tensor):
        raise TypeError(
            f"{which}: expected a tensor, got {type(param).__name__}; make one of it: "
            "glassnet.tensor(x, requires_grad=True)"
        )
    if not param.is_leaf:
        raise ValueError(
            f"{which}: expected a leaf tensor, got the result of {param.node and param.node.op.name}, which the next "
            "forward pass computes anew; optimize what it was computed from, or x.detach().requires_grad_()"
        )
    if param in seen:
        raise ValueError(f"{which} was given before; give every parameter once, in one group")
