"""Products in which a vector takes part, and layers that are given one row without a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn
from glassnet.engines.native.compilers import compiler
from glassnet.program.program import Instruction

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def test_products_of_vectors_are_those_of_numpy() -> None:
    gn.manual_seed(0)
    layer = nn.Linear(5, 3).double()
    v, w, matrix, many = (gn.randn(*shape, dtype=gn.float64) for shape in ((5,), (5,), (5, 5), (2, 4, 5)))

    def products(v: gn.Tensor, w: gn.Tensor, matrix: gn.Tensor, many: gn.Tensor) -> Any:
        layer.zero_grad()
        layer(v).sum().backward()
        return v @ w, v @ matrix, matrix @ v + 1, many @ v, v @ many.transpose(1, 2), layer(v).relu(), layer.weight.grad

    expected = [x.array for x in products(v, w, matrix, many)]
    compiled = gn.compile(products, engine="native")
    for _ in range(2):
        found = compiled(v, w, matrix, many)
    for x, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(x.array, right, rtol=1e-12, atol=1e-12)
    engine: Any = compiled.specialisations[-1].engine
    assert [part.op.name for part in engine._schedule.parts if isinstance(part, Instruction)] == []
