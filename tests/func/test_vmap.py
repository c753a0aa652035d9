"""vmap: what it gives is what a loop over the samples gives, and its gradients; and as PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import func, nn, vmap
from glassnet.pytree import flatten
from tests.func.mapped import CASES, Mapped

every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def tensors(case: Mapped, tensor: Any) -> list[Any]:
    return [tensor(x) for x in case.arrays()]


def leaf(x: np.ndarray) -> Any:
    return gn.tensor(x).requires_grad_() if x.dtype.kind == "f" else gn.tensor(x)


def weighted(results: Any) -> Any:
    """One number of all results that are floating."""
    leaves = [x for x in flatten(results)[0] if x.is_floating_point()]
    return sum((x * gn.tensor(np.cos(np.arange(x.numel())).reshape(tuple(x.shape)))).sum() for x in leaves)


@every
def test_it_is_a_loop_over_samples(case: Mapped) -> None:
    given, again = tensors(case, leaf), tensors(case, leaf)
    found = vmap(lambda *xs: case.function(gn, *xs), in_dims=case.dims)(*given)
    size = next(x.shape[d] for x, d in zip(given, case.dims, strict=True) if d is not None)
    each = []
    for i in range(size):
        xs = [x if d is None else x.select(d, i) for x, d in zip(again, case.dims, strict=True)]
        each.append(flatten(case.function(gn, *xs))[0])
    expected = [gn.stack(list(column)) for column in zip(*each, strict=True)]
    for x, y in zip(flatten(found)[0], expected, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-10, atol=1e-12)
    total = weighted(found)
    if getattr(total, "requires_grad", False):
        total.backward()
        weighted(expected).backward()
        for x, y in zip(given, again, strict=True):
            if x.requires_grad:
                np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-9, atol=1e-11)


@every
def test_the_gradient_of_each_sample(case: Mapped) -> None:
    """vmap(grad(f)): no gradient of one sample has anything of another's."""
    if case.whole == tuple(range(len(case.shapes))):
        return
    number = next(i for i in range(len(case.shapes)) if i not in case.whole)
    given = tensors(case, gn.tensor)

    def loss(*xs: Any) -> Any:
        total = weighted(case.function(gn, *xs))
        return total if isinstance(total, gn.Tensor) else xs[number].sum() * 0

    found = vmap(func.grad(loss, argnums=number), in_dims=case.dims)(*given)
    size = next(x.shape[d] for x, d in zip(given, case.dims, strict=True) if d is not None)
    for i in range(size):
        xs = [x if d is None else x.select(d, i) for x, d in zip(given, case.dims, strict=True)]
        expected = func.grad(loss, argnums=number)(*xs)
        np.testing.assert_allclose(found[i].numpy(), expected.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parity
@every
def test_as_in_pytorch(case: Mapped) -> None:
    torch = pytest.importorskip("torch")

    found = vmap(lambda *xs: case.function(gn, *xs), in_dims=case.dims)(*tensors(case, gn.tensor))
    expected = torch.vmap(lambda *xs: case.function(torch, *xs), in_dims=case.dims)(*tensors(case, torch.tensor))
    for x, y in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        assert str(y.dtype) == f"torch.{x.dtype}"
        np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=1e-9, atol=1e-11)


X = np.arange(24.0).reshape(2, 3, 4) / 10


@pytest.mark.parametrize("in_dim", [0, 1, 2, -1])
@pytest.mark.parametrize("out_dim", [0, 1, -1])
def test_where_the_samples_are(in_dim: int, out_dim: int) -> None:
    x = gn.tensor(X)
    found = vmap(lambda one: one.t() * 2, in_dim, out_dim)(x)
    assert found.numpy() == pytest.approx(np.moveaxis(np.moveaxis(X, in_dim, 0).transpose(0, 2, 1), 0, out_dim) * 2)


def test_trees_of_arguments_and_results() -> None:
    x = gn.tensor(X)
    tree = {"a": x, "b": [x.transpose(0, 1), gn.tensor(2.0)]}
    found = vmap(
        lambda t, k: {"sum": t["a"].sum() + t["b"][0].sum() * k, "times": t["b"][1]}, ({"a": 0, "b": [1, None]}, None)
    )(tree, 3)
    assert found["sum"].numpy() == pytest.approx(X.sum((1, 2)) * 4)
    assert found["times"].tolist() == [2.0, 2.0]
    assert vmap(lambda one, other: one[0] + other)(x, other=x).shape == (2, 2, 3, 4)
    a, b = vmap(lambda one: (one, one * 2), out_dims=(1, 2))(x)
    assert a.shape == (3, 2, 4)
    assert b.shape == (3, 4, 2)


