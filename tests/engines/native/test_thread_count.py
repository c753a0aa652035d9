"""By how many threads a program runs."""

from __future__ import annotations

from typing import Any

import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.engines.native import thread_count
from glassnet.engines.native.engine import NativeEngine
from glassnet.engines.native.scheduling import schedule_of
from glassnet.engines.native.target import Target
from glassnet.engines.native.thread_count import ThreadsError, threads_for
from glassnet.program.passes import optimize
from glassnet.trace.decomposition import passes_for
from tests.engines.native.test_steps import compiled_step


def schedule(*sizes: int, batch: int) -> Any:
    """That of a training step."""
    model = nn.Sequential(nn.Linear(sizes[0], sizes[1]), nn.ReLU(), nn.Linear(sizes[1], sizes[2]))
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    step = compiled_step(model, optimizer, "numpy")
    step(gn.randn(batch, sizes[0]), gn.randint(0, sizes[2], (batch,)))
    traced = step.program.after("traced")
    return schedule_of(optimize(traced, passes_for(NativeEngine.accepts, NativeEngine.passes)), {}, Target(32))


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_count, "cores", lambda: 1000)
    monkeypatch.delenv("GLASSNET_THREADS", raising=False)


def test_the_larger_a_program_the_more_threads(many_cores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    schedules = [schedule(size, size, 10, batch=64) for size in (8, 64, 512, 1024)]
    counts = list(map(threads_for, schedules))
    assert counts[:2] == [1, 1]
    assert 1 < counts[2] < counts[3]
    monkeypatch.setattr(thread_count, "cores", lambda: 2)
    assert list(map(threads_for, schedules)) == [1, 1, 2, 2]


def test_the_variable_says_how_many(many_cores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSNET_THREADS", "7")
    small = schedule(64, 64, 10, batch=64)
    assert threads_for(small) == 7
    assert threads_for(schedule(3, 3, 2, batch=1)) == 1
    for text in ("0", "-1", "many", "1.5", "²"):
        monkeypatch.setenv("GLASSNET_THREADS", text)
        with pytest.raises(
            ThreadsError, match=f"GLASSNET_THREADS: expected a number of threads, 1 or more, got '{text}'"
        ):
            threads_for(small)
