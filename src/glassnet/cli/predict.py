"""``glassnet predict RUN [FILE …]``: the answers of a trained network for samples in files, or for those held out."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from glassnet.cli import display, judging
from glassnet.cli.errors import BadInput
from glassnet.cli.run import MODEL
from glassnet.cli.saved_run import Answers, SavedRun
from glassnet.cli.screen import place
from glassnet.cli.shared_arguments import (
    RUNS,
    Force,
    RunName,
    RunsFolder,
    check_output,
    path_option,
    writing,
)
from glassnet.cli.tasks import percent, quantity
from glassnet.encoders import Samples, SeriesEncoder, TextEncoder, read_samples
from glassnet.encoders.text_encoder import LARGEST, text_in
from glassnet.encoders.text_standalone import names_a_file
from glassnet.files import replace_file
from glassnet.files.reading import expanded, is_there
from glassnet.text import decoded_name, shown
from glassnet.text.formulas import as_text

SHOWN = 12  # rows on the screen
ENDINGS = (".csv", ".tsv", ".parquet")
STANDARD_INPUT = "-"


def predict(
    run: RunName,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Samples: tables, numbers, pictures, folders of them; or a text itself, or - for one typed in.",
        ),
    ] = None,
    out: Annotated[
        Path | None, path_option("--out", "-o", metavar="F", help="Write the results: a .csv, .tsv or .parquet.")
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Show the probability of every class.")
    ] = False,
    runs: RunsFolder = RUNS,
    force: Force = False,
) -> None:
    """Use a trained network on samples of yours. Without FILE: what it gets right and wrong of those held out.

    A series is forecast after the last row of FILE, or, without one, of the table that it was trained on.

    Example: glassnet predict latest new.csv --out predictions.csv
    """
    if out is not None:
        check_output("--out", out, ENDINGS, force=force)
    saved = SavedRun.read(run, runs)
    console = display.new_console()
    given = _given(console, saved, files or [])
    if not given and (out is not None or probabilities):
        raise BadInput("FILE: name a file of samples for --out and --probabilities")
    if not given:
        _show_held_out(console, saved)
        return
    if probabilities and not saved.classes:
        raise BadInput(f"--probabilities: {saved.path} estimates a quantity, there are no classes; leave it out")
    answers = Answers.together(
        [Answers.of(saved, each.inputs, each.names, probabilities=probabilities) for each in given]
    )
    if out is not None:
        with writing("--out", out):
            _write(out, saved, given, answers)
    for note in (note for each in given for note in saved.notes_on(each)):
        console.print(Text(f"Note: {note}", "dim"))
    if out is not None:
        console.print(f"{len(answers.values):,} predictions written to {place(out)}", soft_wrap=True)
    else:
        _show(console, saved, [name for each in given for name in each.names], answers)


def _given(console: Console, saved: SavedRun, files: Sequence[str]) -> list[Samples]:
    """The samples in each of ``files``; without one, of a series what comes next, and of others none.

    Of several files the names of samples and the rows of tables begin with that of their own.
    """
    if not files:
        upcoming = saved.data(console).upcoming if isinstance(saved.encoder, SeriesEncoder) else None
        return [] if upcoming is None else [upcoming]
    given = [_samples(saved, file) for file in files]
    return given if len(files) == 1 else [_with_file(*each) for each in zip(given, files, strict=True)]


def _samples(saved: SavedRun, file: str) -> Samples:
    """The samples in ``file``, which may be a text."""
    if not file.strip():
        raise BadInput("FILE: expected the name of a file or a text, got nothing")
    path = expanded(file)
    if isinstance(saved.encoder, TextEncoder) and not is_there(path) and not names_a_file(file):
        return saved.encoder.sentence(_typed() if file == STANDARD_INPUT else file)
    return read_samples(saved.encoder, path, saved.classes)


def _with_file(samples: Samples, file: str) -> Samples:
    """``samples`` with the name of their ``file`` before theirs, unless it is in theirs."""
    path = expanded(file)
    name = decoded_name(str(path))
    if not is_there(path) or (samples.names and samples.names[0].startswith(name)):
        return samples
    frame = samples.frame
    if frame is not None:
        frame = frame.copy()
        frame.insert(0, _free("data", set(map(str, frame.columns))), name)
    names = [f"{name}: {each}" for each in samples.names]
    return replace(samples, names=names, notes=[f"{name}: {note}" for note in samples.notes], frame=frame)


def _typed() -> str:
    """The text that comes through standard input. Raises BadInput for one that is too large, or none."""
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadInput(f"FILE: expected at most {LARGEST:,} bytes of text through standard input, got more")
    try:
        text = text_in(data).strip()
    except ValueError as error:
        raise BadInput(f"FILE: standard input: {error.args[0]}") from None
    if not text:
        raise BadInput("FILE: expected a text through standard input, got nothing")
    return text


def _show_held_out(console: Console, saved: SavedRun) -> None:
    data = saved.data(console)
    answers = Answers.of(saved, data.held_out.inputs, data.names)
    about = display.facts()
    about.add_row("network", display.layers(saved.model))
    about.add_row("data", f"{len(data.held_out):,} {data.noun} held out from its training: {data.split}")
    console.print(display.headline("Predicting with ", place(saved.path)), soft_wrap=True)
    console.print(Padding(about, (1, 2)))
    judging.show(console, saved, answers, *data.held_out, data.names)
    display.show_next(
        console,
        display.command("glassnet", "export", saved.path, "--output", "model.py"),
        display.command("glassnet", "evaluate", saved.path, "FILE"),
    )
    path = str(saved.path / MODEL)
    console.print(f"In Python:\n  model = glassnet.load_model({path!r})", soft_wrap=True)


def _show(console: Console, run: SavedRun, names: Sequence[str], answers: Answers) -> None:
    sure, of_all = answers.sure, answers.probabilities
    labels = [*run.labels] if of_all is not None else []
    table = display.columns("", "prediction", *(labels or (["sure"] if sure is not None else [])), left=2)
    for i in range(min(SHOWN, len(answers.values))):
        value = answers.values[i]
        cells = [shown(names[i]), shown(value, 40) if sure is not None else quantity(value, 5)]
        if sure is not None:
            cells += [percent(sure[i])] if of_all is None else [percent(p) for p in of_all[i]]
        table.add_row(*map(Text, cells))
    console.print(Padding(table, (1, 2)))
    if len(answers.values) > SHOWN:
        console.print(f"{SHOWN} of {len(answers.values):,}; all of them: --out predictions.csv")


def _write(out: Path, run: SavedRun, given: Sequence[Samples], answers: Answers) -> None:
    """Write the table of the samples with the answers beside it; or, if they are no rows, their names and answers."""
    columns: dict[str, list[object]] = {"prediction": answers.values.tolist()}
    if answers.probabilities is not None:
        for i, name in enumerate(run.classes):
            columns[f"probability of {name}"] = answers.probabilities[:, i].tolist()
    if all(samples.frame is not None for samples in given):
        from glassnet.tables import write_table  # other samples do without pandas

        frame = given[0].frame
        if len(given) > 1:
            from pandas import concat

            frame = concat([samples.frame for samples in given], ignore_index=True)
        taken = set(map(str, frame.columns))
        write_table(frame.assign(**{_free(name, taken): values for name, values in columns.items()}), out)
        return
    if out.suffix.lower() == ".parquet":
        raise BadInput("--out: a .parquet is written of a table only; name a .csv")
    text = io.StringIO()
    delimiter = "\t" if out.suffix.lower() == ".tsv" else ","
    has_return = any("\r" in name for name in run.classes)
    end = "\r\n" if has_return else "\n"  # csv puts in quotes what is in the end of its lines
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow([as_text(given[0].called), *map(as_text, columns)])
    names = (place(name) for samples in given for name in samples.names)
    rows = zip(names, *columns.values(), strict=True)
    writer.writerows([as_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    replace_file(out, text.getvalue().encode())


def _free(name: str, taken: set[str]) -> str:
    """``name``, or, if a column has it already, the name with the next free number."""
    names = (name if number == 1 else f"{name} ({number})" for number in count(1))
    return next(free for free in names if free not in taken)
