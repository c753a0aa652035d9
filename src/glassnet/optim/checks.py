"""What an optimizer accepts: a table of its options, and its parameters, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from glassnet.files.schema import described, number
from glassnet.tensor import Tensor

Group = dict[str, Any]


def _is_not_negative(value: Any) -> bool:
    return isinstance(value, Real) and number(least=0).test(+value)


def _is_fraction(value: Any) -> bool:
    return isinstance(value, Real) and number(least=0, most=1).test(+value)


def _are_betas(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(_is_fraction(b) and b < 1 for b in value)


class Allowed(NamedTuple):
    """The values an option may have: a test, what was expected in words, and advice."""

    test: Callable[[Any], bool]
    expected: str
    advice: str


OPTIONS: dict[str, Allowed] = {
    "lr": Allowed(_is_not_negative, "a learning rate of 0 or more", "to climb rather than descend, use maximize=True"),
    "momentum": Allowed(_is_not_negative, "a momentum of 0 or more", "0.9 is usual, 0 is none"),
    "weight_decay": Allowed(_is_not_negative, "a weight decay of 0 or more", "0 is none"),
    "eps": Allowed(_is_not_negative, "an eps of 0 or more", "1e-8 is usual"),
    "lr_decay": Allowed(_is_not_negative, "a decay of the learning rate of 0 or more", "0 is none"),
    "initial_accumulator_value": Allowed(_is_not_negative, "a sum of squares of 0 or more to start from", "0 is usual"),
    "momentum_decay": Allowed(_is_not_negative, "a decay of the momentum of 0 or more", "0.004 is usual"),
    "alpha": Allowed(_is_fraction, "an alpha from 0 to 1", "0.99 is usual"),
    "rho": Allowed(_is_fraction, "a rho from 0 to 1", "0.9 is usual"),
    "betas": Allowed(_are_betas, "two betas, each from 0 up to but not 1", "(0.9, 0.999) is usual"),
}
"""The options of all optimizers. Those not listed, flags among them, may have any value."""


def check_options(name: str, group: Group) -> None:
    """Raise ValueError (TypeError for what is no number) for an option with a value that is not allowed.

    NumPy's numbers become Python's, which take part in arithmetic without changing its dtype.
    """
    for option, value in group.items():
        if isinstance(value, np.generic):
            group[option] = value = value.item()
        allowed = OPTIONS.get(option)
        if allowed is not None and not allowed.test(value):
            advice = f"pass a number: {option}.item()" if isinstance(value, Tensor) else allowed.advice
            error = ValueError if isinstance(value, Real | tuple | list) else TypeError
            raise error(f"{name}: expected {allowed.expected}, got {option}={described(value)}; {advice}")


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


def checked_parameters(name: str, group: Any, earlier: Collection[Tensor]) -> Group:
    """A copy of ``group`` with its ``params`` as a list of tensors, none of which is in ``earlier`` groups.

    Pairs of name and tensor become ``params`` and ``param_names``.
    """
    if not isinstance(group, dict) or "params" not in group:
        what = f"a dict of {', '.join(map(repr, group)) or 'nothing'}" if isinstance(group, dict) else repr(group)[:80]
        raise TypeError(f"{name}: expected a group of parameters as a dict with 'params', got {what}")
    params = group["params"]
    if isinstance(params, set | frozenset):
        raise TypeError(f"{name}: expected the parameters of a group in order, got {_UNORDERED}")
    entries = [params] if isinstance(params, Tensor) else list(params)
    named = [entry for entry in entries if isinstance(entry, tuple) and len(entry) == 2]
    if named and len(named) != len(entries):
        raise ValueError(f"{name}: expected all parameters of a group with names or none, got some of each")
    tensors = [entry[1] for entry in named] if named else entries
    seen = set(earlier)
    for position, param in enumerate(tensors):
        _check_parameter(f"{name}: parameter {position}" + (f" ({named[position][0]})" if named else ""), param, seen)
        seen.add(param)
    return {**group, "params": tensors} | ({"param_names": [entry[0] for entry in named]} if named else {})


def _check_parameter(which: str, param: Any, seen: Collection[Tensor]) -> None:
    if not isinstance(param, Tensor):
        if hasattr(param, "parameters"):  # a module: its class is above this package
            raise TypeError(
                f"{which}: expected a tensor, got the module {type(param).__name__}; give its parameters: "
                "model.parameters()"
            )
        raise TypeError(
            f"{which}: expected a tensor, got {type(param).__name__}; make one of it: "
            "glassnet.tensor(x, requires_grad=True)"
        )
    if not param.is_leaf:
        raise ValueError(
            f"{which}: expected a leaf tensor, got the result of {param.node and param.node.op.name}, which the next "
            "forward pass computes again; optimize what it was computed from, or x.detach().requires_grad_()"
        )
    if param in seen:
        raise ValueError(f"{which} was given before; give every parameter once, in one group")
