"""Indexing, read and written, with every kind of index: values against NumPy, gradients against places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

import glassnet
from glassnet import DimensionError, ShapeError, tensor
from glassnet.ops.indexing import ARRAY, put

SHAPES = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@st.composite
def mixed_indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """Slices, None, Ellipsis, and among them ints or arrays; of both NumPy makes something else than PyTorch."""
    places = draw(st.sampled_from([["int"], ["ints", "mask"]]))
    together = draw(st.sampled_from([(1,), (3,), (2, 1), (2, 3)]))
    parts: list[Any] = []
    for n in shape:
        if draw(st.booleans()):
            parts.append(None)
        kinds = ["slice", *(places if n else places[1:])]
        kind = draw(st.sampled_from(kinds))
        if kind == "slice":
            ends = st.none() | st.integers(-n - 1, n + 1)
            parts.append(slice(draw(ends), draw(ends), draw(st.sampled_from([None, 1, 2, -1, -2]))))
        elif kind == "mask":
            parts.append(np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool))
        elif kind == "int":
            parts.append(draw(st.integers(-n, n - 1)))
        else:
            size = int(np.prod(together))
            several = draw(st.lists(st.integers(-n, n - 1), min_size=size, max_size=size))
            parts.append(np.array(several, dtype=int).reshape(together))
    cut = draw(st.integers(0, len(parts)))
    return (*parts[:cut], ...) if draw(st.booleans()) else tuple(parts)


@st.composite
def cases(draw: Any) -> tuple[np.ndarray, Any]:
    shape = draw(SHAPES)
    x = np.random.default_rng(0).standard_normal(shape)
    kinds = [basic_indices(shape, allow_newaxis=True), mixed_indices(shape)]
    if shape and 0 not in shape:
        kinds.append(integer_array_indices(shape))
    if shape:
        kinds.append(st.just(x > 0))
    return x, draw(st.one_of(kinds))


def places(x: np.ndarray, index: Any) -> np.ndarray:
    """The position in x, flattened, of each element of x[index]."""
    try:
        return np.arange(x.size).reshape(x.shape)[index]
    except IndexError:  # masks that do not fit each other
        with pytest.raises(IndexError):
            tensor(x)[index]
        assume(False)
        raise


def of_tensors(index: Any) -> Any:
    """The same index with tensors for arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(tensor(p) if isinstance(p, np.ndarray) else p for p in parts)


@given(case=cases())
def test_reading(case):
    x, index = case
    at = places(x, index)
    t = tensor(x, requires_grad=True)
    y = t[index]
    assert y.shape == at.shape
    np.testing.assert_array_equal(y.detach().numpy(), x[index])
    np.testing.assert_array_equal(t[of_tensors(index)].detach().numpy(), x[index])

    g = np.random.default_rng(1).standard_normal(at.shape)
    (found,) = glassnet.autograd.grad(y, t, (g,))
    expected = np.bincount(at.ravel(), g.ravel(), minlength=x.size)[: x.size].reshape(x.shape)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-15)


@given(case=cases())
def test_a_basic_index_gives_a_view_and_an_array_index_a_copy(case):
    x, index = case
    places(x, index)
    y = tensor(x)
    parts = index if isinstance(index, tuple) else (index,)
    basic = not any(isinstance(p, np.ndarray) for p in parts)
    part = y[index]
    assert (part.view_of is not None) == np.shares_memory(part.array, y.array)
    if part.numel():
        assert np.shares_memory(part.array, y.array) == basic


@given(case=cases(), data=st.data())
def test_writing(case, data):
    x, index = case
    at = places(x, index)
    narrow = tuple(data.draw(st.sampled_from([n, 1])) for n in at.shape)
    narrow = narrow[data.draw(st.integers(0, len(narrow))) :]
    value = np.random.default_rng(1).standard_normal(narrow)

    expected = x.copy()
    expected[index] = value
    t, v = tensor(x, requires_grad=True), tensor(value, requires_grad=True)
    y = t * 1
    y[of_tensors(index)] = v
    np.testing.assert_array_equal(y.detach().numpy(), expected)

    g = np.random.default_rng(2).standard_normal(x.shape)
    gx, gv = glassnet.autograd.grad(y, [t, v], (g,), allow_unused=True)
    kept = np.ones(x.size)
    kept[at.ravel()] = 0
    np.testing.assert_array_equal(gx.numpy(), g * kept.reshape(x.shape))
    if np.unique(at).size == at.size:  # written twice, only the last would count
        whole = g.ravel()[at]
        surplus = tuple(range(whole.ndim - len(narrow)))
        summed = whole.sum(axis=surplus)
        summed = summed.sum(axis=tuple(i for i, n in enumerate(narrow) if n == 1), keepdims=True)
        np.testing.assert_allclose(gv.numpy(), summed.reshape(narrow), atol=1e-12)


@given(case=cases())
def test_writing_a_number(case):
    x, index = case
    places(x, index)
    expected = x.copy()
    expected[index] = 7
    y = tensor(x)
    y[index] = 7
    np.testing.assert_array_equal(y.numpy(), expected)


