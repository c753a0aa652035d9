"""grad, vjp, jvp, jacrev, jacfwd, hessian, linearize: alone, within one another, as PyTorch's; functions of modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import func, nn
from glassnet.pytree import flatten

X = np.array([0.3, -1.2, 0.8])
Y = np.array([1.5, 0.4, -0.7])
M = np.array([[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]])


def poly(t: Any, x: Any) -> Any:
    return (x**3).sum() + (x[..., 0] * x[..., 1] * 2).sum()


def vector(t: Any, x: Any) -> Any:
    return t.stack([x.sin().sum(), x.prod(-1).sum(), (x * x).sum()])


def pair(t: Any, x: Any, y: Any) -> Any:
    return (x * y).sum() + (x.exp() * y**2).sum()


# By name: a function of the library (glassnet or PyTorch) and of what makes tensors.
PROGRAMS: dict[str, Any] = {
    "grad": lambda t, a: t.func.grad(lambda x: poly(t, x))(a(X)),
    "grad of grad": lambda t, a: t.func.grad(lambda x: t.func.grad(lambda y: poly(t, y))(x).sum())(a(X)),
    "grad thrice": lambda t, a: t.func.grad(t.func.grad(t.func.grad(lambda x: x**4)))(a(np.array(2.0))),
    "by two arguments": lambda t, a: t.func.grad(lambda x, y: pair(t, x, y), argnums=(1, 0))(a(X), a(Y)),
    "by the last": lambda t, a: t.func.grad(lambda x, y: pair(t, x, y), argnums=-1)(a(X), a(Y)),
    "with what is given besides": lambda t, a: t.func.grad(lambda x: (poly(t, x), {"twice": x * 2}), has_aux=True)(
        a(X)
    ),
    "grad_and_value": lambda t, a: t.func.grad_and_value(lambda x: (poly(t, x), x * 2), has_aux=True)(a(X)),
    "by a tree": lambda t, a: t.func.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": a(X), "b": [a(Y)]}),
    "of what does not depend on it": lambda t, a: t.func.grad(lambda x: a(Y).sum())(a(X)),
    "vjp": lambda t, a: t.func.vjp(lambda x: vector(t, x), a(X))[1](a(Y)),
    "vjp of two": lambda t, a: t.func.vjp(lambda x, y: (x * y, x.sum()), a(X), a(Y))[1]((a(Y), a(np.array(2.0)))),
    "jvp": lambda t, a: t.func.jvp(lambda x: vector(t, x), (a(X),), (a(Y),)),
    "jvp of two": lambda t, a: t.func.jvp(lambda x, y: (x * y, x.sum()), (a(X), a(Y)), (a(Y), a(X))),
    "jacrev": lambda t, a: t.func.jacrev(lambda x: vector(t, x))(a(X)),
    "jacfwd": lambda t, a: t.func.jacfwd(lambda x: vector(t, x))(a(X)),
    "jacrev of matrices": lambda t, a: t.func.jacrev(lambda x: x.t() @ x)(a(M)),
    "jacfwd of matrices": lambda t, a: t.func.jacfwd(lambda x: x.t() @ x)(a(M)),
    "jacrev in parts": lambda t, a: t.func.jacrev(lambda x: vector(t, x), chunk_size=2)(a(X)),
    "jacrev by two": lambda t, a: t.func.jacrev(lambda x, y: (x * y, x.sum()), argnums=(0, 1))(a(X), a(Y)),
    "jacfwd by two": lambda t, a: t.func.jacfwd(lambda x, y: (x * y, x.sum()), argnums=(0, 1))(a(X), a(Y)),
    "jacrev with aux": lambda t, a: t.func.jacrev(lambda x: (vector(t, x), x), has_aux=True)(a(X)),
    "hessian": lambda t, a: t.func.hessian(lambda x: poly(t, x))(a(X)),
    "hessian by two": lambda t, a: t.func.hessian(lambda x, y: pair(t, x, y), argnums=(0, 1))(a(X), a(Y)),
    "jacrev of jacrev": lambda t, a: t.func.jacrev(t.func.jacrev(lambda x: vector(t, x)))(a(X)),
    "jacfwd of jacfwd": lambda t, a: t.func.jacfwd(t.func.jacfwd(lambda x: vector(t, x)))(a(X)),
    "jacrev of jacfwd": lambda t, a: t.func.jacrev(t.func.jacfwd(lambda x: poly(t, x)))(a(X)),
    "hessian times a vector": lambda t, a: t.func.jvp(t.func.grad(lambda x: poly(t, x)), (a(X),), (a(Y),))[1],
    "vmap of grad": lambda t, a: t.func.vmap(t.func.grad(lambda x: poly(t, x)))(a(M)),
    "vmap of jacrev": lambda t, a: t.func.vmap(t.func.jacrev(lambda x: vector(t, x)))(a(M)),
    "vmap of jacfwd": lambda t, a: t.func.vmap(t.func.jacfwd(lambda x: vector(t, x)))(a(M)),
    "vmap of hessian": lambda t, a: t.func.vmap(t.func.hessian(lambda x: poly(t, x)))(a(M)),
    "vmap of vjp": lambda t, a: t.func.vmap(lambda x, g: t.func.vjp(t.sin, x)[1](g)[0])(a(M), a(M)),
    "vmap of jvp": lambda t, a: t.func.vmap(lambda x, v: t.func.jvp(t.sin, (x,), (v,))[1])(a(M), a(M)),
    "jacrev of vmap": lambda t, a: t.func.jacrev(t.func.vmap(lambda x: poly(t, x)))(a(M)),
    "grad of vmap": lambda t, a: t.func.grad(lambda w: t.func.vmap(lambda x: poly(t, x * w))(a(M)).sum())(a(X)),
    "grad of vmap of grad": lambda t, a: t.func.grad(
        lambda w: t.func.vmap(t.func.grad(lambda x: poly(t, x * w)))(a(M)).sin().sum()
    )(a(X)),
    "a step within a gradient": lambda t, a: t.func.grad(
        lambda w: poly(t, w - 0.1 * t.func.grad(lambda v: poly(t, v))(w))
    )(a(X)),
    "a gradient by what is outside of one": lambda t, a: t.func.grad(
        lambda x: x * t.func.grad(lambda y: x * y * y)(a(np.array(3.0)))
    )(a(np.array(2.0))),
    "linearize": lambda t, a: t.func.linearize(lambda x: vector(t, x), a(X))[1](a(Y)),
}


def array(x: np.ndarray) -> Any:
    return gn.tensor(x)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of what PyTorch does itself
@pytest.mark.parametrize("name", PROGRAMS)
def test_as_in_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")

    found, expected = (flatten(PROGRAMS[name](t, a)) for t, a in ((gn, array), (torch, torch.tensor)))
    assert found[1] == expected[1]
    for x, y in zip(found[0], expected[0], strict=True):
        assert x.shape == tuple(y.shape)
        assert x.requires_grad == y.requires_grad
        np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=1e-9, atol=1e-12)


SAME = [
    ("jacrev", "jacfwd"), ("jacrev of matrices", "jacfwd of matrices"), ("jacrev", "jacrev in parts"),
    ("jacrev of jacrev", "jacfwd of jacfwd"), ("hessian", "jacrev of jacfwd"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_the_same(one: str, other: str) -> None:
    a, b = PROGRAMS[one](gn, array), PROGRAMS[other](gn, array)
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-12)


def test_the_hessian_is_that_of_autograd() -> None:
    expected = gn.autograd.functional.hessian(lambda x: poly(gn, x), gn.tensor(X))
    assert PROGRAMS["hessian"](gn, array).numpy() == pytest.approx(expected.numpy())


@pytest.mark.parametrize("name", ["grad", "jacrev", "jacfwd", "hessian"])
def test_derivatives_can_be_compiled(name: str) -> None:
    derive = getattr(func, name)(lambda x: vector(gn, x).sum() if name in ("grad", "hessian") else vector(gn, x))
    step = gn.compile(lambda x: derive(x))
    for times in (1.0, 2.0):
        x = gn.tensor(X) * times
        assert step(x).numpy() == pytest.approx(derive(x).numpy())


def test_gradients_go_on_to_those_who_ask_outside() -> None:
    x, w = gn.tensor(X).requires_grad_(), gn.tensor(Y).requires_grad_()
    g = func.grad(lambda x: (w * x**3).sum())(x)
    g.sum().backward()
    assert x.grad.numpy() == pytest.approx(6 * X * Y)
    assert w.grad.numpy() == pytest.approx(3 * X**2)
    assert not func.grad(lambda x: (x**3).sum())(gn.tensor(X)).requires_grad
    with gn.no_grad():
        assert not func.grad(lambda x: (w * x**3).sum())(x).requires_grad


def model() -> nn.Sequential:
    gn.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def test_the_gradient_of_each_sample() -> None:
    net, x, y = model(), gn.randn(5, 3), gn.tensor([0, 1, 1, 0, 1])
    params = {name: p.detach() for name, p in net.named_parameters()}

    def loss(params: Any, x: Any, y: Any) -> Any:
        return F.cross_entropy(func.functional_call(net, params, (x.unsqueeze(0),)), y.unsqueeze(0))

    found = gn.vmap(func.grad(loss), in_dims=(None, 0, 0))(params, x, y)
    for i in range(5):
        net.zero_grad()
        F.cross_entropy(net(x[i : i + 1]), y[i : i + 1]).backward()
        for name, p in net.named_parameters():
            assert found[name][i].numpy() == pytest.approx(p.grad.numpy(), abs=1e-6)
    assert not found["0.weight"].requires_grad


def test_functional_call() -> None:
    net = model()
    before = dict(net.named_parameters())
    x = gn.randn(2, 3)
    other = {"2.bias": before["2.bias"].detach() + 1}
    assert (func.functional_call(net, other, x) - net(x)).detach().numpy() == pytest.approx(np.ones((2, 2)), abs=1e-6)
    assert all(p is before[name] for name, p in net.named_parameters())
    with pytest.raises(RuntimeError):
        func.functional_call(net, other, (gn.randn(2, 4),))
    assert net[2].bias is before["2.bias"], "though it failed"
    assert func.functional_call(net, (other, {"0.bias": before["0.bias"]}), (x,)).shape == (2, 2)


@pytest.mark.parametrize(("options", "kind"), [({"strict": True}, RuntimeError), ({}, None)])
def test_a_dict_that_lacks_some(options: dict[str, bool], kind: Any) -> None:
    net = model()
    if kind is None:
        func.functional_call(net, {"0.bias": net[0].bias}, (gn.ones(3),), **options)
    else:
        with pytest.raises(kind, match=r"got no '0\.weight'"):
            func.functional_call(net, {"0.bias": net[0].bias}, (gn.ones(3),), **options)
    with pytest.raises(ValueError, match="named by two"):
        func.functional_call(net, [{"0.bias": net[0].bias}] * 2, (gn.ones(3),))


def test_tied_parameters_are_replaced_together() -> None:
    first, second = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    second.weight = first.weight
    net = nn.Sequential(first, second)
    x, other = gn.ones(3), {"0.weight": gn.eye(3) * 2}
    assert func.functional_call(net, other, x).tolist() == [4.0, 4.0, 4.0]
    assert func.functional_call(net, other, x, tie_weights=False).tolist() == pytest.approx(second(x * 2).tolist())


class Square(gn.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return 2 * ctx.saved_tensors[0] * g


def test_an_operation_of_ones_own_within() -> None:
    x = gn.tensor(M)
    found = gn.vmap(func.grad(lambda v: Square.apply(v).sum()))(x)
    assert found.numpy() == pytest.approx(2 * M)
    with pytest.raises(RuntimeError, match=r"Square has a backward of its own"):
        gn.vmap(Square.apply)(x.requires_grad_())


ERRORS: dict[str, Any] = {
    "no number": lambda t: t.func.grad(lambda x: x * 2)(t.ones(3)),
    "whole numbers": lambda t: t.func.grad(lambda x: x.sum())(t.tensor([1, 2])),
    "no aux": lambda t: t.func.grad(lambda x: x.sum(), has_aux=True)(t.ones(3)),
    "argnums": lambda t: t.func.grad(lambda x: x.sum(), argnums=1)(t.ones(3)),
    "no tensor given": lambda t: t.func.grad(lambda x: 3.0)(t.ones(3)),
    "tangents of another shape": lambda t: t.func.jvp(lambda x: x, (t.ones(3),), (t.ones(2),)),
    "primals": lambda t: t.func.jvp(lambda x: x, t.ones(3), t.ones(3)),
    "cotangents of another shape": lambda t: t.func.vjp(lambda x: x, t.ones(3))[1](t.ones(2)),
    "no models": lambda t: t.func.stack_module_state([]),
    "models of two kinds": lambda t: t.func.stack_module_state([t.nn.Linear(2, 1), t.nn.Tanh()]),
    "backward within": lambda t: t.func.vmap(lambda x: (x.sum().backward(), x)[1])(t.ones(2, 2)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    with pytest.raises(RuntimeError):
        ERRORS[name](gn)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of what PyTorch does itself
@pytest.mark.parametrize("name", ERRORS)
def test_errors_as_in_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError):
        ERRORS[name](torch)
