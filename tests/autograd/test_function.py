"""Operations with a backward of the user's own."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Tensor
from glassnet.autograd import Function, grad, gradcheck, gradgradcheck
from glassnet.autograd.function import once_differentiable
from glassnet.errors import GradientError


class Scaled(Function):
    """k·x², whose backward reads an input."""

    @staticmethod
    def forward(ctx: Any, x: Any, k: Any) -> Any:
        ctx.save_for_backward(x)
        ctx.k = k
        return x * x * k

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * g * ctx.k, None


class Exp(Function):
    """exp, whose backward reads the result."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        return g * y


class Both(Function):
    """Product and sum at once."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.save_for_backward(x, y)
        return x * y, x + y

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y + h, g * x + h


class Reversed(Function):
    """What comes out is what went in; the gradient turns round."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return -g


class Cubed(Function):
    """x³ by setup_context."""

    @staticmethod
    def forward(x: Any) -> Any:
        return x**3

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return 3 * ctx.saved_tensors[0] ** 2 * g


def x64(*shape: int) -> Tensor:
    glassnet.manual_seed(0)
    return glassnet.randn(*shape, dtype=glassnet.float64, requires_grad=True)


CALLS = {
    "scaled": lambda x: Scaled.apply(x, 3.0),
    "exp": Exp.apply,
    "both": lambda x: Both.apply(x, x.sin())[0] + Both.apply(x, x)[1].exp(),
    "reversed twice": lambda x: Reversed.apply(Reversed.apply(x)),
    "cubed": Cubed.apply,
    "one inside a network": lambda x: Exp.apply(Cubed.apply(x * 0.5) * 0.1).tanh(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_is_differentiated_once_and_twice(call: Any) -> None:
    assert gradcheck(call, (x64(3, 2),))
    assert gradgradcheck(call, (x64(3, 2),))


def test_a_wrong_backward_is_found() -> None:
    class Wrong(Scaled):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 1.001 * Scaled.backward(ctx, g)[0], None

    with pytest.raises(glassnet.autograd.GradientMismatch):
        gradcheck(lambda x: Wrong.apply(x, 3.0), (x64(3),))


def test_the_gradient_of_a_result_that_is_not_used_is_zeros_or_none() -> None:
    x, y = x64(2), x64(2)
    seen = []

    class Seeing(Both):
        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append(h)
            return Both.backward(ctx, g, h)

    Seeing.apply(x, y)[0].sum().backward()
    assert (seen[0] == 0).all()

    class Bare(Both):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 1, y * 1

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            assert h is None
            return g, None

    x.grad = y.grad = None
    Bare.apply(x, y)[0].sum().backward()
    assert x.grad is not None
    assert (x.grad == 1).all()
    assert y.grad is None or (y.grad == 0).all()


def test_backward_is_called_once_for_all_results() -> None:
    calls = []

    class Counted(Both):
        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            calls.append((g, h))
            return Both.backward(ctx, g, h)

    product, total = Counted.apply(x64(2), x64(2))
    (product + 2 * total + total).sum().backward()
    assert len(calls) == 1
    assert (calls[0][0] == 1).all()
    assert (calls[0][1] == 3).all()


class Sinh(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Any:
        up, down = x.exp(), (-x).exp()
        ctx.save_for_backward(up, down)
        return (up - down) / 2, up, down

    @staticmethod
    def backward(ctx: Any, g: Tensor, g_up: Tensor, g_down: Tensor) -> Any:
        up, down = ctx.saved_tensors
        return g * (up + down) / 2 + g_up * up - g_down * down


@pytest.mark.parametrize("kept", [(0,), (0, 1), (1, 2), (0, 1, 2)], ids=str)
def test_saved_results_are_differentiated_whether_or_not_somebody_kept_them(kept: tuple[int, ...]) -> None:
    def some(x: Tensor) -> tuple[Tensor, ...]:
        results = Sinh.apply(x)
        return tuple(results[i] for i in kept)

    x = glassnet.tensor([0.5, -1.0], dtype=glassnet.float64, requires_grad=True)
    assert gradcheck(some, (x,))
    assert gradgradcheck(some, (x,))


def test_an_input_that_is_returned_stays_the_leaf_it_was() -> None:
    x = x64(2)
    y = Reversed.apply(x)
    assert y is not x
    assert x.is_leaf
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad == -1).all()


def test_results_without_a_gradient() -> None:
    class Largest(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            values, indices = x.max(0)
            ctx.mark_non_differentiable(indices)
            return values, indices

    values, indices = Largest.apply(x64(3, 2))
    assert values.requires_grad
    assert not indices.requires_grad


def test_needs_input_grad_says_which_gradients_are_asked_for() -> None:
    seen = []

    class Asked(Both):
        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            seen.append(ctx.needs_input_grad)
            return g, None

    Asked.apply(x64(2), x64(2).detach())[0].sum().backward()
    assert seen == [(True, False)]


def test_under_no_grad_there_is_no_history() -> None:
    with glassnet.no_grad():
        assert Exp.apply(x64(2)).is_leaf
    assert Exp.apply(x64(2).detach()).is_leaf


def test_nothing_goes_in_a_circle() -> None:
    gc.collect()
    gc.disable()
    try:
        y = Exp.apply(x64(2))
        alive = weakref.ref(y)
        del y
        assert alive() is None
    finally:
        gc.enable()


def test_a_saved_tensor_that_was_changed_is_an_error() -> None:
    x = x64(2) * 1
    y = Scaled.apply(x, 1.0)
    x.mul_(2)
    with pytest.raises(GradientError, match="saved for backward was changed in place"):
        y.sum().backward()


@pytest.mark.parametrize("given", [(1.0,), (1.0, None, 1.0)])
def test_a_wrong_number_of_gradients_is_an_error(given: tuple[Any, ...]) -> None:
    class Few(Scaled):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return tuple(None if one is None else g * one for one in given)

    with pytest.raises(
        GradientError, match=f"Few.backward: expected a gradient, or None, for each of the 2 .* {len(given)}"
    ):
        Few.apply(x64(2), 2.0).sum().backward()


def test_without_a_backward_the_error_says_what_is_needed() -> None:
    class Half(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x / 2

    with pytest.raises(NotImplementedError, match="backward"):
        Half.apply(x64(2)).sum().backward()


def test_a_step_with_one_is_compiled() -> None:
    def step(x: Tensor, w: Tensor) -> Any:
        return grad(Exp.apply(Both.apply(x @ w, x @ w)[0] * 0.1).sum(), w)

    x, w = x64(4, 3).detach(), x64(3, 2)
    expected = step(x, w)[0].array
    compiled = glassnet.compile(step)
    for _ in range(2):
        np.testing.assert_allclose(compiled(x, w)[0].array, expected, rtol=1e-12)


def test_a_backward_that_is_differentiable_once() -> None:
    class Cube(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return 3 * ctx.saved_tensors[0] ** 2 * g

    x = glassnet.tensor([2.0], requires_grad=True)
    Cube.apply(x).backward()
    assert x.grad.tolist() == [12]
    (gradient,) = grad(Cube.apply(x) ** 2, x, create_graph=True)
    with pytest.raises(GradientError, match="once_differentiable"):
        gradient.backward()
