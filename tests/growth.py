"""What work costs, without a clock: how many calls it makes, and how much memory there is at once."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from glassnet.errors import GlassnetError


def calls(function: Callable[..., Any], *args: Any) -> int:
    """How many functions are called, those written in C among them. An error of glassnet is an end, too."""
    count = 0

    def called(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        with suppress(GlassnetError):
            function(*args)
    finally:
        sys.setprofile(before)
    return count


def peak(function: Callable[..., Any], *args: Any) -> int:
    """The most memory, in bytes, that there is at once beside what there was. An error of glassnet is an end, too."""
    tracemalloc.start()
    try:
        with suppress(GlassnetError):
            function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def growth(cost: Callable[..., int], make: Callable[[int], Callable[[], Any]], size: int) -> float:
    """How many times as much it costs when the input is four times as large: about 4 if it is in proportion.

    ``make`` makes an input of a size, and gives what is to be done with it, which is done once before, to have loaded
    what is loaded once.
    """
    make(size)()
    small, large = (cost(make(n)) for n in (size, 4 * size))
    return large / small
