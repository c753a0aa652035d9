"""Arguments that several commands share: a run to use, and a file to write, with their checks."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli.errors import BadInput, Failed

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, the beginning of its name, or latest.")]
RunsFolder = Annotated[Path, typer.Option(metavar="RUNS_DIR", help="Where runs are looked for by name.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.")]

RUNS = Path("runs")
FULL = (errno.ENOSPC, errno.EDQUOT)


def check_output(option: str, output: Path, endings: Sequence[str], *, force: bool, beside: str | None = None) -> None:
    """Raise BadInput unless ``output`` has one of the ``endings``, and no file would be written over.

    ``beside`` is the ending of a second file that may be written beside it.
    """
    if output.suffix.lower() not in endings:
        *others, last = endings
        known = f"{', '.join(others)} or {last}" if others else last
        raise BadInput(f"{option}: expected a file that ends in {known}, got {str(output)!r:.60}")
    files = [output] if beside is None else [output, output.with_suffix(beside)]
    there = [str(file) for file in files if file.exists()]
    if there and not force:
        raise BadInput(f"{option}: {' and '.join(there)} would be written over; name another file, or add --force")


@contextmanager
def writing(option: str, output: Path) -> Iterator[None]:
    """Within, an error of writing ``output`` is BadInput, or Failed if the disk is full."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in FULL:
            raise Failed(f"{option}: {output} could not be written ({why}); make room, or name another disk") from None
        raise BadInput(f"{option}: {output} cannot be written ({why}); name another place") from None
