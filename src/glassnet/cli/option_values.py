"""The text of an option as the number or the name that it is, within its bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from glassnet.cli.errors import BadInput, unknown
from glassnet.files import schema
from glassnet.text import shown

Reader = Callable[[str, str], Any]  # of a flag and its text; raises BadInput

# Digits as on the keyboard: Python reads those of every script, and 1_000.
_WHOLE = re.compile(r"[+-]?\d{1,1000}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def whole(least: int | None = None, most: int | None = None) -> Reader:
    """A reader of whole numbers, from ``least`` to ``most``."""
    kinds = schema.whole(least), schema.whole(most=most)  # each bound is told where it is the one that is not kept
    return lambda flag, text: _checked(flag, text, int(text) if _WHOLE.fullmatch(text.strip()) else None, *kinds)


def number(*, above: float = -math.inf, least: float = -math.inf, below: float = math.inf) -> Reader:
    """A reader of finite numbers within bounds."""
    kind = schema.number(above=above, least=least, below=below)
    return lambda flag, text: _checked(flag, text, float(text) if _NUMBER.fullmatch(text.strip()) else None, kind)


def _checked(flag: str, text: str, value: Any, *kinds: schema.Kind) -> Any:
    for kind in kinds:
        if not kind.test(value):
            raise BadInput(f"{flag}: expected {kind.expected}, got {schema.described(text)}")
    return value


def one_of(known: Mapping[str, Any]) -> Reader:
    """A reader of names, as they are in the table ``known``: LeakyReLU and leaky_relu are leakyrelu."""

    def read(flag: str, text: str) -> str:
        name = text.lower().replace("_", "").replace("-", "")
        if name not in known:
            raise unknown(flag, text, known)
        return name

    return read


LARGEST_LAYER = 1_000_000  # units: more is a slip of the finger, and would fill the memory
MOST_LAYERS = 1000
MOST_WEIGHTS = 2**28  # of a network: 1 GB, and four times that to train it
MOST = 1_000_000  # epochs, and samples and batches at once


def layer_sizes(flag: str, text: str) -> tuple[int, ...]:
    """The sizes of the hidden layers: "64,32" is (64, 32), and "none" or nothing is ()."""
    if text.strip().lower() in ("", "none"):
        return ()
    sizes = []
    parts = text.split(",")
    if len(parts) > MOST_LAYERS:
        raise BadInput(f"{flag}: expected at most {MOST_LAYERS:,} hidden layers, got {len(parts):,}")
    for each in parts:
        size = int(each) if _WHOLE.fullmatch(each.strip()) else 0
        if not 1 <= size <= LARGEST_LAYER:
            raise BadInput(
                f"{flag}: expected the sizes of the hidden layers, whole numbers from 1 to {LARGEST_LAYER:,}, with "
                f'commas between them (64,32), or none; got {each.strip()!r:.20} in "{shown(text, 40)}"'
            )
        sizes.append(size)
    return tuple(sizes)


def check_weights(hidden: Sequence[int], inputs: int, outputs: int) -> None:
    """Raise BadInput for a network of so many weights that it would fill the memory."""
    weights = sum((before + 1) * after for before, after in pairwise([inputs, *hidden, outputs]))
    if weights > MOST_WEIGHTS:
        raise BadInput(
            f"--hidden: expected a network of at most {MOST_WEIGHTS:,} weights, got {weights:,} for {inputs:,} "
            "inputs; make its layers smaller, or fewer"
        )
