"""What state was is read before it is overwritten, in whichever pass over its elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engines.native.compilers import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def test_state_is_read_as_it_was_then() -> None:
    outcomes = []
    for wrap in (lambda f: f, lambda f: gn.compile(f, engine="native")):
        summed, scaled = (gn.arange(4).double() for _ in range(2))

        @wrap
        def step(x: gn.Tensor, summed: Any = summed, scaled: Any = scaled) -> Any:
            before = summed.sum()  # in the pass that overwrites it
            summed.mul_(0.5).add_(x.sum() * 0.5)
            later = (scaled * (scaled * x).sum()).sum()  # in a pass after that which could overwrite it
            scaled.mul_(0.5)
            return before * 0.3 + summed.sum(), later

        found = [y.array for _ in range(3) for y in step(gn.arange(4).double() + 1)]
        outcomes.append([*found, summed.array, scaled.array])
    for a, b in zip(*outcomes, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)


def test_a_wrong_index_is_seen_by_all_threads_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever thread finds it, and also where state was overwritten between two lookups."""
    monkeypatch.setenv("GLASSNET_THREADS", "3")
    calls, few, many = gn.zeros(1), gn.randn(10, 4), gn.randn(2000, 4)

    def looked_up(i: gn.Tensor, j: gn.Tensor) -> gn.Tensor:
        found = few[i].sum()
        calls.add_(1)
        return found + many[j, j % 4].sum()

    compiled = gn.compile(looked_up, engine="native")
    i, j = gn.tensor([1, 2]), gn.arange(1500)
    compiled(i, j)
    for k in range(300):
        wrong = j.clone()
        wrong[(0, 749, 1499)[k % 3]] = 2000
        with pytest.raises(IndexError):
            compiled(i, wrong)
