"""Compiled is as uncompiled: every network, optimizer, schedule and way of writing a step in the zoo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.pytree import named_leaves
from tests.compilation.zoo import SCHEDULES, ZOO
from tests.shares import one_in

STEPS = 12


def results(value: Any) -> list[Any]:
    """What a call gave, as arrays and constants."""
    return [x.array.copy() if isinstance(x, gn.Tensor) else x for _, x in named_leaves("", value)]


@pytest.mark.parametrize("name", one_in(3, ZOO))
def test_compiled_is_as_uncompiled(name: str) -> None:
    check_as_uncompiled(name)


def check_as_uncompiled(name: str) -> None:
    gn.manual_seed(1)
    eager = ZOO[name](lambda function: function)
    expected = [results(eager.call(i)) for i in range(STEPS)]
    expected_outcome = eager.outcome()

    gn.manual_seed(1)
    compiled = ZOO[name](gn.compile)
    came = [results(compiled.call(i)) for i in range(STEPS)]
    outcome = compiled.outcome()

    for i, (ours, theirs) in enumerate(zip(came, expected, strict=True)):
        assert len(ours) == len(theirs)
        for x, y in zip(ours, theirs, strict=True):
            if not isinstance(y, np.ndarray):
                assert x == y
                continue
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
            np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-12, err_msg=f"call {i}")
    assert outcome.keys() == expected_outcome.keys()
    for key, y in expected_outcome.items():
        x = outcome[key]
        assert (x is None) == (y is None), key
        if y is not None:
            np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-12, err_msg=key)
    assert 1 <= len(compiled.compiled.specialisations) <= 5, compiled.compiled.explain_specialisations()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_needs_one_recording(name: str) -> None:
    run = SCHEDULES[name](gn.compile)
    for i in range(STEPS):
        run.call(i)
    assert len(run.compiled.specialisations) == 1, run.compiled.explain_specialisations()