def test_within_one_another() -> None:
    x, y = gn.tensor(X[0]), gn.tensor(X[1])
    table = vmap(vmap(lambda a, b: (a - b).norm(), (None, 0)), (0, None))(x, y)
    assert table.numpy() == pytest.approx(np.linalg.norm(X[0][:, None] - X[1][None], axis=-1))
    same = vmap(vmap(lambda a, b: a * b.sum() + (a * 2).exp(), (0, None)), (0, 0))(x, y)
    assert same.numpy() == pytest.approx(X[0] * X[1].sum(-1, keepdims=True) + np.exp(X[0] * 2))


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 7])
def test_some_at_a_time(chunk_size: int) -> None:
    x = gn.tensor(X.reshape(6, 4))
    assert vmap(lambda v: v.cumsum(0), chunk_size=chunk_size)(x).equal(x.cumsum(1))


def test_random_numbers() -> None:
    x = gn.zeros(500, 2)
    gn.manual_seed(0)
    different = vmap(lambda v: v + gn.randn(2), randomness="different")(x)
    assert different.unique().numel() == 1000
    assert abs(different.mean().item()) < 0.2
    same = vmap(lambda v: v + gn.randn(2), randomness="same")(x)
    assert (same == same[0]).all()
    kept = vmap(lambda v: gn.functional.dropout(v + 1, 0.5), randomness="different")(x)
    assert 0.4 < (kept == 0).float().mean().item() < 0.6
    drawn = vmap(lambda v: gn.distributions.Gamma(v + 2.0, 1.0).rsample(), randomness="different")(x)
    assert drawn.mean().item() == pytest.approx(2.0, abs=0.3)
    with pytest.raises(RuntimeError, match='randomness="different"'):
        vmap(lambda v: v + gn.randn(2))(x)


def test_random_orders() -> None:
    orders = vmap(lambda v: gn.randperm(8), randomness="different")(gn.zeros(20))
    assert (orders.sort(1).values == gn.arange(8)).all()
    assert not (orders == orders[0]).all()
    with pytest.raises(RuntimeError, match="from one that differs"):
        vmap(lambda v: gn.distributions.Gamma(v, 1.0).sample(), randomness="same")(gn.ones(3))


def test_tensors_made_of_tensors() -> None:
    x = gn.tensor(X[0])
    assert vmap(lambda v: gn.as_tensor(v, dtype=gn.float32))(x).numpy() == pytest.approx(X[0])
    with pytest.raises(RuntimeError, match=r"stack\(\)"):
        vmap(lambda v: gn.tensor([v[0], v[1]]))(x)


def test_what_is_not_done_sample_by_sample() -> None:
    net = nn.Linear(4, 1)
    optimizer = gn.optim.SGD(net.parameters(), lr=0.1)
    schedule = gn.optim.lr_scheduler.StepLR(optimizer, 1)
    x = gn.randn(3, 4)
    for step in (optimizer.step, schedule.step, lambda: setattr(net.weight, "data", x)):
        with pytest.raises(RuntimeError, match=r"^vmap: "):
            vmap(lambda v, step=step: (step(), v)[1])(x)
    assert vmap(lambda v: (optimizer.zero_grad(), net(v))[1])(x).shape == (3, 1)


def test_what_is_the_same_for_all_may_be_read() -> None:
    x, times = gn.tensor(X[0]), gn.tensor(3)
    assert vmap(lambda v: v * (times.item() if times > 2 else 0))(x).numpy() == pytest.approx(X[0] * 3)
    with pytest.raises(RuntimeError, match="differ from sample to sample"):
        vmap(vmap(lambda a, b: a * (b.item() if b > 0 else 0), (0, None)), (None, 0))(x[0], x[:, 0])


def test_printing() -> None:
    texts = []

    def f(a: Any, b: Any) -> Any:
        texts.extend([str(a), str(b), str(gn.ones(1))])
        return a * b

    vmap(vmap(f, (0, None)), (None, 0))(gn.tensor([1.0, 2.0]), gn.tensor([3.0]))
    inner, outer, same = texts
    assert inner == "BatchedTensor(lvl=2, bdim=0, value=\n    tensor([1., 2.])\n)"
    assert outer == "BatchedTensor(lvl=1, bdim=0, value=\n    tensor([3.])\n)"
    assert same == "tensor([1.])"


def test_in_place_within_one_another() -> None:
    def f(a: Any, b: Any) -> Any:
        y = gn.zeros(2, dtype=gn.float64)
        y[0] = b
        y += a
        y[1].mul_(2)
        return y

    found = vmap(vmap(f, (0, None)), (None, 0))(gn.tensor(X[0, 0]), gn.tensor(X[0, :, 0]))
    a, b = X[0, 0], X[0, :, 0]
    expected = np.stack([a[None] + b[:, None], np.broadcast_to(2 * a, (3, 4))], -1)
    assert found.numpy() == pytest.approx(expected)


def test_in_place_on_the_argument_changes_it_as_a_loop_would() -> None:
    x = gn.tensor(X[0])
    found = vmap(lambda v: v.mul_(2))(x)
    assert found.equal(x)
    assert x.numpy() == pytest.approx(X[0] * 2)


