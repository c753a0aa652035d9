"""A folder with a folder of files for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from glassnet.encoders import SourceError
from glassnet.ops.dtypes import Array
from glassnet.text import shown
from glassnet.vision.datasets import DatasetFolder


class Classed(NamedTuple):
    """Files, the number of the class of each [n], and what the classes are called."""

    files: list[str]
    labels: Array
    classes: list[str]


def classed_files(path: Path, endings: Sequence[str], what: str) -> Classed:
    """The files in ``path`` that have one of the ``endings``, by class. ``what`` they are, in the plural.

    Raises SourceError for fewer than two classes, and for one without files.
    """
    try:
        found = DatasetFolder(path, str, endings, allow_empty=True)
    except FileNotFoundError as error:
        raise SourceError(f"SOURCE: {error}; put the files of each class into a folder of its own") from None
    labels = np.array(found.targets, np.int64)
    counts = np.bincount(labels, minlength=len(found.classes))
    if not counts.all() or len(counts) < 2:
        empty = ", ".join(shown(name) for name, count in zip(found.classes, counts, strict=True) if not count)
        problem = f"none in {empty}" if empty else f"one folder, {shown(found.classes[0])}"
        raise SourceError(
            f"SOURCE: {shown(path)}: expected two folders or more, each with the {what} of a class, got {problem}; "
            f"those count that end in {', '.join(endings)}"
        )
    return Classed([file for file, _ in found.samples], labels, found.classes)


def check_some_are_held_out(place: str, held_out: Array, what: str) -> None:
    """Raise SourceError, which names the ``place``, where every sample would be learned from."""
    if not held_out.any():
        raise SourceError(f"SOURCE: {place}: expected 5 {what} of a class or more, one to test with, got fewer")