@given(shape=array_shapes(min_dims=1, max_dims=3, max_side=4), data=st.data())
def test_gather_and_its_gradient(shape, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    length = data.draw(st.integers(0, 4))
    rng = np.random.default_rng(0)
    wanted = list(shape)
    wanted[dim] = length
    x, index = rng.standard_normal(shape), rng.integers(0, shape[dim], wanted)
    t = tensor(x, requires_grad=True)
    y = t.gather(dim, index)
    np.testing.assert_array_equal(y.detach().numpy(), np.take_along_axis(x, index, dim))
    g = rng.standard_normal(wanted)
    (found,) = glassnet.autograd.grad(y, t, (g,))
    at = np.take_along_axis(np.arange(x.size).reshape(shape), index, dim)
    expected = np.bincount(at.ravel(), g.ravel(), minlength=x.size).reshape(shape)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-15)


# what is no index ---------------------------------------------------------------------------------


def test_out_of_range():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(DimensionError, match=r"getitem: cannot index a tensor of shape \[2, 2\]: .*index 2"):
        x[2]
    with pytest.raises(IndexError, match="index 5"):
        x[[0, 5]]
    with pytest.raises(IndexError, match="too many indices"):
        x[0, 0, 0]
    with pytest.raises(IndexError, match="index 3"):
        x[3] = 1.0
    with pytest.raises(IndexError, match=r"gather: expected indices from 0 to 1, got 2"):
        x.gather(0, tensor([[2, 0]]))
    with pytest.raises(ShapeError, match="be no larger"):
        x.gather(0, tensor([[0, 0, 0]]))


@pytest.mark.parametrize("index", [1.5, "a", [0.5], tensor([1.0]), {}])
def test_of_another_kind(index):
    with pytest.raises((TypeError, ValueError), match=r"indexed by ints, slices|could not"):
        tensor([1.0, 2.0])[index]
    if not isinstance(index, str | dict):
        with pytest.raises(IndexError, match="indexed by ints, slices"):
            tensor([1.0, 2.0])[index]


def test_a_value_that_does_not_fit():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(
        RuntimeError, match=r"setitem: a value of shape \[2, 1, 2\] does not fit the indexed part, \[2\]"
    ):
        x[0] = glassnet.ones(2, 1, 2)
    with pytest.raises(ValueError, match=r"setitem: shapes \[2\] and \[3\] do not broadcast"):
        x[0] = glassnet.ones(3)
    assert x.tolist() == [[1, 2], [3, 4]]


def test_a_single_element_takes_a_tensor_of_one():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    x[0, 1] = tensor([5.0])
    x[1][0] = tensor([[6.0]])
    assert x.tolist() == [[1, 5], [6, 4]]
    with pytest.raises(RuntimeError, match=r"a value of shape \[2\] does not fit the indexed part, \[\]"):
        x[0, 0] = tensor([1.0, 2.0])
    with pytest.raises(IndexError, match="too many indices"):
        tensor(1.0)[0] = 2.0


def test_a_mask_of_unknown_values_has_no_shape():
    getitem = glassnet.ops.registry["getitem"]
    mask = glassnet.ops.Spec((3,), np.dtype(bool))
    with pytest.raises(glassnet.ShapeError, match="getitem: how many elements a mask picks"):
        getitem.shape(glassnet.ops.Spec((3,), np.dtype("f4")), mask, index=(glassnet.ops.indexing.ARRAY,))


def test_ints_of_any_kind_are_indices():
    x = tensor([1.0, 2.0, 3.0])
    assert x[np.int64(1)].item() == x[tensor(1)].item() == x[tensor([1])].item() == 2
    assert x[tensor(1) :].tolist() == [2, 3]
    assert x[[]].tolist() == []
    assert x[[True, False, True]].tolist() == [1, 3]
    assert x[True].tolist() == [[1, 2, 3]]
    assert x[False].shape == (0, 3)


@pytest.mark.parametrize("index_dtype", [np.uint8, np.int32, np.int64])
@pytest.mark.parametrize("row", [(), (3,), (2, 3), (0,)])
def test_rows_put_at_one_index_are_added_in_order(index_dtype, row):
    random = np.random.default_rng(0)
    index = random.integers(0, 200, (6, 50)).astype(index_dtype)  # times a row, more than uint8 holds
    x = random.standard_normal((6, 50, *row)).astype(np.float32)
    expected = np.zeros((200, *row), np.float32)
    np.add.at(expected, index, x)
    np.testing.assert_array_equal(put(x, index, index=(ARRAY,), shape=(200, *row)), expected)


def test_rows_put_from_the_end_and_beyond_it():
    x = np.arange(6.0).reshape(3, 2)
    y = put(x, np.array([-1, 0, -4]), index=(ARRAY,), shape=(4, 2))
    assert y.tolist() == [[2 + 4, 3 + 5], [0, 0], [0, 0], [0, 1]]
    for wrong in (4, -5):
        with pytest.raises(IndexError):
            put(x, np.array([0, 1, wrong]), index=(ARRAY,), shape=(4, 2))
