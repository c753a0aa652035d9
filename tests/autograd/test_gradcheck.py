"""gradcheck finds wrong derivatives, and says where."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import tensor
from glassnet.autograd import GradientMismatch, gradcheck, gradgradcheck
from glassnet.ops import Op
from glassnet.ops.shapes import elementwise
from glassnet.tensor import Tensor, apply


def leaf(*shape: int, seed: int = 0) -> Tensor:
    return tensor(np.random.default_rng(seed).uniform(0.5, 1.5, shape), requires_grad=True)


def product(off_by: float = 1.0, at: tuple[int, ...] | None = None) -> Op:
    """a·b, whose gradient in b is wrong by a factor, or at one index only."""

    def wrong(g, _y, a, _b):
        gradient = g * a
        if at is None:
            return gradient * off_by
        factor = np.ones(gradient.shape)
        factor[at] = off_by
        return gradient * factor

    rules = (lambda g, _y, _a, b: g * b, wrong)
    return Op("product", np.multiply, rules, elementwise("product"), "a * b", elementwise=True)


def test_options_of_pytorch_s_are_taken_and_others_are_not():
    assert gradcheck(lambda x: x.exp(), leaf(2), fast_mode=True, nondet_tol=1e-5, check_forward_ad=True)
    assert gradgradcheck(lambda x: x.exp(), leaf(2), check_batched_grad=True)
    with pytest.raises(TypeError, match="no option 'quick'; expected eps"):
        gradcheck(lambda x: x.exp(), leaf(2), quick=True)


def test_right_derivatives_pass():
    x, w = leaf(2, 3), leaf(4, 3, seed=1)
    assert gradcheck(lambda x, w: (x @ w.T).tanh().sum(0), (x, w))
    assert gradgradcheck(lambda x, w: (x @ w.T).tanh().sum(0), (x, w))
    assert gradcheck(lambda x: x.exp(), x)
    assert gradcheck(lambda x: (x.sum(), x * 2), x)


def test_a_derivative_wrong_by_a_thousandth_is_found():
    op = product(1.001)
    with pytest.raises(GradientMismatch, match="input 1"):
        gradcheck(lambda a, b: apply(op, a, b), (leaf(2), leaf(2, seed=1)))
    assert not gradcheck(lambda a, b: apply(op, a, b), (leaf(2), leaf(2, seed=1)), raise_exception=False)


def test_the_message_names_input_index_and_both_numbers():
    op = product(2.0, at=(1, 2))
    a, b = leaf(2, 3), leaf(2, 3, seed=1)
    slope = a.array[1, 2]
    with pytest.raises(GradientMismatch) as caught:
        gradcheck(lambda a, b: (a * 2, apply(op, a, b)), (a, b))
    message = str(caught.value)
    assert "input 1 at index [1, 2]" in message
    assert "output 1 at [1, 2]" in message
    assert f"{2 * slope:.8g}" in message
    assert f"the slope there is {slope:.6g}"[:-1] in message


def test_a_missing_gradient_is_found():
    with pytest.raises(GradientMismatch, match="input 0 at index"):
        gradcheck(lambda x: x * x.detach(), leaf(2))


def test_nan_is_found():
    op = product(np.nan)
    with pytest.raises(GradientMismatch, match="is nan, but"):
        gradcheck(lambda a, b: apply(op, a, b), (leaf(1), leaf(1, seed=1)))


def test_a_wrong_second_derivative_is_found():
    # the first derivative of x² written so that its own derivative is lost
    op = Op(
        "lost",
        np.square,
        (lambda g, _y, x: g * 2.0 * (x.detach() if isinstance(x, Tensor) else x),),
        elementwise("lost"),
        "x ** 2",
        elementwise=True,
    )
    assert gradcheck(lambda x: apply(op, x), leaf(3))
    with pytest.raises(GradientMismatch, match="input 0 at index"):
        gradgradcheck(lambda x: apply(op, x), leaf(3))


def test_inputs_without_requires_grad_are_left_alone():
    x, labels = leaf(2, 3), tensor([0, 2])
    assert gradcheck(lambda x, i, k: x[:, i] * k, (x, labels, 3.0))


def test_inputs_are_as_they_were():
    x = leaf(2, 2)
    before = x.array.copy()
    gradcheck(lambda x: x * x, x)
    np.testing.assert_array_equal(x.array, before)
    assert x.grad is None


def test_inputs_of_no_elements_and_no_dimensions():
    assert gradcheck(lambda x: (x.sum(), x * 2), leaf(0, 3))
    assert gradcheck(lambda x: x * x, leaf())


def test_float32_is_refused():
    with pytest.raises(TypeError, match=r"input 1 must be float64.*\.double\(\)"):
        gradcheck(lambda x, y: x * y, (leaf(1), tensor([1.0], requires_grad=True)))


def test_nothing_to_check_is_refused():
    with pytest.raises(ValueError, match="at least one input that requires a gradient"):
        gradcheck(lambda x: x, tensor([1.0], dtype=glassnet.float64))
