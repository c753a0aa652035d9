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
