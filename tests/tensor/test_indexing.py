"""Indexing as PyTorch has it, where NumPy has it otherwise: reading, writing, gradients, and in a compiled step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.errors import GlassnetWarning

X = np.arange(120.0).reshape(2, 3, 4, 5)
ROWS = np.array([2, 0])
MASK = np.array([True, False, True])

# An index, and the same in two steps: whole numbers first, then the rest.
APART = [
    ((0, slice(None), ROWS), (0,), (slice(None), ROWS)),
    ((slice(None), 1, slice(None), ROWS), (slice(None), 1), (slice(None), slice(None), ROWS)),
    ((0, ..., ROWS), (0,), (..., ROWS)),
    ((1, None, MASK), (1, None), (slice(None), MASK)),
    ((slice(None), ROWS, slice(1, 3), -1), (..., slice(1, 3), -1), (slice(None), ROWS)),
    ((np.array(1), slice(None), ROWS), (1,), (slice(None), ROWS)),
    ((slice(None), np.ones((3, 4), bool), None, 2), (..., None, 2), (slice(None), np.ones((3, 4), bool))),
    ((0, slice(None), ROWS, slice(None), None), (0,), (slice(None), ROWS, slice(None), None)),
]


def of_tensors(index: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(gn.tensor(part) if isinstance(part, np.ndarray) else part for part in index)


@pytest.mark.parametrize(("index", "first", "then"), APART)
def test_whole_numbers_are_taken_first(index: Any, first: Any, then: Any) -> None:
    expected = X[first][then]
    x = gn.tensor(X, requires_grad=True)
    for written in (index, of_tensors(index)):
        y = x[written]
        np.testing.assert_array_equal(y.detach().numpy(), expected)
        (gradient,) = gn.autograd.grad((y * y).sum(), x)
        wanted = np.zeros_like(X)
        np.add.at(wanted[first], then, 2 * expected)
        np.testing.assert_array_equal(gradient.numpy(), wanted)

        value = gn.tensor(-1 - np.arange(float(expected.size)).reshape(expected.shape), requires_grad=True)
        z = x * 1
        z[written] = value * 1
        changed = X.copy()
        changed[first][then] = value.detach().numpy()
        np.testing.assert_array_equal(z.detach().numpy(), changed)
        (gradient,) = gn.autograd.grad((z * z).sum(), value)
        np.testing.assert_array_equal(gradient.numpy(), 2 * value.detach().numpy())


@pytest.mark.parametrize(("index", "first", "then"), APART)
def test_in_a_compiled_function(index: Any, first: Any, then: Any) -> None:
    if any(isinstance(part, np.ndarray) and part.dtype == bool for part in index):
        pytest.skip("how many elements a mask picks, a step cannot depend on")

    @gn.compile
    def read_and_write(x: Any, *arrays: Any) -> Any:
        rest = iter(arrays)
        where = tuple(next(rest) if isinstance(part, np.ndarray) else part for part in index)
        y = x * 2
        y[where] = x[where] + 1
        return x[where], y

    part, whole = read_and_write(gn.tensor(X), *(gn.tensor(a) for a in index if isinstance(a, np.ndarray)))
    np.testing.assert_array_equal(part.numpy(), X[first][then])
    expected = X * 2
    expected[first][then] = X[first][then] + 1
    np.testing.assert_array_equal(whole.numpy(), expected)


def test_a_list_of_lists_is_a_tuple() -> None:
    x = gn.tensor(X)
    assert x[[[0, 1], [0, 1]]].shape == (2, 4, 5)
    assert x[[gn.tensor(0), gn.tensor(1)]].shape == (4, 5)
    assert x[[0, 1]].shape == X.shape


def test_a_tensor_of_uint8_is_a_mask() -> None:
    x = gn.tensor(X)
    with pytest.warns(GlassnetWarning, match="taken for a mask"):
        assert x[gn.tensor([1, 0], dtype=gn.uint8)].shape == (1, 3, 4, 5)


# beside PyTorch -------------------------------------------------------------------------------------------------------


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Whatever stands between brackets, in NumPy's arrays, lists and numbers; each array fits its dimension."""
    together = draw(st.sampled_from([(), (1,), (2,), (2, 1), (1, 2)]))
    parts: list[Any] = []
    kinds = st.sampled_from(["slice", "int", "point", "list", "array", "mask", "masks"])
    d = 0
    while d < len(shape):
        n = shape[d]
        extra = draw(st.sampled_from(["", "", "", "none", "bool"]))
        if extra:
            parts.append(None if extra == "none" else draw(st.booleans()))
        kind = draw(kinds)
        if kind == "slice" or n == 0:
            ends = st.none() | st.integers(-n - 1, n + 1)
            parts.append(slice(draw(ends), draw(ends), draw(st.sampled_from([None, 1, 2]))))
        elif kind == "mask":
            parts.append(np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n))))
        elif kind == "masks" and d + 1 < len(shape):
            size = n * shape[d + 1]
            parts.append(np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))).reshape(n, -1))
            d += 1
        elif kind == "int":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "list":
            size = together[0] if len(together) == 1 else 1
            parts.append(draw(st.lists(st.integers(-n, n - 1), min_size=size, max_size=size)))
        else:
            sizes = () if kind == "point" else together
            numbers = draw(st.lists(st.integers(-n, n - 1), min_size=2, max_size=2))
            kind_of_number = draw(st.sampled_from([np.int64, np.int32]))
            parts.append(np.array(numbers[: int(np.prod(sizes))], kind_of_number).reshape(sizes))
        d += 1
    cut = draw(st.integers(0, len(parts)))
    if draw(st.booleans()):
        resumed = draw(st.integers(cut, len(parts)))
        if sum(part is not None and not isinstance(part, bool) for part in parts[cut:resumed]):
            return (*parts[:cut], ..., *parts[resumed:])
    return tuple(parts[: draw(st.integers(cut, len(parts)))])


