"""A training process that is killed at any moment goes on from its checkpoint to the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet

SCRIPT = Path(__file__).with_name("killed_runs.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here to make processes with")


def killed(folder, kills, *fault):
    source = str(Path(glassnet.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, folder, str(kills), *fault],
        env={**os.environ, "PYTHONPATH": source, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow("trains a hundred times; what is saved and loaded is in test_resume")
def test_killed(tmp_path):
    """Weights, optimizer, history, log and checkpoint are, to the byte, those of the run that nobody killed."""
    found = killed(tmp_path, 100)
    assert found["wrong"] == ""
    assert found["kills"] >= 100
    assert found["while writing"] > 0


@pytest.mark.slow("tests the test above")
@pytest.mark.parametrize(("fault", "wrong"), [("generators", "other bytes in run"), ("in place", "ModelFileError")])
def test_a_planted_fault_is_caught(tmp_path, fault, wrong):
    """Generators that are not put back, and a file that is written in place."""
    assert wrong in killed(tmp_path, 100, fault)["wrong"]
