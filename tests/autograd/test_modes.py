"""no_grad, enable_grad, inference_mode, set_grad_enabled, detach: when operations are followed."""

from __future__ import annotations

import threading

import pytest

import glassnet
from glassnet import GradientError, enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled, tensor
from glassnet.observer import mode
from glassnet.tensor import Tensor


@pytest.fixture
def x() -> Tensor:
    return tensor([1.0, 2.0], requires_grad=True)


def test_no_grad_follows_nothing(x):
    with no_grad():
        y = x * 2
        assert not is_grad_enabled()
    assert is_grad_enabled()
    assert not y.requires_grad
    assert y.is_leaf
    assert y.grad_fn is None
    assert (x * 2).requires_grad


def test_contexts_nest():
    seen = []
    with no_grad():
        seen.append(is_grad_enabled())
        with enable_grad():
            seen.append(is_grad_enabled())
            with no_grad():
                seen.append(is_grad_enabled())
            seen.append(is_grad_enabled())
        seen.append(is_grad_enabled())
    seen.append(is_grad_enabled())
    assert seen == [False, True, False, True, False, True]


def test_one_context_can_be_entered_again_inside_itself():
    mode = no_grad()
    with mode:
        with mode:
            pass
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_the_mode_is_restored_after_an_error():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert is_grad_enabled()


@pytest.mark.parametrize("decorator", [no_grad(), no_grad, inference_mode(), inference_mode, set_grad_enabled])
def test_decorators(x, decorator):
    decorator = decorator(False) if decorator is set_grad_enabled else decorator

    @decorator
    def double(t, *, plus=0):
        """Twice."""
        return t * 2 + plus

    assert is_grad_enabled()
    assert not double(x, plus=1).requires_grad
    assert double(x, plus=1).tolist() == [3, 5]
    assert is_grad_enabled()
    assert double.__name__ == "double"
    assert double.__doc__ == "Twice."


def test_a_decorator_with_enable_grad(x):
    @enable_grad
    def double(t):
        return t * 2

    with no_grad():
        assert double(x).requires_grad
        assert not is_grad_enabled()


def test_inference_mode_can_be_said_not_to_be(x):
    with inference_mode(False):
        assert (x * 2).requires_grad
    with inference_mode(True):
        assert not (x * 2).requires_grad


def test_set_grad_enabled_as_a_function():
    set_grad_enabled(False)
    try:
        assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)
    assert is_grad_enabled()


def test_set_grad_enabled_as_a_context():
    with set_grad_enabled(False):
        assert not is_grad_enabled()
        with set_grad_enabled(True):
            assert is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_the_mode_is_each_thread_s_own(x):
    inside, outside = threading.Event(), threading.Event()
    followed = []

    def work():
        followed.append((x * 2).requires_grad)
        with no_grad():
            inside.set()
            outside.wait(10)
            followed.append((x * 2).requires_grad)

    with no_grad():
        thread = threading.Thread(target=work)
        thread.start()
    assert inside.wait(10)
    assert (x * 2).requires_grad  # although the other thread is in no_grad
    outside.set()
    thread.join()
    assert followed == [True, False]  # although it was started from inside no_grad


def test_leaves_may_be_changed_under_no_grad(x):
    with no_grad():
        x -= 0.5
        x[0] = 7.0
        x.mul_(2)
    assert x.tolist() == [14, 3]
    assert x.is_leaf
    assert x.requires_grad


def test_detach_shares_memory_and_has_no_history(x):
    h = x * 2
    d = h.detach()
    assert not d.requires_grad
    assert d.is_leaf
    h.array[0] = 9
    assert d.tolist() == [9, 4]
    (h.detach() * x).sum().backward()
    assert x.grad.tolist() == [9, 4]


def test_data_shares_memory_and_is_not_watched(x):
    h = x * 2
    y = (h * h).sum()
    h.data.mul_(10)  # unseen: the gradient is of the values that are there now
    y.backward()
    assert x.grad.tolist() == [2 * 20 * 2, 2 * 40 * 2]
    x.data = tensor([5.0, 6.0])
    assert x.tolist() == [5, 6]
    assert x.requires_grad


def test_detach_in_place_makes_a_leaf(x):
    h = (x * 2).detach_()
    assert h.is_leaf
    assert not h.requires_grad


def test_requires_grad_of_what_is_no_leaf_cannot_be_turned_off(x):
    h = x * 2
    with pytest.raises(GradientError, match=r"detach\(\)"):
        h.requires_grad = False
    h.requires_grad = True  # as it is
    x.requires_grad = False
    assert not (x * 2).requires_grad


@pytest.mark.parametrize("dtype", [glassnet.int64, glassnet.bool])
def test_only_floating_tensors_can_require_gradients(dtype):
    with pytest.raises(RuntimeError, match=r"only floating tensors.*x\.float\(\)"):
        tensor([1, 0], dtype=dtype, requires_grad=True)


def test_inference_mode_is_known_from_no_grad() -> None:
    @glassnet.inference_mode()
    def within() -> tuple[bool, bool]:
        return mode.inference, mode.grad

    with glassnet.no_grad():
        assert not mode.inference
        assert within() == (True, False)
        with glassnet.inference_mode(False):
            assert (mode.inference, mode.grad) == (False, True)
    assert (mode.inference, mode.grad) == (False, True)
