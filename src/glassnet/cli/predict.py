"""``glassnet predict RUN [FILE]``: the answers of a trained network for samples in a file, or for those held out."""

from __future__ import annotations

import csv
import io
import sys
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
from glassnet.text import shown
from glassnet.text.formulas import as_text

SHOWN = 12  # rows on the screen
ENDINGS = (".csv", ".tsv", ".parquet")
STANDARD_INPUT = "-"


def predict(
    run: RunName,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="Samples: a table, numbers, a picture, a folder of them; or a text itself, or - for one typed in.",
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
    samples = _samples(console, saved, file)
    if samples is None and (out is not None or probabilities):
        raise BadInput("FILE: name a file of samples for --out and --probabilities")
    if samples is None:
        _show_held_out(console, saved)
        return
    if probabilities and not saved.classes:
        raise BadInput(f"--probabilities: {saved.path} estimates a quantity, there are no classes; leave it out")
    answers = Answers.of(saved, samples.inputs, samples.names, probabilities=probabilities)
    if out is not None:
        with writing("--out", out):
            _write(out, saved, samples, answers)
    for note in saved.notes_on(samples):
        console.print(Text(f"Note: {note}", "dim"))
    if out is not None:
        console.print(f"{len(answers.values):,} predictions written to {place(out)}", soft_wrap=True)
    else:
        _show(console, saved, samples, answers)


def _samples(console: Console, saved: SavedRun, file: str | None) -> Samples | None:
    """The samples in ``file``, which may be a text; without one, of a series what comes next, and of others None."""
    if file is not None:
        if not file.strip():
            raise BadInput("FILE: expected the name of a file or a text, got nothing")
        path = expanded(file)
        if isinstance(saved.encoder, TextEncoder) and not is_there(path) and not names_a_file(file):
            return saved.encoder.sentence(_typed() if file == STANDARD_INPUT else file)
        return read_samples(saved.encoder, path, saved.classes)
    return saved.data(console).upcoming if isinstance(saved.encoder, SeriesEncoder) else None


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


def _show(console: Console, run: SavedRun, samples: Samples, answers: Answers) -> None:
    sure, of_all = answers.sure, answers.probabilities
    labels = [*run.labels] if of_all is not None else []
    table = display.columns("", "prediction", *(labels or (["sure"] if sure is not None else [])), left=2)
    for i in range(min(SHOWN, len(answers.values))):
        value = answers.values[i]
        cells = [shown(samples.names[i]), shown(value, 40) if sure is not None else quantity(value, 5)]
        if sure is not None:
            cells += [percent(sure[i])] if of_all is None else [percent(p) for p in of_all[i]]
        table.add_row(*map(Text, cells))
    console.print(Padding(table, (1, 2)))
    if len(answers.values) > SHOWN:
        console.print(f"{SHOWN} of {len(answers.values):,}; all of them: --out predictions.csv")


def _write(out: Path, run: SavedRun, samples: Samples, answers: Answers) -> None:
    """Write the table of the samples with the answers beside it; or, if they are no rows, their names and answers."""
    columns: dict[str, list[object]] = {"prediction": answers.values.tolist()}
    if answers.probabilities is not None:
        for i, name in enumerate(run.classes):
            columns[f"probability of {name}"] = answers.probabilities[:, i].tolist()
    if samples.frame is not None:
        from glassnet.tables import write_table  # other samples do without pandas

        taken = set(map(str, samples.frame.columns))
        write_table(samples.frame.assign(**{_free(name, taken): values for name, values in columns.items()}), out)
        return
    if out.suffix.lower() == ".parquet":
        raise BadInput("--out: a .parquet is written of a table only; name a .csv")
    text = io.StringIO()
    delimiter = "\t" if out.suffix.lower() == ".tsv" else ","
    has_return = any("\r" in name for name in run.classes)
    end = "\r\n" if has_return else "\n"  # csv puts in quotes what is in the end of its lines
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow([as_text(samples.called), *map(as_text, columns)])
    rows = zip(map(place, samples.names), *columns.values(), strict=True)
    writer.writerows([as_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    replace_file(out, text.getvalue().encode())


def _free(name: str, taken: set[str]) -> str:
    """``name``, or, if a column has it already, the name with the next free number."""
    names = (name if number == 1 else f"{name} ({number})" for number in count(1))
    return next(free for free in names if free not in taken)
