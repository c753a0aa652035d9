"""``glassnet export RUN``: a trained network as a file that needs no glassnet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from glassnet.ops.dtypes import Array
from glassnet.sources import Data
from glassnet.tensor.creation import from_numpy, tensor

if TYPE_CHECKING:  # no other command needs it
    from glassnet.export.c import Contents, Training

MEASURED = 1000  # held-out samples at most, on which weights of 8 bits are compared with those of 32


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
    int8: Annotated[
        bool, typer.Option("--int8", help="With --to c: weights of 8 bits; what that costs in accuracy is printed.")
    ] = False,
    force: Force = False,
) -> None:
    """Write a trained network as a file that needs no glassnet.

    Example: glassnet export latest -o model.py
    """
    if to not in TARGETS:
        raise unknown("--to", to, TARGETS)
    target = TARGETS[to]
    for option, asked in (("--train", train), ("--int8", int8)):
        if asked and not target.has_more:
            raise BadInput(f"{option}: only C has it; add --to c")
    if train and int8:
        raise BadInput("--train: weights of 8 bits do not learn; leave out --int8")
    output = Path(f"model{target.ending}") if output is None else output
    check_output("--output", output, (target.ending,), force=force, beside=target.beside)
    saved = SavedRun.read(run, runs)
    console = display.new_console()
    used = Used.of(saved, console)
    saved.outputs(from_numpy(saved.encoder.encode(used.examples)))  # which says what is wrong with a damaged network
    more = More(training(saved, console) if train else None, saved.data(console) if int8 else None)
    with writing("--output", output):
        written = target.write(saved, used, output, more)
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


@dataclass(frozen=True)
class More:
    """What C may have besides: the step of a ``training``; or weights of 8 bits, for which there is the ``data``."""

    training: Training | None
    data: Data | None


def as_numpy(saved: SavedRun, used: Used, output: Path, _more: More) -> list[Path]:
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


def as_c(saved: SavedRun, used: Used, output: Path, more: More) -> list[Path]:
    """Write the network of a run as C; returns the files that were written."""
    from glassnet.export.c import contents_of, write  # no other command needs it

    title, facts = _title(saved, "It is C99, and needs no library."), _facts(saved, used)
    classes = saved.classes or None
    contents = contents_of(saved.model, output, used.examples, classes, saved.encoder, title, facts, more.training)
    return write(contents if more.data is None else _in_8_bits(saved, contents, more.data), output)


def _in_8_bits(saved: SavedRun, contents: Contents, data: Data) -> Contents:
    """``contents`` with weights of 8 bits; what that costs on held-out samples is printed, and among its facts."""
    from glassnet.export.c import in_8_bits

    small = in_8_bits(contents, data.train.inputs.numpy())
    some = slice(None, None, -(-len(data.held_out) // MEASURED))
    inputs, targets = data.held_out.inputs.numpy()[some], data.held_out.targets.numpy()[some]
    bits, floats = (_measured(saved, each.network.answers(inputs), targets) for each in (small, contents))
    result = f"{bits:.4f} in 8 bits, {floats:.4f} in float32, on {len(inputs)} {saved.noun} held out from training"
    display.new_console().print(f"{saved.task.label}: {result}", soft_wrap=True)
    return replace(small, facts={**contents.facts, saved.task.label: result})


def _measured(saved: SavedRun, answers: Array, targets: Array) -> float:
    """The main metric of answers, which are probabilities, or values in their units."""
    if not saved.classes:
        answers, targets = answers.reshape(-1), saved.encoder.decode(targets)
    return saved.task.measured(answers, targets)[saved.task.main]


def _title(saved: SavedRun, needs: str) -> str:
    return f"{saved.path.name}: a network trained on {saved.source}, written out by glassnet. {needs}"


def _facts(saved: SavedRun, used: Used) -> dict[str, str]:
    result = read_config(saved.path).get("results", {}).get(f"val_{saved.task.main}", float("nan"))
    return {
        "network": display.layers_text(saved.model),
        saved.task.label: f"{result:.4f} on {used.held_out} {saved.noun} held out from its training",
        "trained on": f"{used.what}: {used.origin}",
    }


def training(saved: SavedRun, console: Console) -> Training:
    """How the network of a run learned, for a training step of its own."""
    from glassnet.export.c import Training

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
    with a file. ``has_more`` says whether there may be `More` in it.
    """

    about: str
    write: Callable[[SavedRun, Used, Path, More], list[Path]]
    ending: str
    commands: Callable[[SavedRun, Path], Sequence[str]]
    beside: Sequence[str] = ()
    has_more: bool = False


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
    "c": Target("C99 that needs no library", as_c, ".c", _c_commands, beside=(".h", "_main.c"), has_more=True),
}
FORMATS = "; ".join(f"{name}: {target.about}" for name, target in TARGETS.items()) + "."
