"""``glassnet train SOURCE``: train a network, and save it in a run folder."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from glassnet.cli import display, interruptions
from glassnet.cli.errors import STOPPED, BadInput, Failed
from glassnet.cli.option_values import number
from glassnet.cli.options import DEFAULTS, OPTIONS, checked, with_options
from glassnet.cli.report import report_of
from glassnet.cli.run import (
    CHECKPOINT,
    CONFIG,
    HISTORY,
    MODEL,
    REPORT,
    Run,
    check_own_files,
    find,
    packed_config,
    read_config,
)
from glassnet.cli.screen import place
from glassnet.cli.session import Session, about
from glassnet.cli.settings import as_toml, completed, merged
from glassnet.cli.shared_arguments import path_option, reason
from glassnet.errors import GlassnetError
from glassnet.files.reading import expanded
from glassnet.files.schema import any_number, items, record
from glassnet.nn.finite import check_weights
from glassnet.serialization import load, packed, packed_model
from glassnet.sources import BUILTIN, PICTURES
from glassnet.text import decoded_name, harmless
from glassnet.training import Checkpoint, EarlyStopping, Trainer, TrainingFailed
from glassnet.training.callbacks import RunningTrainer
from glassnet.training.report.report_page import page

NAME = 100  # bytes of the name of a run folder, before its number
ROOM = 100_000  # bytes a run may need beside its weights
SAVE_EVERY = 10.0  # seconds


@with_options
def train(
    *,
    config: Annotated[
        Path | None, path_option(metavar="FILE", help="Settings in TOML; options on the command line override them.")
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
        path = find(resume, expanded(options["out"] or str(DEFAULTS["out"])), CONFIG, "--resume")
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
    saved = session.config(started=datetime.now(UTC).isoformat(timespec="seconds"))
    with Run.begin(expanded(settings["out"]), _name(settings["source"]), ROOM + 8 * weights, saved) as run:
        if not quiet:
            display.show_plan(console, session.data, session.model, session.options)
        if settings["checkup"]:
            _show_checkup(console, session)
        _train(session, run, saved, console, every, quiet=quiet)


def _name(source: str) -> str:
    """The name of the run folders of a source: its own, or that of the file or folder."""
    name = expanded(source).resolve().name if source not in (*BUILTIN, *PICTURES) else source
    words = re.sub(r"[^\w.-]+", "-", decoded_name(Path(name).stem)).strip("-.").encode()
    return os.fsdecode(words[:NAME].decode(errors="ignore").encode()) or "run"


def _show_checkup(console: Console, session: Session) -> None:
    """Print a check-up of the run before it begins; it changes nothing."""
    from glassnet.explain.checkup import checkup  # a run without does not load it
    from glassnet.explain.walkthrough.text import wrapped

    data = session.data
    result = checkup(
        session.model, tuple(data.train), session.task.loss, session.optimizer, validation=tuple(data.held_out)
    )
    console.print(Text("Check-up", "bold"))
    lines = []
    for line in str(result).split("\n"):
        begin = re.match(r" *(?:\d+\. |\w+: +)?", line)[0]  # type: ignore[index]  # it matches nothing, too
        lines += wrapped(line[len(begin) :], begin, " " * len(begin), console.width - 4)
    console.print(Padding(Text("\n".join(lines)), (1, 2)))


# going on with a run that was cut off ------------------------------------------------------------------------


def _refuse_options(arguments: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Raise BadInput if there is any option beside --resume."""
    flags = {**{OPTIONS[name].flag: value for name, value in arguments.items()}, **others}
    asked = [flag for flag, value in flags.items() if value not in (None, False)]
    if asked:
        raise BadInput(f"--resume: the run goes on as it began; leave out {', '.join(asked)}")


def _check_unfinished(path: Path) -> None:
    """Raise BadInput if the run at ``path`` is complete, or there is none, or it holds what no run leaves there."""
    check_own_files(path)
    read_config(path)
    if (path / MODEL).exists() and not (path / CHECKPOINT).exists():
        raise BadInput(f"--resume: {path} is complete, there is nothing left to learn; see: glassnet show {path}")


def _go_on(path: Path, console: Console, every: float, *, quiet: bool) -> None:
    """Train the run at ``path`` to its end."""
    with Run.resume(path) as run:
        _check_unfinished(path)  # it may have come to its end before the folder was locked
        config = read_config(path)
        settings = config["settings"] = completed(config["settings"], str(path))
        session = Session.begin(settings, console, quiet=quiet, paths=config.get("paths"))
        if config.get("data", {}).get("fingerprint") != session.fingerprint():
            raise BadInput(
                f"--resume: the data of {session.data.source} is not what it was when {path} began; put it back, or "
                "train again"
            )
        if not quiet:
            display.show_plan(console, session.data, session.model, session.options)
        _train(session, run, config, console, every, quiet=quiet)


def _restore(path: Path, trainer: Trainer, session: Session) -> None:
    """Put ``trainer`` where the run at ``path`` was last saved; it begins where it was not. Raises BadInput."""
    file = path / CHECKPOINT
    if not file.exists():
        return
    try:
        trainer.load_state_dict(load(file))
        numbers = ("loss", *session.task.metrics)
        names = ["epoch", "learning_rate", *(f"{part}_{name}" for part in ("train", "val") for name in numbers)]
        epoch = record(dict.fromkeys(names, any_number), others=True)
        items(epoch, most=session.options.epochs).check(trainer.history.epochs, "its history")
        check_weights(trainer.model)
    except GlassnetError as error:
        raise BadInput(f"--resume: {file} cannot be used ({error}); delete it to begin the run again") from None


