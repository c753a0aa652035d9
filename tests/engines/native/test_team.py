"""The team of threads: one for the process, whichever Python threads ask for it, and in forked processes too."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.engines.native.compilers import compiler
from tests.engines.native.test_steps import compiled_step

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

STEPS = 90


def step_of(seed: int) -> Callable[[], float]:
    """A training step that is called without arguments, the same program for each seed."""
    gn.manual_seed(seed)
    model = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 4))
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    x, y = gn.randn(40, 20), gn.randint(0, 4, (40,))

    step = compiled_step(model, optimizer, "native")
    return lambda: step(x, y).item()


def losses(step: Callable[[], float]) -> list[float]:
    return [step() for _ in range(STEPS)]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSNET_THREADS", "2")


def test_python_threads_that_run_at_once_get_the_bits_of_each_alone(two: None) -> None:
    alone = [losses(step_of(seed)) for seed in range(4)]
    steps = [step_of(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(losses, steps)) == alone


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_has_a_team_of_its_own(two: None) -> None:
    expected = losses(step_of(0))[: STEPS // 3]
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(losses, step_of(1))  # may hold the team when the process is forked
        step = step_of(0)
        assert step() == expected[0]
        for _ in range(3):
            assert child_says(lambda: [step() for _ in expected[1:]] == expected[1:])
        busy.result()
    assert [step() for _ in expected[1:]] == expected[1:]


def child_says(check: Callable[[], Any]) -> bool:
    """Whether ``check`` holds in a process that is forked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads is what is tested
        process = os.fork()
    if not process:
        status = 1
        try:
            status = int(not check())
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
