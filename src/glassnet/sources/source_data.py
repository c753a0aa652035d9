"""What a source gives: samples to learn from and held out, and what is needed to use the network on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, overload

from glassnet.encoders import Baseline, Encoder, Samples
from glassnet.tensor import Tensor

CLASSIFICATION, REGRESSION = "classification", "regression"


class Part(NamedTuple):
    """Samples and what they are: inputs [n, …], targets [n] (class numbers) or [n, quantities] (standardised numbers).

    >>> from glassnet.sources import open_source
    >>> part = open_source("moons").held_out
    >>> len(part), part.inputs.shape, part.targets.dtype
    (80, (80, 2), dtype('int64'))
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


class Rows(Sequence[Mapping[str, Any]]):
    """Samples as a person knows them: what ``row`` makes of each of the ``places``, when it is asked for.

    ``numbers`` say where they stand in a table, from 1; None for those of no table.

    >>> from glassnet.sources.source_data import Rows
    >>> rows = Rows(lambda place: {"text": "abc"[place]}, [0, 2], [1, 3])
    >>> rows[-1], rows[1:].numbers
    ({'text': 'c'}, [3])
    """

    def __init__(
        self, row: Callable[[int], Mapping[str, Any]], places: Sequence[int], numbers: Sequence[int] | None
    ) -> None:
        self._row = row
        self._places = places
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Rows(self._row, self._places[index], None if self.numbers is None else self.numbers[index])
        return self._row(self._places[index])


@dataclass(frozen=True)
class Data:
    """A source's samples, to learn from and held out, ready for a network.

    ``encoder`` is what a raw sample goes through before the network sees it. ``rows`` are the held-out samples
    as a person knows them, where they have columns, and ``samples`` what ``encoder`` takes, where that cannot be told
    from the inputs. ``names`` are what the answers for them are called, ``baseline`` what to compare these with, and
    ``upcoming`` the sample that comes after the last one, of a series.

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
    rows: Rows | None = None
    notes: Sequence[str] = field(default=())  # what was done to the data, in words
    samples: Sequence[Any] | None = None
    mirrored: bool = False  # whether a picture in a mirror is of the same class, unlike a digit
    names: Sequence[str] = ()
    baseline: Baseline | None = None
    upcoming: Samples | None = None

    @property
    def outputs(self) -> int:
        """How many numbers a network has to give for a sample."""
        return len(self.classes) or self.encoder.quantities

    def examples(self, number: int) -> Any:
        """A few of the held-out samples, as a person gives them, and as JSON can hold them."""
        step = max(1, len(self.held_out) // number)
        if self.samples is None:
            raw: Any = self.encoder.inverse(self.held_out.inputs.numpy()[::step][:number])
        else:
            raw = self.samples[::step][:number]
        return self.encoder.examples_to_json(raw)
