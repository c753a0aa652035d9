"""Values that are looked at in another order: no numbers are moved, and where they are, it is a kernel that does it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.engines.native.compilers import compiler
from glassnet.engines.native.layouts import Layout, fitted, joined
from glassnet.ops.dtypes import float32
from glassnet.program.program import Var

has_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


@has_compiler
def test_reshapes_that_move_numbers() -> None:
    w = gn.randn(4, 6)

    def function(x: gn.Tensor) -> Any:
        moved = x.permute(2, 0, 1).reshape(4, 6)
        w.add_(1)  # after what is read of it
        return (
            moved,
            moved * 2 + 1,
            moved.reshape(2, 12).sum(1),
            moved.t().reshape(6, 4).sum(0),
            x.permute(1, 2, 0).reshape(-1, 2).unsqueeze(1) * x.permute(0, 2, 1).reshape(2, 12).t().reshape(12, 2),
            w.t().reshape(3, 8).exp(),
        )

    def expected(x: gn.Tensor) -> Any:
        w.sub_(1)
        return function(x)

    x = gn.randn(2, 3, 4)
    compiled = gn.compile(function, engine="native")
    for found, right in zip(compiled(x), expected(x), strict=True):
        np.testing.assert_allclose(found.numpy(), right.numpy(), rtol=1e-6)
    assert all(isinstance(part, list) for part in compiled.specialisations[-1].engine._schedule.parts)


@has_compiler
def test_what_is_overwritten_is_read_before() -> None:
    def function(x: gn.Tensor, w: gn.Tensor) -> Any:
        before = w.t().reshape(2, 3, 2)
        w.mul_(x)
        return before + 1, w.t().reshape(2, 3, 2) * 2

    x = gn.randn(4, 3)
    w, same = gn.ones(4, 3), gn.ones(4, 3)
    compiled = gn.compile(lambda x: function(x, w), engine="native")
    for found, right in zip(compiled(x), function(x, same), strict=True):
        np.testing.assert_array_equal(found.numpy(), right.numpy())


shapes = st.lists(st.integers(1, 4), max_size=4).map(tuple)


@given(shapes, st.data())
def test_steps_lead_over_the_elements_in_order(shape: tuple[int, ...], data: Any) -> None:
    """Of any order of dimensions in any other shape: the elements that the loops find, one after another."""
    order = data.draw(st.permutations(range(len(shape))))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    layout = Layout(
        Var("x", shape, float32), 0, tuple(((n, s // 8),) for n, s in zip(shape, array.strides, strict=True))
    )
    permuted = layout.through(lambda imagined: imagined.transpose(order))
    other = tuple(data.draw(st.permutations(shape)))
    seen = permuted.reshaped(other)
    if seen is None:
        return
    assert seen.shape == other
    places = np.zeros((), int)
    for n, step in seen.loops(other):
        places = np.add.outer(places, step * np.arange(n))
    np.testing.assert_array_equal(places.ravel() + seen.offset, array.transpose(order).ravel())


def test_loops_are_joined_and_cut() -> None:
    assert joined([(2, 12), (3, 4), (4, 1)]) == ((24, 1),)
    assert joined([(2, 3), (1, 7), (3, 1), (5, 0), (2, 0)]) == ((6, 1), (10, 0))
    assert fitted(((6, 4), (4, 1)), (2, 3, 2, 2)) == (((2, 12),), ((3, 4),), ((2, 2),), ((2, 1),))
    assert fitted(((6, 1), (4, 6)), (12, 2)) == (((6, 1), (2, 12)), ((2, 6),))
    assert fitted(((6, 1), (4, 6)), (8, 3)) is None


@has_compiler
def test_a_kernel_follows_another_in_another_order() -> None:
    """Each reads what the one before makes in another order of dimensions; nothing in between is stored."""

    def function(x: gn.Tensor, bias: gn.Tensor) -> Any:
        turned = (x * 2).permute(2, 0, 1) + bias
        flat = turned.reshape(4, 6).t().exp()
        return flat.reshape(2, 3, 4).permute(1, 2, 0) - 1, (x.transpose(0, 1) * 3).transpose(1, 2).sum(2)

    x, bias = gn.randn(2, 3, 4), gn.randn(3)
    compiled = gn.compile(function, engine="native")
    for found, right in zip(compiled(x, bias), function(x, bias), strict=True):
        np.testing.assert_allclose(found.numpy(), right.numpy(), rtol=2e-6)
    schedule = compiled.specialisations[-1].engine._schedule
    assert len(schedule.codes) == 2


@has_compiler
def test_transposes_go_block_by_block() -> None:
    def function(x: gn.Tensor, y: gn.Tensor) -> Any:
        return x.t() + 1, y.permute(0, 2, 1).contiguous(), y.transpose(0, 2) * y.transpose(0, 1).permute(2, 0, 1)

    x, y = gn.randn(70, 33), gn.randn(3, 33, 48)
    compiled = gn.compile(function, engine="native")
    for found, right in zip(compiled(x, y), function(x, y), strict=True):
        np.testing.assert_array_equal(found.numpy(), right.numpy())
    assert "for (long j0 = j0_; j0 < j0_ + 16 && j0 < 33; j0++)" in compiled.source
