"""What commands print: the plan of a run, its progress, and its result.

Nothing needs more than 60 columns, and nothing depends on colour alone.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from glassnet.cli.options import Options
from glassnet.cli.run import CHECKPOINT, REPORT
from glassnet.cli.screen import Screen, place, shell_word
from glassnet.cli.tasks import Task, number_text
from glassnet.nn.innermost import innermost
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.sources import Data
from glassnet.training import Callback, History, Trainer
from glassnet.training.report.formats import evenly

ROWS = 10  # of a table of epochs that would be longer


def new_console() -> Console:
    """The console for everything but errors."""
    return Screen()


# before -------------------------------------------------------------------------------------------


def show_plan(console: Console, data: Data, model: Module, options: Options) -> None:
    """Print the data, the network and the training options."""
    batches = math.ceil(len(data.train) / options.batch_size)
    plan = facts()
    plan.add_row("data", data.what)
    plan.add_row("", f"{len(data.train):,} to learn from, {len(data.held_out):,} held out: {data.split}")
    plan.add_row("", Text(data.origin, "dim"))
    for note in data.notes:
        plan.add_row("", Text(note, "dim"))
    plan.add_row("network", layers(model))
    plan.add_row("training", f"{options.optimizer}, learning rate {options.lr:g}, seed {options.seed}")
    if more := options.extras():
        plan.add_row("", more)
    plan.add_row("", f"{counted(options.epochs, 'epoch')} of {counted(batches, 'batch', 'es')} of {options.batch_size}")
    console.print(Text(f"Training on {place(data.source)}", "bold"))
    console.print(Padding(plan, (1, 2)))


def headline(title: str, text: str) -> Text:
    """A title in bold, and text that follows it in the same line."""
    return Text(title, "bold").append(text, "not bold")


def facts() -> Table:
    """A table of names and their values, to add rows to."""
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    return table


def columns(*names: str, left: int = 1) -> Table:
    """A table with these columns, the first ``left`` of them aligned to the left."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="", padding=(0, 1))
    for i, name in enumerate(names):
        table.add_column(Text(name), justify="left" if i < left else "right", overflow="fold")
    return table


def layers(model: Module) -> Table:
    """A line for each layer of ``model`` that has sizes, with those that follow it and the number of parameters."""
    table = Table.grid(padding=(0, 3))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim")
    lines: list[tuple[str, int]] = []
    for _, layer in innermost(model):
        sizes = _sizes(layer)
        if sizes:
            lines.append((f"{_kind(layer)}{sizes[0]} → {sizes[1]}", count(layer)))
        elif lines:
            text, numbers = lines[-1]
            lines[-1] = (f"{text}, {type(layer).__name__}", numbers + count(layer))
    for text, numbers in lines:
        table.add_row(text, f"{numbers:,}")
    table.add_row("", f"{count(model):,}", "parameters")
    return table


def layers_text(model: Module) -> str:
    """The sizes of layers and what is between them: 64 → 64, ReLU → 10."""
    text, end = "", 0
    for _, layer in innermost(model):
        sizes = _sizes(layer)
        if sizes:
            before, after = sizes
            goes_on = isinstance(layer, Linear) and end == before
            text += f" → {after}" if goes_on else f"{', ' if text else ''}{_kind(layer)}{before} → {after}"
            end = after if isinstance(layer, Linear) else 0
        elif text:
            text += f", {type(layer).__name__}"
    return text


def _kind(layer: Module) -> str:
    """What a layer is called before its sizes; a linear one, the usual one, needs no name."""
    return "" if isinstance(layer, Linear) else f"{type(layer).__name__} "


_SIZES = (  # what layers call the sizes of their inputs and outputs
    ("in_features", "out_features"),
    ("in_channels", "out_channels"),
    ("input_size", "hidden_size"),
    ("num_embeddings", "embedding_dim"),
)


def _sizes(layer: Module) -> tuple[int, int] | None:
    """How many numbers go into a layer, and how many come out; None of a layer that takes as many as come."""
    for names in _SIZES:
        if all(hasattr(layer, name) for name in names):
            before, after = (getattr(layer, name) for name in names)
            return before, after
    return None


def count(model: Module) -> int:
    """The number of parameters of ``model``."""
    return sum(parameter.numel() for parameter in model.parameters())


# progress: on a terminal a bar that stays in one place, elsewhere a line at a time --------------------------


class Silent(Callback):
    """Prints nothing."""


class Lines(Callback):
    """Prints a line for each epoch."""

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
    """A progress bar that stays in one line; what is printed once goes above it."""

    every_batch = False

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
    """Print that the training step was compiled."""
    if trainer.program is not None:
        since = f" from epoch {trainer.epoch} on" if trainer.epoch > 1 else ""  # where an epoch is one batch
        console.print(f"  step compiled{since}: {len(trainer.program)} instructions (see --no-compile)")


@contextmanager
def training_progress(console: Console, epochs: int, task: Task, *, quiet: bool) -> Iterator[Callback]:
    """The callback that shows the progress of training on ``console``."""
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
def download_progress(console: Console, *, quiet: bool) -> Iterator[Callable[[str, int, int | None], Any] | None]:
    """A function of (name, bytes loaded, bytes in all) that shows a download on ``console``; None if ``quiet``."""
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


