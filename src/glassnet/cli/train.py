"""``glassnet train SOURCE``: train a network, and save it in a run folder."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from glassnet.cli import display
from glassnet.cli.errors import BadInput, Failed
from glassnet.cli.options import DEFAULTS, OPTIONS, checked, number, with_options
from glassnet.cli.report import report_of
from glassnet.cli.run import CHECKPOINT, CONFIG, MODEL, Run, find, read_config, uninterrupted
from glassnet.cli.screen import place
from glassnet.cli.session import Session, about
from glassnet.cli.settings import as_toml, completed, merged
from glassnet.errors import GlassnetError
from glassnet.serialization import load
from glassnet.sources import BUILTIN, PICTURES
from glassnet.text import decoded_name
from glassnet.training import Checkpoint, EarlyStopping, Trainer, TrainingFailed

NAME = 100  # bytes of the name of a run folder, before its number
ROOM = 100_000  # bytes a run may need beside its weights
SAVE_EVERY = 10.0  # seconds


@with_options
def train(
    *,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings in TOML; options on the command line override them.")
    ] = None,
    print_config: Annotated[bool, typer.Option("--print-config", help="Print the settings as TOML, and exit.")] = False,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with an interrupted run; the result is the same."),
    ] = None,
    save_every: Annotated[
        str | None, typer.Option(metavar="SECONDS", help=f"How often a run is saved to be resumed [{SAVE_EVERY:g}].")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the last line only.")] = False,
    **options: Any,
) -> None:
    """Train a network, and save it in a run folder.

    Example: glassnet train digits --hidden 128,64 --activation tanh
    """
    every = SAVE_EVERY if save_every is None else number(least=0)("--save-every", save_every)
    console = display.new_console()
    if resume is not None:
        _refuse_options({**options, "out": None}, {"--config": config, "--print-config": print_config})
        path = find(resume, Path(options["out"] or str(DEFAULTS["out"])), CONFIG)
        _check_unfinished(path)
        _go_on(path, console, every, quiet=quiet)
        return
    settings = merged(options, config)
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
            _show_checkup(console, session)
        _train(session, run, console, every, quiet=quiet)


def _name(source: str) -> str:
    """The name of the run folders of a source: its own, or that of the file or folder."""
    name = Path(source).expanduser().resolve().name if source not in (*BUILTIN, *PICTURES) else source
    words = re.sub(r"[^\w.-]+", "-", decoded_name(Path(name).stem)).strip("-.").encode()
    return os.fsdecode(words[:NAME].decode(errors="ignore").encode()) or "run"


def _show_checkup(console: Console, session: Session) -> None:
    """Print a check-up of the run before it begins; it changes nothing."""
    from glassnet.explain.checkup import checkup  # a run without does not load it

    data = session.data
    result = checkup(
        session.model, tuple(data.train), session.task.loss, session.optimizer, validation=tuple(data.held_out)
    )
    console.print(Text("Check-up", "bold"))
    console.print(Padding(Text(str(result)), (1, 2)))


# going on with a run that was cut off ------------------------------------------------------------------------


def _refuse_options(arguments: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Raise BadInput if there is any option beside --resume."""
    flags = {**{OPTIONS[name].flag: value for name, value in arguments.items()}, **others}
    asked = [flag for flag, value in flags.items() if value not in (None, False)]
    if asked:
        raise BadInput(f"--resume: the run goes on as it began; leave out {', '.join(asked)}")


def _check_unfinished(path: Path) -> None:
    """Raise BadInput if the run at ``path`` is complete, or there is none."""
    read_config(path)
    if (path / MODEL).exists() and not (path / CHECKPOINT).exists():
        raise BadInput(f"--resume: {path} is complete, there is nothing left to learn; see: glassnet show {path}")


def _go_on(path: Path, console: Console, every: float, *, quiet: bool) -> None:
    """Train the run at ``path`` to its end."""
    with Run.resume(path) as run:
        _check_unfinished(path)  # it may have come to its end before the folder was locked
        config = read_config(path)
        settings = completed(config["settings"], str(path))
        session = Session.begin(settings, console, quiet=quiet, paths=config.get("paths"))
        if config.get("data", {}).get("fingerprint") != session.fingerprint():
            raise BadInput(
                f"--resume: the data of {session.data.source} is not what it was when {path} began; put it back, or "
                "train again"
            )
        if not quiet:
            display.show_plan(console, session.data, session.model, session.options)
        _train(session, run, console, every, quiet=quiet)


def _restore(path: Path, trainer: Trainer) -> None:
    """Put ``trainer`` where the run at ``path`` was last saved; it begins where it was not. Raises BadInput."""
    file = path / CHECKPOINT
    if not file.exists():
        return
    try:
        trainer.load_state_dict(load(file))
    except (GlassnetError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"--resume: {file} cannot be used ({error}); delete it to begin the run again") from None


# training and saving ----------------------------------------------------------------------------------------


def _train(session: Session, run: Run, console: Console, every: float, *, quiet: bool) -> None:
    """Train from where ``run`` was last saved, save it, and print the result."""
    began = time.perf_counter()
    with display.training_progress(console, session.options.epochs, session.task, quiet=quiet) as shown:
        trainer = session.trainer([shown, Checkpoint(run.path / CHECKPOINT, every)])
        _restore(run.path, trainer)
        failed = _fit(trainer, session, run)
    stopped = trainer.interrupted or failed is not None
    if trainer.history:
        with uninterrupted():
            _save(session, run, trainer, console, began, stopped=stopped, quiet=quiet)
    elif not run.stays:
        run.discard()
    if failed is not None:
        raise failed if trainer.history else Failed(f"{failed}\n\n{_nothing_learned(run)}")
    if not trainer.history:
        what = f"; go on: glassnet train --resume {place(run.path)}" if run.stays else ": there is nothing to save."
        console.print(f"Stopped in the first epoch{what}", soft_wrap=True)
    if stopped:
        raise typer.Exit(130)


def _fit(trainer: Trainer, session: Session, run: Run) -> Failed | None:
    """Train; returns the error if it failed, with the network as it was after the last complete epoch."""
    options, train, held_out = session.options, tuple(session.data.train), tuple(session.data.held_out)
    try:
        with run.writing():
            trainer.fit(train, held_out, epochs=options.epochs, batch_size=options.batch_size)
    except TrainingFailed as failed:
        return Failed(failed.message(rate_option="--lr "))
    return None


def _nothing_learned(run: Run) -> str:
    """What is left of a run that failed in its first epoch, as a sentence."""
    left = f"{run.path} is as it was" if run.stays else "there is no run folder"
    return f"No epoch was completed, so there is nothing to save: {left}."


def _save(
    session: Session, run: Run, trainer: Trainer, console: Console, began: float, *, stopped: bool, quiet: bool
) -> None:
    """Save the run, which ``began`` at that time, and print its result."""
    kept = next((c.best_epoch for c in trainer.callbacks if isinstance(c, EarlyStopping)), None)
    if not quiet:
        display.show_history(console, trainer.history, session.task, kept)
    config = read_config(run.path)
    config |= {
        "results": trainer.history[(kept or 0) - 1],
        "seconds": round(config.get("seconds", 0) + time.perf_counter() - began, 3),
        "stopped": stopped,
    }
    report = report_of(run.path.name, session, trainer, config)
    run.save(session.model, about(session.data), trainer.history, config, report)
    if not trainer.interrupted:
        run.finish()
    show = display.show_line if quiet else display.show_result
    show(console, run.path, session.data, session.task, config)
