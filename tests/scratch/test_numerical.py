"""Slopes by differences, and walks down them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.errors import RangeError
from glassnet.scratch import Layer, gradient_descent, numerical_diff, numerical_gradient
from tests.ops.sample import normal
from tests.scratch.slopes import check_layer


def bowl(x):
    return np.sum(x**2)


def test_numerical_diff():
    assert numerical_diff(lambda x: 0.01 * x**2 + 0.1 * x, 5) == pytest.approx(0.2, rel=1e-9)
    assert numerical_diff(np.sin, 0.5) == pytest.approx(np.cos(0.5), rel=1e-9)
    assert numerical_diff(np.sin, 0.5, h=0.1) == pytest.approx(np.cos(0.5) * np.sin(0.1) / 0.1)
    np.testing.assert_allclose(numerical_diff(lambda x: x**3, [1, 2]), [3, 12])
    np.testing.assert_allclose(numerical_diff(lambda x: x * x, np.array([1e8, -1e-8])), [2e8, -2e-8], rtol=1e-7)


def test_functions_of_whole_numbers():
    """Values that NumPy would subtract as unsigned numbers, around 0."""
    assert numerical_diff(lambda x: np.asarray(x > 0).astype(np.uint8), 0.0) > 1e4
    assert numerical_diff(lambda x: np.asarray(x < 0).astype(np.uint8), 0.0) < -1e4


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=st.floats(-100, 100)))
def test_numerical_gradient_of_any_shape(x):
    before = x.copy()
    np.testing.assert_allclose(numerical_gradient(bowl, x), 2 * before, rtol=1e-7, atol=1e-4)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("x", [[3, 4], [3.0, 4.0], np.array([3, 4]), np.array([3, 4], np.uint8)])
def test_lists_and_whole_numbers(x):
    np.testing.assert_allclose(numerical_gradient(bowl, x), [6, 8])


def test_float32_keeps_its_digits():
    """A step of 1e-5 would leave one digit of them."""
    x = np.array([3.0, 40.0], np.float32)
    gradient = numerical_gradient(bowl, x)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, [6, 80], rtol=3e-3)


def test_a_function_may_look_at_the_array_itself():
    W = normal(2, 3)
    for x in (W, W[:, ::2], W.T):  # views of it too
        np.testing.assert_allclose(numerical_gradient(lambda _: bowl(W), x), 2 * x)


def test_a_read_only_array_is_copied():
    x = np.array([1.0, 2.0])
    x.flags.writeable = False
    np.testing.assert_allclose(numerical_gradient(bowl, x), [2, 4])


def test_x_is_as_it_was_after_an_error_too():
    x = np.array([1.0, 2.0])

    def fails(x):
        raise KeyError("no")

    with pytest.raises(KeyError):
        numerical_gradient(fails, x)
    assert x.tolist() == [1, 2]


def test_gradient_descent():
    start = np.array([-3.0, 4.0])
    lowest = gradient_descent(lambda x: x[0] ** 2 + x[1] ** 2, start, lr=0.1, step_num=100)
    np.testing.assert_allclose(lowest, [0, 0], atol=1e-8)
    assert start.tolist() == [-3, 4]


def test_gradient_descent_s_path():
    x, path = gradient_descent(bowl, [4], lr=0.25, step_num=3, return_path=True)
    np.testing.assert_allclose(path, [[4], [2], [1], [0.5]])
    np.testing.assert_array_equal(x, path[-1])
    x, path = gradient_descent(bowl, np.ones((2, 2)), step_num=0, return_path=True)
    assert path.shape == (1, 2, 2)
    assert (x == 1).all()


def test_a_learning_rate_that_is_too_large_is_told():
    with pytest.raises(RangeError, match="a smaller lr than 10 may help"), np.errstate(all="ignore"):
        gradient_descent(bowl, [-3.0, 4.0], lr=10, step_num=1000)


def test_a_tiny_learning_rate_moves_hardly():
    lowest = gradient_descent(bowl, [-3.0, 4.0], lr=1e-10, step_num=10)
    np.testing.assert_allclose(lowest, [-3, 4], atol=1e-7)


# the check that layers are before to -----------------------------------------------------------------------


class Faulty(Layer):
    """A layer whose gradient by its first input is off by a thousandth, or by one element."""

    def __init__(self, fault):
        super().__init__("mul")
        self._fault = fault

    def backward(self, dout=1.0):
        dx, dy = super().backward(dout)
        return self._fault(dx), dy


def one_wrong(dx):
    dx[1, 2] *= -1
    return dx


@pytest.mark.parametrize("fault", [lambda dx: dx * 1.001, one_wrong, lambda dx: dx[:1], np.float32])
def test_the_check_catches_planted_faults(fault):
    with pytest.raises(AssertionError, match="input 0"):
        check_layer(Faulty(fault), normal(2, 3), normal(2, 3, seed=1))
