"""How often the loop over many runs, which is C, is called, and for how many runs each time."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.engines.native.many_runs import ManyRuns


def counted_runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many batches each call of the loop in C ran; it grows with each call."""
    runs: list[int] = []
    run = ManyRuns.__call__

    def counting(self: ManyRuns, *args: Any) -> Any:
        found = run(self, *args)
        runs.append(found[0])
        return found

    monkeypatch.setattr(ManyRuns, "__call__", counting)
    return runs
