"""Optimizers: by hand for one step, and against the tensors' own over many."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import optim, scratch
from glassnet.errors import ShapeError
from tests.ops.sample import normal

SAME = {
    "SGD": (scratch.SGD(0.1), optim.SGD, {"lr": 0.1}),
    "Momentum": (scratch.Momentum(0.1), optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "Nesterov": (scratch.Nesterov(0.1, 0.8), optim.SGD, {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    "AdaGrad": (scratch.AdaGrad(0.1), optim.Adagrad, {"lr": 0.1}),
    "RMSprop": (scratch.RMSprop(0.1, 0.9), optim.RMSprop, {"lr": 0.1, "alpha": 0.9}),
    "Adam": (scratch.Adam(0.1, 0.8, 0.99), optim.Adam, {"lr": 0.1, "betas": (0.8, 0.99)}),
}
DEFAULTS = {"SGD": 0.01, "Momentum": 0.01, "Nesterov": 0.01, "AdaGrad": 0.01, "RMSprop": 0.01, "Adam": 0.001}


def again(optimizer):
    """The optimizer as it was made, remembering nothing."""
    options = {k: v for k, v in vars(optimizer).items() if k not in ("state", "lr", "_met")}
    return type(optimizer)(optimizer.lr, **options)


def descend(update, params, steps=20):
    for i in range(steps):
        update(params, {k: normal(*p.shape, seed=i) + p for k, p in params.items()})
    return params


def start(dtype=np.float64):
    return {"W": normal(3, 2).astype(dtype), "b": normal(2, seed=1).astype(dtype), "c": np.array(0.5, dtype)}


def by(module, params):
    """The same with an optimizer of tensors, of ``module``."""
    optimizer_class, options, tensor = module
    tensors = {k: tensor(p) for k, p in params.items()}
    optimizer = optimizer_class(list(tensors.values()), **options)

    def update(_params, grads):
        for k, g in grads.items():
            tensors[k].grad = tensor(g)
        optimizer.step()
        for k, p in params.items():
            p[...] = tensors[k].detach().numpy()

    return descend(update, params)


@pytest.mark.parametrize("name", SAME)
def test_same_as_the_optimizers_of_tensors(name):
    optimizer, tensor_optimizer, options = SAME[name]
    expected = by((tensor_optimizer, options, lambda x: glassnet.tensor(x, dtype=glassnet.float64)), start())
    for key, p in descend(again(optimizer).update, start()).items():
        np.testing.assert_allclose(p, expected[key], rtol=1e-14, atol=1e-15)


@pytest.mark.parity
@pytest.mark.parametrize("name", SAME)
def test_same_as_pytorch(name):
    torch = pytest.importorskip("torch")
    optimizer, tensor_optimizer, options = SAME[name]
    expected = by((getattr(torch.optim, tensor_optimizer.__name__), options, torch.tensor), start())
    for key, p in descend(again(optimizer).update, start()).items():
        np.testing.assert_allclose(p, expected[key], rtol=1e-12, atol=1e-14)


def test_one_step_by_hand():
    expected = {
        "SGD": [0.9, -1.8],
        "Momentum": [0.9, -1.8],
        "Nesterov": [0.81, -1.62],
        "AdaGrad": [0.9, -1.9],
        "RMSprop": [0.0, -1.0],
        "Adam": [0.9, -1.9],
    }
    for name, after in expected.items():
        W = np.array([1.0, -2.0])
        getattr(scratch, name)(lr=0.1).update([W], [np.array([1.0, -2.0])])
        np.testing.assert_allclose(W, after, rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", SAME)
def test_dictionaries_lists_and_defaults(name):
    optimizer = getattr(scratch, name)()
    assert optimizer.lr == DEFAULTS[name]
    named, listed = start(), list(start().values())
    optimizer.update(named, {k: np.ones_like(p) for k, p in named.items()})
    getattr(scratch, name)().update(tuple(listed), [np.ones_like(p).tolist() for p in listed])
    for a, b, before in zip(named.values(), listed, start().values(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a < before).all()


def test_float32_stays_float32():
    for name in SAME:
        params = descend(again(SAME[name][0]).update, start(np.float32))
        assert {p.dtype.name for p in params.values()} == {"float32"}


def test_the_learning_rate_may_change_on_the_way():
    optimizer, W = scratch.SGD(0.1), np.array([1.0])
    optimizer.update([W], [[1.0]])
    optimizer.lr = 0.5
    optimizer.update([W], [[1.0]])
    assert W.tolist() == [pytest.approx(0.4)]
    optimizer.lr = -1
    with pytest.raises(ValueError, match="lr of 0 or more"):
        optimizer.update([W], [[1.0]])


def test_nothing_is_changed_where_something_is_wrong():
    optimizer = scratch.Momentum()
    params = [np.ones(2), np.ones(3)]
    with pytest.raises(ShapeError):
        optimizer.update(params, [np.ones(2), np.ones(4)])
    assert params[0].tolist() == [1, 1]
    assert not optimizer.state


def test_sgd_remembers_nothing_so_layers_may_take_turns():
    a, b, optimizer = np.ones(2), np.ones(2), scratch.SGD(1)
    for p in (a, b, a):
        optimizer.update([p], [np.ones(2)])
    assert (a[0], b[0]) == (-1, 0)


@pytest.mark.parametrize("name", [name for name in SAME if name != "SGD"])
def test_what_is_remembered_of_one_layer_is_not_taken_for_another_s(name):
    """Layers of one shape, updated one after the other, would share one past; a new view of the same array is it."""
    a, b, together = np.ones(2), np.ones(2), again(SAME[name][0])
    together.update([a], [np.ones(2)])
    before = a.copy()
    with pytest.raises(ValueError, match="expected parameter 0 to be the array of the first update"):
        together.update([b], [np.ones(2)])
    assert (b == 1).all()
    together.update([a[:]], [np.ones(2)])
    assert (a < before).all()
