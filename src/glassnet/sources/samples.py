"""Samples in a file, as a trained network takes them: what `predict` and `evaluate` read.

How is said by the ``encoding`` that was saved with the network. ``{"kind": "table", …}`` takes a table
with its columns. ``{"kind": "numbers", "shape": [28, 28], "divide_by": 255}`` takes numbers, from a
table without names (a row a sample), an .npy or an IDX file, or pictures: one, or a folder of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.sources.numbers import read_numbers
from glassnet.sources.source import SourceError
from glassnet.tensor import Tensor
from glassnet.tensor.creation import from_numpy


@dataclass(frozen=True)
class Samples:
    """``inputs`` as the network takes them; ``targets`` where the file has them; ``names``, if any, to call them by.

    ``frame`` is the table they come from, where they do.
    """

    inputs: Tensor
    targets: Tensor | None
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    frame: Any = None


def read_samples(
    encoding: Mapping[str, Any], path: Path, classes: Sequence[str] = (), *, targets: bool = False
) -> Samples:
    """The samples in the file or folder at ``path``, as ``encoding`` says; with their ``targets`` if they are wanted.

    Raises SourceError where there is nothing at ``path`` that can be read so, TableError and the like.
    """
    if not path.exists():
        raise SourceError(f"FILE: there is no {path}; name a file of samples")
    if encoding.get("kind") == "table":
        return _of_table(encoding, path, targets)
    found = _numbers(encoding, path, classes, targets)
    if found.targets is None and targets:
        raise SourceError(f"FILE: {path} has no targets to hold the results against; {_how_to_label(encoding)}")
    return found


def check_encoding(encoding: Any) -> None:
    """Raise SourceError or TableError unless ``encoding`` is one that `read_samples` can follow."""
    kind = encoding.get("kind") if isinstance(encoding, Mapping) else None
    if kind == "table":
        from glassnet.tables import Encoding  # other sources do without

        Encoding.from_json(encoding)
    elif kind == "numbers":
        shape, divide_by = encoding.get("shape"), encoding.get("divide_by")
        if not (
            isinstance(shape, list)
            and 1 <= len(shape) <= 3
            and all(isinstance(n, int) and n > 0 for n in shape)
            and isinstance(divide_by, int | float)
            and divide_by > 0
        ):
            raise SourceError(f"expected an encoding of numbers with their shape, got {encoding!r:.80}; train again")
    else:
        raise SourceError(
            f"its samples are encoded as {kind!r:.40}, which this glassnet does not know; install a newer one: pip "
            "install --upgrade glassnet"
        )


def _how_to_label(encoding: Mapping[str, Any]) -> str:
    labelled = f"a table with {math.prod(encoding['shape'])} numbers and a class in each row"
    return f"give {labelled}" + (", or a folder of pictures by class" if len(encoding["shape"]) > 1 else "")


def _of_table(encoding: Mapping[str, Any], path: Path, targets: bool) -> Samples:
    from glassnet.tables import Encoding, read_table

    how = Encoding.from_json(encoding)
    frame = read_table(path)
    encoded = how.encode(frame, target=targets)
    if targets and encoded.targets is None:
        raise SourceError(
            f"FILE: {path} has no column {how.target['name']!r}, so there is nothing to hold the results against; add "
            "it, or use glassnet predict"
        )
    names = [f"row {row + 1}" for row in encoded.rows]
    found = None if encoded.targets is None else from_numpy(encoded.targets)
    return Samples(from_numpy(encoded.inputs), found, names, encoded.notes, frame)


def _numbers(encoding: Mapping[str, Any], path: Path, classes: Sequence[str], targets: bool) -> Samples:
    shape = tuple(encoding["shape"])
    if path.is_dir() or path.suffix.lower() in _picture_endings():
        return _of_pictures(encoding, path, classes)
    if path.suffix == ".npy":
        return _samples(encoding, _read_npy(path), path)
    if path.name.removesuffix(".gz").endswith("-ubyte"):
        from glassnet.vision.datasets import read_idx

        return _samples(encoding, read_idx(path), path)
    numbers, labels = read_numbers(path, math.prod(shape), labelled=targets)
    places = {name: i for i, name in enumerate(classes)}
    found = None
    if labels is not None:
        wrong = next((label for label in labels if label not in places), None)
        if wrong is not None:
            raise SourceError(f"FILE: {path}: expected classes {', '.join(classes)}, got {wrong!r:.40}")
        found = np.array([places[label] for label in labels], np.int64)
    return _samples(encoding, numbers, path, found)


def _samples(encoding: Mapping[str, Any], numbers: Array, path: Path, targets: Array | None = None) -> Samples:
    shape, size = tuple(encoding["shape"]), math.prod(encoding["shape"])
    if numbers.dtype.kind not in "biuf" or not numbers.size or numbers[0].size != size:
        came = f"{numbers.dtype} {written(numbers.shape)}"
        raise SourceError(f"FILE: {path}: expected numbers of shape [n, {written(shape)[1:]}, got {came}")
    scaled = (numbers.reshape(-1, *shape) / np.float32(encoding["divide_by"])).astype(np.float32)
    if not np.isfinite(scaled).all():
        row = int(np.argmax(~np.isfinite(scaled.reshape(len(scaled), -1)).all(1)))
        raise SourceError(f"FILE: {path}: sample {row + 1} holds a number that is infinite or not a number; correct it")
    names = [f"sample {i + 1}" for i in range(len(scaled))]
    return Samples(from_numpy(scaled), None if targets is None else from_numpy(targets), names)


def _read_npy(path: Path) -> Array:
    try:
        numbers: Array = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, EOFError) as error:
        raise SourceError(f"FILE: {path} is no .npy file of numbers ({error})") from None
    return numbers


def _picture_endings() -> tuple[str, ...]:
    from glassnet.vision.datasets import IMG_EXTENSIONS

    return IMG_EXTENSIONS


def _of_pictures(encoding: Mapping[str, Any], path: Path, classes: Sequence[str]) -> Samples:
    from glassnet.sources.pictures import planes, unbroadcast

    shape = tuple(encoding["shape"])
    if len(shape) < 2:
        raise SourceError(
            f"FILE: {path}: expected {shape[0]} numbers for a sample, not pictures; give a table of numbers"
        )
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.suffix.lower() in _picture_endings())
    if not files:
        raise SourceError(
            f"FILE: there is no picture in {path}; those count that end in {', '.join(_picture_endings())}"
        )
    pictures = [unbroadcast(planes(str(file)), shape[-2:]) for file in files]
    if len(shape) == 2:
        pictures = [picture.mean(0) for picture in pictures]  # shades of grey
    places = {name: i for i, name in enumerate(classes)}
    labels = [places.get(file.relative_to(path).parts[0]) for file in files] if path.is_dir() else [None]
    targets = None if None in labels else np.array(labels, np.int64)
    found = _samples(encoding, np.stack(pictures), path, targets)
    return Samples(found.inputs, found.targets, [str(file) for file in files])
