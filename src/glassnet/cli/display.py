"""What `train` shows: what it is about to do, how it is going, and what came of it.

On a terminal progress is a bar that stays in one place; anywhere else it is a line an epoch. Nothing
needs more than 60 columns, and nothing is told by colour alone.
"""

from __future__ import annotations

import io
import math
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from glassnet.cli.loop import Epoch, Watcher
from glassnet.cli.options import Options
from glassnet.cli.sources import Data
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module

ROWS = 10  # of a table of epochs that would be longer


def new_console() -> Console:
    """Where everything but errors is shown: in colour on a terminal, plain and without loose ends elsewhere."""
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.file = cast(TextIO, _Trimmed(sys.stdout))
    return console


class _Trimmed(io.TextIOBase):
    """A file like ``file``, whose lines end where their text does: rich fills them up with spaces."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._file.encoding

    def write(self, text: str) -> int:
        self._file.write(re.sub(r" +(?=\n)", "", text))
        return len(text)

    def flush(self) -> None:
        self._file.flush()


# before -------------------------------------------------------------------------------------------


def show_plan(console: Console, data: Data, model: Module, options: Options) -> None:
    """What is learned, by what network, and how."""
    batches = math.ceil(len(data.train) / options.batch_size)
    plan = facts()
    plan.add_row("data", data.what)
    plan.add_row("", f"{len(data.train):,} to learn from, {len(data.held_out):,} held out: {data.split}")
    plan.add_row("", Text(data.origin, "dim"))
    plan.add_row("network", layers(model))
    plan.add_row("training", f"{options.optimizer}, learning rate {options.lr:g}, seed {options.seed}")
    plan.add_row("", f"{counted(options.epochs, 'epoch')} of {counted(batches, 'batch', 'es')} of {options.batch_size}")
    console.print(Text(f"Training on {data.source}", "bold"))
    console.print(Padding(plan, (1, 2)))


def facts() -> Table:
    """A table of names and what there is to say of each."""
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    return table


def layers(model: Module) -> Table:
    """A line for each linear layer of ``model``, with what follows it, and how many numbers it learns."""
    table = Table.grid(padding=(0, 3))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim")
    lines: list[tuple[str, int]] = []
    for layer in model.children():
        if isinstance(layer, Linear):
            lines.append((f"{layer.in_features} → {layer.out_features}", count(layer)))
        elif lines:
            text, numbers = lines[-1]
            lines[-1] = (f"{text}, {type(layer).__name__}", numbers + count(layer))
    for text, numbers in lines:
        table.add_row(text, f"{numbers:,}")
    table.add_row("", f"{count(model):,}", "parameters")
    return table


def layers_text(model: Module) -> str:
    """The sizes of linear layers and what is between them: 64 → 64, ReLU → 10."""
    text = ""
    for layer in model.children():
        if isinstance(layer, Linear):
            text = f"{text or layer.in_features} → {layer.out_features}"
        elif text:
            text += f", {type(layer).__name__}"
    return text


def count(model: Module) -> int:
    """How many numbers ``model`` learns."""
    return sum(parameter.numel() for parameter in model.parameters())


# meanwhile ----------------------------------------------------------------------------------------


class Silent(Watcher):
    """Tells nothing."""

    def step(self, epoch: int, done: float, loss: float) -> None:
        """Tell nothing."""

    def epoch(self, result: Epoch) -> None:
        """Tell nothing."""

    def compiled(self, instructions: int) -> None:
        """Tell nothing."""


class Lines(Silent):
    """Tells of each epoch in a line."""

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._epochs = epochs

    def epoch(self, result: Epoch) -> None:
        """Print the line."""
        number = str(result.epoch).rjust(len(str(self._epochs)))
        self._console.print(
            f"  epoch {number}/{self._epochs}   loss {number_text(result.train_loss):>8}   "
            f"held-out accuracy {percent(result.held_out_accuracy):>7}"
        )

    def compiled(self, instructions: int) -> None:
        """Print it."""
        show_compiled(self._console, instructions)


class Bar(Watcher):
    """Tells of everything in one line that stays where it is; what is told once goes above it."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        self._progress = progress
        self._epochs = epochs
        self._task = progress.add_task("", total=epochs, number=1, epochs=epochs, loss="", accuracy="")

    def step(self, epoch: int, done: float, loss: float) -> None:
        """Move the bar on."""
        self._progress.update(self._task, completed=epoch - 1 + done, number=epoch)

    def epoch(self, result: Epoch) -> None:
        """Show the epoch's numbers."""
        loss, accuracy = number_text(result.train_loss), percent(result.held_out_accuracy)
        self._progress.update(self._task, completed=result.epoch, loss=loss, accuracy=accuracy)

    def compiled(self, instructions: int) -> None:
        """Print it."""
        show_compiled(self._progress.console, instructions)