# after --------------------------------------------------------------------------------------------


def show_history(console: Console, history: History, task: Task, kept: int | None = None) -> None:
    """A table of the losses and the main metric; of many epochs, some."""
    shown = sample(history)
    held_out = history[f"val_{task.main}"]
    best = max(range(len(held_out)), key=held_out.__getitem__)
    table = columns("epoch", "train loss", task.label, "held-out loss", task.label, left=0)
    for i in shown:
        numbers = [
            text(history[i][f"{part}_{name}"])
            for part in ("train", "val")
            for name, text in (("loss", number_text), (task.main, task.text))
        ]
        table.add_row(str(i + 1), *numbers, style="bold" if i == len(history) - 1 else None)
    console.print(Padding(table, (0, 2)))
    if len(shown) < len(history):
        console.print(Text(f"  {len(shown)} of {len(history)} epochs; all are in history.csv.", "dim"))
    if held_out[best] > held_out[-1] and kept is None:
        note = f"  Best on the held-out data: epoch {best + 1}, {task.text(held_out[best])}; the last is kept."
        console.print(Text(note, "dim"))
    elif kept is not None:
        console.print(Text(f"  The network of epoch {kept} is kept: its held-out loss was the lowest.", "dim"))
    console.print()


def show_result(console: Console, path: Path, data: Data, task: Task, config: Mapping[str, Any]) -> None:
    """Print the main metric in words, where the run is, and what to do next."""
    value, seconds = config["results"][f"val_{task.main}"], config["seconds"]
    if config["stopped"]:
        console.print(f"Stopped after epoch {config['results']['epoch']}: what it had learned by then is saved.\n")
    how = task.in_words(config["results"], len(data.held_out))
    console.print(headline(f"Held-out {task.label} {value:.4f}", f": {task.about(how, data.noun)}."))
    if config["baseline"]:
        console.print(config["baseline"])
    if data.baseline is not None and config["results"]["val_mae"] >= _baseline_error(data, task):
        console.print(
            f"The network is no better than {data.baseline.name}: try more --epochs, or a longer --window; or use that."
        )
    elif value < task.guess(len(data.classes)):
        console.print("That is hardly better than guessing: try a smaller --lr, or more --epochs.")
    console.print(f"Trained in {seconds:.{1 if seconds >= 1 else 2}f} s. Saved in {place(path)}", soft_wrap=True)
    console.print(f"To look at: {place(path / REPORT)}", soft_wrap=True)
    settings = config["settings"]
    kept = [(name, settings[name]) for name in ("network", "horizon", "window", "season") if settings.get(name)]
    again = [*source_words(settings), *(word for name, value in kept for word in (f"--{name}", value))]
    again += to_try(config.get("options", {}).get("network", "mlp"), augmented=bool(settings.get("augment")))
    more = ["--resume", path] if (path / CHECKPOINT).exists() else again
    show_next(console, command("glassnet", "predict", path), command("glassnet", "train", *more))


def _baseline_error(data: Data, task: Task) -> float:
    assert data.baseline is not None
    return task.measured(data.baseline.values, data.encoder.decode(data.held_out.targets.numpy()))["mae"]


def to_try(network: str, *, augmented: bool) -> list[str]:
    """Options that make another network of it, of those that have a say in such a one."""
    if network == "cnn":
        return ["--augment", "--hidden", "256"] if augmented else ["--augment"]
    return ["--hidden", "128", *(["--activation", "tanh"] if network == "mlp" else [])]


def show_line(console: Console, path: Path, data: Data, task: Task, config: Mapping[str, Any]) -> None:
    """Print the same in one line."""
    value, how = config["results"][f"val_{task.main}"], task.in_words(config["results"], len(data.held_out))
    line = f"held-out {task.label} {value:.4f} ({how}), {config['seconds']:.1f} s, {place(path)}"
    console.print(line, soft_wrap=True)


def sample(history: Sequence[object]) -> list[int]:
    """The indices of all epochs of a short history; of a long one `ROWS`, evenly spaced from first to last."""
    count = len(history)
    return evenly(count, ROWS) if count > ROWS + 2 else list(range(count))


def show_next(console: Console, *commands: str) -> None:
    """Print commands to try, each on one line, however narrow the screen, so that they can be copied."""
    console.print("\nNext:")
    for command in commands:
        console.print(Text(f"  {command}"), soft_wrap=True)


def command(*words: object) -> str:
    """A command line of ``words``, quoted where a shell needs it; no path is taken for an option."""
    return " ".join(shell_word(_path(word) if isinstance(word, os.PathLike) else word) for word in words)


def _path(path: os.PathLike[str]) -> str:
    name = os.fspath(path)
    return f".{os.sep}{name}" if name.startswith("-") else name


def source_words(settings: Mapping[str, Any]) -> list[object]:
    """The words of a command line that name the data."""
    source = settings["source"]
    named = {name: settings[name] for name in ("target", "task", "date", "text", "data") if settings[name] is not None}
    return [
        Path(source) if source.startswith("-") else source,
        *(word for name, value in named.items() for word in (f"--{name}", value)),
    ]


def counted(n: int, noun: str, plural: str = "s") -> str:
    """1 epoch, 2 epochs."""
    return f"{n:,} {noun}{'' if n == 1 else plural}"
