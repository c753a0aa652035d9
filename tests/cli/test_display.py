import io
from itertools import pairwise
from typing import ClassVar

import pytest
from rich.console import Console
from rich.text import Text

from glassnet.cli import display
from glassnet.cli.display import Bar, download_progress, show_compiled, training_progress
from glassnet.cli.tasks import TASKS, number_text
from glassnet.training import History

TASK = TASKS["classification"]


def epoch(i):
    results = {"loss": 1 / i, "accuracy": 1 - 1 / i}
    return {"epoch": i, **{f"{part}_{name}": x for part in ("train", "val") for name, x in results.items()}}


def history(n):
    return History([epoch(i) for i in range(1, n + 1)])


@pytest.mark.parametrize("n", [1, 2, 11, 12, 13, 14, 30, 99, 1000])
def test_a_sample_of_epochs_has_the_first_and_the_last_and_is_even(n):
    shown = display.sample(history(n))
    assert shown[0] == 0
    assert shown[-1] == n - 1
    assert len(shown) == (n if n <= 12 else 10)
    steps = {b - a for a, b in pairwise(shown)}
    assert not steps or max(steps) - min(steps) <= 1


def screen(width=80, **more):
    return Console(file=io.StringIO(), width=width, **more)


def test_the_best_epoch_is_named_where_it_is_not_the_last():
    results = history(3)
    console = screen()
    display.show_history(console, results, TASK)
    assert "Best" not in console.file.getvalue()
    display.show_history(console, History([*results, epoch(2) | {"epoch": 4}]), TASK)
    assert "Best on the held-out data: epoch 3, 66.7 %; the last is kept." in console.file.getvalue()


def test_an_epoch_that_was_kept_is_named():
    console = screen()
    display.show_history(console, history(3), TASK, 2)
    assert "The network of epoch 2 is kept: its held-out loss was the lowest." in console.file.getvalue()


class Running:
    """What callbacks see of a trainer."""

    epoch, batch, batches, result = 1, 1, 2, epoch(1)
    program: ClassVar = [None] * 41


@pytest.mark.parametrize("width", [60, 80])
def test_on_a_terminal_there_is_a_bar_that_goes_away(width):
    console = screen(width, force_terminal=True, _environ={"TERM": "xterm"})
    trainer = Running()
    with training_progress(console, 20, TASK, quiet=False) as told:
        assert isinstance(told, Bar)
        told.on_batch_end(trainer)
        assert told._progress.tasks[0].completed == 0.5
        told.on_compiled(trainer)
        trainer.result = epoch(1) | {"train_loss": 2.5, "val_accuracy": 0.5}
        told.on_epoch_end(trainer)
        trainer.epoch = 2
        told.on_batch_end(trainer)
        assert told._progress.tasks[0].completed == 1.5
        told._progress.refresh()
        during = console.file.getvalue()
    assert "step compiled: 41 instructions" in plain(during)
    assert "epoch 2/20" in during
    assert "loss 2.5000  held out 50.0 %" in during
    assert console.file.getvalue().endswith("\x1b[1A\x1b[2K")  # up a line, and clear it
    show_compiled(console, trainer)
    assert "step compiled from epoch 2 on: 41 instructions" in plain(console.file.getvalue())
    assert max(len(line) for line in plain(during).split("\r")) < width


def plain(text):
    console = screen(1000)
    console.print(Text.from_ansi(text))
    return console.file.getvalue().replace("\n", "\r")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_on_a_terminal_that_cannot_go_back_there_are_lines(environment):
    console = screen(force_terminal=True, _environ=environment)
    with training_progress(console, 20, TASK, quiet=False) as told:
        told.on_epoch_end(Running())
    assert "  epoch  1/20   loss   1.0000   held-out accuracy   0.0 %\n" in console.file.getvalue()


def test_quiet_tells_nothing():
    console = screen(force_terminal=True)
    with training_progress(console, 20, TASK, quiet=True) as told:
        told.on_batch_end(Running())
        told.on_compiled(Running())
        told.on_epoch_end(Running())
    assert console.file.getvalue() == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_a_download_is_shown(terminal):
    console = screen(force_terminal=terminal, _environ={"TERM": "xterm"})
    with download_progress(console, quiet=False) as told:
        told("train-images.gz", 0, 9_000_000)
        told("train-images.gz", 4_500_000, 9_000_000)
    text = plain(console.file.getvalue())
    assert "train-images.gz" in text
    assert ("downloading" in text) is not terminal


def test_a_quiet_download_is_not():
    with download_progress(screen(), quiet=True) as told:
        assert told is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.1235"), (999.9, "999.9000"), (1234.5, "1.234e+03"), (1e30, "1.000e+30")]
)
def test_numbers_stay_short(value, text):
    assert number_text(value) == text


def test_commands_are_quoted_for_the_shell():
    assert display.command("glassnet", "predict", "my runs/digits-001") == "glassnet predict 'my runs/digits-001'"


def test_commands_are_never_broken_over_lines():
    console = Console(file=io.StringIO(), width=20)
    display.show_next(console, "glassnet predict runs/digits-001/[x]")
    assert "  glassnet predict runs/digits-001/[x]\n" in console.file.getvalue()
