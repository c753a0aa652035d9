"""The attacks notice: with a limit of the library taken away, they fail, and say why."""

from __future__ import annotations

import pytest

from tests.hostile.child import Outcome, attempt
from tests.hostile.plants import PLANTS
from tests.hostile.readers import Command
from tests.hostile.test_inputs import attack, attacked
from tests.hostile.verdict import wrong_end, wrong_files, wrong_text

GOOD = Outcome(0, 0, False, "fine\n", "", 0.1, 10**8)
REFUSED = Outcome(2, 0, False, "", "glassnet: expected a number, got x\n", 0.1, 10**8)
SHOW = Command(("show", "latest"))


@pytest.mark.slow("attacks on a library that is not as it should be")
@pytest.mark.parametrize("name", PLANTS)
def test_a_limit_that_is_taken_away_is_noticed(name: str) -> None:
    plant = PLANTS[name]
    inputs = ("--only", plant.reader, "--first", plant.first, "--count", plant.count)
    done = attack("--plant", name, *inputs, "--most", 99)
    number, failed = attacked(done)
    assert done.returncode == 1
    assert failed > 0, number
    assert plant.problem in done.stdout, done.stdout


@pytest.mark.parametrize(
    "outcome",
    [
        GOOD._replace(err="glassnet: a success with a message\n"),
        GOOD._replace(out="\x1b[31mred"),
        GOOD._replace(out="x" * 200_000),
        REFUSED._replace(err=""),
        REFUSED._replace(err="x.py:1: UserWarning: y\nglassnet: expected a number\n"),
        REFUSED._replace(err="glassnet: one\nglassnet: two\n"),
        REFUSED._replace(err="glassnet: one\nand what a library says\n"),
        REFUSED._replace(err=f"glassnet: {'w' * 3000}\n"),
        REFUSED._replace(err="glassnet: \x07\n"),
    ],
)
def test_a_text_that_is_no_message_is_wrong(outcome: Outcome) -> None:
    assert list(wrong_text(outcome, "show"))


@pytest.mark.parametrize(
    "outcome",
    [
        REFUSED._replace(code=3),
        REFUSED._replace(code=130),
        REFUSED._replace(err="Traceback (most recent call last):\n"),
        GOOD._replace(memory=2 * 10**9),
        GOOD._replace(signal=9),
        GOOD._replace(hung=True),
    ],
)
def test_an_end_that_is_none_is_wrong(outcome: Outcome) -> None:
    assert list(wrong_end(outcome))


@pytest.mark.parametrize("after", [{}, {"work/a": 2}, {"work/a": 1, "work/b": 1}, {"work/a": 1, "work/p.csv": 3}])
def test_a_file_that_changed_is_wrong(after: dict[str, object]) -> None:
    told = Command(("predict", "latest"), ("p.csv",))
    assert list(wrong_files(REFUSED, told, {"work/a": 1}, after))
    if "work/p.csv" in after:
        assert not list(wrong_files(GOOD, told, {"work/a": 1}, after))


def test_what_is_right_is_not_wrong() -> None:
    for outcome in (GOOD, REFUSED):
        assert not [*wrong_text(outcome, "show"), *wrong_end(outcome), *wrong_files(outcome, SHOW, {"a": 1}, {"a": 1})]


def test_a_child_tells_how_it_ended(tmp_path) -> None:
    assert attempt(lambda: print("한글"), tmp_path)[:5] == (0, 0, False, "한글\n", "")
    failed = attempt(lambda: 1 / 0, tmp_path)
    assert failed.code == 1
    assert "ZeroDivisionError" in failed.err
