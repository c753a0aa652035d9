"""Reductions over any dimensions, against NumPy, and their gradients against slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet import DimensionError, ShapeError, tensor
from glassnet.tensor import Tensor
from tests.ops import projection


def _logsumexp(x: np.ndarray, axis: Any, keepdims: bool) -> np.ndarray:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _norm(x: np.ndarray, axis: Any, keepdims: bool) -> np.ndarray:
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


NUMPY = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "var": lambda x, axis, keepdims: np.var(x, axis=axis, keepdims=keepdims, ddof=1),
    "std": lambda x, axis, keepdims: np.std(x, axis=axis, keepdims=keepdims, ddof=1),
    "amax": np.max,
    "amin": np.min,
    "all": np.all,
    "any": np.any,
    "norm": _norm,
    "logsumexp": _logsumexp,
}
OF_NOTHING = {"sum", "prod", "all", "any", "norm"}  # those that have a result over no elements
SMOOTH = ["sum", "prod", "mean", "var", "norm", "logsumexp"]


def reduced(x: Any, name: str, dim: Any, keepdim: bool) -> Any:
    return getattr(x, name)(dim=dim, keepdim=keepdim)


@st.composite
def cases(draw: Any, min_side: int = 0) -> tuple[np.ndarray, Any, bool]:
    shape = tuple(draw(st.lists(st.integers(min_side, 3), max_size=4)))
    x = np.random.default_rng(0).uniform(0.5, 2.0, shape)
    axes = draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    axes = [d - len(shape) * draw(st.booleans()) for d in axes]
    dim = draw(st.sampled_from([None, tuple(axes), axes, *axes[:1]]))
    return x, dim, draw(st.booleans())


def axis_of(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


@pytest.mark.parametrize("name", NUMPY)
@given(case=cases())
def test_values_are_numpy_s(name, case):
    x, dim, keepdim = case
    counted = np.sum(np.ones(x.shape), axis=axis_of(dim), keepdims=True)
    if name not in OF_NOTHING and (counted == 0).any():
        return
    if name in ("var", "std") and (counted < 2).any():
        return
    if name not in OF_NOTHING and x.size == 0:
        return  # of which NumPy warns, or which it refuses, even where nothing is reduced
    y = reduced(tensor(x), name, dim, keepdim)
    expected = NUMPY[name](x, axis=axis_of(dim), keepdims=keepdim)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize("name", SMOOTH)
@given(case=cases(min_side=2))
def test_gradients_are_slopes(name, case):
    x, dim, keepdim = case
    counted = x.size / max(NUMPY["sum"](np.ones(x.shape), axis=axis_of(dim), keepdims=False).size, 1)
    if name == "var" and counted < 2:
        return
    projection.check(lambda x: reduced(x, name, dim, keepdim), [x], order=1)


@pytest.mark.parametrize("name", ["argmax", "argmin", "cumsum", "softmax", "log_softmax", "argsort"])
@given(case=cases(min_side=1))
def test_along_one_dimension(name, case):
    x, dim, _ = case
    d = dim if isinstance(dim, int) else -1
    if not x.shape:
        return
    e = np.exp(x)
    expected = {
        "argmax": lambda: np.argmax(x, d),
        "argmin": lambda: np.argmin(x, d),
        "cumsum": lambda: np.cumsum(x, d),
        "softmax": lambda: e / e.sum(d, keepdims=True),
        "log_softmax": lambda: np.log(e / e.sum(d, keepdims=True)),
        "argsort": lambda: np.argsort(x, d, kind="stable"),
    }[name]()
    np.testing.assert_allclose(getattr(tensor(x), name)(d).numpy(), expected, rtol=1e-12, atol=1e-15)


@given(case=cases(min_side=1))
def test_max_and_min_of_a_dimension_give_values_and_positions(case):
    x, dim, keepdim = case
    d = dim if isinstance(dim, int) else -1
    for method, best in (("max", np.max), ("min", np.min)):
        values, indices = getattr(tensor(x), method)(d, keepdim)
        np.testing.assert_array_equal(values.numpy(), best(x, d, keepdims=keepdim))
        whole = indices.numpy() if keepdim or not x.shape else np.expand_dims(indices.numpy(), d)
        picked = np.take_along_axis(x, whole, d) if x.shape else x
        np.testing.assert_array_equal(picked.reshape(values.shape), values.numpy())


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "bool"])
def test_integers_add_up_in_int64(dtype):
    x = tensor(np.array([[1, 1], [0, 1]]).astype(dtype))
    for y in (x.sum(), x.prod(), x.sum(0), x.cumsum(1)):
        assert y.dtype == glassnet.int64
    assert tensor(np.full(300, 1, dtype)).sum().item() == 300
    assert x.amax().dtype == x.dtype


@pytest.mark.parametrize("name", ["mean", "var", "std", "norm"])
def test_integers_have_no_mean(name):
    with pytest.raises(TypeError, match=f"{name}: expected a floating tensor, got int64"):
        getattr(tensor([1, 2]), name)()


def test_numpy_s_names_do_as_well():
    x = tensor(np.arange(6.0).reshape(2, 3))
    assert x.sum(axis=1, keepdims=True).shape == (2, 1)
    assert x.max(axis=0).values.tolist() == [3, 4, 5]
    with pytest.raises(TypeError, match="sum: unexpected argument 'axes'"):
        x.sum(axes=1)


@pytest.mark.parametrize("name", ["sum", "amax", "mean", "argmax", "all"])
def test_a_dimension_that_is_not_there(name):
    with pytest.raises(DimensionError, match=rf"{name}: dim must be between -2 and 1 .* got 2"):
        getattr(tensor(np.ones((2, 3))), name)(2)


def test_a_dimension_named_twice():
    with pytest.raises(IndexError, match=r"each dimension may be named once, got dim=\(0, -2\)"):
        tensor(np.ones((2, 3))).sum((0, -2))


@pytest.mark.parametrize("name", ["amax", "amin", "argmax"])
def test_nothing_has_no_largest(name):
    with pytest.raises(ShapeError, match=rf"{name}: expected at least one element to reduce over, got shape \[0, 3\]"):
        getattr(tensor(np.ones((0, 3))), name)()


def test_equal_extremes_share_the_gradient():
    x = Tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], requires_grad=True)
    x.amax(1).sum().backward()
    np.testing.assert_allclose(x.grad, [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-7)


def test_a_product_with_zeros_can_be_differentiated_twice():
    x = Tensor([2.0, 0.0, 3.0], dtype=glassnet.float64, requires_grad=True)
    (g,) = glassnet.autograd.grad(x.prod(), x, create_graph=True)
    assert g.tolist() == [0, 6, 0]
    hessian = [glassnet.autograd.grad(g[i], x, retain_graph=True)[0].tolist() for i in range(3)]
    assert hessian == [[0, 3, 0], [3, 0, 2], [0, 2, 0]]


def test_the_variance_of_one_number():
    x = Tensor([3.0], requires_grad=True)
    with np.errstate(all="ignore"):
        y = x.var()
        y.backward()
    assert np.isnan(y.item())
    assert np.isnan(x.grad.item())
    assert x.var(correction=0).item() == 0
    assert x.var(unbiased=False).item() == 0
