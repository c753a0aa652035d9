"""Encoders: from raw samples (numbers, pictures, rows of a table, series, texts) to the numbers of a network, and back.

An encoder is saved with the network that was trained on what it gives, so that others can use both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.encoders.encoder import Baseline, Encoder, Samples, SourceError, Standalone
from glassnet.encoders.number_encoder import NumberEncoder
from glassnet.encoders.picture_encoder import PictureEncoder
from glassnet.encoders.series_encoder import SeriesEncoder
from glassnet.encoders.table_encoder import TableEncoder
from glassnet.encoders.text_encoder import TextEncoder
from glassnet.files.reading import is_there

__all__ = [
    "ENCODERS",
    "Baseline",
    "Encoder",
    "NumberEncoder",
    "PictureEncoder",
    "Samples",
    "SeriesEncoder",
    "SourceError",
    "Standalone",
    "TableEncoder",
    "TextEncoder",
    "encoder_from_json",
    "read_samples",
]


def _of_arrays(data: Mapping[str, Any]) -> Encoder:
    """Numbers in rows and columns are pictures: both are saved as "numbers" with a shape."""
    encoder = NumberEncoder.from_json(data)
    return encoder if len(encoder.shape) == 1 else PictureEncoder(encoder.shape, encoder.divide_by)


# What reads an encoder back, by the "kind" in its JSON.
ENCODERS: dict[str, Callable[[Mapping[str, Any]], Encoder]] = {
    "numbers": _of_arrays,
    "series": SeriesEncoder.from_json,
    "table": TableEncoder.from_json,
    "text": TextEncoder.from_json,
}


def encoder_from_json(data: Any) -> Encoder:
    """The encoder that was saved as ``data``.

    Raises SourceError for a kind that is not in `ENCODERS`, and what its class raises for what it cannot read.

    >>> from glassnet.encoders import encoder_from_json
    >>> encoder_from_json({"kind": "numbers", "shape": [3], "divide_by": 255})
    NumberEncoder(shape=(3,), divide_by=255)
    """
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in ENCODERS:
        raise SourceError(
            f"its samples are encoded as {kind!r:.40}, which this glassnet does not know; install a newer one: pip "
            "install --upgrade glassnet"
        )
    return ENCODERS[kind](data)


def read_samples(encoder: Encoder, path: Path, classes: Sequence[str] = (), *, targets: bool = False) -> Samples:
    """The samples in the file or folder at ``path`` as ``encoder`` reads them; with their ``targets`` if wanted.

    Raises SourceError where there is nothing at ``path`` that can be read so, TableError and the like.

    >>> from pathlib import Path
    >>> from glassnet.encoders import NumberEncoder, read_samples
    >>> _ = Path("colors.csv").write_text("r,g,b,font\\n255,0,51,dark\\n")
    >>> samples = read_samples(NumberEncoder((3,), 255), Path("colors.csv"), ["light", "dark"], targets=True)
    >>> samples.inputs, samples.targets
    (tensor([[1.0000, 0.0000, 0.2000]]), tensor([1]))
    """
    if not is_there(path):
        raise SourceError(f"FILE: there is no {path}; name a file of samples")
    samples = encoder.read(path, classes, targets=targets)
    if targets and samples.targets is None:
        raise SourceError(f"FILE: {path} has no {encoder.how_to_label}")
    return samples
