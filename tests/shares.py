"""Which of many cases of one kind a quick run takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(number: int, cases: Iterable[Any]) -> list[Any]:
    """``cases`` for `parametrize`: the first of each ``number`` of them is quick, the others are slow.

    A case that is a tuple is the values of several arguments, as in `parametrize` itself.
    """
    others = (pytest.mark.slow("one of many of its kind, of which the quick run takes a part"), pytest.mark.more)
    return [
        case if i % number == 0 else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=others)
        for i, case in enumerate(cases)
    ]
