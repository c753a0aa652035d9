"""Silence: where a number becomes infinite or none, glassnet's operations say nothing of it, as PyTorch's do not.

A person's own NumPy keeps its settings. `np.errstate` would do, but takes as long as an operation on a few numbers:
most of that goes into the value for silence, which is made once here.

>>> glassnet.tensor([-1.0, 0.0]).log()
tensor([nan, -inf])
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Errstate:
    """The settings, by `np.errstate`: for a NumPy that keeps them elsewhere than in a variable of the context."""

    def get(self) -> Any:
        """The settings as they are."""
        return np.geterr()

    def set(self, value: Any) -> Any:
        """Have the settings be ``value``; gives what `reset` takes."""
        state = np.errstate(**value)
        state.__enter__()
        return state

    def reset(self, token: Any) -> None:
        """Put back what the settings were."""
        token.__exit__(None, None, None)


def found() -> tuple[Any, Any]:
    """Where NumPy's settings are, something with `get`, `set` and `reset`; and their value for silence.

    That is a variable of the context of a thread or task: the one that `np.errstate` changes.
    """
    before = copy_context()
    with np.errstate(all="ignore"):
        changed = [(variable, value) for variable, value in copy_context().items() if before.get(variable) is not value]
    return changed[0] if len(changed) == 1 else (Errstate(), dict.fromkeys(np.geterr(), "ignore"))


settings, SILENT = found()


def under(value: Any, function: Callable[..., T], *args: Any, **options: Any) -> T:
    """What ``function`` gives for its arguments, with NumPy's settings being ``value``."""
    before = settings.set(value)
    try:
        return function(*args, **options)
    finally:
        settings.reset(before)
