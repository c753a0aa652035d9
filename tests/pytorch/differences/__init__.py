"""Where the two differ, and are known to. A file a subject; each may have any of

- ``KNOWN``: {(entry, check): {number: reason}}, or in the place of the numbers one reason for whichever samples
  disagree. The entry is that of `op_db`, "div.floor_rounding" where it has variants; a failure shows it, the check and
  the number. What has come to agree is a failure: take it off.
- ``SPELLED``: functions to call in the place of glassnet's own, where a sample has its arguments in another order;
- ``RANDOM``: names of which only shape and dtype are compared.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest

_FILES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]

Known = dict[tuple[str, str], dict[int, str] | str]


def _united(name: str) -> dict[Any, Any]:
    united: dict[Any, Any] = {}
    for file in _FILES:
        for key, value in vars(file).get(name, {}).items():
            assert key not in united, f"{name}: {key} is in two files"
            united[key] = value
    return united


KNOWN: Known = _united("KNOWN")
SPELLED: dict[str, Callable[..., Any]] = _united("SPELLED")
RANDOM = {name for file in _FILES for name in getattr(file, "RANDOM", ())}


class Differences:
    """The known ones of one entry: `expected` lets them pass, `finish` says which are none by now."""

    def __init__(self, entry: str) -> None:
        self.entry = entry
        self.agreed: set[str] = set()
        self.differed: set[str] = set()

    @contextmanager
    def expected(self, check: str, number: int) -> Iterator[None]:
        """Around one comparison."""
        known = KNOWN.get((self.entry, check), {})
        if isinstance(known, dict) and number not in known:
            yield
            return
        try:
            yield
        except (Exception, pytest.fail.Exception):
            self.differed.add(check)
            return
        self.agreed.add(check)
        assert isinstance(known, str), f"agrees by now: take {number} off KNOWN[{self.entry!r}, {check!r}]"

    def finish(self) -> None:
        """After all of them."""
        for check in self.agreed - self.differed:
            raise AssertionError(f"all agree by now: take off KNOWN[{self.entry!r}, {check!r}]")
