"""`Encoder`: what turns raw samples into the numbers of a network. There is one class for each kind of sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, Self

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor


class SourceError(GlassnetError, ValueError):
    """Samples, or a source of them, that are not there or cannot be used as they are asked for.

    >>> from glassnet.sources import SourceError, open_source
    >>> try:
    ...     open_source("digit")
    ... except SourceError as error:
    ...     print(error)
    SOURCE: expected ... or a folder of pictures or texts, got 'digit' (did you mean digits?)
    """


@dataclass(frozen=True)
class Baseline:
    """What a simple rule answers, in the units people know: a forecast that is not better has learned nothing.

    >>> from glassnet.encoders import Baseline
    >>> Baseline("the naive forecast", np.array([5.0, 5.0])).values
    array([5., 5.])
    """

    name: str
    values: Array


@dataclass(frozen=True)
class Samples:
    """Samples as the network takes them; ``targets`` where they are known; ``names``, if any, to call answers by.

    ``notes`` say in words what was done to them. ``frame`` is the table they come from, if they do. ``baseline`` is
    what to compare answers with, if there is a rule for that. ``called`` is what the names are.

    >>> from glassnet.encoders import Samples
    >>> samples = Samples(glassnet.ones(2, 3), None, ["sample 1", "sample 2"])
    >>> len(samples.inputs), samples.targets
    (2, None)
    """

    inputs: Tensor
    targets: Tensor | None
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    frame: Any = None
    baseline: Baseline | None = None
    called: str = "sample"


# What defines a function of an exported file: a function or a module to copy, or source as it stands.
Source = Callable[..., Any] | ModuleType | str


@dataclass(frozen=True)
class Standalone:
    """What an exported file holds so that it can encode raw samples without glassnet.

    ``encode`` defines ``encoded(X)``, ``read`` defines ``read(path)``: source, functions and modules to copy, by
    the title of the section they stand in, "" for no section of their own. ``predict`` and ``answers`` take the
    place of the usual functions where the network has no classes.

    >>> from glassnet.encoders import NumberEncoder
    >>> parts = NumberEncoder((8, 8), divide_by=16).standalone("float32")
    >>> parts.sample
    '64 numbers a sample, 8 × 8, each divided by 16 before the network sees it'
    >>> parts.constants
    {'COLUMNS': 64}
    """

    sample: str  # what a sample is, in words
    usage: str  # what X is in ``predict(X)``, in words
    data: str  # what the file is that the command reads, in words
    constants: Mapping[str, Any]  # values that the functions below use, by name
    encode: Mapping[str, Sequence[Source]]
    read: Mapping[str, Sequence[Source]]
    output: str = ""  # what the network gives where there are no classes, in words
    predict: Callable[..., Any] | None = None
    answers: Callable[..., Any] | None = None
    example: str = "data.csv"  # what the command may be given: what such a file may be called
    files: str = "options.data"  # the source of those of the arguments of the command that are files


class Encoder(Protocol):
    """What a raw sample goes through before the network sees it, and what the network's results mean.

    It is saved with the network as JSON, an object whose "kind" says which class reads it back
    (`glassnet.encoders.encoder_from_json`).

    >>> from glassnet.encoders import encoder_from_json
    >>> encoder = encoder_from_json({"kind": "numbers", "shape": [2], "divide_by": 10})
    >>> encoder.encode([[5, 10]])
    array([[0.5, 1. ]], dtype=float32)
    >>> encoder.to_json()
    {'kind': 'numbers', 'shape': [2], 'divide_by': 10}
    """

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The encoder that `to_json` gave. Raises SourceError or TableError for anything else."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The encoder as a dict that JSON can hold."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, if the encoder knows them; else ()."""
        ...

    @property
    def quantities(self) -> int:
        """How many numbers the network gives for a sample, where there are no classes."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of the inputs are called, if they have names; else ()."""
        ...

    @property
    def target_name(self) -> str:
        """What the quantity or class is called that the network gives."""
        ...

    def encode(self, samples: Any, dtype: Any = np.float32) -> Array:
        """Raw samples as the network takes them, [n, …] of ``dtype``. Raises SourceError or TableError."""
        ...

    def decode(self, results: Any) -> Array:
        """Results of a network, or targets, as a person knows them: labels, or quantities in their units, [n].

        Of several quantities for a sample, one follows the other: [n·quantities].
        """
        ...

    def inverse(self, inputs: Array) -> Array:
        """Encoded samples as they were before they were scaled, where that can be undone."""
        ...

    def take(self, samples: Any, number: int) -> Any:
        """The first ``number`` of raw samples, with no more in them than `encode` needs."""
        ...

    def examples_to_json(self, samples: Any) -> Any:
        """A few raw samples as JSON can hold them."""
        ...

    def examples_from_json(self, data: Any) -> Any:
        """The raw samples that `examples_to_json` gave. Raises SourceError for what are no samples of this encoder."""
        ...

    def read(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        """The samples in the file or folder at ``path``, with targets if they are wanted and there.

        ``classes`` are the names that targets may have. Raises SourceError, TableError and the like.
        """
        ...

    @property
    def how_to_label(self) -> str:
        """What `read_samples` says of a file without targets, after "FILE: … has no "."""
        ...

    def standalone(self, dtype: Any) -> Standalone:
        """What an exported file needs to encode samples for a network that takes numbers of ``dtype``."""
        ...
