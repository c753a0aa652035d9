"""The forms in which PyTorch's methods take their arguments, and what they refuse: never another result, silently."""

from __future__ import annotations

import math

import numpy as np
import pytest

import glassnet
from glassnet import DimensionError, DtypeError, RangeError, ShapeError, tensor
from glassnet.tensor import Tensor

X = np.arange(12.0, dtype=np.float32).reshape(3, 4)


def x() -> Tensor:
    return tensor(X)


# views ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "see",
    [
        lambda t: t.T,
        lambda t: t[:, 1],
        lambda t: t[:, ::2],
        lambda t: t[0].expand(2, 4),
        lambda t: t.flip(0),
        lambda t: t.reshape(3, 2, 2).permute(2, 0, 1),
    ],
)
def test_contiguous_puts_the_elements_in_order_so_that_view_works(see):
    source = see(x())
    result = source.contiguous()
    assert result.is_contiguous()
    assert result.view(-1).tolist() == source.reshape(-1).tolist()
    assert result.contiguous() is result


def test_the_gradient_goes_back_through_contiguous():
    t = x().requires_grad_()
    (t.T.contiguous().view(2, 6) * tensor(X.reshape(2, 6))).sum().backward()
    assert t.grad.tolist() == X.reshape(4, 3).T.tolist()


def test_sizes_may_be_named():
    assert x().view(size=(4, 3)).shape == x().resize_(size=(4, 3)).shape == (4, 3)
    assert x().expand(size=(2, 3, 4)).shape == x().broadcast_to(size=(2, 3, 4)).shape == (2, 3, 4)
    assert x().repeat(repeats=(2, 1)).shape == (6, 4)


def test_movedim_moves_several_dimensions():
    t = glassnet.zeros(2, 3, 4, 5)
    for source, destination in [((0, 1), (1, 0)), ((0, -1), (-1, 1)), ([2], [0]), ((0, 1, 2), (1, 2, 3)), (0, 2)]:
        assert t.movedim(source, destination).shape == np.moveaxis(t.array, source, destination).shape
    for source, destination in [((0, 0), (1, 2)), ((0, 1), (1, 1)), ((0, 1), (1,))]:
        with pytest.raises(DimensionError, match="movedim: expected each dimension once"):
            t.movedim(source, destination)


def test_expand_keeps_no_size_that_is_not_there():
    assert x().expand(2, -1, -1).shape == (2, 3, 4)
    with pytest.raises(ShapeError, match=r"expand: -1 keeps a size, but \[3, 4\] has no dimension"):
        x().expand(-1, 3, 4)


def test_split_and_chunk_of_nothing_and_into_nothing():
    empty = glassnet.zeros(0, 3)
    assert [p.shape for p in empty.split(2)] == [(0, 3)]
    assert [p.shape for p in empty.split(0)] == [(0, 3)]
    assert [p.shape for p in empty.chunk(2)] == [(0, 3)] * 2
    assert [len(p) for p in x().split(2)] == [2, 1]
    assert [len(p) for p in x().chunk(5)] == [1, 1, 1]
    for size in (0, -1):
        with pytest.raises(ShapeError, match=f"split: expected pieces of size 1 or more, got {size}"):
            x().split(size)
    with pytest.raises(ShapeError, match="must add up to 3"):
        x().split([4, -1])
    for call in (lambda t: t.split(1), lambda t: t.chunk(1), lambda t: t.unbind()):
        with pytest.raises(DimensionError, match="at least 1 dimension"):
            call(tensor(1.0))
    with pytest.raises(ShapeError, match="at least 1 dimension"):
        tensor(1.0).narrow(0, 0, 1)


def test_narrow_counts_a_negative_start_from_the_end():
    assert x().narrow(0, -1, 1).tolist() == X[-1:].tolist()
    with pytest.raises(RangeError, match="narrow: 2 from -1 on do not lie in dim 0 of size 3"):
        x().narrow(0, -1, 2)


# picking and writing --------------------------------------------------------------------------------


def test_index_select_takes_a_vector_of_indices_from_0_on():
    assert x().index_select(1, tensor([3, 0])).tolist() == X[:, [3, 0]].tolist()
    assert x().index_select(0, tensor(2)).tolist() == X[[2]].tolist()
    for index in (tensor([[0, 1]]), tensor([True, False, True])):
        with pytest.raises(DimensionError, match="index_select: expected a vector of integers"):
            x().index_select(0, index)
    for index in ([-1], [3]):
        with pytest.raises(RangeError, match="index_select: expected indices from 0 to 2, got"):
            x().index_select(0, tensor(index))


def test_masked_select_takes_a_bool_mask_which_broadcasts():
    assert x().masked_select(tensor([True, False, False, True])).tolist() == [0, 3, 4, 7, 8, 11]
    assert tensor([1.0, 2.0]).masked_select(tensor([[True], [False]])).tolist() == [1, 2]
    with pytest.raises(DtypeError, match="masked_select: expected a bool mask, got int64"):
        x().masked_select(tensor([1, 0, 1]))
    with pytest.raises(ShapeError, match="masked_select"):
        x().masked_select(tensor([True, False]))


