import io
from itertools import pairwise

import pytest
from rich.console import Console

from glassnet.cli import display
from glassnet.cli.loop import Epoch


def history(n):
    return [Epoch(i, 1 / i, 1 - 1 / i, 1 / i, 1 - 1 / i) for i in range(1, n + 1)]


@pytest.mark.parametrize("n", [1, 2, 11, 12, 13, 14, 30, 99, 1000])
def test_a_sample_of_epochs_has_the_first_and_the_last_and_is_even(n):
    shown = [result.epoch for result in display.sample(history(n))]
    assert shown[0] == 1
    assert shown[-1] == n
    assert len(shown) == (n if n <= 12 else 10)
    steps = {b - a for a, b in pairwise(shown)}
    assert not steps or max(steps) - min(steps) <= 1


def test_the_best_epoch_is_named_where_it_is_not_the_last():
    results = history(3)
    worse = results[1]._replace(epoch=4)
    console = Console(file=io.StringIO(), width=80)
    display.show_history(console, results)
    assert "Best" not in console.file.getvalue()
    display.show_history(console, [*results, worse])
    assert "Best on the held-out data: epoch 3, 66.7 %; the last is kept." in console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80])
def test_on_a_terminal_there_is_a_bar_that_goes_away(width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, _environ={"TERM": "xterm"})
    with display.progress(console, 20, quiet=False) as watcher:
        assert isinstance(watcher, display.Bar)
        watcher.step(1, 0.5, 2.0)
        watcher.compiled(41)
        watcher.epoch(history(1)[0]._replace(train_loss=2.5, held_out_accuracy=0.5))
        watcher.step(2, 0.5, 1.5)
        watcher._progress.refresh()
        during = console.file.getvalue()
        assert watcher._progress.tasks[0].completed == 1.5
    assert "step compiled: 41 instructions" in plain(during)
    assert "epoch 2/20" in during
    assert "loss 2.5000  held out 50.0 %" in during
    assert console.file.getvalue().endswith("\x1b[1A\x1b[2K")  # up a line, and clear it
    assert max(len(line) for line in plain(during).split("\r")) < width


def plain(text):
    console = Console(file=io.StringIO(), width=1000)
    from rich.text import Text

    console.print(Text.from_ansi(text))
    return console.file.getvalue().replace("\n", "\r")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_on_a_terminal_that_cannot_go_back_there_are_lines(environment):
    console = Console(file=io.StringIO(), width=80, force_terminal=True, _environ=environment)
    with display.progress(console, 20, quiet=False) as watcher:
        watcher.epoch(history(1)[0])
    assert "  epoch  1/20   loss   1.0000   held-out accuracy   0.0 %\n" in console.file.getvalue()


def test_quiet_tells_nothing():
    console = Console(file=io.StringIO(), force_terminal=True)
    with display.progress(console, 20, quiet=True) as watcher:
        watcher.step(1, 0.5, 1.0)
        watcher.compiled(41)
        watcher.epoch(history(1)[0])
    assert console.file.getvalue() == ""


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.1235"), (999.9, "999.9000"), (1234.5, "1.234e+03"), (1e30, "1.000e+30")]
)
def test_numbers_stay_short(value, text):
    assert display.number_text(value) == text


def test_commands_are_quoted_for_the_shell():
    assert display.command("glassnet", "predict", "my runs/digits-001") == "glassnet predict 'my runs/digits-001'"


def test_commands_are_never_broken_over_lines():
    console = Console(file=io.StringIO(), width=20)
    display.show_next(console, "glassnet predict runs/digits-001/[x]")
    assert "  glassnet predict runs/digits-001/[x]\n" in console.file.getvalue()