def of(tensor: Any, index: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tensor(part) if isinstance(part, np.ndarray) else part for part in index)


def outcome(function: Any) -> Any:
    """What a function gives, or the class of its error."""
    try:
        return function()
    except Exception as error:
        return next(kind for kind in (IndexError, RuntimeError, TypeError, ValueError) if isinstance(error, kind))


SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 3]), min_size=0, max_size=4).map(tuple)


@pytest.mark.parity
@given(shape=SHAPES, data=st.data())
def test_reading_and_writing_beside_pytorch(shape: tuple[int, ...], data: Any) -> None:
    torch = pytest.importorskip("torch")
    index = data.draw(indices(shape))
    numbers = np.random.default_rng(0).standard_normal(shape)
    order = data.draw(st.permutations(range(len(shape))))
    laid_out = numbers.transpose(order).copy().transpose(np.argsort(order).astype(int)) if shape else numbers
    x, z = gn.tensor(laid_out, requires_grad=True), torch.tensor(numbers, requires_grad=True)
    theirs = outcome(lambda: z[of(torch.tensor, index)])
    ours = outcome(lambda: x[of(gn.tensor, index)])
    if isinstance(theirs, type):
        assert ours is theirs, (index, ours, theirs)
        return
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())
    if 0 in shape:
        return
    g = np.random.default_rng(1).standard_normal(ours.shape)
    found = gn.autograd.grad(ours, x, (gn.tensor(g),))[0].numpy()
    np.testing.assert_allclose(found, torch.autograd.grad(theirs, z, torch.tensor(g))[0].numpy(), atol=1e-12)

    narrow = tuple(data.draw(st.sampled_from([n, n, 1])) for n in ours.shape)
    value = np.random.default_rng(2).standard_normal(narrow[data.draw(st.integers(0, len(narrow))) :])
    grads = []
    for tensor, base in ((gn.tensor, x), (torch.tensor, z)):
        v = tensor(value, requires_grad=True)
        y = base * 1
        y[of(tensor, index)] = v
        weights = tensor(np.random.default_rng(3).standard_normal(shape))
        autograd: Any = gn.autograd if tensor is gn.tensor else torch.autograd
        grads.append([y, *autograd.grad((y * y * weights).sum(), (base, v))])
    positions = np.arange(numbers.size).reshape(shape)
    touched = gn.tensor(positions)[of(gn.tensor, index)].numpy()
    if np.unique(touched).size == touched.size:  # written twice, one of them stays, and which is not said
        for a, b in zip(*grads, strict=True):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-12)
