"""Values that do not lie in order in memory: what has to be moved is moved anew at every call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn
from tests.compilation.zoo import batch, labels

Tensor = gn.Tensor

OF_A_MATRIX: dict[str, Callable[[Tensor], Any]] = {
    "transposed, reshaped": lambda h: h.T.reshape(24) * 1,
    "transposed, flattened": lambda h: h.T.flatten() + 1,
    "transposed, made contiguous": lambda h: h.T.contiguous().reshape(2, 12) * 2,
    "transposed, cloned": lambda h: h.T.clone().reshape(12, 2) * 2,
    "transposed, viewed in part": lambda h: h.T.unsqueeze(0).reshape(1, 24).sum(1),
    "columns": lambda h: h[:, 1:3].flatten() * 2,
    "every other row": lambda h: h[::2].reshape(12) * 2,
    "every other row and column": lambda h: h[::2, ::2].reshape(-1) * 2,
    "backwards": lambda h: h.flip(1).reshape(24) * 2,
    "expanded": lambda h: h.unsqueeze(0).expand(3, 4, 6).reshape(12, 6) * 2,
    "broadcast": lambda h: h[0].broadcast_to(5, 6).reshape(30) * 2,
    "repeated": lambda h: h.repeat(2, 1) * 2,
    "on the diagonal": lambda h: h.diagonal() * 2,
    "medians": lambda h: h.T.median(dim=1).values,
    "sorted": lambda h: h.T.sort(dim=0).values.reshape(24),
    "given back as it is": lambda h: h.T.reshape(24),
    "of two dimensions at once": lambda h: h.reshape(2, 2, 6).transpose(0, 2).reshape(12, 2) * 2,
    "of one size": lambda h: h.T[:, :1].reshape(6) * 2,  # a view, though h.T is not in order
    "twice": lambda h: (h.T.reshape(4, 6) * 2).T.reshape(24) * 3,
}


def other_inputs(n: int, *shape: int) -> list[Tensor]:
    return [batch(seed, *shape) for seed in range(n)]


@pytest.mark.parametrize("function", OF_A_MATRIX.values(), ids=OF_A_MATRIX)
def test_of_what_the_function_computes(function: Callable[[Tensor], Tensor]) -> None:
    def step(x: Tensor) -> Tensor:
        return function(x * 2)

    _check(step, other_inputs(3, 4, 6))


@pytest.mark.parametrize("function", OF_A_MATRIX.values(), ids=OF_A_MATRIX)
def test_of_what_it_is_given(function: Callable[[Tensor], Tensor]) -> None:
    _check(function, other_inputs(3, 4, 6))
    _check(function, [x.T.contiguous().T for x in other_inputs(3, 4, 6)])  # not in order itself
    _check(function, [gn.tensor(np.tile(x.numpy(), (2, 2)))[:4, :6] for x in other_inputs(3, 4, 6)])


@pytest.mark.parametrize("function", OF_A_MATRIX.values(), ids=OF_A_MATRIX)
def test_of_state_that_changes(function: Callable[[Tensor], Tensor]) -> None:
    for start in (batch(9, 4, 6), batch(9, 6, 4).T):
        w, other = start.clone().requires_grad_(), start.clone().requires_grad_()
        if not start.array.flags.c_contiguous:
            w.data, other.data = start.clone().T.contiguous().T, start.clone().T.contiguous().T

        def step(x: Tensor, w: Tensor = w) -> Tensor:
            w.grad = None
            loss = (function(w) ** 2).sum() * x.mean()
            loss.backward()
            w.data -= 0.01 * w.grad
            return loss

        compiled = gn.compile(step)
        for x in other_inputs(4, 3):
            np.testing.assert_allclose(compiled(x).array, step(x, other).array, rtol=1e-10)
            np.testing.assert_allclose(w.array, other.array, rtol=1e-10)
        assert len(compiled.specialisations) == 2  # without a gradient, and with one


def test_data_that_is_replaced_by_other_strides_is_seen() -> None:
    w = batch(1, 4, 6)
    f = gn.compile(lambda: w.T.reshape(24) * 2)
    f()
    for replaced in (batch(2, 6, 4).T, batch(3, 4, 6)):
        w.data = replaced
        for _ in range(2):
            np.testing.assert_array_equal(f().array, w.array.T.reshape(24) * 2)
            w.array[...] += 1
    assert len(f.specialisations) <= 3


def test_attention_learns_as_uncompiled() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v, self.out = (nn.Linear(8, 8) for _ in range(4))

        def forward(self, x: Tensor) -> Tensor:
            n, length, width = x.shape
            q, k, v = (layer(x).view(n, length, 2, 4).transpose(1, 2) for layer in (self.q, self.k, self.v))
            late = gn.triu(gn.ones(length, length), 1).bool()
            weights = (q @ k.transpose(-2, -1) / 2).masked_fill(late, -1e9).softmax(-1)
            return self.out((weights @ v).transpose(1, 2).reshape(n, length, width))

    _check_learning(Attention, lambda model, x: (model(x) ** 2).mean(), other_inputs(4, 2, 5, 8))


@pytest.mark.parametrize("loss", [F.cross_entropy, lambda z, y: F.nll_loss(z.log_softmax(1), y)])
def test_losses_with_classes_in_the_middle(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    y = labels(0, 12, 3).reshape(2, 6)

    def of_batch(model: Any, x: Tensor) -> Tensor:
        return loss(model(x).transpose(1, 2), y)

    _check_learning(lambda: nn.Linear(4, 3), of_batch, other_inputs(4, 2, 6, 4))


def _check(function: Callable[[Tensor], Tensor], inputs: list[Tensor]) -> None:
    compiled = gn.compile(function)
    for x in (*inputs, inputs[0]):
        np.testing.assert_allclose(compiled(x).array, function(x).array, rtol=1e-12)
    assert len(compiled.specialisations) == 1


def _check_learning(make: Callable[[], nn.Module], loss: Callable[[Any, Tensor], Tensor], inputs: list[Tensor]) -> None:
    models, losses = [], []
    for compiled in (False, True):
        gn.manual_seed(0)
        model = make().double()
        optimizer = gn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x: Tensor, model: Any = model, optimizer: Any = optimizer) -> Tensor:
            optimizer.zero_grad()
            value = loss(model, x)
            value.backward()
            optimizer.step()
            return value

        run = gn.compile(step) if compiled else step
        losses.append([run(x).item() for x in inputs])
        models.append(model)
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-9)
    for ours, expected in zip(models[1].parameters(), models[0].parameters(), strict=True):
        np.testing.assert_allclose(ours.array, expected.array, rtol=1e-9, atol=1e-12)
