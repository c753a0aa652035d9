"""PyTorch's older arguments of the losses, ``size_average`` and ``reduce``, which ``reduction`` replaced.

Code that passes them by name still runs, and so does code that counts them when it passes others by position.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from glassnet.functional.loss_checks import warn

P = ParamSpec("P")
R = TypeVar("R")


def takes_size_average(loss: Callable[P, R]) -> Callable[P, R]:
    """``loss``, a function or a constructor, with the older arguments in the places that they have in PyTorch.

    ``size_average`` stands where the arguments begin that are passed by name only, ``reduce`` before ``reduction``.
    """
    arguments = inspect.signature(loss).parameters
    by_name = [name for name, argument in arguments.items() if argument.kind is argument.KEYWORD_ONLY]
    first = len(arguments) - len(by_name)
    then = ["size_average", *by_name]
    then.insert(then.index("reduction"), "reduce")

    @wraps(loss)
    def called(*args: Any, **kwargs: Any) -> Any:
        if first < len(args) <= first + len(then):
            placed = dict(zip(then, args[first:], strict=False))
            for name in placed.keys() & kwargs.keys():
                raise TypeError(f"{loss.__qualname__}() got multiple values for argument {name!r}")
            args, kwargs = args[:first], kwargs | placed
        older = kwargs.pop("size_average", None), kwargs.pop("reduce", None)
        if older != (None, None):
            kwargs["reduction"] = _reduction(*older)
        return loss(*args, **kwargs)

    return called


def _reduction(size_average: bool | None, reduce: bool | None) -> str:
    mean, whole = size_average is None or size_average, reduce is None or reduce
    reduction = ("mean" if mean else "sum") if whole else "none"
    warn(f'size_average and reduce are older arguments of losses; please use reduction="{reduction}" instead')
    return reduction
