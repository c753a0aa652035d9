"""Jacobians, Hessians and their products: beside PyTorch's, and beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.autograd import functional
from glassnet.errors import GradientError, ShapeError


def parts(value: Any) -> list[Any]:
    return [p for v in value for p in parts(v)] if isinstance(value, tuple) else [value]


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


FUNCTIONS = {
    "one in one out": (lambda x: (x**3).sin(), [(3,)]),
    "two in": (lambda x, y: x @ y, [(2, 3), (3, 2)]),
    "two out": (lambda x: (x.exp(), x.sum()), [(2, 2)]),
    "two in two out": (lambda x, y: (x * y, (x - y).cos().sum(0)), [(2, 3), (2, 3)]),
    "one not used": (lambda x, y: x * 2, [(2,), (3,)]),
}
LOSSES = {
    "one in": (lambda x: (x**3).sum() + x.prod(), [(3,)]),
    "two in": (lambda x, y: (x.sin() * y).sum() ** 2, [(2, 2), (2, 2)]),
    "linear": (lambda x: x.sum(), [(2,)]),
}


def test_a_jacobian_by_hand() -> None:
    x = glassnet.tensor([1.0, 2.0])
    assert functional.jacobian(lambda x: glassnet.stack([x[0] * x[1], x[0] ** 2]), x).tolist() == [
        [2.0, 1.0],
        [2.0, 0.0],
    ]
    assert functional.hessian(lambda x: x[0] ** 2 * x[1], x).tolist() == [[4.0, 2.0], [2.0, 0.0]]
    assert x.grad is None
    assert not x.requires_grad


@pytest.mark.parametrize(("function", "shapes"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_products_are_those_with_the_jacobian(function: Any, shapes: Any) -> None:
    xs = tuple(glassnet.tensor(numbers(*s, seed=i)) for i, s in enumerate(shapes))
    matrix = functional.jacobian(function, xs)
    outputs = parts(function(*xs))
    rows = matrix if isinstance(function(*xs), tuple) else (matrix,)
    v = tuple(glassnet.tensor(numbers(*s, seed=9 + i)) for i, s in enumerate(shapes))
    u = tuple(glassnet.tensor(numbers(*y.shape, seed=20 + i)) for i, y in enumerate(outputs))
    _, forward = functional.jvp(function, xs, v)
    _, back = functional.vjp(function, xs, u if isinstance(function(*xs), tuple) else u[0])
    for y, row, product in zip(outputs, rows, parts(forward), strict=True):
        expected = sum(np.tensordot(j.array, w.array, w.ndim) for j, w in zip(row, v, strict=True))
        np.testing.assert_allclose(product.array, expected, rtol=1e-12)
        assert product.shape == y.shape
    for i, product in enumerate(parts(back)):
        expected = sum(np.tensordot(w.array, row[i].array, w.ndim) for w, row in zip(u, rows, strict=True))
        np.testing.assert_allclose(product.array, expected, rtol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["jacobian", "jvp", "vjp"])
@pytest.mark.parametrize(("function", "shapes"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_parity(name: str, function: Any, shapes: Any) -> None:
    compare(name, function, shapes)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["hessian", "vhp", "hvp", "jacobian"])
@pytest.mark.parametrize(("function", "shapes"), LOSSES.values(), ids=LOSSES)
def test_parity_of_a_loss(name: str, function: Any, shapes: Any) -> None:
    compare(name, function, shapes)


def compare(name: str, function: Any, shapes: Any) -> None:
    torch = pytest.importorskip("torch")
    results = []
    for module, room in ((glassnet, functional), (torch, torch.autograd.functional)):
        xs = tuple(module.tensor(numbers(*s, seed=i)) for i, s in enumerate(shapes))
        given: tuple[Any, ...] = ()
        if name in ("jvp", "vhp", "hvp"):
            given = (tuple(module.tensor(numbers(*s, seed=9 + i)) for i, s in enumerate(shapes)),)
        elif name == "vjp":
            y = function(*xs)
            weights = tuple(module.tensor(numbers(*p.shape, seed=20 + i)) for i, p in enumerate(parts(y)))
            given = (weights if isinstance(y, tuple) else weights[0],)
        results.append(
            getattr(room, name)(
                function, xs if len(xs) > 1 else xs[0], *(g if len(xs) > 1 or name == "vjp" else g[0] for g in given)
            )
        )
    ours, theirs = map(parts, results)
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        assert tuple(x.shape) == tuple(y.shape)
        assert x.requires_grad == y.requires_grad
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_with_a_graph_they_can_be_differentiated_again() -> None:
    x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    functional.jacobian(lambda x: x**3, x, create_graph=True).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0, 12.0]


ERRORS = {
    "not used": (lambda: functional.jacobian(lambda x: glassnet.ones(2), glassnet.ones(2), strict=True), GradientError),
    "no vector": (lambda: functional.jvp(lambda x: x, glassnet.ones(2)), GradientError),
    "another shape": (lambda: functional.vjp(lambda x: x, glassnet.ones(2), glassnet.ones(3)), ShapeError),
    "no number": (lambda: functional.hessian(lambda x: x * 2, glassnet.ones(2)), GradientError),
}


@pytest.mark.parametrize(("call", "kind"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_is_an_error(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"expected|does not depend"):
        call()
    with pytest.raises(RuntimeError):  # PyTorch's class
        call()
