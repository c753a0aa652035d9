"""Recurrent layers as one loop in C: the same values and gradients as NumPy's, by any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import nn
from glassnet.engines.native.compilers import compiler
from glassnet.program.program import Instruction

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def outcome(layer: Any, function: Any, x: gn.Tensor, states: Any) -> list[Any]:
    layer.zero_grad()
    found = function(x, *states)
    return [*(y.array for y in found), *(p.grad.array.copy() for p in layer.parameters())]


COMPILED = pytest.mark.slow("each is a program that is compiled")
CASES = [
    ("LSTM", {}, gn.float32),
    pytest.param("LSTM", {"bidirectional": True}, gn.float64, marks=COMPILED),
    pytest.param("GRU", {"num_layers": 2}, gn.float32, marks=COMPILED),
    pytest.param("GRU", {"bidirectional": True}, gn.float64, marks=COMPILED),
    pytest.param("RNN", {"nonlinearity": "relu", "bias": False}, gn.float64, marks=COMPILED),
    pytest.param("RNN", {"bidirectional": True}, gn.float32, marks=COMPILED),
]


@pytest.mark.parametrize(("kind", "options", "dtype"), CASES)
def test_a_layer_and_its_gradients_are_those_of_numpy(
    kind: str, options: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gn.manual_seed(0)
    layer: Any = getattr(nn, kind)(5, 19, **options).to(dtype)
    x = gn.randn(4, 9, 5, dtype=dtype)
    places = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    states = [gn.randn(places, 9, 19, dtype=dtype) for _ in range(2 if kind == "LSTM" else 1)]

    def step(x: gn.Tensor, *states: gn.Tensor) -> Any:
        y, last = layer(x, states if kind == "LSTM" else states[0])
        last = last[1] if kind == "LSTM" else last
        ((y * y).sum() + (last * 0.5).sin().sum()).backward()
        return y, last

    expected = outcome(layer, step, x, states)
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("GLASSNET_THREADS", threads)
        compiled = gn.compile(step, engine="native")
        outcome(layer, compiled, x, states)
        found.append(outcome(layer, compiled, x, states))
    tolerance = 2e-5 if dtype == gn.float32 else 1e-12
    for a, b, c, right in zip(*found, expected, strict=True):
        np.testing.assert_allclose(a, right, rtol=tolerance, atol=tolerance * np.abs(right).max())
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    engine: Any = compiled.specialisations[-1].engine
    ops = [i.op.name for i in engine.program]
    assert any(name.endswith("_backward") for name in ops), ops
    assert not [part for part in engine._schedule.parts if isinstance(part, Instruction)]
