"""``glassnet train SOURCE``: a network learns, and a run folder keeps what came of it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from glassnet.cli import checkup, display, progress, resume
from glassnet.cli.errors import Failed
from glassnet.cli.network import OPTIMIZERS, SCHEDULES
from glassnet.cli.options import checked
from glassnet.cli.report import report_of
from glassnet.cli.run import CHECKPOINT, Run, read_config, uninterrupted
from glassnet.cli.session import Session, about
from glassnet.cli.settings import DEFAULTS, as_toml, completed, merged
from glassnet.cli.texts import number
from glassnet.sources import BUILTIN, PICTURES
from glassnet.training import Checkpoint, EarlyStopping, Trainer, TrainingFailed

ROOM = 100_000  # bytes a run may need beside its weights
SAVE_EVERY = 10.0  # seconds


def train(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help=f"{', '.join((*BUILTIN, *PICTURES))}; a table, with --target; or a folder of pictures by class.",
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Of a table: the column to learn.")] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="classification or regression, where the target does not tell.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the files of mnist and the like are; nothing is downloaded."),
    ] = None,
    hidden: Annotated[
        str | None, typer.Option(metavar="SIZES", help="Sizes of the hidden layers, such as 64,32, or none.")
    ] = None,
    activation: Annotated[
        str | None, typer.Option(metavar="NAME", help="What follows each hidden layer [relu].")
    ] = None,
    dropout: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Of the units of hidden layers, left out at random [0].")
    ] = None,
    epochs: Annotated[
        str | None, typer.Option(metavar="N", help="Rounds over the data; if not given, what suits their number.")
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(metavar="N", help="Samples in one step; if not given, what suits their number.")
    ] = None,
    lr: Annotated[
        str | None, typer.Option(metavar="X", help="Learning rate; if not given, one that suits the optimizer.")
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"One of {', '.join(OPTIMIZERS)} [adam].")
    ] = None,
    weight_decay: Annotated[str | None, typer.Option(metavar="X", help="Pull of the weights towards 0 [0].")] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"Of the learning rate: {', '.join(SCHEDULES)} [cosine].")
    ] = None,
    clip: Annotated[str | None, typer.Option(metavar="NORM", help="Scale larger gradients down to this norm.")] = None,
    accumulate: Annotated[
        str | None, typer.Option(metavar="N", help="Batches whose gradients make one step [1].")
    ] = None,
    patience: Annotated[
        str | None,
        typer.Option(metavar="N", help="Stop when the held-out loss was not better for N epochs; keep the best."),
    ] = None,
    class_weight: Annotated[
        str | None, typer.Option(metavar="NAME", help="none, or balanced: every class counts the same [none].")
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="The same seed gives the same numbers [0].")] = None,
    out: Annotated[str | None, typer.Option(metavar="RUNS_DIR", help="Where the run folder is made [runs].")] = None,
    compiled: Annotated[
        bool | None,
        typer.Option("--compile/--no-compile", help="Run the steps as a program; the numbers are the same."),
    ] = None,
    examine: Annotated[
        bool | None,
        typer.Option("--checkup/--no-checkup", help="First run a few steps, and say what is wrong."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings in TOML; the command line goes before them.")
    ] = None,
    print_config: Annotated[bool, typer.Option("--print-config", help="Print the settings as TOML, and end.")] = False,
    resumed: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", help="Go on with a run that was cut off, as if it had not been."),
    ] = None,
    save_every: Annotated[
        str | None, typer.Option(metavar="SECONDS", help=f"How often a run is saved to be resumed [{SAVE_EVERY:g}].")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the last line only.")] = False,
) -> None:
    """Train a network, and save it in a run folder.

    Example: glassnet train digits --hidden 128,64 --activation tanh
    """
    given = dict(locals())
    given |= {"compile": given.pop("compiled"), "checkup": given.pop("examine")}
    asked = {name: _text(given[name]) for name in DEFAULTS}
    every = SAVE_EVERY if save_every is None else number("--save-every", least=0)(save_every)
    console = display.new_console()
    if resumed is not None:
        runs = Path(out or DEFAULTS["out"])
        resume.refuse({**asked, "out": None, "config": config, "print_config": print_config})
        _go_on(resume.unfinished(resumed, runs), console, every, quiet=quiet)
        return
    settings = merged(asked, config)
    if print_config:
        checked(settings)
        typer.echo(as_toml(settings), nl=False)
        return
    session = Session.begin(settings, console, quiet=quiet)
    weights = sum(parameter.nbytes for parameter in session.model.parameters())
    with Run.begin(Path(settings["out"]), _name(settings["source"]), ROOM + 8 * weights) as run:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        run.write_config(session.config(started=started))
        if not quiet:
            display.show_plan(console, session.data, session.model, session.options)
        if settings["checkup"]:
            checkup.show(console, session)
        _train(session, run, console, every, quiet=quiet)


def _go_on(path: Path, console: Console, every: float, *, quiet: bool) -> None:
    """Train the run at ``path`` to its end."""
    with Run.resume(path) as run:
        resume.check_unfinished(path)  # it may have come to its end before the folder was locked
        config = read_config(path)
        settings = completed(config["settings"], str(path))
        session = Session.begin(settings, console, quiet=quiet, paths=config.get("paths"))
        resume.check_data(path, session)
        if not quiet:
            display.show_plan(console, session.data, session.model, session.options)
        _train(session, run, console, every, quiet=quiet)


def _train(session: Session, run: Run, console: Console, every: float, *, quiet: bool) -> None:
    """Train from where ``run`` was last saved, save it, and show what came of it."""
    clock = time.perf_counter()
    with progress.training(console, session.options.epochs, session.task, quiet=quiet) as told:
        trainer = session.trainer([told, Checkpoint(run.path / CHECKPOINT, every)])
        resume.restore(run.path, trainer)
        failed = _fit(trainer, session, run)
    stopped = trainer.interrupted or failed is not None
    if trainer.history:
        with uninterrupted():
            _save(session, run, trainer, console, clock, stopped=stopped, quiet=quiet)
    elif not run.stays:
        run.discard()
    if failed is not None:
        raise failed if trainer.history else Failed(f"{failed}\n\n{_nothing_learned(run)}")
    if not trainer.history:
        what = f"; go on: glassnet train --resume {run.path}" if run.stays else ": there is nothing to save."
        console.print(f"Stopped in the first epoch{what}", soft_wrap=True)
    if stopped:
        raise typer.Exit(130)


def _nothing_learned(run: Run) -> str:
    """What is left of a run that failed in its first epoch, in words."""
    left = f"{run.path} is as it was" if run.stays else "there is no run folder"
    return f"No epoch was whole, so there is nothing to save: {left}."


def _fit(trainer: Trainer, session: Session, run: Run) -> Failed | None:
    """Train, as far as it goes; the error if it failed, with the network as of the last whole epoch."""
    options, train, held_out = session.options, tuple(session.data.train), tuple(session.data.held_out)
    try:
        with run.writing():
            trainer.fit(train, held_out, epochs=options.epochs, batch_size=options.batch_size)
    except TrainingFailed as failed:
        return Failed(str(failed).replace("a smaller rate, lr=", "a smaller rate, --lr "))
    return None


def _save(
    session: Session, run: Run, trainer: Trainer, console: Console, clock: float, *, stopped: bool, quiet: bool
) -> None:
    """Save what was learned since ``clock`` began, and show it."""
    kept = next((c.best_epoch for c in trainer.callbacks if isinstance(c, EarlyStopping)), None)
    if not quiet:
        display.show_history(console, trainer.history, session.task, kept)
    config = read_config(run.path)
    config |= {
        "results": trainer.history[(kept or 0) - 1],
        "seconds": round(config.get("seconds", 0) + time.perf_counter() - clock, 3),
        "stopped": stopped,
    }
    report = report_of(run.path.name, session, trainer, config)
    run.save(session.model, about(session.data), trainer.history, config, report)
    if not trainer.interrupted:
        run.finish()
    show = display.show_line if quiet else display.show_result
    show(console, run.path, session.data, session.task, config)


def _text(value: Any) -> str | bool | None:
    return value if value is None or isinstance(value, bool) else str(value)


def _name(source: str) -> str:
    """What the run folders of a source are called: its name, or that of the file or folder."""
    name = Path(source).expanduser().resolve().name if source not in (*BUILTIN, *PICTURES) else source
    return re.sub(r"[^\w.-]+", "-", Path(name).stem).strip("-.") or "run"
