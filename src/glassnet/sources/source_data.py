"""What a source gives: samples to learn from and held out, and what is needed to use the network on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from glassnet.encoders import Encoder
from glassnet.tensor import Tensor

CLASSIFICATION, REGRESSION = "classification", "regression"


class Part(NamedTuple):
    """Samples and what they are: inputs [n, …], targets [n] (class numbers) or [n, 1] (standardised numbers).

    >>> from glassnet.sources import open_source
    >>> part = open_source("moons").held_out
    >>> len(part), part.inputs.shape, part.targets.dtype
    (80, (80, 2), dtype('int64'))
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Data:
    """A source's samples, to learn from and held out, ready for a network.

    ``encoder`` is what a raw sample goes through before the network sees it. ``rows`` are the held-out samples
    as a person knows them, where they are rows of a table.

    >>> from glassnet.sources import open_source
    >>> data = open_source("digits")
    >>> data.what
    '1,797 handwritten digits of 8 × 8 pixels, in 10 classes'
    >>> data.train.inputs.shape, data.outputs, data.encoder
    ((1442, 8, 8), 10, PictureEncoder(shape=(8, 8), divide_by=16))
    """

    source: str
    task: str  # CLASSIFICATION or REGRESSION
    what: str  # what the samples are, in words
    origin: str
    split: str  # how the held-out samples were chosen, in words
    noun: str  # what several samples are called
    classes: tuple[str, ...]  # () for regression
    train: Part
    held_out: Part
    encoder: Encoder
    rows: Sequence[Mapping[str, Any]] | None = None
    notes: Sequence[str] = field(default=())  # what was done to the data, in words

    @property
    def outputs(self) -> int:
        """How many numbers a network has to give for a sample."""
        return len(self.classes) or 1

    def examples(self, number: int) -> Any:
        """A few of the held-out samples, as a person gives them, and as JSON can hold them."""
        step = max(1, len(self.held_out) // number)
        if self.rows is None:
            raw: Any = self.encoder.inverse(self.held_out.inputs.numpy()[::step][:number])
        else:
            raw = self.rows[::step][:number]
        return self.encoder.examples_to_json(raw)