def test_gather_does_not_broadcast_its_index():
    with pytest.raises(ShapeError, match=r"gather: the index must have as many dimensions.*got \[2\]"):
        x().gather(0, tensor([0, 1]))


def test_what_is_no_number_is_not_written():
    for value in (None, "a", object()):
        t = x()
        with pytest.raises(TypeError, match="expected a tensor or numbers to assign, got"):
            t[0] = value
        assert t.tolist() == X.tolist()


@pytest.mark.parametrize(
    ("dtype", "value"), [("uint8", 300), ("uint8", -256), ("int64", math.nan), ("int32", math.inf)]
)
def test_a_number_that_the_integers_cannot_be_is_not_written(dtype, value):
    t = tensor([1, 2], dtype=getattr(glassnet, dtype))
    with pytest.raises(RangeError, match=f"{dtype} holds whole numbers from .* got {value}"):
        t[0] = value
    assert t.tolist() == [1, 2]


# reductions -----------------------------------------------------------------------------------------


def test_var_and_std_take_unbiased_and_keepdim_by_place():
    for name, by_numpy in (("var", np.var), ("std", np.std)):
        call = getattr(x(), name)
        np.testing.assert_allclose(call(0, False).array, by_numpy(X, 0), rtol=1e-6)
        np.testing.assert_allclose(call(1, True, True).array, by_numpy(X, 1, ddof=1, keepdims=True), rtol=1e-6)
        np.testing.assert_allclose(call(False).array, by_numpy(X), rtol=1e-6)
        np.testing.assert_allclose(call(True).array, by_numpy(X, ddof=1), rtol=1e-6)


def test_norm_takes_every_order():
    t = tensor([[3.0, 0.0, -4.0]])
    assert [t.norm(p).item() for p in ("fro", 1, 0, math.inf, -math.inf)] == [5, 7, 2, 4, 0]
    assert t.norm(0, dim=1, keepdim=True).tolist() == [[2.0]]
    assert tensor([1.0, 2.0]).norm(-1).item() == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match='norm: expected p as a number, "fro" or "nuc", got \'max\''):
        t.norm("max")
    assert t.norm("nuc").item() == pytest.approx(5)
    for p in (0, 1, 2, 3, math.inf):
        with pytest.raises(DtypeError, match="norm: expected a floating tensor, got int64"):
            tensor([1, 2]).norm(p)


def test_median_along_a_dimension_says_where_it_stands():
    t = tensor([[3.0, 1.0, 2.0], [5.0, 4.0, 6.0]], requires_grad=True)
    values, indices = t.median(1)
    assert (values.tolist(), indices.tolist()) == ([2, 5], [2, 0])
    assert t.median(0, True).values.tolist() == [[3, 1, 2]]
    values.sum().backward()
    assert t.grad.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert t.median().item() == 3
    assert tensor(7).median(0) == (7, 0)


def test_the_median_of_what_holds_a_nan_is_nan():
    t = tensor([[1.0, math.nan, 2.0, math.nan], [3.0, 1.0, 2.0, 0.0]])
    values, indices = t.median(1)
    assert math.isnan(values[0].item())
    assert values[1].item() == 1
    assert indices.tolist() == [1, 1]
    assert math.isnan(t.median().item())
    assert math.isnan(glassnet.zeros(0).median().item())
    with pytest.raises(ShapeError, match="median: expected at least one element"):
        glassnet.zeros(0).long().median()


def test_products_and_running_sums_are_computed_in_the_dtype_that_is_asked_for():
    assert x().prod(0, dtype=glassnet.float64).dtype == glassnet.float64
    assert tensor([1, 2]).cumsum(0, dtype=glassnet.float32).dtype == glassnet.float32


# arithmetic -----------------------------------------------------------------------------------------


def test_a_quotient_of_integers_cut_to_an_integer_is_one():
    q = tensor([7, -7]).div(2, rounding_mode="trunc")
    assert (q.dtype, q.tolist()) == (glassnet.int64, [3, -3])
    assert tensor([7.0, -7.0]).div(2, rounding_mode="trunc").dtype == glassnet.float32


def test_equal_and_allclose_are_methods_too():
    assert x().equal(x())
    assert not x().equal(tensor([1.0]))
    assert x().allclose(x() + 1e-9)
    assert not x().allclose(x() + 1)
    assert tensor([math.nan]).allclose(tensor([math.nan]), equal_nan=True)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, 5, 0.5, 1 / 3, 3.0, -1])
def test_powers_are_numpys_whatever_way_they_are_computed(exponent):
    values = np.array([0.25, 1.5, 3.0, 1e-3])
    t = tensor(values, requires_grad=True)
    np.testing.assert_allclose((t**exponent).detach().array, values**exponent, rtol=1e-15)
    np.testing.assert_array_equal(t.pow(exponent).detach().array, (t**exponent).detach().array)
    (t**exponent).sum().backward()
    np.testing.assert_allclose(t.grad.array, exponent * values ** (exponent - 1.0), rtol=1e-14)


def test_powers_keep_the_dtype():
    for power in (2, 3, 4, 5):
        assert (tensor([2, 3]) ** power).tolist() == [2**power, 3**power]
        assert (tensor([2, 3]) ** float(power)).dtype == glassnet.float32
        assert (x() ** power).dtype == glassnet.float32
