"""Progress: how training goes, and a download.

On a terminal it is a bar that stays in one place, anywhere else a line at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from glassnet.cli.tasks import Task, number_text
from glassnet.training import Callback, Trainer


class Silent(Callback):
    """Tells nothing."""


class Lines(Callback):
    """Tells of each epoch in a line."""

    def __init__(self, console: Console, epochs: int, task: Task) -> None:
        self._console = console
        self._epochs = epochs
        self._task = task

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Print the line."""
        result = trainer.result
        number = str(trainer.epoch).rjust(len(str(self._epochs)))
        self._console.print(
            f"  epoch {number}/{self._epochs}   loss {number_text(result['train_loss']):>8}   "
            f"held-out {self._task.label} {self._task.text(result['val_' + self._task.main]):>7}"
        )

    def on_compiled(self, trainer: Trainer) -> None:
        """Print it."""
        show_compiled(self._console, trainer)


class Bar(Callback):
    """Tells of everything in one line that stays where it is; what is told once goes above it."""

    def __init__(self, progress: Progress, epochs: int, task: Task) -> None:
        self._progress = progress
        self._what = task
        self._task = progress.add_task("", total=epochs, number=1, epochs=epochs, loss="", result="")

    def on_batch_end(self, trainer: Trainer) -> None:
        """Move the bar on."""
        done = trainer.batch / (trainer.batches or trainer.batch)
        self._progress.update(self._task, completed=trainer.epoch - 1 + done, number=trainer.epoch)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Show the epoch's numbers."""
        loss = number_text(trainer.result["train_loss"])
        result = self._what.text(trainer.result[f"val_{self._what.main}"])
        self._progress.update(self._task, completed=trainer.epoch, loss=loss, result=result)

    def on_compiled(self, trainer: Trainer) -> None:
        """Print it."""
        show_compiled(self._progress.console, trainer)


def show_compiled(console: Console, trainer: Trainer) -> None:
    """What became of the training step."""
    if trainer.program is not None:
        console.print(f"  step compiled: {len(trainer.program)} instructions (see --no-compile)")


@contextmanager
def training(console: Console, epochs: int, task: Task, *, quiet: bool) -> Iterator[Callback]:
    """Who tells on ``console`` how training goes."""
    if quiet:
        yield Silent()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield Lines(console, epochs, task)
        console.print()
    else:
        # not the whole width: the ^C that a terminal shows would begin a new line, and leave a second bar behind
        width = max(4, min(40, console.width - 56))
        columns = (
            TextColumn("  epoch {task.fields[number]}/{task.fields[epochs]}"),
            BarColumn(width, complete_style="cyan", finished_style="cyan"),
            TextColumn("loss {task.fields[loss]:<6}  held out {task.fields[result]:<7}"),
            TimeRemainingColumn(compact=True),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            yield Bar(bar, epochs, task)


@contextmanager
def download(console: Console, *, quiet: bool) -> Iterator[Callable[[str, int, int | None], Any] | None]:
    """Who tells on ``console`` how a download goes: a function of the name, the bytes there are, and those to come."""
    if quiet:
        yield None
        return
    columns = (TextColumn("  {task.description}"), BarColumn(24), DownloadColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def tell(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
                if not console.is_terminal:
                    console.print(f"  downloading {name}")
            bar.update(tasks[name], completed=done, total=total)

        yield tell
