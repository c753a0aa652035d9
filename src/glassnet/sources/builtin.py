"""Sources that need no files: the digits that ship with the package, colours, and toys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from glassnet.datasets import FONTS, TOYS, load_digits, make_colors
from glassnet.encoders import NumberEncoder, PictureEncoder
from glassnet.ops.dtypes import Array
from glassnet.sources.source_data import CLASSIFICATION, Data, Part
from glassnet.tables.splitting import HELD_OUT
from glassnet.tensor.creation import from_numpy


def digits() -> Data:
    """The 1,797 handwritten digits that ship with the package, pixels from 0 to 1."""
    images, labels = load_digits()
    return _divided(
        "digits",
        f"{len(labels):,} handwritten digits of 8 × 8 pixels, in 10 classes",
        "UCI optical digits (E. Alpaydin and C. Kaynak, 1998)",
        [str(digit) for digit in range(10)],
        images,
        labels,
        divide_by=16,
        noun="digits",
    )


def colors() -> Data:
    """Random background colours, and the font that reads better on each (seed 001)."""
    inputs, labels = make_colors()
    return _divided(
        "colors",
        f"{len(labels):,} colours of red, green and blue: does a {FONTS[0]} or a {FONTS[1]} font read better?",
        "made with WCAG 2.1's contrast ratio (W3C, 2018)",
        [f"{font} font" for font in FONTS],
        inputs.astype(np.float32),
        labels,
        divide_by=255,
        noun="colours",
    )


def toy(name: str) -> Callable[[], Data]:
    """The source of a toy data set."""

    def source() -> Data:
        points, labels = TOYS[name]()
        n = int(labels.max()) + 1
        what = f"{len(labels):,} points of the plane, in {n} classes"
        origin = f"made by glassnet.datasets.make_{name}"
        return _divided(name, what, origin, [f"class {i}" for i in range(n)], points, labels, 1, "points")

    return source


def _divided(
    source: str, what: str, origin: str, classes: Sequence[str], inputs: Array, labels: Array, divide_by: int, noun: str
) -> Data:
    """The data with every fifth sample of each class held out, and inputs divided by ``divide_by``."""
    choose, split = HELD_OUT[CLASSIFICATION]
    held_out = choose(labels)
    encoder = (PictureEncoder if inputs.ndim > 2 else NumberEncoder)(inputs.shape[1:], divide_by)

    def part(rows: Array) -> Part:
        return Part(from_numpy(encoder.encode(inputs[rows])), from_numpy(labels[rows]))

    return Data(
        source=source,
        task=CLASSIFICATION,
        what=what,
        origin=origin,
        split=split,
        noun=noun,
        classes=tuple(classes),
        train=part(~held_out),
        held_out=part(held_out),
        encoder=encoder,
    )


BUILTIN: dict[str, Callable[[], Data]] = {"digits": digits, "colors": colors, **{name: toy(name) for name in TOYS}}
