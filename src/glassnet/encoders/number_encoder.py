"""Numbers of one shape, divided by a constant: from a table without names, an .npy or an IDX file."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Self

import numpy as np

from glassnet.encoders.encoder import Samples, SourceError, Standalone
from glassnet.encoders.npy_file import read_npy
from glassnet.files import FileError, opened
from glassnet.files.schema import Misfit, described, items, number, one_of, record, whole
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tables.columns import few
from glassnet.tensor.creation import from_numpy

_LARGEST = 2**24  # numbers of a sample
_ENCODING = record(
    {
        "kind": one_of("numbers"),
        "shape": items(whole(1, _LARGEST), 1, 3),
        "divide_by": number(least=1e-30, most=1e30, expected="a number above 0"),  # of which float32 can hold shares
    },
    others=True,
)


@dataclass(frozen=True)
class NumberEncoder:
    """Samples of ``shape``, each number divided by ``divide_by`` before the network sees it.

    >>> from glassnet.encoders import NumberEncoder
    >>> colors = NumberEncoder((3,), divide_by=255)
    >>> colors.encode([[255, 0, 51]])
    array([[1. , 0. , 0.2]], dtype=float32)
    """

    shape: tuple[int, ...]
    divide_by: float = 1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The encoder that `to_json` gave. Raises SourceError for anything else."""
        try:
            _ENCODING.check(data)
            size = math.prod(data["shape"])
            whole(1, _LARGEST).check(size, "size, the product of its shape,")
        except Misfit as error:
            problem = f"expected an encoding of numbers with their shape, but its {error}"
            raise SourceError(f"{problem}; use the original file, or train again") from None
        return cls(tuple(data["shape"]), data["divide_by"])

    def to_json(self) -> dict[str, Any]:
        """The encoder as a dict that JSON can hold."""
        return {"kind": "numbers", "shape": list(self.shape), "divide_by": self.divide_by}

    @property
    def size(self) -> int:
        """How many numbers a sample has."""
        return math.prod(self.shape)

    @property
    def classes(self) -> tuple[str, ...]:
        """Numbers say nothing of classes: ()."""
        return ()

    @property
    def quantities(self) -> int:
        """The one that numbers are trained for: 1."""
        return 1

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Numbers have no names: ()."""
        return ()

    @property
    def target_name(self) -> str:
        """What the network gives, which has no name of its own."""
        return "target"

    @property
    def how_to_label(self) -> str:
        """How samples are given with their targets."""
        return f"targets to hold the results against; give a table with {self.size} numbers and a class in each row"

    # samples ----------------------------------------------------------------------------------------

    def encode(self, samples: Any, dtype: Any = np.float32) -> Array:
        """Numbers [n, …] as the network takes them: [n, \\*shape] of ``dtype``, divided."""
        raw = np.asarray(samples)
        if raw.dtype.kind not in "biuf" or not raw.ndim or not raw.size or raw[0].size != self.size:
            shape = f"{raw.dtype} {written(raw.shape)}"
            raise SourceError(f"expected numbers of shape [n, {written(self.shape)[1:]}, got {shape}")
        numbers = raw.reshape(-1, *self.shape)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite, which is told
            if self.divide_by == 1:
                return numbers.astype(dtype, copy=False)
            return np.asarray(np.divide(numbers, np.dtype(dtype).type(self.divide_by), dtype=dtype))

    def decode(self, results: Any) -> Array:
        """Results as they are: [n]."""
        return np.asarray(results).reshape(len(results))

    def inverse(self, inputs: Array) -> Array:
        """Inputs of a network as the numbers that they were made of."""
        return inputs if self.divide_by == 1 else np.asarray(inputs * np.float32(self.divide_by))

    def take(self, samples: Any, number: int) -> Array:
        """The first ``number`` samples."""
        return np.asarray(samples)[:number]

    def examples_to_json(self, samples: Any) -> Any:
        """Samples as nested lists: of whole numbers if all are whole, else of the shortest decimals."""
        raw = np.asarray(samples)
        if (raw == np.rint(raw)).all():
            return raw.astype(np.int64).tolist()
        return np.array([float(str(x)) for x in raw.flat]).reshape(raw.shape).tolist()  # 0.1, not 0.100000001

    def examples_from_json(self, data: Any) -> Array:
        """Samples that were saved as nested lists. Raises SourceError for anything else."""
        try:
            with np.errstate(over="ignore"):
                numbers = np.array(data, np.float32) if isinstance(data, list) else np.zeros(0)
        except (ValueError, TypeError, OverflowError):
            numbers = np.zeros(0)
        if not len(numbers) or numbers.shape[1:] != self.shape or not np.isfinite(numbers).all():
            raise SourceError(f"expected finite samples of shape {written(self.shape)}, got {described(data)}")
        return numbers

    def read(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        """The numbers in a file: .npy, IDX, or a CSV file with a sample in each row, and its class if wanted."""
        if path.suffix == ".npy":
            return self._samples(read_npy(path), path)
        if path.name.removesuffix(".gz").endswith("-ubyte"):
            from glassnet.vision.datasets import read_idx  # other samples do without

            return self._samples(read_idx(path), path)
        if path.is_dir():
            raise SourceError(
                f"FILE: {path}: expected {self.size} numbers for a sample, not pictures; give a table of numbers"
            )
        numbers, labels = read_numbers(path, self.size, labelled=targets)
        if not targets:
            return self._samples(numbers, path)
        places = {name: i for i, name in enumerate(classes)}
        unknown = next((label for label in labels if label not in places), None)
        if unknown is not None:
            raise SourceError(f"FILE: {path}: expected classes {few(classes)}, got {unknown!r:.40}")
        return self._samples(numbers, path, np.array([places[label] for label in labels], np.int64))

    def _samples(self, numbers: Array, path: Path, targets: Array | None = None) -> Samples:
        try:
            inputs = self.encode(numbers)
        except SourceError as error:
            raise SourceError(f"FILE: {path}: {error}") from None
        if not np.isfinite(inputs).all():
            row = int(np.argmax(~np.isfinite(inputs.reshape(len(inputs), -1)).all(1)))
            raise SourceError(
                f"FILE: {path}: sample {row + 1} holds a number that is infinite or not a number; correct it"
            )
        names = [f"sample {i + 1}" for i in range(len(inputs))]
        return Samples(from_numpy(inputs), None if targets is None else from_numpy(targets), names)

    # an exported file -------------------------------------------------------------------------------

    def standalone(self, dtype: Any) -> Standalone:
        """What an exported file needs to take such samples."""
        kind = "whole numbers" if np.dtype(dtype).kind in "iu" else "numbers"
        sizes = f", {' × '.join(map(str, self.shape))}" if len(self.shape) > 1 else ""
        divided = "" if self.divide_by == 1 else f", each divided by {self._divisor} before the network sees it"
        shape = f" or [n, {', '.join(map(str, self.shape))}]" if len(self.shape) > 1 else ""
        return Standalone(
            sample=f"{self.size} {kind} a sample{sizes}{divided}",
            usage=f"samples, a list or an array [n, {self.size}]{shape}",
            data=f"a CSV file: {self.size} numbers a row, a header if you like, no label",
            constants={"COLUMNS": self.size},
            encode={"": ["\n".join(self._encoded(np.dtype(dtype), kind))]},
            read={"": [_READ, rows_in, numbers_in, is_number]},
        )

    def _given(self) -> str:
        """The source of what ``encoded(X)`` takes for numbers."""
        return "X"

    @property
    def _divisor(self) -> str:
        number = float(self.divide_by)
        return f"{number:.0f}" if number.is_integer() else repr(number)

    def _encoded(self, dtype: np.dtype[Any], kind: str) -> Iterator[str]:
        """The source of ``encoded(X)``."""
        is_whole = dtype.kind in "iu"
        shape = ", ".join(map(str, self.shape))
        accepted = f"!= ({shape},)" if len(self.shape) == 1 else f"not in (({self.size},), ({shape}))"
        yield "def encoded(X):"
        yield f'    """Samples as the network takes them, [n, {shape}], or a ValueError that says what is wrong."""'
        yield "    try:"
        yield f"        x = np.asarray({self._given()}, np.{'float64' if is_whole else dtype})"
        yield "    except (TypeError, ValueError):"
        yield f'        raise ValueError("expected samples of {self.size} {kind} each") from None'
        yield f"    if x.ndim < 2 or x.shape[1:] {accepted}:"
        yield '        hint = "; a single sample goes in a list of its own: [sample]" if x.ndim < 2 else ""'
        wrong = f"expected samples of {self.size} {kind} each, got shape {{list(x.shape)}}{{hint}}"
        yield f'        raise ValueError(f"{wrong}")'
        if is_whole:
            yield "    if (x != np.rint(x)).any():"
            yield f'        raise ValueError("expected {kind}")'
        value = "x" if len(self.shape) == 1 else f"x.reshape(len(x), {shape})"
        value += f".astype(np.{dtype})" if is_whole else ""
        yield f"    return {value}{'' if self.divide_by == 1 else f' / {self._divisor}'}"


def read_numbers(path: Path, columns: int, *, labelled: bool) -> tuple[Array, list[str]]:
    """The numbers in a CSV file [n, columns], and, if it is ``labelled``, the text in the column after them.

    Raises SourceError, which names the line.
    """
    expected = f"{columns} numbers and a class" if labelled else f"{columns} numbers"
    numbers = array("d")
    labels: list[str] = []
    try:
        with opened(path) as data, TextIOWrapper(data, "utf-8-sig", "replace", "") as file:
            for place, row in rows_in(file, str(path), columns + labelled, expected):
                numbers.extend(numbers_in(row[:columns], place))
                labels += [cell.strip() for cell in row[columns:]]
    except FileError:
        raise
    except ValueError as error:
        raise SourceError(f"FILE: {error}") from None
    return np.frombuffer(numbers).reshape(-1, columns), labels


# These functions are copied into exported files, so they know nothing of glassnet. ------------------

_READ = '''\
def read(path):
    """The samples in a CSV file, one in each row."""
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = rows_in(file, path, COLUMNS, f"{COLUMNS} numbers")
        return [numbers_in(row, place) for place, row in rows]'''


def rows_in(file: Any, path: str, columns: int, expected: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of a CSV file and where they stand, of ``expected`` cells. A first row without any number is a header.

    Raises ValueError, which names the line, for a row of more or fewer cells, and for a file without rows.
    """
    rows, header = 0, False
    lines = iter(lambda: file.readline(2**24), "")  # a longer line is cut, and has too many cells
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if not row:
                continue
            if not rows and not header and len(row) <= columns + 1 and not any(map(is_number, row)):
                header = True
                continue
            rows += 1
            place = f"{path}, line {reader.line_num}"
            if len(row) != columns:
                hint = "; leave out the label" if len(row) == columns + 1 else ""
                raise ValueError(f"{place}: expected {expected}, got {len(row)} cells{hint}")
            yield place, row
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}; is it a table?") from None
    if not rows:
        raise ValueError(f"{path}: expected {expected} in a row for each sample, found none")


def numbers_in(cells: Sequence[str], place: str) -> list[float]:
    """The numbers in the cells of a row. Raises ValueError, which names the ``place``, for any other cell."""
    for cell in cells:
        if not is_number(cell):
            raise ValueError(f"{place}: expected a finite number, got {cell!r:.40}")
    return [float(cell) for cell in cells]


def is_number(text: str) -> bool:
    """Whether a cell of a table holds a finite number, which float32 can hold."""
    try:
        return "_" not in text and abs(float(text)) < 3.4e38
    except ValueError:
        return False
