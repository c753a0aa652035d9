"""What operations say to shapes that do not fit, and what the registry and the record do by themselves."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import DimensionError, DtypeError, ShapeError, tensor
from glassnet.ops import Spec, Value, registry
from glassnet.tensor import apply

zeros = glassnet.zeros


def op(name, *inputs, **params):
    return lambda: apply(registry[name], *inputs, **params)


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: zeros(2, 3) + zeros(2), ShapeError, r"dimension -1 has sizes 2 and 3 .* v\.unsqueeze\(1\)\)$"),
        (lambda: zeros(2, 3) + zeros(4, 3), ShapeError, r"dimension -2 has sizes 2 and 4 .* one of them 1\)$"),
        (lambda: zeros(2, 3) @ zeros(2, 3), ShapeError, r"last dimension of the first \(3\).*second-last.*\(2\).*b\.T"),
        (lambda: zeros(2, 3) @ zeros(4, 5), ShapeError, r"got \[2, 3\] and \[4, 5\]$"),
        (lambda: zeros(2, 3) @ zeros(4), ShapeError, r"the only dimension of the second \(4\)"),
        (lambda: zeros(2, 3) @ tensor(1.0), ShapeError, r"1 dimension or more, .*to multiply by a number use \*"),
        (lambda: zeros(2, 2, 3) @ zeros(3, 3, 2), ShapeError, "matmul: shapes .* do not broadcast"),
        (op("linear", zeros(5, 2, 3), zeros(4, 6)), ShapeError, r"last dimension is 6 .*flatten it first: x\.flatten"),
        (op("linear", zeros(3, 2), zeros(4, 3)), ShapeError, r"its first dimension would fit: x\.T"),
        (op("linear", zeros(2, 2), zeros(4, 3)), ShapeError, r"got \[2, 2\]; .* make the layer with in_features=2$"),
        (op("linear", tensor(1.0), zeros(4, 3)), ShapeError, r"got \[\]$"),
        (op("linear", zeros(2, 3), zeros(4, 3).double()), DtypeError, "linear: expected inputs of one dtype"),
        (
            op("bilinear", zeros(2, 3), zeros(2, 2), zeros(4, 3, 3)),
            ShapeError,
            r"expected inputs \[..., 3\] and \[..., 3\], equal but for the last dimension, got \[2, 3\] and \[2, 2\]",
        ),
        (op("embedding", tensor([0, 4]), zeros(4, 2)), IndexError, r"from 0 to 3 \(the table has 4 rows\), got 4"),
        (op("embedding", tensor([-1]), zeros(4, 2)), IndexError, "got -1"),
        (op("embedding", tensor([0.0]), zeros(4, 2)), DtypeError, r"integer indices, got float32.*index\.long\(\)"),
        (op("one_hot", tensor([3]), classes=3, dtype=np.float32), IndexError, "one_hot: .* 0 to 2, got 3"),
        (lambda: tensor(1.0).sum(1), DimensionError, "0-dimensional tensor has no dimension 1; leave dim out"),
        (lambda: zeros(2, 3).softmax(2), DimensionError, "softmax: dim must be between -2 and 1"),
        (lambda: zeros(2, 3).argsort(2), DimensionError, "argsort: dim must be between -2 and 1"),
        (lambda: zeros(2, 3).cumsum(-3), DimensionError, "cumsum: dim must be between -2 and 1"),
        (lambda: zeros(2, 3).gather(2, tensor([[0]])), DimensionError, "gather: dim must be between"),
        (lambda: glassnet.where(tensor([True, False]), zeros(3), 0.0), ShapeError, "where: shapes"),
    ],
)
def test_message(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_an_error_of_numpy_s_that_the_shape_rule_cannot_explain_is_let_through():
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        apply(registry["add"], tensor([1.0]), 1.0, no_such_parameter=1)


def test_whole_numbers_have_no_negative_powers_and_no_quotient_by_zero():
    with pytest.raises(RuntimeError, match=r"no negative powers that are whole.* x\.float\(\) \*\* -1"):
        tensor([2]) ** -1
    assert (tensor([2, 1, -1, -1]) ** tensor([-1, -1, -1, -2])).tolist() == [0, 1, -1, 1]  # rounded towards zero
    for name in ("floor_divide", "remainder", "fmod"):
        with pytest.raises(RuntimeError, match=f"{name}: whole numbers cannot be divided by 0"):
            getattr(tensor([2]), name)(0)


def test_spaces_of_shape_rules_are_tuples_whatever_comes():
    reshape = registry["reshape"].shape(Spec((2, 3), np.dtype("f4")), shape=[3, -1])
    assert reshape == Spec((3, 2), np.dtype("f4"))


def test_where_it_happened_is_part_of_the_message():
    error = ShapeError("these do not fit")
    error.where = "fc1"
    assert str(error) == "in fc1: these do not fit"


def test_a_value_says_itself_how_it_is_operated_on():
    class Traced(Value):
        def operate(self, op, inputs, params):
            return op.name, inputs, params

    x = Traced()
    assert registry["add"](1, x) == ("add", (1, x), {})
    assert registry["sum"](x, dim=0) == ("sum", (x,), {"dim": 0})
    assert registry["add"](1, 2) == 3
    with pytest.raises(NotImplementedError):
        Value().operate(registry["add"], (), {})


def test_reads_and_rules_beyond_the_last_input():
    getitem = registry["getitem"]
    assert getitem.rule(1) is None
    assert not registry["argmax"].reads(0, 1)
    assert getitem.reads(0, 2)
    assert not getitem.reads(0, 1)
    assert not registry["concatenate"].reads(0, 3)
    assert registry["mul"].reads(0, 2)
    assert not registry["mul"].reads(0, 1)
