"""What holds for the tests themselves: none depends on the clock, and a slow one says why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.budget import ONE, SUITE, Budget
from tests.faults.planted import FAULTS, Fault
from tests.measured import ELSEWHERE, Measured, is_elsewhere

TESTS = Path(__file__).parent
HANG = 600  # seconds; a limit below it fails on a busy machine, one above it guards against a hang


def mistakes(text: str) -> Iterator[str]:
    """What a test file must not do, each with its line."""
    if not re.search(r"\btime(it)?\b|\.slow\b|max_examples|timeout", text):
        return
    nodes = list(ast.walk(ast.parse(text)))
    reasons = {
        id(node.func)
        for node in nodes
        if isinstance(node, ast.Call) and [type(argument) for argument in node.args] == [ast.Constant]
    }
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = {getattr(node, "module", None), *(alias.name for alias in node.names)}
            if modules & {"time", "timeit"}:
                yield f"{node.lineno}: reads the clock; count calls, or wait for what must happen"
        elif isinstance(node, ast.Attribute):
            if node.attr == "slow" and id(node) not in reasons and ast.unparse(node) == "pytest.mark.slow":
                yield f"{node.lineno}: a slow mark without its reason"
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            constants = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
            if name == "settings" and "max_examples" in constants:
                yield f"{node.lineno}: a number of examples that no profile changes; use settings.default.max_examples"
            elif name in ("run", "communicate", "wait", "join") and constants.get("timeout", HANG) < HANG:
                yield f"{node.lineno}: a limit of {constants['timeout']} seconds; leave it out"


def test_none_depends_on_the_clock_and_the_slow_say_why() -> None:
    own = {TESTS / "budget.py"}  # tells what the tests cost, and asserts nothing
    found = {
        str(path.relative_to(TESTS)): lines
        for path in sorted(TESTS.rglob("*.py"))
        if path not in own and (lines := list(mistakes(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from time import sleep",
        "@pytest.mark.slow\ndef test(): ...",
        "@pytest.mark.slow()\ndef test(): ...",
        "pytest.param(1, marks=pytest.mark.slow)",
        "settings(max_examples=300)",
        "process.communicate(timeout=60)",
    ],
)
def test_a_mistake_is_seen(text: str) -> None:
    assert len(list(mistakes(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        '@pytest.mark.slow("trains")\ndef test(): ...',
        "settings(max_examples=3 * settings.default.max_examples)",
        "subprocess.run(command, timeout=600)",
        "DataLoader(data, timeout=1.5)",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert list(mistakes(text)) == []


@pytest.mark.parametrize(("selected", "lines"), [("not slow", 2), ("", 1), ("slow", 1)])
def test_the_cost_is_told_and_in_the_quick_tests_by_name(selected: str, lines: int) -> None:
    told: list[str] = []
    budget = Budget(SimpleNamespace(getoption=lambda _: selected))
    budget.total, budget.tests = 123.4, {"cheap": ONE / 2, "dear": ONE * 2}
    budget.pytest_terminal_summary(SimpleNamespace(write_line=told.append))
    assert len(told) == lines
    assert "123 CPU-seconds" in told[0]
    assert (f" of the {SUITE} " in told[0]) == (selected == "not slow")
    assert ("dear" in told[-1]) == (selected == "not slow")


def test_every_fault_can_be_planted() -> None:
    """Whether it is caught, `make faults` says. One whose text is there no longer is an error here."""
    assert len(FAULTS) >= 20
    for fault in FAULTS:
        assert fault.planted(TESTS.parent).count(fault.after) >= 1


def test_a_fault_whose_text_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"expected once in errors\.py, found 0 times"):
        Fault("name", "errors.py", "what is not there", "", ()).planted(TESTS.parent)


# coverage -------------------------------------------------------------------------------------------------------------


def test_what_is_not_measured_is_a_test() -> None:
    for name, tests in ELSEWHERE.items():
        text = (TESTS / f"{name}.py").read_text(encoding="utf-8")
        assert [test for test in tests if f"def {test}(" not in text] == [], name


def test_coverage_goes_on_within_a_fixture_or_a_test_and_only_there(request: pytest.FixtureRequest) -> None:
    told: list[str] = []
    measured = Measured()
    measured._coverage = SimpleNamespace(start=lambda: told.append("start"), stop=lambda: told.append("stop"))
    here, module = request.node, request.node.parent
    for node in (here, module):
        call = measured.pytest_fixture_setup(SimpleNamespace(node=node))
        next(call)
        inner = measured.pytest_runtest_call(here)  # a fixture that is asked for within a test is a part of it
        next(inner)
        for wrapper in (inner, call):
            with pytest.raises(StopIteration):
                wrapper.send(None)
        told.append("between")
    assert told == ["start", "stop", "between"] * 2


def test_a_test_that_is_measured_elsewhere_is_known(request: pytest.FixtureRequest, monkeypatch) -> None:
    here = request.node
    assert not is_elsewhere(here)
    monkeypatch.setitem(ELSEWHERE, "test_suite", ("test_other",))
    assert not is_elsewhere(here)
    monkeypatch.setitem(ELSEWHERE, "test_suite", (here.originalname,))
    assert is_elsewhere(here)
    assert not is_elsewhere(here.parent)
    monkeypatch.setitem(ELSEWHERE, "test_suite", ())
    assert is_elsewhere(here)
