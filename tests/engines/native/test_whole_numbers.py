"""Whole numbers of every width go around in C where they do in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engines.native.compilers import compiler
from glassnet.program.program import Instruction

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

OTHERS = pytest.mark.slow("a further program that is compiled")
DTYPES = [(np.uint8, np.int32), pytest.param((np.int8, np.int16, np.int64), marks=OTHERS)]


def computed(*pairs: gn.Tensor) -> Any:
    found: list[gn.Tensor] = []
    for a, b in zip(pairs[::2], pairs[1::2], strict=True):
        found += [a + b, a - b, a * b, a * 3, 5 - a, a // 3, a % 5, a.maximum(b), a.minimum(b), -a, a.abs(), a.sign()]
        found += [a.float(), (a.float() / 7).to(a.dtype), a.to(gn.int32) + b, (a > b).to(a.dtype), a.floor()]
        found.append((a // 64).sum())  # C leaves it open how a sum goes around
    return tuple(found)


@pytest.mark.parametrize("dtypes", DTYPES)
def test_whole_numbers_are_those_of_numpy(dtypes: Any) -> None:
    inputs = []
    for dtype in dtypes:
        limits = np.iinfo(dtype)
        edges = [limits.min, limits.min + 1, -3, -1, 0, 1, 2, 7, limits.max - 1, limits.max]
        numbers = np.array([n for n in edges if n >= limits.min], dtype)
        grid = np.meshgrid(numbers, numbers)
        inputs += [gn.from_numpy(x.ravel()) for x in grid]
    compiled = gn.compile(computed, engine="native")
    with np.errstate(over="ignore"):
        for found, expected in zip(compiled(*inputs), computed(*inputs), strict=True):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found.array, expected.array)
    engine: Any = compiled.specialisations[-1].engine
    assert [part.op.name for part in engine._schedule.parts if isinstance(part, Instruction)] == []
