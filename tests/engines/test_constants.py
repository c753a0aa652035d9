"""Constants in source are the numbers themselves, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import glassnet as gn
from glassnet.engines.numpy.constants import LONG, expression

rng = np.random.default_rng(0)
WRITTEN: dict[str, Any] = {
    "np.full((3, 4), -0.0, np.float32)": np.full((3, 4), -0.0, np.float32),
    "np.full((100,), np.nan, np.float64)": np.full(100, np.nan),
    "np.empty((0, 3), np.float64)": np.zeros((0, 3)),
    "np.array([0.1, 0.7], np.float32)": np.array([0.1, 0.7], np.float32),
    "np.array([True, False], np.bool)": np.array([True, False]),
    "np.arange(0, 2000, 1, np.int64)": np.arange(2000),
    "np.arange(9, -91, -1, np.float32).reshape((10, 10))": np.arange(9, -91, -1, np.float32).reshape(10, 10),
    "np.linspace(0.0, 1.0, 300, dtype=np.float32)": np.linspace(0, 1, 300, dtype=np.float32),
    "np.where(np.tri(16, 16, 0, dtype=bool), False, True).astype(np.bool)": np.triu(np.ones((16, 16), bool), 1),
    "np.where(np.tri(20, 16, -3, dtype=bool), 1.0, 0.0).astype(np.float32)": np.tril(np.ones((20, 16), np.float32), -3),
    "np.where(np.eye(12, 12, dtype=bool), 1.0, 0.0).astype(np.float64)": np.eye(12),
    "np.broadcast_to(np.arange(0, 100, 1, np.int64), (8, 100)).copy()": np.broadcast_to(np.arange(100), (8, 100)),
}
SPELLED = {
    "of no order": rng.random((10, 10)).astype(np.float32),
    "with infinities": np.array([np.nan, 1, np.inf, -np.inf] * 20),
    "bools": rng.random(300) > 0.5,
    "nearly a triangle": np.tril(np.ones((16, 16))) + 2 * np.eye(16)[::-1],
    "nearly whole": np.arange(100) + np.eye(100)[50],
}


def check(array: Any) -> str:
    text = expression(array)
    came = eval(text, {"np": np})
    assert (came.shape, came.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(came, array)
    if array.dtype.kind == "f":
        told = ~np.isnan(array)  # of no NaN does the sign matter
        assert (np.signbit(came) == np.signbit(array))[told].all()
    return text


@pytest.mark.parametrize("text", WRITTEN)
def test_what_a_person_would_have_written(text: str) -> None:
    assert check(WRITTEN[text]) == text


@pytest.mark.parametrize("array", SPELLED.values(), ids=SPELLED)
def test_what_has_no_order_is_spelled_out(array: Any) -> None:
    assert max(map(len, check(array).splitlines())) <= 110


@given(arrays.arrays(st.sampled_from([np.float32, np.float64, np.int64, np.bool_]), arrays.array_shapes(max_side=9)))
def test_any_array(array: Any) -> None:
    check(array)


def test_what_is_too_long_is_no_number() -> None:
    for kind in (float, int):
        array = rng.integers(0, 99, LONG + 1).astype(kind)
        came = eval(expression(array), {"np": np})
        assert expression(array).endswith("  # 10,001 numbers: set them before you run this")
        assert (came.shape, came.dtype) == (array.shape, array.dtype)
        assert np.isnan(came).all() if kind is float else (came == np.iinfo(np.int64).min).all()


def test_a_copied_source_has_its_constants() -> None:
    def step(x: gn.Tensor) -> gn.Tensor:
        late = gn.triu(gn.ones(16, 16), 1).bool()
        return x.masked_fill(late, -1e9).softmax(-1) * gn.arange(256).reshape(16, 16)

    compiled = gn.compile(step)
    x = gn.randn(16, 16)
    expected = compiled(x).array
    names: dict[str, Any] = {}
    exec(compiled.source, names)
    np.testing.assert_array_equal(names["step"](x.array), expected)
