"""Tensors among NumPy's arrays, and among Python's own things."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import DtypeError, GradientError, ShapeError, Tensor, nn

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "ne", "lt", "le", "gt", "ge", "matmul")
}


# arrays -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATORS)
def test_an_array_and_a_tensor_make_a_tensor_whichever_comes_first(name: str) -> None:
    a, b = np.array([[2.0, 3.0], [1.5, 4.0]]), np.array([[1.0, 3.0], [2.0, 2.0]])
    expected = OPERATORS[name](a, b)
    for result in (OPERATORS[name](a, gn.from_numpy(b)), OPERATORS[name](gn.from_numpy(a), b)):
        assert isinstance(result, Tensor)
        np.testing.assert_allclose(result.numpy(), expected)


@pytest.mark.parametrize("name", [name for name in OPERATORS if name != "matmul"])
@pytest.mark.parametrize("number", [np.float64(2), np.int64(2), np.float32(2)], ids=lambda n: type(n).__name__)
def test_numpy_s_numbers_count_as_python_s(name: str, number: Any) -> None:
    x = gn.tensor([1.0, 2.0, 3.0])
    for result, expected in (
        (OPERATORS[name](number, x), OPERATORS[name](2, x)),
        (OPERATORS[name](x, number), OPERATORS[name](x, 2)),
    ):
        assert isinstance(result, Tensor)
        assert result.dtype == expected.dtype
        assert result.tolist() == expected.tolist()


def test_gradients_flow_past_an_array() -> None:
    x = gn.ones(2, requires_grad=True)
    (np.array([2.0, 3.0], np.float32) * x).sum().backward()
    assert x.grad.tolist() == [2, 3]


def test_numpy_s_functions_take_tensors() -> None:
    x = gn.tensor([[0.0, 1.0], [2.0, 3.0]])
    assert isinstance(np.exp(x), Tensor)  # as in PyTorch
    np.testing.assert_allclose(np.exp(x).numpy(), np.exp(x.numpy()))
    np.testing.assert_array_equal(np.dot(np.eye(2), x), x.numpy())
    np.testing.assert_array_equal(np.stack([x, x]).shape, (2, 2, 2))
    np.testing.assert_array_equal(np.concatenate([x, x]), np.concatenate([x.numpy()] * 2))
    np.testing.assert_array_equal(np.where(x > 1, x, 0), np.where(x.numpy() > 1, x.numpy(), 0))
    np.testing.assert_allclose(x, x.tolist())
    assert np.shape(x) == (2, 2)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "argmax", "argmin", "all", "any"])
def test_numpy_s_reductions_are_the_tensor_s_own(name: str) -> None:
    x = gn.tensor([[0.0, 1.0], [2.0, 5.0]])
    result = getattr(np, name)(x)
    assert isinstance(result, Tensor)
    assert result.item() == getattr(np, name)(x.numpy())
    if name not in ("max", "min"):  # x.max(axis=1) is values and indices
        assert getattr(np, name)(x, axis=1).tolist() == getattr(np, name)(x.numpy(), axis=1).tolist()


def test_a_tensor_becomes_an_array_without_copying_unless_it_must() -> None:
    x = gn.tensor([1.0, 2.0])
    assert np.shares_memory(x.numpy(), x.array)
    assert np.shares_memory(np.asarray(x), x.array)
    assert not np.shares_memory(np.array(x), x.array)
    wide = np.asarray(x, dtype=np.float64)
    assert wide.dtype == np.float64
    assert wide.tolist() == [1, 2]
    assert np.asarray(x, dtype=np.float32) is x.array
    with pytest.raises(ValueError, match="float32 becomes an array of int64 only by copying"):
        np.array(x, dtype=np.int64, copy=False)
    assert np.array([gn.ones(2), gn.zeros(2)]).tolist() == [[1, 1], [0, 0]]


def test_what_changes_in_one_changes_in_the_other() -> None:
    array = np.zeros(3)
    x = gn.from_numpy(array)
    x[0] = 5
    array[1] = 7
    assert array.tolist() == x.tolist() == [5, 7, 0]
    y = gn.tensor(array)
    array[2] = 9
    assert y.tolist() == [5, 7, 0]
    assert x.numpy() is array


def test_an_array_that_may_only_be_read_stays_as_it_is() -> None:
    array = np.zeros(3)
    array.flags.writeable = False
    x = gn.from_numpy(array)
    with pytest.raises(ShapeError, match=r"read-only array; change a copy: x\.clone\(\)"):
        x += 1
    assert (x + 1).tolist() == [1, 1, 1]


def test_numpy_does_not_follow_gradients() -> None:
    x = gn.ones(2, requires_grad=True)
    for attempt in (x.numpy, lambda: np.array(x), lambda: np.exp(x * 2)):
        with pytest.raises(GradientError, match="detach"):
            attempt()
    assert x.detach().numpy().tolist() == x.data.numpy().tolist() == [1, 1]


def test_a_tensor_is_an_index_of_arrays_and_the_other_way_round() -> None:
    array, x = np.arange(5) * 10, gn.arange(5) * 10
    for index in (gn.tensor([3, 1]), gn.tensor(2), gn.tensor([True, False, True, False, True])):
        assert array[index].tolist() == x[index].tolist() == x[index.numpy()].tolist() == array[index.numpy()].tolist()
    array[0] = gn.tensor(7)
    assert array[0] == 7


# Python -----------------------------------------------------------------------------------------


def test_numbers() -> None:
    assert float(gn.tensor(2.5)) == 2.5
    assert int(gn.tensor([[7.9]])) == 7
    assert complex(gn.tensor(1.5)) == 1.5
    assert math.sqrt(gn.tensor(4.0)) == 2
    assert "abcdef"[gn.tensor(2)] == "c"
    assert "abcdef"[gn.tensor([3])] == "d"
    assert list(range(gn.tensor(3))) == [0, 1, 2]
    assert bool(gn.tensor([[0.5]]))
    assert not gn.tensor(0)
    assert gn.tensor(0.1).item() == float(np.float32(0.1))
    assert type(gn.tensor(True).item()) is bool
    assert gn.zeros(gn.tensor(2), 3).shape == (2, 3)


@pytest.mark.parametrize("convert", [float, int, lambda x: x.item()])
def test_several_elements_are_no_number(convert: Callable[[Tensor], Any]) -> None:
    with pytest.raises(ValueError, match=r"one element, got shape \[2\]"):
        convert(gn.ones(2))


def test_what_is_no_index() -> None:
    for x in (gn.tensor(1.0), gn.tensor([1, 2])):
        with pytest.raises(TypeError, match="only integer tensors of one element"):
            [1, 2, 3][x]


def test_truth() -> None:
    for x in (gn.ones(2), gn.ones(0)):
        with pytest.raises(ValueError, match="ambiguous"):
            bool(x)


def test_format() -> None:
    x = gn.tensor(1234.5678)
    assert f"{x:.2f}" == "1234.57"
    assert f"{x:,.1f}|{x:10.0f}|{x:e}" == "1,234.6|      1235|1.234568e+03"
    assert f"{gn.tensor(7):>4d}" == "   7"
    assert f"{gn.tensor(0.4321, requires_grad=True):.0%}" == "43%"
    with pytest.raises(TypeError, match=r"'.2f' needs a tensor of 0 dimensions, got shape \[1\]"):
        f"{gn.ones(1):.2f}"


def test_a_tensor_is_itself_in_dicts_and_sets() -> None:
    a, b = gn.ones(2), gn.ones(2)
    names = {a: "a", b: "b"}
    assert (names[a], names[b]) == ("a", "b")
    assert len({a, b, a}) == 2


def test_membership() -> None:
    a, b = gn.ones(2), gn.zeros(2)
    assert a in [a, b]
    assert gn.tensor(1) in [gn.tensor(1)]
    assert gn.tensor(2) not in [gn.tensor(1)]
    with pytest.raises(ValueError, match="ambiguous"):
        assert b in [a]
    assert 3 in gn.arange(5)
    assert 7 not in gn.arange(5)
    assert gn.tensor([1, 2]) in gn.tensor([[1, 3], [2, 2]])  # some element is equal


@pytest.mark.parametrize("other", [None, "a", [1, 2], (1,), {}])
def test_what_is_no_tensor_equals_none(other: Any) -> None:
    x = gn.ones(2)
    assert (x == other) is False
    assert (x != other) is True
    assert other != x


@pytest.mark.parametrize(
    "name",
    ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lt", "le", "gt", "ge",
     "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor"],
)  # fmt: skip
def test_nothing_is_computed_with_what_is_no_number(name: str) -> None:
    x, operation = gn.ones(2), getattr(operator, name)
    for a, b in ((x, None), (None, x), (x, "a")):
        with pytest.raises(TypeError, match=r"not supported|unsupported|converted to an index"):
            operation(a, b)
    assert x.tolist() == [1, 1]


def test_sequence() -> None:
    x = gn.tensor([[3, 1], [2, 5]])
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[3, 1], [2, 5]]
    (a, b), (c, _) = x
    assert (a.item(), b.item(), c.item()) == (3, 1, 2)
    row = next(iter(x))
    row[0] = 9
    assert x[0, 0] == 9  # rows are views
    assert [t.tolist() for t in reversed(x)] == [[2, 5], [9, 1]]
    assert sum(gn.tensor([1, 2, 3])) == 6
    assert max(gn.tensor([1, 5, 3])) == 5
    assert [t.item() for t in sorted(gn.tensor([3, 1, 2]))] == [1, 2, 3]
    assert list(zip(gn.tensor([1, 2]), "ab", strict=True))[1][1] == "b"
    for attempt in (len, iter, list):
        with pytest.raises(TypeError, match="0-dimensional"):
            attempt(gn.tensor(1))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_copies(copied: Callable[[Any], Any]) -> None:
    x = nn.Parameter(gn.ones(2))
    x.grad = gn.full((2,), 3.0)
    y = copied(x)
    assert type(y) is nn.Parameter
    assert y.requires_grad
    assert y.is_leaf
    assert y.tolist() == [1, 1]
    assert y.grad.tolist() == [3, 3]
    y.data += 1
    y.grad += 1
    assert x.tolist() == [1, 1]
    assert x.grad.tolist() == [3, 3]


def test_what_is_one_tensor_stays_one_in_a_deep_copy() -> None:
    x = gn.ones(2)
    a, b = copy.deepcopy([x, x])
    assert a is b
    assert a is not x


def test_a_result_of_autograd_is_not_copied() -> None:
    with pytest.raises(GradientError, match=r"only leaf tensors.*x\.detach\(\)\.clone\(\)"):
        copy.deepcopy(gn.ones(2, requires_grad=True) * 2)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_a_script_pickles_is_there_again(protocol: int) -> None:
    x = gn.arange(6.0).reshape(2, 3).t().requires_grad_()
    x.note = "mine"
    for given in (x, nn.Parameter(gn.ones(2)), gn.tensor(True)):
        found = pickle.loads(pickle.dumps(given, protocol))
        assert type(found) is type(given)
        assert (found.tolist(), found.dtype, found.stride()) == (given.tolist(), given.dtype, given.stride())
        assert found.requires_grad == given.requires_grad
        assert vars(found).get("note") == vars(given).get("note")
    assert pickle.loads(pickle.dumps(x * 2, protocol)).is_leaf


def test_shared_memory_goes_to_another_process_as_its_place() -> None:
    whole = gn.zeros(2, 3).share_memory_()
    assert whole.is_shared()
    assert not gn.zeros(2).is_shared()
    assert whole.share_memory_() is whole
    there = pickle.loads(ForkingPickler.dumps(whole[1, ::2]))
    there += 5
    assert whole.tolist() == [[0, 0, 0], [5, 0, 5]]
    assert not pickle.loads(pickle.dumps(whole)).is_shared()


def test_a_shared_network_is_that_of_a_forked_process_too() -> None:
    net = nn.Linear(2, 1)
    net.share_memory()
    there = pickle.loads(ForkingPickler.dumps(net))
    there.weight.data.fill_(3)
    assert net.weight.tolist() == [[3, 3]]
    assert type(there.weight) is nn.Parameter


def test_data_and_detach() -> None:
    x = gn.ones(3, requires_grad=True)
    y = x * 2
    assert not y.detach().requires_grad
    assert y.detach_() is y
    assert y.is_leaf
    x.data = gn.zeros(3)
    assert x.requires_grad
    assert x.tolist() == [0, 0, 0]
    x.data = np.array([1.0, 2.0, 3.0])
    assert x.tolist() == [1, 2, 3]
    assert repr(x.data) == "tensor([1., 2., 3.], dtype=float64)"


def test_requires_grad_is_for_floats_and_leaves() -> None:
    with pytest.raises(DtypeError, match=r"got int64.*x\.float\(\)"):
        gn.ones(2, dtype=gn.int64).requires_grad_()
    with pytest.raises(GradientError, match="leaf tensors only"):
        (gn.ones(2, requires_grad=True) * 2).requires_grad = False
    x = gn.ones(2).requires_grad_()
    assert x.requires_grad_(False) is x
    assert not x.requires_grad
