"""Arguments that several commands share: a run to use, and a file to write, with their checks."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.cli.errors import BadInput, Failed
from glassnet.files.reading import expanded, kind_of


def path_argument(metavar: str, help: str) -> Any:
    """The argument of a command that is a path."""
    return typer.Argument(metavar=metavar, help=help, parser=expanded)


def path_option(*names: str, metavar: str, help: str) -> Any:
    """The option of a command that is a path."""
    return typer.Option(*names, metavar=metavar, help=help, parser=expanded)


RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, the beginning of its name, or latest.")]
RunsFolder = Annotated[Path, path_option(metavar="RUNS_DIR", help="Where runs are looked for by name.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.")]

RUNS = Path("runs")
FULL = (errno.ENOSPC, errno.EDQUOT)


def check_output(option: str, output: Path, endings: Sequence[str], *, force: bool, beside: Sequence[str] = ()) -> None:
    """Raise BadInput unless ``output`` has one of the ``endings``, can be written, and no file would be written over.

    ``beside`` are the endings that take the place of its own in further files that may be written beside it.
    """
    if output.suffix.lower() not in endings:
        *others, last = endings
        known = f"{', '.join(others)} or {last}" if others else last
        raise BadInput(f"{option}: expected a file that ends in {known}, got {str(output)!r:.60}")
    files = [output, *(output.with_name(output.stem + ending) for ending in beside)]
    there = []
    with writing(option, output):
        if not stat.S_ISDIR(os.stat(output.parent).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        for file in files:
            with suppress(FileNotFoundError):  # also of a link that leads nowhere, which is a file to be
                mode = os.stat(file).st_mode
                if not stat.S_ISREG(mode):
                    raise BadInput(
                        f"{option}: expected the path of a file to write, but {file} is a {kind_of(mode)}; add a name"
                    )
                there.append(str(file))
    if there and not force:
        raise BadInput(f"{option}: {' and '.join(there)} would be written over; name another file, or add --force")


@contextmanager
def writing(option: str, output: Path) -> Iterator[None]:
    """Within, an error of writing ``output`` is BadInput, or Failed if the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise Failed(
                f"{option}: {output} could not be written ({reason(error)}); make room, or name another disk"
            ) from None
        raise BadInput(f"{option}: {output} cannot be written ({reason(error)}); name another place") from None


def reason(error: OSError) -> str:
    """Why something could not be done with a file."""
    return error.strerror or str(error)
