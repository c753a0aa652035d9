"""reshape, permute, view and their kin: NumPy's values, NumPy's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import glassnet
from glassnet import ShapeError, tensor
from glassnet.tensor import Tensor


@st.composite
def strided(draw: Any) -> np.ndarray:
    """An array that may be transposed, sliced or reversed, and so not in order in memory."""
    shape = draw(array_shapes(min_dims=1, max_dims=3, max_side=4))
    x = np.arange(float(np.prod(shape))).reshape(shape)
    if draw(st.booleans()):
        x = x.transpose(draw(st.permutations(range(x.ndim))))
    if draw(st.booleans()):
        x = x[:: draw(st.sampled_from([2, -1]))]
    return x


@st.composite
def shape_for(draw: Any, size: int) -> tuple[int, ...]:
    """Sizes whose product is ``size``, one of them perhaps −1."""
    sizes = []
    rest = size
    while rest > 1 and draw(st.booleans()):
        n = draw(st.sampled_from([d for d in range(1, rest + 1) if rest % d == 0]))
        sizes.append(n)
        rest //= n
    sizes.append(draw(st.sampled_from([rest, -1])))
    return tuple(sizes)


def of(x: np.ndarray) -> Tensor:
    return glassnet.from_numpy(x)


@given(x=strided(), data=st.data())
def test_reshape_and_view(x, data):
    shape = data.draw(shape_for(x.size))
    expected = x.reshape(shape)
    y = of(x).reshape(shape)
    np.testing.assert_array_equal(y.numpy(), expected)
    shared = np.shares_memory(x, expected)
    assert np.shares_memory(y.numpy(), x) == shared
    assert (y.view_of is not None) == shared
    if shared:
        assert np.shares_memory(of(x).view(*shape).numpy(), x)
    else:
        with pytest.raises(ShapeError, match=r"without copying.*reshape\(\)"):
            of(x).view(*shape)


@given(x=strided(), data=st.data())
def test_permute(x, data):
    order = data.draw(st.permutations(range(x.ndim)))
    signed = [d - x.ndim * data.draw(st.booleans()) for d in order]
    y = of(x).permute(*signed)
    np.testing.assert_array_equal(y.numpy(), x.transpose(order))
    assert np.shares_memory(y.numpy(), x)
    t = tensor(x, requires_grad=True)
    (g,) = glassnet.autograd.grad(t.permute(signed), t, (x.transpose(order),))
    np.testing.assert_array_equal(g.numpy(), x)


@given(x=strided(), data=st.data())
def test_flatten_squeeze_and_unsqueeze(x, data):
    d = data.draw(st.integers(-x.ndim, x.ndim - 1))
    np.testing.assert_array_equal(of(x).flatten().numpy(), x.ravel())
    np.testing.assert_array_equal(of(x).unsqueeze(d).squeeze(d).numpy(), x)
    np.testing.assert_array_equal(of(x).squeeze().numpy(), x.squeeze())
    start = d % x.ndim
    flat = of(x).flatten(start)
    assert flat.shape == (*x.shape[:start], int(np.prod(x.shape[start:])))
    np.testing.assert_array_equal(flat.unflatten(start, x.shape[start:]).numpy(), x)


@given(x=strided(), data=st.data())
def test_joining_what_was_split(x, data):
    d = data.draw(st.integers(-x.ndim, x.ndim - 1))
    size = data.draw(st.integers(1, 5))
    parts = of(x).split(size, d)
    assert [p.shape[d] for p in parts[:-1]] == [size] * (len(parts) - 1)
    np.testing.assert_array_equal(glassnet.cat(parts, d).numpy(), x)
    np.testing.assert_array_equal(glassnet.cat(of(x).chunk(size, d), d).numpy(), x)
    np.testing.assert_array_equal(glassnet.stack(of(x).unbind(d), d).numpy(), x)
    assert len(of(x).chunk(size, d)) <= size


@given(x=strided(), data=st.data())
def test_flip_roll_back_and_swap(x, data):
    dims = data.draw(st.lists(st.integers(0, x.ndim - 1), unique=True))
    np.testing.assert_array_equal(of(x).flip(dims).numpy(), np.flip(x, dims))
    a, b = data.draw(st.integers(-x.ndim, x.ndim - 1)), data.draw(st.integers(-x.ndim, x.ndim - 1))
    np.testing.assert_array_equal(of(x).transpose(a, b).numpy(), x.swapaxes(a, b))
    np.testing.assert_array_equal(of(x).movedim(a, b).numpy(), np.moveaxis(x, a, b))
    times = data.draw(st.lists(st.integers(1, 2), min_size=x.ndim, max_size=x.ndim + 1))
    np.testing.assert_array_equal(of(x).repeat(*times).numpy(), np.tile(x, times))


@pytest.mark.parametrize(
    ("shape", "new", "message"),
    [
        ((2, 3), (4,), r"\[2, 3\] has 6 elements, but \[4\] holds 4"),
        ((2, 3), (-1, 4), r"6 is not a multiple of 4"),
        ((2, 3), (-1, -1), "at most one dimension can be -1"),
        ((2, 3), (-2, 3), "sizes must be 0 or more"),
        ((0, 3), (0, -1), "cannot hold"),
    ],
)
def test_a_shape_that_does_not_fit(shape, new, message):
    with pytest.raises(ShapeError, match=message):
        tensor(np.zeros(shape)).view(new)
    with pytest.raises(ShapeError, match=message):
        tensor(np.zeros(shape)).reshape(new)


def test_dimensions_that_do_not_fit():
    x = tensor(np.zeros((2, 3)))
    with pytest.raises(IndexError, match=r"permute: dims must name each of the 2 dimensions of \[2, 3\] once"):
        x.permute(0, 0)
    with pytest.raises(ShapeError, match=r"concatenate: shapes must be equal except in dimension 0"):
        glassnet.cat([x, tensor(np.zeros((2, 4)))])
    with pytest.raises(ShapeError, match="stack: expected tensors of one shape"):
        glassnet.stack([x, tensor(np.zeros((2, 4)))])
    with pytest.raises(ShapeError, match="expected at least one tensor"):
        glassnet.cat([])
    with pytest.raises(ShapeError, match="expected at least one tensor"):
        glassnet.stack([])
    with pytest.raises(ShapeError, match=r"\[2, 3\] cannot be repeated to fill \[3, 3\]"):
        x.expand(3, 3)
    with pytest.raises(IndexError, match="flip"):
        x.flip(2)
