"""``glassnet export RUN``: a trained network as a file that needs no glassnet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from glassnet.cli import display
from glassnet.cli.errors import BadInput, unknown
from glassnet.cli.options import OPTIMIZERS
from glassnet.cli.run import read_config
from glassnet.cli.saved_run import SavedRun
from glassnet.cli.screen import place
from glassnet.cli.session import EXAMPLES, class_weights
from glassnet.cli.shared_arguments import RUNS, Force, RunName, RunsFolder, check_output, path_option, writing
from glassnet.encoders import SeriesEncoder, TableEncoder
from glassnet.files.reading import expanded
from glassnet.tensor.creation import from_numpy, tensor


def export(
    run: RunName,
    to: Annotated[str, typer.Option(metavar="FORMAT", help=FORMATS)] = "numpy",
    output: Annotated[
        Path | None, path_option("--output", "-o", metavar="FILE", help="The file to write [model.py, or the like].")
    ] = None,
    runs: RunsFolder = RUNS,
    train: Annotated[
        bool,
        typer.Option("--train", help="With --to c: the training step too, to go on learning there."),
    ] = False,
    force: Force = False,
) -> None:
    """Write a trained network as a file that needs no glassnet.

    Example: glassnet export latest -o model.py
    """
    if to not in TARGETS:
        raise unknown("--to", to, TARGETS)
    target = TARGETS[to]
    if train and not target.learns:
        raise BadInput(f"--train: a file of {to} does not learn; add --to c")
    output = Path(f"model{target.ending}") if output is None else output
    check_output("--output", output, (target.ending,), force=force, beside=target.beside)
    saved = SavedRun.read(run, runs)
    console = display.new_console()
    used = Used.of(saved, console)
    saved.outputs(from_numpy(saved.encoder.encode(used.examples)))  # which says what is wrong with a damaged network
    with writing("--output", output):
        written = target.write(saved, used, output, training(saved, console) if train else None)
    *others, last = (f"{place(file)} ({file.stat().st_size / 1000:.0f} kB)" for file in written)
    files = f"{', '.join(others)} and {last}" if others else last
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


def as_numpy(saved: SavedRun, used: Used, output: Path, _training: Any) -> list[Path]:
    """Write the network of a run as a file of NumPy; returns the files that were written."""
    from glassnet.export import numpy_file  # no other command needs it

    return numpy_file(
        saved.model,
        output,
        used.examples,
        classes=saved.classes or None,
        encoder=saved.encoder,
        title=_title(saved, "It needs NumPy alone."),
        facts=_facts(saved, used),
    )


def as_c(saved: SavedRun, used: Used, output: Path, training: Any) -> list[Path]:
    """Write the network of a run as C, and its training step if it is to learn; returns the files that were written."""
    from glassnet.export import c_file  # no other command needs it

    return c_file(
        saved.model,
        output,
        used.examples,
        classes=saved.classes or None,
        encoder=saved.encoder,
        title=_title(saved, "It is C99, and needs no library."),
        facts=_facts(saved, used),
        training=training,
    )


def _title(saved: SavedRun, needs: str) -> str:
    return f"{saved.path.name}: a network trained on {saved.source}, written out by glassnet. {needs}"


def _facts(saved: SavedRun, used: Used) -> dict[str, str]:
    result = read_config(saved.path).get("results", {}).get(f"val_{saved.task.main}", float("nan"))
    return {
        "network": display.layers_text(saved.model),
        saved.task.label: f"{result:.4f} on {used.held_out} {saved.noun} held out from its training",
        "trained on": f"{used.what}: {used.origin}",
    }


def training(saved: SavedRun, console: Console) -> Any:
    """How the network of a run learned, for a training step of its own."""
    from glassnet.export import Training

    options = read_config(saved.path)["options"]
    weight_decay = options["weight_decay"]
    optimizer = OPTIMIZERS[options["optimizer"]](saved.model.parameters(), lr=options["lr"], weight_decay=weight_decay)
    loss = saved.task.loss
    if options["class_weight"] != "none":
        data = saved.data(console)
        loss = partial(loss, weight=tensor(class_weights(data.train.targets.numpy(), len(data.classes))))
    return Training(loss, optimizer, options["batch_size"], options["clip"])


@dataclass(frozen=True)
class Target:
    """A format, which ``about`` describes in a few words. ``write`` makes its files, and returns them.

    A file ends in ``ending``, further ones that may be written beside it in ``beside``. ``commands`` are what to try
    with a file. ``learns`` says whether there may be a training step.
    """

    about: str
    write: Callable[[SavedRun, Used, Path, Any], list[Path]]
    ending: str
    commands: Callable[[SavedRun, Path], Sequence[str]]
    beside: Sequence[str] = ()
    learns: bool = False


def _python_commands(saved: SavedRun, file: Path) -> list[str]:
    return [display.command("python", file, "--self-test"), display.command("python", file, _example(saved))]


def _c_commands(saved: SavedRun, file: Path) -> list[str]:
    program = file.with_suffix("")
    sources = [file, file.with_name(f"{file.stem}_main.c")]
    path = program if program.is_absolute() else f"./{program}"
    example = _example(saved) if isinstance(saved.encoder, TableEncoder | SeriesEncoder) else "data.csv"
    return [
        display.command("cc", "-std=c99", "-O2", *sources, "-lm", "-o", program),
        display.command(path, "--self-test"),
        display.command(path, example),
    ]


def _example(saved: SavedRun) -> str | Path:
    """A file to try: of a table or a series the data itself."""
    example = saved.encoder.standalone(np.float32).example
    if not isinstance(saved.encoder, TableEncoder | SeriesEncoder):
        return example
    own = expanded(str(saved.settings()["source"]))
    return own if own.is_file() and own.suffix.lower() in (".csv", ".tsv") else example


TARGETS = {
    "numpy": Target("one file that needs NumPy alone", as_numpy, ".py", _python_commands, beside=(".npz",)),
    "c": Target("C99 that needs no library", as_c, ".c", _c_commands, beside=(".h", "_main.c"), learns=True),
}
FORMATS = "; ".join(f"{name}: {target.about}" for name, target in TARGETS.items()) + "."
