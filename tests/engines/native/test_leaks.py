"""Ten thousand steps take no more memory than a thousand, and compiling leaves no file open."""

from __future__ import annotations

import gc
import os
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet import nn, optim
from glassnet.engines.native import library_cache
from glassnet.engines.native.compilers import compiler

pytestmark = [
    pytest.mark.skipif(compiler() is None, reason="there is no C compiler here"),
    pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process has"),
    pytest.mark.slow("ten thousand steps, and a hundred programs"),
]


def resident() -> int:
    """The memory of this process, in bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def opened() -> int:
    return len(os.listdir("/proc/self/fd"))


def step_of(width: int) -> Any:
    model = nn.Sequential(nn.Linear(width, 16), nn.Dropout(0.1), nn.Tanh(), nn.Linear(16, 1))
    optimizer = optim.Adam(model.parameters())

    @gn.compile(engine="native")
    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step


def test_steps_leak_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSNET_THREADS", "2")
    step = step_of(8)
    x, y = gn.randn(32, 8), gn.randn(32, 1)
    for _ in range(1000):
        step(x, y)
    memory, files = resident(), opened()
    for _ in range(10_000):
        step(x, y)
    assert resident() - memory < 1 << 20  # 100 bytes a step would be as much
    assert opened() == files


def test_a_step_does_not_hold_what_it_was_given() -> None:
    step = step_of(8)
    x, y = gn.randn(5000, 8), gn.randn(5000, 1)
    for _ in range(3):
        step(x, y)
    gone = [weakref.ref(array) for array in (x.array, y.array)]
    del x, y
    gc.collect()
    assert all(reference() is None for reference in gone)


def test_programs_leave_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_cache, "_place", lambda: tmp_path)
    library_cache.library_of("int answer(void) { return -1; }")
    files = opened()
    for number in range(10):
        library_cache.library_of(f"int answer(void) {{ return {number}; }}")
        library_cache.library_of(f"int answer(void) {{ return {number}; }}")
    assert opened() == files
