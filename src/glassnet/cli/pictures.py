"""Small pictures in text: what a digit looks like that the network took for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glassnet.ops.dtypes import Array

SHADES = " ░▒▓█"
PLAIN_SHADES = " .:*#"  # where the output cannot hold the blocks


class Mistake(NamedTuple):
    """A sample, what it is, and what it was taken for, with what probability.

    A picture [rows, columns] has numbers from 0 to 1; a row [features] those of its source.
    """

    sample: Array
    true: str
    predicted: str
    probability: float


def show_mistakes(console: Console, mistakes: Sequence[Mistake], most: int = 3) -> None:
    """The first ``most`` mistakes, side by side."""
    if not mistakes:
        return
    shown = mistakes[:most]
    console.print("\nThe surest mistakes:\n")
    if shown[0].sample.ndim == 1:
        for mistake in shown:
            numbers = ", ".join(f"{x:.4g}" for x in mistake.sample)
            said = f"{mistake.true}, read as {mistake.predicted}, {100 * mistake.probability:.0f} % sure"
            console.print(Text(f"  ({numbers}): {said}"))
        return
    shades = SHADES if _can_write(console, SHADES) else PLAIN_SHADES
    table = Table.grid(padding=(0, 4, 0, 0))
    table.add_row(*(Text("\n".join(lines(mistake.sample, shades)), no_wrap=True) for mistake in shown))
    table.add_row(*(Text(f"a {mistake.true}, read as {mistake.predicted}") for mistake in shown))
    table.add_row(*(Text(f"{100 * mistake.probability:.0f} % sure", "dim") for mistake in shown))
    console.print(Padding(table, (0, 0, 0, 2)))


def lines(image: Array, shades: str = SHADES) -> list[str]:
    """A picture as lines of text, two characters a pixel: that is about square."""
    levels = (image * (len(shades) - 1)).round().clip(0, len(shades) - 1).astype(int)
    return ["".join(shades[level] * 2 for level in row) for row in levels]


def _can_write(console: Console, text: str) -> bool:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
