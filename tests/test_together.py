"""That the cases of a test are gone through in one go changes nothing in what they are told to be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.together import MOST, Together, kind

ROOT = Path(__file__).parents[1]

HOUSE = """
from tests.together import Together

def pytest_configure(config):
    config.pluginmanager.register(Together(config))
"""

TESTS = """
import numpy as np
import pytest
import glassnet

drawn = []

@pytest.mark.parametrize("i", range(100))
def test_some_fail(i):
    assert i not in (0, 3, 95), f"{i} is none of them"

@pytest.mark.parametrize(("i", "j"), [(1, 2), (3, 4)])
def test_the_same_numbers_are_drawn(i, j):
    drawn.append(glassnet.rand(3).tolist())
    assert drawn[0] == drawn[-1]

@pytest.mark.parametrize("i", range(4))
def test_not_raised(i):
    with pytest.raises(ValueError):
        int("x" if i else "1")

@pytest.mark.parametrize("i", range(4))
def test_some_are_skipped(i):
    if i < 3:
        pytest.skip("no")
    assert i == 4

@pytest.mark.parametrize("i", range(4))
def test_all_are_skipped(i):
    pytest.skip("no")

@pytest.mark.parametrize("i", range(2))
def test_in_a_folder_each(i, tmp_path):
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
"""


def run(folder: Path, *options: str) -> list[str]:
    """What pytest says of `TESTS`, line by line."""
    (folder / "conftest.py").write_text(HOUSE)
    (folder / "test_cases.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    paths = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | paths)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_those_that_fail_are_named_and_shown(tmp_path: Path) -> None:
    lines = run(tmp_path)
    told = "\n".join(lines)
    assert "2 of 25 cases fail: test_some_fail[0], test_some_fail[3]" in told
    assert "1 of 25 cases fail: test_some_fail[95]" in told
    assert "1 of 4 cases fail: test_not_raised[0]" in told
    assert "1 of 4 cases fail: test_some_are_skipped[3]" in told
    for text in ("\ni = 95\n", "AssertionError: 95 is none of them", "Failed: DID NOT RAISE ValueError"):
        assert text in told
    assert "106 further cases were gone through by the tests that have many" in lines
    assert lines[-1].startswith("4 failed, 5 passed, 1 skipped in")


def test_a_case_that_is_named_is_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "test_cases.py::test_some_fail[5]")[-1].startswith("1 passed in")


@pytest.mark.parametrize("few", [True])
def test_what_needs_more_than_its_parameters_is_alone(few: bool, request: pytest.FixtureRequest) -> None:
    assert few
    assert kind(request.node) is request.node


def test_without_any_test_there_is_nothing_to_do() -> None:
    session = SimpleNamespace(items=[])
    option = SimpleNamespace(verbose=-1, collectonly=False)
    Together(SimpleNamespace(option=option)).pytest_collection_finish(session)
    assert session.items == []
    assert MOST > 1
