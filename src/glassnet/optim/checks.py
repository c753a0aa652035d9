"""What an optimizer accepts: a table of its options, and its parameters, with errors that say what to do."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import GlassnetWarning
from glassnet.files.schema import described, number
from glassnet.tensor import Tensor

Group = dict[str, Any]


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, Real) and number().test(+value)


def is_not_negative(value: Any) -> bool:
    """Whether it is a finite number of 0 or more."""
    return isinstance(value, Real) and number(least=0).test(+value)


def _is_fraction(value: Any) -> bool:
    return isinstance(value, Real) and number(least=0, most=1).test(+value)


def is_pair(value: Any) -> bool:
    """Whether it is a tuple or list of two."""
    return isinstance(value, tuple | list) and len(value) == 2


def _are_betas(value: Any) -> bool:
    return is_pair(value) and all(_is_fraction(b) and b < 1 for b in value)


class Allowed(NamedTuple):
    """The values an option may have: a test, what was expected in words, and advice."""

    test: Callable[[Any], bool]
    expected: str
    advice: str


OPTIONS: dict[str, Allowed] = {
    "lr": Allowed(is_not_negative, "a learning rate of 0 or more", "to climb rather than descend, use maximize=True"),
    "momentum": Allowed(is_not_negative, "a momentum of 0 or more", "0.9 is usual, 0 is none"),
    "weight_decay": Allowed(is_not_negative, "a weight decay of 0 or more", "0 is none"),
    "eps": Allowed(is_not_negative, "an eps of 0 or more", "1e-8 is usual"),
    "lr_decay": Allowed(is_not_negative, "a decay of the learning rate of 0 or more", "0 is none"),
    "initial_accumulator_value": Allowed(is_not_negative, "a sum of squares of 0 or more to start from", "0 is usual"),
    "momentum_decay": Allowed(is_not_negative, "a decay of the momentum of 0 or more", "0.004 is usual"),
    "alpha": Allowed(_is_fraction, "an alpha from 0 to 1", "0.99 is usual"),
    "rho": Allowed(_is_fraction, "a rho from 0 to 1", "0.9 is usual"),
    "betas": Allowed(_are_betas, "two betas, each from 0 up to but not 1", "(0.9, 0.999) is usual"),
}
"""The options of all optimizers. Those not listed, flags among them, may have any value."""


HINTS = ("foreach", "fused", "capturable", "differentiable")
"""Options that say how PyTorch is to compute a step, of which glassnet has one way alone."""

LATER = (*HINTS, "maximize", "decoupled_weight_decay")
"""Options that PyTorch has not always had: a state without them is of before, and they are as in a new optimizer."""


def check_options(name: str, group: Group, allowed_of: Mapping[str, Allowed] = OPTIONS) -> None:
    """Raise ValueError (TypeError for what is no number) for an option with a value that is not allowed.

    NumPy's numbers become Python's, which take part in arithmetic without changing its dtype; so do those in tensors,
    but for a learning rate, which may be changed there.
    """
    _check_hints(name, group)
    for option, value in group.items():
        value = group[option] = _plain(name, option, value)
        plain = value.array.item() if isinstance(value, Tensor) else value
        allowed = allowed_of.get(option)
        if allowed is not None and not allowed.test(plain):
            is_number = isinstance(plain, Real | tuple | list)
            error = TypeError if option in OPTIONS and not is_number else ValueError
            raise error(f"{name}: expected {allowed.expected}, got {option}={described(plain)}; {allowed.advice}")


def _plain(name: str, option: str, value: Any) -> Any:
    """``value`` with numbers of Python's in the place of others."""
    if isinstance(value, np.generic):
        return value.item()
    if option == "betas" and isinstance(value, tuple | list) and any(isinstance(x, Tensor) for x in value):
        if not all(isinstance(x, Tensor) for x in value):
            raise ValueError(f"{name}: expected both betas as numbers or both as tensors, got {described(value)}")
        return tuple(_plain(name, option, x) for x in value)
    if isinstance(value, Tensor) and option != "params":
        if value.array.size != 1:
            what = "a learning rate" if option == "lr" else option
            raise ValueError(f"{name}: expected {what} of one number, got a tensor of {value.array.size}")
        return value if option == "lr" else value.array.item()
    return value


def _check_hints(name: str, group: Group) -> None:
    if group.get("differentiable"):
        raise NotImplementedError(
            f"{name}: expected differentiable=False, got True; steps change parameters in place, where no gradient "
            "follows: write the step with operations, w - lr * g"
        )
    if group.get("fused") and group.get("foreach"):
        raise RuntimeError(f"{name}: expected fused or foreach, got both; leave them out: they change nothing here")
    numbers = [group.get("lr"), *(betas if isinstance(betas := group.get("betas"), tuple | list) else ())]
    if group.get("foreach") and not group.get("capturable") and any(isinstance(x, Tensor) for x in numbers):
        raise ValueError(f"{name}: expected numbers with foreach=True, got a tensor; leave foreach out")


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


def checked_parameters(name: str, group: Any, others: Sequence[Group]) -> Group:
    """A copy of ``group`` with its ``params`` as a list of tensors, none of which is in the ``others``.

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
    if others and entries and bool(named) != ("param_names" in others[0]):
        this, first = ("with", "without") if named else ("without", "with")
        raise ValueError(
            f"{name}: expected the parameters of all groups with names or those of none, got a group {this} names "
            f"after one {first}; give model.named_parameters() for all, or model.parameters()"
        )
    tensors = [entry[1] for entry in named] if named else entries
    earlier = {param for other in others for param in other["params"]}
    for position, param in enumerate(tensors):
        which = f"{name}: parameter {position}" + (f" ({named[position][0]})" if named else "")
        _check_parameter(which, param, earlier)
    if len(set(tensors)) < len(tensors):
        position = next(i for i, param in enumerate(tensors) if param in set(tensors[:i]))
        warnings.warn(
            f"{name}: parameter {position} stands in its group twice, so every step changes it twice; give every "
            "parameter once",
            GlassnetWarning,
            stacklevel=5,
        )
    return {**group, "params": tensors} | ({"param_names": [entry[0] for entry in named]} if named else {})


def _check_parameter(which: str, param: Any, earlier: Collection[Tensor]) -> None:
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
    if param in earlier:
        raise ValueError(f"{which} was given before; give every parameter once, in one group")
