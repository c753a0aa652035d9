"""Where the data comes from: sources by name. `SOURCES` is all there are; a new one is added there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from glassnet.creation import from_numpy
from glassnet.datasets import load_digits
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor


class Part(NamedTuple):
    """Samples and what they are: inputs [n, …], targets [n] (class numbers)."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Data:
    """A source's samples, to learn from and held out, ready for a network."""

    source: str
    what: str  # what the samples are, in words
    origin: str
    split: str  # how the held-out samples were chosen, in words
    classes: tuple[str, ...]
    train: Part
    held_out: Part
    encoding: dict[str, Any]  # what a raw sample goes through before the network sees it


def digits() -> Data:
    """The 1,797 handwritten digits that ship with the package, pixels from 0 to 1."""
    images, labels = load_digits()
    held_out = every_fifth(labels)
    inputs = images / 16

    def part(rows: Array) -> Part:
        return Part(from_numpy(inputs[rows]), from_numpy(labels[rows]))

    return Data(
        source="digits",
        what=f"{len(labels):,} handwritten digits of 8 × 8 pixels, in 10 classes",
        origin="UCI optical digits (E. Alpaydin and C. Kaynak, 1998)",
        split="every fifth of each class",
        classes=tuple(str(digit) for digit in range(10)),
        train=part(~held_out),
        held_out=part(held_out),
        encoding={"shape": [8, 8], "divide_by": 16},
    )


def every_fifth(labels: Array) -> Array:
    """Which samples are held out, as booleans: the 5th, 10th, … of each class, in the order they are in.

    No random number is involved: every run, whatever its seed, is judged on the same samples, and
    each class is held out in the same proportion.
    """
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        held_out[np.flatnonzero(labels == label)[4::5]] = True
    return held_out


SOURCES: dict[str, Callable[[], Data]] = {"digits": digits}
