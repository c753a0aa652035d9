"""Functions that can be imported and cannot be called: scripts import more than they use."""

from __future__ import annotations

from typing import Any, NoReturn

__all__: list[str] = []


def refusing(name: str, reason: str) -> Any:
    """A function that raises RuntimeError, which says that there is no ``name``, and why."""

    def refused(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError(f"glassnet has no {name} and will not have it ({reason})")

    refused.__name__ = refused.__qualname__ = name.rpartition(".")[2]
    refused.__doc__ = f"Raise RuntimeError: {reason}."
    return refused
