"""``glassnet evaluate RUN [FILE]``: how good a trained network is on samples whose targets are known."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

from rich.text import Text

from glassnet.cli import display, judging
from glassnet.cli.run import read_config
from glassnet.cli.saved_run import Answers, SavedRun
from glassnet.cli.screen import place
from glassnet.cli.shared_arguments import RUNS, RunName, RunsFolder, path_argument
from glassnet.encoders import Samples, read_samples


def evaluate(
    run: RunName,
    file: Annotated[
        Path | None, path_argument(metavar="FILE", help="Samples with their targets; without it, the held-out ones.")
    ] = None,
    runs: RunsFolder = RUNS,
) -> None:
    """Show how good a trained network is where targets are known.

    Example: glassnet evaluate latest labelled.csv
    """
    saved = SavedRun.read(run, runs)
    console = display.new_console()
    if file is None:
        data = saved.data(console)
        samples = Samples(*data.held_out, data.names, baseline=data.baseline)
        on = f"what was held out of {place(data.source)}: {data.split}"
    else:
        samples = read_samples(saved.encoder, file, saved.classes, targets=True)
        on = f"{place(file)}: {len(samples.names):,} {saved.noun}"
    assert samples.targets is not None
    answers = Answers.of(saved, samples.inputs, samples.names)
    console.print(display.headline("Evaluating ", place(saved.path)), soft_wrap=True)
    console.print(f"on {on}\n", soft_wrap=True)
    if file is not None and _is_learned_from(saved, file):
        note = f"Note: it learned from most of {place(file)}; without a FILE, what was held out is counted alone"
        console.print(Text(note, "dim"))
    for note in saved.notes_on(samples):
        console.print(Text(f"Note: {note}", "dim"))
    judging.show(console, saved, answers, samples.inputs, samples.targets, samples.names, samples.baseline)


def _is_learned_from(saved: SavedRun, file: Path) -> bool:
    """Whether ``file`` is the data that a run learned from."""
    source = read_config(saved.path).get("paths", {}).get("source")
    with suppress(OSError, ValueError):  # it is no longer there, or the configuration was edited
        return isinstance(source, str) and file.samefile(source)
    return False
