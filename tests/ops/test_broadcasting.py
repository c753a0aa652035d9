"""Broadcasting, over all the shapes that Hypothesis thinks of: values against NumPy, gradients against slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from glassnet import ShapeError, tensor
from glassnet.autograd import grad
from glassnet.ops import registry
from glassnet.ops.selection import SEVERAL, where
from glassnet.tensor import apply
from tests.ops import projection

BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "lt": np.less,
    "eq": np.equal,
}
SMOOTH = ["add", "sub", "mul", "div", "pow"]


def shapes_of(n: int) -> Any:
    return mutually_broadcastable_shapes(num_shapes=n, max_dims=3, min_side=0, max_side=3)


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


@pytest.mark.parametrize("name", BINARY)
@given(shapes=shapes_of(2))
def test_values_are_numpy_s(name, shapes):
    a, b = (numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes))
    y = apply(registry[name], a, b)
    assert y.shape == shapes.result_shape
    np.testing.assert_array_equal(y.numpy(), BINARY[name](a, b))
    spec = registry[name].shape(a, b)
    assert (spec.shape, spec.dtype) == (y.shape, y.dtype)


@pytest.mark.parametrize("name", SMOOTH)
@given(shapes=shapes_of(2))
def test_gradients_are_slopes_in_the_shape_of_the_input(name, shapes):
    arrays = [numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes)]
    projection.check(lambda a, b: apply(registry[name], a, b), arrays, order=1)


@given(shapes=shapes_of(2))
def test_what_was_repeated_is_summed(shapes):
    a, b = (tensor(numbers(shape, seed), requires_grad=True) for seed, shape in enumerate(shapes.input_shapes))
    ga, gb = grad((a + b).sum(), [a, b])
    repeats = np.prod(shapes.result_shape)
    for x, g in ((a, ga), (b, gb)):
        assert g.shape == x.shape
        np.testing.assert_array_equal(g.numpy(), np.full(x.shape, repeats / max(x.numel(), 1)))


@given(shapes=shapes_of(3))
def test_where_of_three_shapes(shapes):
    condition, a, b = (numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes))
    condition = condition > 1
    y = apply(registry["where"], condition, a, b)
    np.testing.assert_array_equal(y.numpy(), np.where(condition, a, b))
    projection.check(lambda a, b: apply(registry["where"], condition, a, b), [a, b], order=1)


@given(shape=st.lists(st.integers(0, 3), max_size=3), leading=st.lists(st.integers(0, 3), max_size=2), data=st.data())
def test_broadcast_to(shape, leading, data):
    narrow = [data.draw(st.sampled_from([n, 1])) for n in shape]
    x, full = numbers(tuple(narrow), 0), (*leading, *shape)
    t = tensor(x, requires_grad=True)
    y = t.expand(*full)
    np.testing.assert_array_equal(y.detach().numpy(), np.broadcast_to(x, full))
    (g,) = grad(y.sum(), t)
    np.testing.assert_allclose(g.numpy(), np.full(x.shape, np.prod(full) / max(x.size, 1)))


@given(a=st.lists(st.integers(0, 3), max_size=3), b=st.lists(st.integers(0, 3), max_size=3))
def test_shapes_that_do_not_broadcast_are_refused_as_numpy_does(a, b):
    try:
        expected = np.broadcast_shapes(tuple(a), tuple(b))
    except ValueError:
        with pytest.raises(ShapeError, match=r"add: shapes .* do not broadcast: dimension -"):
            tensor(np.ones(a)) + np.ones(b)
    else:
        assert (tensor(np.ones(a)) + np.ones(b)).shape == expected


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_where_goes_by_the_bits_of_many_numbers(dtype):
    random = np.random.default_rng(0)
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.5], dtype)
    a, b = random.choice(special, (2, 64, SEVERAL // 64))
    condition = random.random(a.shape) < 0.5
    for x, y in ((a, b), (a.T.copy().T, b), (a[:1], b[:, :1]), (a, 0.5), (-1.0, np.nan * b), (dtype(2), b[0])):
        came = where.forward(condition, x, y)
        assert came.dtype == dtype
        wanted = np.where(condition, x, y).astype(dtype)
        np.testing.assert_array_equal(came, wanted)
        np.testing.assert_array_equal(np.signbit(came), np.signbit(wanted))
