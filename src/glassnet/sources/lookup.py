"""`open_source`: the data that a name or a path stands for."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any

from glassnet.encoders import SourceError
from glassnet.encoders.text_encoder import ENDING
from glassnet.files.reading import expanded, is_there
from glassnet.sources.builtin import BUILTIN
from glassnet.sources.source_data import Data
from glassnet.text import shown

PICTURES = ("mnist", "fashion-mnist", "kmnist")
_LOOKED_AT = 10_000  # files of a folder, for one whose name is nearly that
Progress = Callable[[str, int, int | None], Any]


def open_source(
    source: str,
    *,
    target: str | None = None,
    task: str | None = None,
    network: str | None = None,
    date: str | None = None,
    text: str | None = None,
    horizon: int | None = None,
    window: int | None = None,
    season: int | None = None,
    folder: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Data:
    """The data of ``source``: a name, or the path of a table (CSV, TSV, Parquet) or of a folder of classes.

    ``target`` is the column of a table to learn. ``task``, "classification" or "regression", is found from its values
    if it is None. A table for which a recurrent ``network`` is asked is a series, as is one for which ``date``,
    ``horizon``, ``window`` or ``season`` is given: of the ``target``, ``horizon`` steps are forecast from ``window``
    before. In one whose target is classes, a network for texts learns from the column ``text``. A folder holds
    pictures, or text files, in a folder for each class. ``folder`` holds the files of `PICTURES`; if it is None they
    are downloaded, and ``progress(name, done, total)`` is called meanwhile. A name comes before a file: write ./digits
    for a file of that name.

    Raises SourceError for an unknown source or options that do not go together; TableError, IdxError and the like
    for files that cannot be used.

    >>> from pathlib import Path
    >>> from glassnet.sources import open_source
    >>> len(open_source("colors").train)
    1077
    >>> _ = Path("houses.csv").write_text("size,price\\n" + "\\n".join(f"{n},{10 * n}" for n in range(20)))
    >>> open_source("houses.csv", target="price").what
    '20 rows of 2 columns; to learn: price (a quantity)'
    """
    of_a_table: dict[str, Any] = {"target": target, "task": task, "date": date, "text": text}
    of_a_table |= {"horizon": horizon, "window": window, "season": season}
    if source in BUILTIN or source in PICTURES:
        _refuse(source, "is no table", **of_a_table)
        if source in BUILTIN:
            _refuse(source, "is made here, from no files", data=folder)
            return BUILTIN[source]()
        from glassnet.sources.picture_sources import idx_source  # other sources do without

        return idx_source(source, folder, progress)
    _refuse(source, "is a path of its own", data=folder)
    path = expanded(source)
    if source and is_there(path) and path.is_dir():
        is_of_texts = _holds_texts(path)
        what = "texts" if is_of_texts else "pictures"
        _refuse(source, f"is a folder of {what}, whose classes are its folders", **of_a_table)
        if is_of_texts:
            from glassnet.sources.text_source import text_folder_source

            return text_folder_source(source, path)
        from glassnet.sources.picture_sources import folder_source

        return folder_source(source, path)
    if source and is_there(path):  # what is no ordinary file is refused by who reads it
        from glassnet.sources.tabular import open_table

        return open_table(source, path, network=network, **of_a_table)
    raise _unknown(source, path)


def _holds_texts(path: Path) -> bool:
    """Whether a folder of classes holds texts, not pictures. Raises SourceError where it holds both."""
    from glassnet.vision.datasets import IMG_EXTENSIONS

    endings = {file.suffix.lower() for file in islice(path.glob("*/**/*"), _LOOKED_AT)}
    if ENDING in endings and not endings.isdisjoint(IMG_EXTENSIONS):
        raise SourceError(
            f"SOURCE: {shown(path)}: expected pictures or texts, got files that end in "
            f"{' and '.join(sorted(endings & {ENDING, *IMG_EXTENSIONS}))}; put them into folders of their own"
        )
    return ENDING in endings


def _unknown(source: str, path: Path) -> SourceError:
    """The error for what is neither a name nor a file: it guesses what is meant."""
    names = [*BUILTIN, *PICTURES]
    if path.suffix or len(path.parts) > 1:
        there: list[str] = []
        with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
            there = [entry.name for entry in islice(entries, _LOOKED_AT)]
        near = [str(path.with_name(name)) for name in get_close_matches(path.name[:200], there, n=2)]
        problem = f"there is no file {source!r:.200}"
    else:
        near = get_close_matches(source[:200].lower(), names, n=2)
        problem = (
            f"expected {', '.join(names)}, a table (.csv, .tsv, .parquet) or a folder of pictures or texts, got "
            f"{source!r:.40}"
        )
    guess = f" (did you mean {' or '.join(near)}?)" if near else ""
    return SourceError(f"SOURCE: {problem}{guess}")


def _refuse(source: str, why: str, **options: Any) -> None:
    refused = [f"--{name}" for name, value in options.items() if value is not None]
    if refused:
        raise SourceError(f"{' and '.join(refused)}: {source} {why}; leave {'them' if len(refused) > 1 else 'it'} out")