def test_views_follow_what_is_changed_in_place() -> None:
    def f(v: Any) -> Any:
        y = gn.zeros(2, 2)
        row = y[0]
        y[:, 1] = v
        row.add_(1)
        return y, row.sum()

    y, total = vmap(f)(gn.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert y.tolist() == [[[1, 2], [0, 2]], [[1, 4], [0, 4]]]
    assert total.tolist() == [3, 5]


def test_what_is_detached_has_no_gradient_outside() -> None:
    x = gn.tensor(X[0]).requires_grad_()
    vmap(lambda v: v.detach() * v)(x).sum().backward()
    assert x.grad.numpy() == pytest.approx(X[0])


def test_no_grad_within() -> None:
    x = gn.tensor(X[0]).requires_grad_()

    def f(v: Any) -> Any:
        with gn.no_grad():
            w = v * 3
        return w * v

    vmap(f)(x).sum().backward()
    assert x.grad.numpy() == pytest.approx(X[0] * 3)


def test_rows_of_a_jacobian_by_autograd_grad() -> None:
    x = gn.tensor(X[0, 0]).requires_grad_()
    y = x**3
    rows = vmap(lambda v: gn.autograd.grad(y, x, v, retain_graph=True)[0])(gn.eye(4, dtype=gn.float64))
    assert rows.numpy() == pytest.approx(np.diag(3 * X[0, 0] ** 2))


def test_many_networks_at_once() -> None:
    models = [nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)) for _ in range(3)]
    params, buffers = func.stack_module_state(models)
    x = gn.randn(6, 4)
    found = vmap(lambda p, b: func.functional_call(models[0], (p, b), (x,)))(params, buffers)
    for one, model in zip(found, models, strict=True):
        assert one.detach().numpy() == pytest.approx(model(x).detach().numpy(), abs=1e-6)


def test_it_can_be_compiled() -> None:
    x, w = gn.tensor(X[0]), gn.tensor(X[1, 0])
    step = gn.compile(lambda x: vmap(lambda v: (v * w.exp()).sum() * (w * 2).sum())(x))
    expected = (X[0] * np.exp(X[1, 0])).sum(1) * X[1, 0].sum() * 2
    assert step(x).numpy() == pytest.approx(expected)
    assert step(x * 2).numpy() == pytest.approx(expected * 2)


ERRORS: dict[str, tuple[Any, type[Exception]]] = {
    "item()": (lambda t: t.func.vmap(lambda x: x * x.sum().item())(t.ones(3, 2)), RuntimeError),
    "if": (lambda t: t.func.vmap(lambda x: x if x.sum() > 0 else -x)(t.ones(3, 2)), RuntimeError),
    "another number of samples": (lambda t: t.func.vmap(lambda x, y: x)(t.ones(3), t.ones(4)), ValueError),
    "no such dimension": (lambda t: t.func.vmap(lambda x: x, 2)(t.ones(3)), ValueError),
    "a number of samples": (lambda t: t.func.vmap(lambda x: x)(t.tensor(1.0)), ValueError),
    "no tensor": (lambda t: t.func.vmap(lambda x: x)(3), ValueError),
    "nothing to map along": (lambda t: t.func.vmap(lambda x: x, None)(t.ones(3)), ValueError),
    "other in_dims": (lambda t: t.func.vmap(lambda x: x, (0, 0))(t.ones(3)), ValueError),
    "other out_dims": (lambda t: t.func.vmap(lambda x: x, 0, (0, 0))(t.ones(3)), ValueError),
    "a list of in_dims": (lambda t: t.func.vmap(lambda x: x, [0])(t.ones(3)), ValueError),
    "what is given back": (lambda t: t.func.vmap(lambda x: "text")(t.ones(3)), ValueError),
    "other randomness": (lambda t: t.func.vmap(lambda x: x, randomness="any")(t.ones(3)), RuntimeError),
    "random": (lambda t: t.func.vmap(lambda x: x + t.rand(3))(t.ones(3)), RuntimeError),
    "chunk_size": (lambda t: t.func.vmap(lambda x: x, chunk_size=0)(t.ones(3)), ValueError),
    "into what is outside": (lambda t, y=None: t.func.vmap(t.zeros(2).add_)(t.ones(3, 2)), RuntimeError),
    "shapes of one sample": (lambda t: t.func.vmap(lambda x, y: x @ y)(t.ones(3, 2), t.ones(3, 4)), RuntimeError),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    wrong, kind = ERRORS[name]
    with pytest.raises(kind):
        wrong(gn)


@pytest.mark.parity
@pytest.mark.parametrize("name", ERRORS)
def test_errors_as_in_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    wrong, kind = ERRORS[name]
    with pytest.raises(kind):
        wrong(torch)
