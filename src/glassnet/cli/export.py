"""``glassnet export RUN``: a trained network as a file that needs no glassnet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from glassnet.cli import display
from glassnet.cli.errors import unknown
from glassnet.cli.run import read_config
from glassnet.cli.saved_run import SavedRun
from glassnet.cli.screen import place
from glassnet.cli.session import EXAMPLES
from glassnet.cli.shared_arguments import RUNS, Force, RunName, RunsFolder, check_output, path_option, writing
from glassnet.encoders import SeriesEncoder, TableEncoder
from glassnet.files.reading import expanded
from glassnet.tensor.creation import from_numpy


def export(
    run: RunName,
    to: Annotated[str, typer.Option(metavar="FORMAT", help=FORMATS)] = "numpy",
    output: Annotated[
        Path | None, path_option("--output", "-o", metavar="FILE", help="The file to write [model.py, or the like].")
    ] = None,
    runs: RunsFolder = RUNS,
    force: Force = False,
) -> None:
    """Write a trained network as a file that needs no glassnet.

    Example: glassnet export latest -o model.py
    """
    if to not in TARGETS:
        raise unknown("--to", to, TARGETS)
    target = TARGETS[to]
    output = Path(f"model{target.ending}") if output is None else output
    check_output("--output", output, (target.ending,), force=force, beside=target.beside)
    saved = SavedRun.read(run, runs)
    console = display.new_console()
    used = Used.of(saved, console)
    saved.outputs(from_numpy(saved.encoder.encode(used.examples)))  # which says what is wrong with a damaged network
    with writing("--output", output):
        written = target.write(saved, used, output)
    files = " and ".join(f"{place(file)} ({file.stat().st_size / 1000:.0f} kB)" for file in written)
    console.print(display.headline("Exported ", f"{place(saved.path)} as {files}."), soft_wrap=True)
    display.show_next(console, *target.commands(saved, output))


@dataclass(frozen=True)
class Used:
    """What a run was trained on, as an exported file states it, and a few samples for its self-test."""

    examples: Any
    what: str
    origin: str
    held_out: int

    @classmethod
    def of(cls, saved: SavedRun, console: Console) -> Used:
        """From the folder of ``saved``; for an old run, which does not have it, from the data, read again."""
        about, examples = read_config(saved.path).get("data", {}), saved.examples()
        if examples is not None and {"what", "origin", "held_out"} <= set(about):
            return cls(examples, str(about["what"]), str(about["origin"]), about["held_out"])
        data = saved.data(console)
        return cls(data.examples(EXAMPLES), data.what, data.origin, len(data.held_out))


def as_numpy(saved: SavedRun, used: Used, output: Path) -> list[Path]:
    """Write the network of a run as a file of NumPy; returns the files that were written."""
    from glassnet.export import numpy_file  # no other command needs it

    results = read_config(saved.path).get("results", {})
    result = results.get(f"val_{saved.task.main}", float("nan"))
    return numpy_file(
        saved.model,
        output,
        used.examples,
        classes=saved.classes or None,
        encoder=saved.encoder,
        title=f"{saved.path.name}: a network trained on {saved.source}, written out by glassnet. It needs NumPy alone.",
        facts={
            "network": display.layers_text(saved.model),
            saved.task.label: f"{result:.4f} on {used.held_out} {saved.noun} held out from its training",
            "trained on": f"{used.what}: {used.origin}",
        },
    )


@dataclass(frozen=True)
class Target:
    """A format, which ``about`` describes in a few words. ``write`` makes its files, and returns them.

    A file ends in ``ending``, a second one that may be written beside it in ``beside``. ``commands`` are what to try
    with a file.
    """

    about: str
    write: Callable[[SavedRun, Used, Path], list[Path]]
    ending: str
    commands: Callable[[SavedRun, Path], Sequence[str]]
    beside: str | None = None


def _python_commands(saved: SavedRun, file: Path) -> list[str]:
    example: str | Path = saved.encoder.standalone(np.float32).example
    if isinstance(saved.encoder, TableEncoder | SeriesEncoder):  # then the data itself is such a file
        own = expanded(str(saved.settings()["source"]))
        example = own if own.is_file() and own.suffix.lower() in (".csv", ".tsv") else example
    return [display.command("python", file, "--self-test"), display.command("python", file, example)]


TARGETS = {"numpy": Target("one file that needs NumPy alone", as_numpy, ".py", _python_commands, beside=".npz")}
FORMATS = "; ".join(f"{name}: {target.about}" for name, target in TARGETS.items()) + "."
