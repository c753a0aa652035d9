"""torch.version: which PyTorch this is like."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["cuda", "debug", "git_version", "hip", "rocm", "xpu"]


class Version(str):
    """A version as a text that is compared by its numbers, with another or with a tuple.

    >>> from glassnet.pytorch.names.imitated_version import Version
    >>> Version("2.13.0") > "2.9", Version("2.13.0") >= (2, 13), Version("2.13.0+cpu") == "2.13.0+cpu"
    (True, True, True)
    """

    __slots__ = ()

    def __lt__(self, other: Any) -> bool:
        return _numbers(self) < _numbers(other)

    def __le__(self, other: Any) -> bool:
        return _numbers(self) <= _numbers(other)

    def __gt__(self, other: Any) -> bool:
        return _numbers(self) > _numbers(other)

    def __ge__(self, other: Any) -> bool:
        return _numbers(self) >= _numbers(other)

    def __eq__(self, other: object) -> bool:
        return _numbers(self) == _numbers(other) if isinstance(other, tuple) else str.__eq__(self, str(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)


def _numbers(version: Any) -> tuple[int, ...]:
    """The numbers of a version, without zeros at the end: 2.0 is 2."""
    parts = version if isinstance(version, tuple) else re.findall(r"\d+", str(version).partition("+")[0])
    numbers = [int(part) for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


__version__ = Version("2.13.0")
cuda = hip = rocm = xpu = None
debug = False
git_version = ""
