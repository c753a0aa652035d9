"""``glassnet train SOURCE``: a network learns, and a run folder keeps what came of it."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

import glassnet
from glassnet.cli import checkup, display
from glassnet.cli.loop import Epoch, fit
from glassnet.cli.options import OPTIMIZERS, Options, checked, choose, network, optimizer_of
from glassnet.cli.report import report_of
from glassnet.cli.run import REPORT, Run, uninterrupted
from glassnet.cli.sources import SOURCES, Data
from glassnet.random import manual_seed

ROOM = 100_000  # bytes a run may need beside its weights


def train(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=f"What to learn: {', '.join(SOURCES)}.")],
    hidden: Annotated[str, typer.Option(metavar="SIZES", help="Sizes of the hidden layers, or none.")] = "64,32",
    activation: Annotated[str, typer.Option(metavar="NAME", help="What follows each hidden layer.")] = "relu",
    epochs: Annotated[
        str | None, typer.Option(metavar="N", help="Rounds over the data; if not given, what suits their number.")
    ] = None,
    batch_size: Annotated[str, typer.Option(metavar="N", help="Samples in one step.")] = "32",
    lr: Annotated[
        str | None, typer.Option(metavar="X", help="Learning rate; if not given, one that suits the optimizer.")
    ] = None,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help=f"One of {', '.join(OPTIMIZERS)}.")] = "adam",
    seed: Annotated[str, typer.Option(metavar="N", help="The same seed gives the same numbers.")] = "0",
    out: Annotated[Path, typer.Option(metavar="RUNS_DIR", help="Where the run folder is made.")] = Path("runs"),
    compiled: Annotated[
        bool, typer.Option("--compile/--no-compile", help="Run the steps as a program; the numbers are the same.")
    ] = True,
    examine: Annotated[
        bool, typer.Option("--checkup", help="First run a few steps, and say what is wrong, if anything.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the last line only.")] = False,
) -> None:
    """Train a network, and save it in a run folder.

    Example: glassnet train digits --hidden 128,64 --activation tanh
    """
    choose("SOURCE", source, SOURCES)
    options = checked(hidden, activation, epochs, batch_size, lr, optimizer, seed)
    data = SOURCES[source]()
    options = options.for_samples(len(data.train))
    manual_seed(options.seed)
    model = network(data.train.inputs.shape[1:], options, len(data.classes))
    console = display.new_console()
    with Run.begin(out, source, ROOM + 2 * sum(p.nbytes for p in model.parameters())) as run:
        if not quiet:
            display.show_plan(console, data, model, options)
        trained_by = optimizer_of(model, options)
        if examine:
            checkup.show(console, model, trained_by, data)
        started, clock = datetime.now(UTC), time.perf_counter()
        with display.progress(console, options.epochs, quiet=quiet) as watcher:
            history = fit(
                model,
                trained_by,
                data.train,
                data.held_out,
                epochs=options.epochs,
                batch_size=options.batch_size,
                watcher=watcher,
                compiled=compiled,
            )
        seconds = time.perf_counter() - clock
        if not history:
            console.print("Stopped in the first epoch: there is nothing to save.")
            raise typer.Exit(130)
        with uninterrupted():
            if not quiet:
                display.show_history(console, history)
            extra = {"source": source, "classes": data.classes, "encoding": data.encoding, "split": data.split}
            config = _config(data, options, history, started, seconds, compiled=compiled)
            report = report_of(run.path.name, data, options, model, history, started, seconds)
            run.save(model, extra, history, config, report)
    stopped = len(history) < options.epochs
    _show_result(console, run.path, data, history, seconds, stopped=stopped, quiet=quiet)
    if stopped:
        raise typer.Exit(130)


def _config(
    data: Data, options: Options, history: Sequence[Epoch], started: datetime, seconds: float, *, compiled: bool
) -> dict[str, Any]:
    """Everything that is needed to do the run again, and what came of it."""
    return {
        "source": data.source,
        "options": asdict(options),
        "data": {"train": len(data.train), "held_out": len(data.held_out), "split": data.split},
        "encoding": data.encoding,
        "compiled": compiled,
        "results": history[-1]._asdict(),
        "stopped_early": len(history) < options.epochs,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "versions": {"glassnet": glassnet.__version__, "numpy": np.__version__, "python": platform.python_version()},
    }


def _show_result(
    console: Console,
    path: Path,
    data: Data,
    history: Sequence[Epoch],
    seconds: float,
    *,
    stopped: bool,
    quiet: bool,
) -> None:
    """The held-out accuracy in words, where the run is, and what to do next."""
    total = len(data.held_out)
    accuracy = history[-1].held_out_accuracy
    right = f"{round(accuracy * total)} of {total}"
    if quiet:
        line = f"held-out accuracy {accuracy:.4f} ({right}), {seconds:.1f} s, {path}"
        console.print(line, soft_wrap=True, markup=False)
        return
    if stopped:
        console.print(f"Stopped after epoch {len(history)}: what it had learned by then is saved.\n")
    console.print(f"[bold]Held-out accuracy {accuracy:.4f}[/]: {right} {data.noun} it had never seen are right.")
    if accuracy < 2 / len(data.classes):
        console.print("That is hardly better than guessing: try a smaller --lr, or more --epochs.")
    console.print(f"Trained in {seconds:.{1 if seconds >= 1 else 2}f} s. Saved in {path}", soft_wrap=True, markup=False)
    console.print(f"To look at: {path / REPORT}", soft_wrap=True, markup=False)
    display.show_next(
        console,
        display.command("glassnet", "predict", path),
        display.command("glassnet", "train", data.source, "--hidden", "128", "--activation", "tanh"),
    )