def show_compiled(console: Console, instructions: int) -> None:
    """What became of the training step."""
    console.print(f"  step compiled: {instructions} instructions (see --no-compile)")


@contextmanager
def progress(console: Console, epochs: int, *, quiet: bool) -> Iterator[Watcher]:
    """Who tells on ``console`` how training goes."""
    if quiet:
        yield Silent()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield Lines(console, epochs)
        console.print()
    else:
        # not the whole width: the ^C that a terminal shows would begin a new line, and leave a second bar behind
        width = max(4, min(40, console.width - 56))
        columns = (
            TextColumn("  epoch {task.fields[number]}/{task.fields[epochs]}"),
            BarColumn(width, complete_style="cyan", finished_style="cyan"),
            TextColumn("loss {task.fields[loss]:<6}  held out {task.fields[accuracy]:<7}"),
            TimeRemainingColumn(compact=True),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            yield Bar(bar, epochs)


# after --------------------------------------------------------------------------------------------


def show_history(console: Console, history: Sequence[Epoch]) -> None:
    """A table of loss and accuracy; of many epochs, some."""
    shown = sample(history)
    best = max(history, key=lambda result: result.held_out_accuracy)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="", padding=(0, 1))
    table.add_column("epoch", justify="right")
    for name in ("train loss", "accuracy", "held-out loss", "accuracy"):
        table.add_column(name, justify="right")
    for result in shown:
        numbers = [number_text(result.train_loss), percent(result.train_accuracy)]
        numbers += [number_text(result.held_out_loss), percent(result.held_out_accuracy)]
        table.add_row(str(result.epoch), *numbers, style="bold" if result is history[-1] else None)
    console.print(Padding(table, (0, 2)))
    if len(shown) < len(history):
        console.print(Text(f"  {len(shown)} of {len(history)} epochs; all are in history.csv.", "dim"))
    if best.held_out_accuracy > history[-1].held_out_accuracy:
        note = f"  Best on the held-out data: epoch {best.epoch}, {percent(best.held_out_accuracy)}; the last is kept."
        console.print(Text(note, "dim"))
    console.print()


def sample(history: Sequence[Epoch]) -> list[Epoch]:
    """All of a short history; of a long one `ROWS`, evenly spaced from the first to the last."""
    last = len(history) - 1
    if last < ROWS + 2:
        return list(history)
    return [history[round(row * last / (ROWS - 1))] for row in range(ROWS)]


def show_next(console: Console, *commands: str) -> None:
    """Commands to try, whole on one line each, however narrow the screen: they are there to be copied."""
    console.print("\nNext:")
    for command in commands:
        console.print(f"  {command}", soft_wrap=True, markup=False)


def command(*words: object) -> str:
    """A command line of ``words``, quoted where a shell needs it."""
    return shlex.join(map(str, words))


def percent(fraction: float) -> str:
    """0.978 as 97.8 %."""
    return f"{100 * fraction:.1f} %"


def number_text(value: float) -> str:
    """Four decimals, or for large numbers four digits."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.3e}"


def counted(n: int, noun: str, plural: str = "s") -> str:
    """1 epoch, 2 epochs."""
    return f"{n:,} {noun}{'' if n == 1 else plural}"
