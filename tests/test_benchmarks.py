"""The benchmarks can be begun: what each file takes from the library is there. What they measure is not tested."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.machine import description
from benchmarks.workloads import POINTS, WORKLOADS

ROOT = Path(__file__).parents[1]
FILES = sorted(p.relative_to(ROOT) for p in (ROOT / "benchmarks").rglob("*.py") if p.parent.name != "scripts")


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_can_be_imported(file: Path) -> None:
    import_module(".".join(file.with_suffix("").parts))


@pytest.mark.parametrize("name", [*WORKLOADS, *POINTS])
def test_what_is_asked_is_asked_of_contenders_that_there_are(name: str) -> None:
    workload = import_module(f"benchmarks.workloads.{name}")
    for asked in getattr(workload, "ASKED", ()):
        assert {asked.contender, asked.peer} <= workload.CONTENDERS.keys()
        assert asked.aim <= asked.most


def test_the_machine_is_described() -> None:
    described = description({})
    assert isinstance(described["cores"], int)
    assert described["cores"] >= 1
