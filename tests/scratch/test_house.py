"""The package as a whole: how it is imported, and that it offers what it documents."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet
from glassnet import scratch


def test_it_is_imported_by_itself_alone():
    code = "import sys, glassnet; assert 'glassnet.scratch' not in sys.modules; import glassnet.scratch"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(glassnet.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_import_line_of_a_seed():
    from glassnet.scratch import identity_func, sigmoid

    assert identity_func(sigmoid(0)) == 0.5


@pytest.mark.parametrize("name", scratch.__all__)
def test_everything_offered_is_there_and_has_words(name):
    thing = getattr(scratch, name)
    if callable(thing) and not isinstance(thing, scratch.Perceptron | scratch.TwoLayerPerceptron):
        assert inspect.getdoc(thing)
