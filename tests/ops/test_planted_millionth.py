"""A gradient that is off by a millionth is caught, whichever operation and input it is of.

Each rule of the registry is spoiled in turn, by a factor of 1 + 1e-6, or by 1e-6 where it gives zeros alone; then the
comparison with PyTorch, or the slope along a random direction, has to fail on one of the operation's samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glassnet.ops import Op, registry
from tests.ops import checks, projection
from tests.ops.sample import Sample
from tests.ops.samples import samples_of

pytest.importorskip("torch")
from tests.ops.test_parity import SKIPPED, compare, torch_function  # which needs it

pytestmark = [pytest.mark.parity, pytest.mark.slow("hundreds of faults are planted, each in one rule")]

# Drawn anew by every call: the gradient of one that is drawn is held in tests/distributions/test_samples.py.
NOT_REPEATED = {"standard_gamma"}


def spoiled(op: Op, which: int) -> Op:
    """``op`` with the rule of one input off by a millionth."""
    place = 0 if op.variadic else which
    rule = op.vjp[place]
    assert rule is not None

    def off(*args: Any, **params: Any) -> Any:
        right = rule(*args, **params)
        numbers = right.numpy(force=True) if hasattr(right, "numpy") else np.asarray(right)
        return right * (1 + 1e-6) if numbers.any() else right + 1e-6

    return replace(op, vjp=(*op.vjp[:place], off, *op.vjp[place + 1 :]))


def found(op: Op, samples: list[Sample]) -> Iterator[bool]:
    """For each comparison in turn, whether it fails."""
    function = torch_function(op)
    for sample in samples:
        if function is not None and (op.name, sample.label) not in SKIPPED:
            yield fails(compare, op, sample, function)
    for sample in samples:
        if sample.order:
            function, arrays = checks.function_of(op, sample), checks.differentiated_arrays(op, sample)
            yield fails(projection.check, function, arrays, 1, 1e-8)  # the least that slopes are right to


def fails(check: Any, *args: Any) -> bool:
    try:
        check(*args)
    except AssertionError:
        return True
    return False


SPOILED = [o for o in registry.values() if o.differentiable and o.name not in NOT_REPEATED]


@pytest.mark.parametrize("op", SPOILED, ids=lambda o: o.name)
def test_a_millionth_is_found(op: Op) -> None:
    inputs = {i for sample in samples_of(op) for i in checks.differentiated(op, sample)}
    for which in inputs:
        samples = [s for s in samples_of(op) if which in checks.differentiated(op, s)]
        assert any(found(spoiled(op, which), samples)), f"input {which}: no comparison sees it"


def test_what_is_right_is_not_said_to_be_wrong() -> None:
    assert not any(found(registry["tanh"], samples_of(registry["tanh"])))
