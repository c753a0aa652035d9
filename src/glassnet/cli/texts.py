"""Readers of texts: an option's text as the number or the name that it is, or one message that names the option."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from glassnet.cli.errors import BadInput, unknown

T = TypeVar("T")


def plain(name: str) -> str:
    """A name as it is in the tables: LeakyReLU and leaky_relu are leakyrelu."""
    return name.lower().replace("_", "").replace("-", "")


def whole(option: str, least: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers, of ``least`` or more."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or (least is not None and value < least):
            bound = "" if least is None else f" of {least} or more"
            raise BadInput(f"{option}: expected a whole number{bound}, got {text!r:.40}")
        return value

    return read


def number(
    option: str, *, above: float = -math.inf, least: float = -math.inf, below: float = math.inf, hint: str = ""
) -> Callable[[str], float]:
    """A reader of numbers within bounds, and finite."""
    bounds = [f"above {above:g}"] * (above > -math.inf) + [f"of {least:g} or more"] * (least > -math.inf)
    bounds += [f"below {below:g}"] * (below < math.inf)

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > above and least <= value < below):
            tail = f"; {hint}" if hint else ""
            raise BadInput(f"{option}: expected a number {' and '.join(bounds)}, got {text!r:.40}{tail}")
        return value

    return read


def one_of(option: str, known: Mapping[str, Any]) -> Callable[[str], str]:
    """A reader of names, as they are in the table ``known``."""

    def read(text: str) -> str:
        if plain(text) not in known:
            raise unknown(option, text, known)
        return plain(text)

    return read


def choose(option: str, name: str, known: Mapping[str, T]) -> T:
    """What ``name`` stands for. Raises BadInput, which lists the known ones."""
    if name not in known:
        raise unknown(option, name, known)
    return known[name]
