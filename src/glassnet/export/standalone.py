"""The functions of an exported file that are the same for every network.

They are copied into it as they stand here, so they know nothing of glassnet: only NumPy, the
standard library, and the names that the file defines, of which there are stand-ins below.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from glassnet.encoders.number_encoder import numbers_in, rows_in
from glassnet.text.formulas import as_text

# what a file defines, for any network ------------------------------------------------------------

COLUMNS = 1
DATA = "a CSV file of numbers"
CLASSES: tuple[str, ...] = ("no", "yes")
WEIGHTS: tuple[np.ndarray, ...] = ()
FINGERPRINT = "e3b0c44298fc1c14"
TEST_INPUTS = np.zeros((1, 1), np.float32)
TEST_OUTPUTS = np.zeros((1, 2), np.float32)
TOLERANCE = 1e-4


def forward(x: np.ndarray) -> np.ndarray:
    """What the network computes."""
    return np.concatenate([-x, x], axis=1)


def encoded(X: Any) -> np.ndarray:
    """Samples as the network takes them."""
    return np.asarray(X, np.float32)


def predict_proba(X: Any) -> np.ndarray:
    """The probability of each class."""
    return finite(forward(encoded(X)))


def read(path: str) -> list[list[float]]:
    """The samples in a CSV file."""
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = rows_in(file, path, COLUMNS, f"{COLUMNS} numbers")
        return [numbers_in(row, place) for place, row in rows]


# how to use it, copied: a classifier -------------------------------------------------------------


def predict(X: Any) -> Any:
    """The most probable class of each sample: n names."""
    return np.array(CLASSES, object)[predict_proba(X).argmax(axis=1)]


def answers(samples: list[list[float]]) -> Iterator[list[str]]:
    """The rows of the table of results: the class, and the probability of each."""
    yield ["prediction", *CLASSES]
    for row in predict_proba(samples):
        yield [CLASSES[row.argmax()], *(f"{p:.6f}" for p in row)]


def finite(results: np.ndarray) -> np.ndarray:
    """The results, if all are finite. Raises ValueError, which names the sample, if one is none."""
    wrong = np.argwhere(~np.isfinite(results))
    if len(wrong):
        raise ValueError(f"sample {wrong[0][0] + 1}: the network gives no finite number for it; look at its numbers")
    return results


# … or a network that gives values ----------------------------------------------------------------


def values(X: Any) -> np.ndarray:
    """What the network gives for each sample."""
    return finite(forward(encoded(X)))


def answers_in_values(samples: list[list[float]]) -> Iterator[list[str]]:
    """The rows of the table of results: what the network gives, all of it in one row."""
    table = predict(samples).reshape(len(samples), -1)
    yield ["output"] if table.shape[1] == 1 else [f"output{i}" for i in range(1, table.shape[1] + 1)]
    for row in table:
        yield [str(value) for value in row]


# the command, copied -----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """The command. Exit codes: 0 done, 1 the self-test failed, 2 bad input."""
    about = (__doc__ or "").partition("\n\n")[0]
    parser = argparse.ArgumentParser(prog=printable(os.path.basename(sys.argv[0])), description=about)
    several = f"{DATA}; of several, each row of the results begins with the name of its own"
    parser.add_argument("data", nargs="*", help=several.replace("%", "%%"))
    parser.add_argument("--output", metavar="FILE", help="the CSV file to write; without it, the results are printed")
    parser.add_argument("--self-test", action="store_true", help="check that the network computes what it did")
    try:
        options = parser.parse_args(arguments)
        with np.errstate(all="ignore"):  # what is too large is found in the results
            if options.self_test:
                return self_test()
            if not options.data:
                parser.error(f"expected {DATA}; or --self-test")
            check_files(options.data, options.output)
            write(results(options.data), options.output)
    except (OSError, LookupError, MemoryError, ValueError, csv.Error) as error:
        reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
        sys.stderr.write(f"{parser.prog}: {printable(reason)}\n")
        return 2
    return 0


def results(data: list[str]) -> Iterator[list[str]]:
    """The rows of the table of results; of several data, each begins with the name of its own."""
    for number, each in enumerate(data):
        header, *rows = answers(read(each))
        if number == 0:
            yield header if len(data) == 1 else ["data", *header]
        yield from rows if len(data) == 1 else ([each, *row] for row in rows)


def check_files(files: list[str], output: str | None) -> None:
    """Raise OSError or ValueError for a file that is no ordinary one, or larger than 2 GB, or the output itself."""
    for file in files:
        size = os.path.getsize(file)
        if os.path.isdir(file):
            raise ValueError(f"{file}: expected a file, got a folder; name the files in it: {os.path.join(file, '*')}")
        if not os.path.isfile(file):
            raise ValueError(f"{file}: expected a file; copy what it gives into one")
        if size > 2**31:
            raise ValueError(
                f"{file}: expected at most {2**31:,} bytes, got {size:,}; check that it is the file you mean"
            )
        if output and os.path.exists(output) and os.path.samefile(file, output):
            raise ValueError(f"--output: {output} is the data itself; name another file")


def write(rows: Iterable[list[str]], path: str | None) -> None:
    """Write the rows of a table as CSV: into the file at ``path``, whole or not at all, or, without one, to stdout."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(as_text, row) for row in rows)
    if path is None:
        print_out(text.getvalue())
        return
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(f"--output: expected the path of a file to write, got {path!r:.80}; add a name")
    unfinished = os.path.join(os.path.dirname(target), f".results-{os.getpid()}.tmp")
    try:
        with open(unfinished, "x", newline="", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text.getvalue())
        if os.path.exists(target):
            shutil.copymode(target, unfinished)
        os.replace(unfinished, target)
    except OSError as error:
        error.filename = path
        raise
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def print_out(text: str) -> None:
    """Print the text as it is; on a terminal, what that would obey is written out."""
    if sys.stdout.isatty():
        text = "\n".join(map(printable, text.split("\n")))
    try:
        print(text, end="", flush=True)
    except UnicodeEncodeError as error:
        letter = printable(ascii(error.object[error.start]))
        raise ValueError(
            f"what is printed is in {sys.stdout.encoding}, which has no {letter}; add --output FILE"
        ) from None


def printable(text: object) -> str:
    """A text in one line that does nothing to a terminal."""
    return "".join(x if x.isprintable() else ascii(x)[1:-1] for x in str(text))


def self_test() -> int:
    """0 if the weights are those that were written and give what they gave then, else 1."""
    digest = hashlib.sha256()
    for weight in WEIGHTS:
        digest.update(np.ascontiguousarray(weight, weight.dtype.newbyteorder("<")).tobytes())
    if digest.hexdigest()[:16] != FINGERPRINT:
        sys.stderr.write("self-test failed: the weights are not those that this file was written with\n")
        return 1
    difference = np.abs(forward(encoded(TEST_INPUTS)).astype(float) - TEST_OUTPUTS)
    if not (difference <= TOLERANCE * (1 + np.abs(TEST_OUTPUTS))).all():
        sys.stderr.write(f"self-test failed: the outputs differ by {difference.max():.2g} from those it was given\n")
        return 1
    sys.stdout.write(f"self-test passed: {len(TEST_OUTPUTS)} samples, largest difference {difference.max():.2g}\n")
    return 0
