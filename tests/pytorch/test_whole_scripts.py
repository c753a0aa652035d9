"""The scripts that the benchmarks time, written for PyTorch in the manner of courses."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.pytorch.missing_names import missing_in

SCRIPTS = sorted((Path(__file__).parents[2] / "benchmarks/scripts").glob("*.py"))

# Words of the last line that some print, and what the number after them has to be above.
ENDS = {
    "policy_gradient": ("average reward", 40),
    "reversing": ("words right", 0.7),
    "shapes_cnn": ("accuracy", 500),
    "spirals": ("best accuracy", 0.95),
}


def test_there_are_twelve():
    assert len(SCRIPTS) == 12


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_nothing_is_missing(script):
    assert missing_in(script) == []


@pytest.mark.slow("trains for seconds")
@pytest.mark.parametrize("name", ENDS)
def test_it_reaches_what_it_should(name):
    script = next(path for path in SCRIPTS if path.stem == name)
    run = subprocess.run(
        [sys.executable, "-m", "glassnet", "run", script], capture_output=True, text=True, check=False, env=os.environ
    )
    assert run.returncode == 0, run.stderr
    words, least = ENDS[name]
    last = run.stdout.splitlines()[-1]
    number = re.search(rf"{words}\D*([0-9.]+)", last)
    assert number is not None, last
    assert float(number[1]) > least, last
