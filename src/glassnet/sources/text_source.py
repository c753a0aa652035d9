"""Texts as a source: a folder of text files by class, or a table with a column of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.encoders import SourceError, TextEncoder
from glassnet.encoders.text_encoder import ENDING, text_in_file
from glassnet.encoders.words import words_of
from glassnet.ops.dtypes import Array
from glassnet.sources.class_folders import check_some_are_held_out, classed_files
from glassnet.sources.source_data import CLASSIFICATION, Data, Part, Rows
from glassnet.tables.cells import Cells, TableError
from glassnet.tables.columns import few
from glassnet.tables.encoding import about_text, with_target
from glassnet.tables.recipe import PROSE, recipe_of
from glassnet.tables.splitting import HELD_OUT
from glassnet.tables.targets import encode_target, target_of
from glassnet.tensor.creation import from_numpy
from glassnet.text import shown

LONG = 400  # letters of a text that are shown
MOST = 2**25  # numbers of words of all texts together


def text_folder_source(source: str, path: Path) -> Data:
    """The texts in ``path``, whose folders are the classes; every fifth of each class is held out."""
    files, labels, classes = classed_files(path, [ENDING], "texts")
    names = [shown(Path(file).relative_to(path)) for file in files]
    texts = [text_in_file(Path(file)) for file in files]
    return _data(
        source,
        texts,
        labels,
        classes,
        names,
        numbers=None,
        columns=("text", "class"),
        origin=f"the folder {shown(path, 1000)}",
        notes=[],
    )


def text_table_source(source: str, path: Path, frame: Any, target: str, column: str | None) -> Data:
    """The texts in a ``column`` of a table, whose classes are in the column ``target``."""
    cells, _, notes = with_target(Cells.of(frame), target)
    column = _column(cells, target, column)
    aim, target_notes = target_of(target, cells.texts(target), cells.rows, CLASSIFICATION)
    others = [shown(name) for name in cells.columns if name not in (column, target)]
    return _data(
        source,
        cells.texts(column),
        encode_target(aim, cells.texts(target), cells.rows),
        aim["classes"],
        [f"row {row}" for row in cells.rows],
        numbers=cells.rows,
        columns=(column, target),
        origin=f"{shown(path.name)}, column {shown(column)}",
        notes=[
            *about_text(frame),
            *notes,
            *target_notes,
            *([f"not used: {few(others)}"] if others else []),
        ],
    )


def _data(
    source: str,
    texts: Sequence[str],
    labels: Array,
    classes: Sequence[str],
    names: Sequence[str],
    *,
    numbers: Sequence[int] | None,
    columns: tuple[str, str],
    origin: str,
    notes: Sequence[str],
) -> Data:
    """The data of ``texts`` with their ``labels`` [n], whose vocabulary is that of those to learn from."""
    lengths = [len(words_of(each)) for each in texts]
    kept = [i for i, length in enumerate(lengths) if length]
    if len(kept) < len(texts):
        without = [name for name, length in zip(names, lengths, strict=True) if not length]
        notes = [*notes, f"{len(without):,} of {len(texts):,} texts without a word, left out: {few(without)}"]
    if not kept:
        raise SourceError(f"SOURCE: {shown(source)}: expected texts of words, got {len(texts):,} without any")
    texts, names, labels = [texts[i] for i in kept], [names[i] for i in kept], labels[kept]
    choose, split = HELD_OUT[CLASSIFICATION]
    held_out = choose(labels)
    check_some_are_held_out(shown(source), held_out, "texts")
    if len(np.unique(labels)) < 2:
        only = shown(classes[int(labels[0])])
        raise SourceError(f"SOURCE: {shown(source)}: expected texts of two classes or more, got those of {only} alone")
    fitted = TextEncoder.fit([text for text, out in zip(texts, held_out, strict=True) if not out], *columns)
    if len(texts) * fitted.length > MOST:
        raise SourceError(
            f"SOURCE: {shown(source)}: expected texts of at most {MOST:,} words together, got {len(texts):,} of up to "
            f"{fitted.length:,}; leave some out"
        )
    longer = sum(length > fitted.length for length in lengths)
    if longer:
        notes = [*notes, f"{longer:,} of {len(texts):,} texts are longer: their first {fitted.length} words count"]
    apart = np.flatnonzero(held_out)
    inputs = fitted.encode(texts)
    tested, called = [texts[i] for i in apart], [names[i] for i in apart]
    return Data(
        source=source,
        task=CLASSIFICATION,
        what=f"{len(texts):,} texts, in {len(classes):,} classes; {len(fitted.vocabulary):,} words come twice or more",
        origin=origin,
        split=split,
        noun="texts",
        classes=tuple(classes),
        train=Part(from_numpy(inputs[~held_out]), from_numpy(labels[~held_out])),
        held_out=Part(from_numpy(inputs[held_out]), from_numpy(labels[held_out])),
        encoder=fitted,
        rows=_rows(
            tested,
            called,
            fitted.column,
            None if numbers is None else [numbers[kept[i]] for i in apart.tolist()],
        ),
        notes=notes,
        samples=tested,
        names=called,
    )


def _rows(texts: Sequence[str], names: Sequence[str], column: str, numbers: Sequence[int] | None) -> Rows:
    """Texts with their names; in a table, with the ``numbers`` of the rows there."""

    def row(i: int) -> Mapping[str, Any]:
        return {"name": names[i], column: " ".join(texts[i][:LONG].split())}

    return Rows(row, range(len(texts)), numbers)


def text_columns(table: Any, target: str) -> list[str]:
    """The columns of a table that hold texts: of several words, another in nearly every row."""
    cells = Cells.of(table)
    found = []
    for name, column in cells.columns.items():
        if name == target or recipe_of(name, column, cells.rows).recipe is not None:
            continue
        texts = [text for text in cells.texts(name) if text]
        if texts and sum(map(len, map(words_of, texts))) >= PROSE * len(texts):
            found.append(name)
    return found


def _column(cells: Cells, target: str, named: str | None) -> str:
    """The column of texts: the one ``named``, or the only one. Raises TableError where that is not one column."""
    if named is not None:
        if named == target:
            raise TableError(f"--text: {named!r} is the target; name another column")
        cells.texts(named)
        return named
    found = text_columns(cells, target)
    if len(found) == 1:
        return found[0]
    if found:
        raise TableError(
            f"expected one column of texts, got {len(found)}: {few([*map(repr, found)])}; say which one: --text COLUMN"
        )
    others = few([repr(name) for name in cells.columns if name != target])
    raise TableError(
        f"expected a column of texts, got none in {others}; name it: --text COLUMN, or leave --network out to learn "
        "from the other columns"
    )
