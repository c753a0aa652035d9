"""Everything in this folder is `hostile`."""

import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import made_once  # noqa: F401  a fixture of all tests that run commands

if sys.platform != "linux":  # where a child's memory and sleep are looked up in other ways
    collect_ignore_glob = ["test_inputs.py", "test_faults.py", "test_checker.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark it: `make test-hostile` runs what is marked."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.hostile)
