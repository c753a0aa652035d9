"""Small pictures in text: what a digit looks like that the network took for another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glassnet.ops.dtypes import Array

SHADES = " ░▒▓█"
PLAIN_SHADES = " .:*#"  # where the output cannot hold the blocks
LARGEST = 16  # pixels along a side; a larger picture is made smaller
GAP = 4  # columns between pictures


class Mistake(NamedTuple):
    """A sample, what it is, and what it was taken for, with what probability.

    A picture [rows, columns] or [3, rows, columns] has numbers from 0 to 1; a row [features] those of its
    source; a text is its name.
    """

    sample: Array | str
    true: str
    predicted: str
    probability: float


def show_mistakes(console: Console, mistakes: Sequence[Mistake], most: int = 5) -> None:
    """The first ``most`` mistakes; pictures side by side, as many as fit."""
    if not mistakes:
        return
    console.print("\nThe surest mistakes:\n")
    if isinstance(mistakes[0].sample, str) or mistakes[0].sample.ndim == 1:
        for sample, true, predicted, probability in mistakes[:most]:
            name = sample if isinstance(sample, str) else f"({', '.join(f'{x:.4g}' for x in sample)})"
            console.print(Text(f"  {name}: {true}, read as {predicted}, {100 * probability:.0f} % sure"))
        return
    shades = SHADES if _can_write(console, SHADES) else PLAIN_SHADES
    drawn = [lines(mistake.sample, shades) for mistake in mistakes[:most] if not isinstance(mistake.sample, str)]
    fit = max(1, (console.width - 2) // (len(drawn[0][0]) + GAP))
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_row(*(Text("\n".join(picture), no_wrap=True) for picture in drawn[:fit]))
    table.add_row(*(Text(f"a {mistake.true}, read as {mistake.predicted}") for mistake in mistakes[:fit]))
    table.add_row(*(Text(f"{100 * mistake.probability:.0f} % sure", "dim") for mistake in mistakes[:fit]))
    console.print(Padding(table, (0, 0, 0, 2)))


def lines(image: Array, shades: str = SHADES) -> list[str]:
    """A picture as lines of text, two characters a pixel, which is about square; a large one is made smaller."""
    grey = image if image.ndim == 2 else image.mean(0)
    step = math.ceil(max(grey.shape) / LARGEST)
    height, width = (side // step for side in grey.shape)
    small = grey[: height * step, : width * step].reshape(height, step, width, step).mean((1, 3))
    levels = (small * (len(shades) - 1)).round().clip(0, len(shades) - 1).astype(int)
    return ["".join(shades[level] * 2 for level in row) for row in levels]


def _can_write(console: Console, text: str) -> bool:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
