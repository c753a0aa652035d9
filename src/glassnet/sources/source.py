"""What a source gives: samples to learn from and held out, and what is needed to use the network on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.tensor import Tensor

CLASSIFICATION, REGRESSION = "classification", "regression"


class SourceError(GlassnetError, ValueError):
    """A source that is not there, or cannot be used as it is asked for."""


class Part(NamedTuple):
    """Samples and what they are: inputs [n, …], targets [n] (class numbers) or [n, 1] (standardised numbers)."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Data:
    """A source's samples, to learn from and held out, ready for a network.

    ``encoding`` is what a raw sample goes through before the network sees it, as JSON can hold it
    (`glassnet.sources.samples` follows it). ``rows`` are the held-out samples as a person knows them, where
    they are rows of a table.
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
    encoding: dict[str, Any]
    rows: Sequence[Mapping[str, Any]] | None = None
    notes: Sequence[str] = field(default=())  # what was done to the data, in words

    @property
    def outputs(self) -> int:
        """How many numbers a network has to give for a sample."""
        return len(self.classes) or 1

    def examples(self, number: int) -> dict[str, list[str]] | list[Any]:
        """Of the held-out samples a few, as a person gives them, and as JSON can hold them.

        Of a table the columns that the network needs, as texts; else numbers, before anything is divided.
        """
        step = max(1, len(self.held_out) // number)
        if self.rows is not None:
            from glassnet.tables.cells import Cells  # other sources do without

            cells = Cells.of(self.rows[::step][:number])
            return {column["name"]: cells.texts(column["name"]) for column in self.encoding["columns"]}
        raw = self.held_out.inputs.numpy()[::step][:number] * np.float32(self.encoding.get("divide_by", 1))
        if (raw == np.rint(raw)).all():
            return list(raw.astype(np.int64).tolist())
        return list(np.array([float(str(x)) for x in raw.flat]).reshape(raw.shape).tolist())  # 0.1, not 0.100000001