# training and saving ----------------------------------------------------------------------------------------


class _RunCheckpoint(Checkpoint):
    """The checkpoint of a run, and its end when it is asked for: the batch is finished, and saved.

    Where it cannot be written, training goes on: what was learned is in memory, and there may be room at the end.
    """

    follows_links = False

    def __init__(self, run: Run, every: float, tell: Callable[[str], None]) -> None:
        super().__init__(run.path / CHECKPOINT, every)
        self._run = run
        self._tell = tell
        self._problem = ""

    def begin(self) -> None:
        """The folder is there already."""

    def on_epoch_start(self, trainer: RunningTrainer) -> None:
        """End if a signal asks for it."""
        _end_if_asked()

    def on_batch_end(self, trainer: RunningTrainer) -> None:
        """Write the file if it is time, and end if a signal asks for it."""
        super().on_batch_end(trainer)
        _end_if_asked()

    def is_time(self) -> bool:
        """Whether the seconds have passed, or a signal asks for the end."""
        return interruptions.count() > 0 or super().is_time()

    def write(self, trainer: RunningTrainer) -> None:
        """Write the file, if that is possible."""
        try:
            self._run.check_is_in_place()
            super().write(trainer)
        except OSError as error:
            self.put_off()
            if reason(error) != self._problem:
                self._problem = reason(error)
                self._tell(
                    f"  {self.path} cannot be written ({self._problem}); training goes on, and it is tried again"
                )


def _end_if_asked() -> None:
    if interruptions.count():
        raise KeyboardInterrupt


def _train(session: Session, run: Run, config: dict[str, Any], console: Console, every: float, *, quiet: bool) -> None:
    """Train from where ``run`` was last saved, save it, and print the result. ``config`` is its configuration."""
    began = time.perf_counter()
    with interruptions.uninterrupted():
        with display.training_progress(console, session.options.epochs, session.task, quiet=quiet) as shown:
            tell = (lambda _: None) if quiet else partial(console.print, soft_wrap=True)
            trainer = session.trainer([shown, _RunCheckpoint(run, every, tell)])
            _restore(run.path, trainer, session)
            failed = _fit(trainer, session)
        stopped = trainer.interrupted or failed is not None
        if not trainer.history and not run.stays:
            run.discard()
        if interruptions.count() > 1:
            raise KeyboardInterrupt(f"stopped; go on: glassnet train --resume {run.path}" if run.can_go_on() else "")
        if trainer.history:
            seconds = config.get("seconds", 0) + max(0.0, time.perf_counter() - began)
            config |= {"seconds": round(seconds, 3), "stopped": stopped}
            _save(session, run, trainer, config, console, quiet=quiet)
    if failed is not None:
        raise failed if trainer.history else Failed(f"{failed}\n\n{_nothing_learned(run)}")
    if not trainer.history:
        what = f"; go on: glassnet train --resume {place(run.path)}" if run.stays else ": there is nothing to save."
        console.print(f"Stopped in the first epoch{what}", soft_wrap=True)
    if stopped:
        raise typer.Exit(STOPPED)


def _fit(trainer: Trainer, session: Session) -> Failed | None:
    """Train; returns the error if it failed, with the network as it was after the last complete epoch."""
    options, train, held_out = session.options, session.to_learn, tuple(session.data.held_out)
    try:
        trainer.fit(train, held_out, epochs=options.epochs, batch_size=options.batch_size)
    except TrainingFailed as failed:
        return Failed(failed.message(rate_option="--lr "))
    return None


def _nothing_learned(run: Run) -> str:
    """What is left of a run that failed in its first epoch, as a sentence."""
    left = f"{run.path} is as it was" if run.stays else "there is no run folder"
    return f"No epoch was completed, so there is nothing to save: {left}."


def _save(
    session: Session, run: Run, trainer: Trainer, config: dict[str, Any], console: Console, *, quiet: bool
) -> None:
    """Save the run, and print its result. What cannot be in the report does not keep the rest from being saved."""
    kept = next((c.best_epoch for c in trainer.callbacks if isinstance(c, EarlyStopping)), None)
    config |= {"results": trainer.history[(kept or 0) - 1], "baseline": session.baseline()}
    files = {CONFIG: packed_config(config), HISTORY: [trainer.history.to_csv().encode()]}
    failed = None
    try:
        files[REPORT] = [page(report_of(run.path.name, session, trainer, config)).encode("utf-8", "replace")]
    except Exception as error:
        failed = error
    files[MODEL] = packed_model(session.model, about(session.data))
    before = run.path
    try:
        problem = run.save(files, (lambda: packed(trainer.state_dict())) if trainer.interrupted else None)
    finally:
        if not quiet:
            display.show_history(console, trainer.history, session.task, kept)
    if not trainer.interrupted:
        run.finish()
    if problem is not None:
        note = f"glassnet: {before} could not be written ({reason(problem)}); the run is in {run.path}"
        sys.stderr.write(f"{harmless(note)}\n")
    show = display.show_line if quiet else display.show_result
    show(console, run.path, session.data, session.task, config)
    if failed is not None:
        raise failed
