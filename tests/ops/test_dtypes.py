"""Which dtype a result has: categories first, then tensors with dimensions, then those without, then numbers."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet import DtypeError, ShapeError, tensor
from glassnet.ops import registry
from glassnet.ops.dtypes import category, float_type, number_type, result_type
from glassnet.tensor import Tensor, apply


def vector(dtype: str) -> Tensor:
    return tensor(np.ones(2, dtype))


def number(dtype: str) -> Tensor:
    return tensor(np.ones((), dtype))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (vector("float32"), vector("float64"), "float64"),
        (vector("float32"), number("float64"), "float32"),
        (number("float32"), number("float64"), "float64"),
        (vector("int64"), number("float64"), "float64"),
        (vector("int64"), vector("float32"), "float32"),  # NumPy: float64
        (vector("int32"), vector("float16"), "float16"),
        (vector("uint8"), vector("int8"), "int16"),
        (vector("int8"), number("int64"), "int8"),
        (vector("bool"), number("int32"), "int32"),
        (vector("bool"), vector("bool"), "bool"),
        (vector("bool"), 2, "int64"),
        (vector("uint8"), 2, "uint8"),
        (vector("int64"), 1.5, "float32"),
        (vector("float64"), 1.5, "float64"),
        (vector("float16"), 2, "float16"),
        (number("int32"), True, "int32"),
        (vector("float32"), np.float64(2), "float32"),  # NumPy's numbers count as Python's
        (vector("float32"), np.ones(2), "float64"),  # its arrays do not
    ],
)
def test_the_common_dtype(a, b, expected):
    assert (a + b).dtype == expected
    assert (b + a).dtype == expected
    if not isinstance(b, np.generic):
        assert glassnet.result_type(a, b) == expected


def test_division_and_functions_of_integers_are_floating():
    assert (tensor([1, 2]) / 2).dtype == glassnet.float32
    assert (tensor([1, 2]) / tensor([1.0], dtype=glassnet.float64)).dtype == glassnet.float64
    assert tensor([1, 2]).exp().dtype == glassnet.float32
    assert tensor([True]).sqrt().dtype == glassnet.float32


def test_rounding_leaves_integers_as_they_are():
    x = tensor([-3, 2])
    for name in ("floor", "ceil", "round", "trunc"):
        y = getattr(x, name)()
        assert y.dtype == glassnet.int64
        assert y.tolist() == [-3, 2]
        assert y is not x
    assert tensor([-1.5, 2.5]).trunc().tolist() == [-1, 2]
    assert tensor([-1.5, 2.5]).round().tolist() == [-2, 2]


def test_clamping_integers_between_floats_gives_floats():
    x = tensor([1, 5])
    assert x.clamp(0, 3).dtype == glassnet.int64
    assert x.clamp(max=3.5).dtype == glassnet.float32
    assert x.clamp(max=3.5).tolist() == [1, 3.5]
    assert tensor([True, False]).clamp(max=0).dtype == glassnet.int64
    with pytest.raises(TypeError, match="int64 cannot hold"):
        x.clamp_(max=3.5)


def test_the_default_dtype():
    assert glassnet.get_default_dtype() == glassnet.float32
    glassnet.set_default_dtype(glassnet.float64)
    try:
        assert tensor([1.0]).dtype == glassnet.float64
        assert (tensor([1]) * 0.5).dtype == glassnet.float64
        assert tensor([1]).exp().dtype == glassnet.float64
        assert glassnet.zeros(1).dtype == glassnet.float64
    finally:
        glassnet.set_default_dtype(glassnet.float32)
    with pytest.raises(TypeError, match="must be floating"):
        glassnet.set_default_dtype(glassnet.int64)


@pytest.mark.parametrize("name", ["neg", "sub", "pow", "square", "floor", "remainder", "floor_divide"])
def test_bools_are_no_numbers(name):
    inputs = [tensor([True, False])] * len(registry[name].vjp)
    with pytest.raises(DtypeError, match=rf"{name}: expected numbers, got bool; .*\.int\(\)"):
        apply(registry[name], *inputs)
    with pytest.raises(TypeError, match="expected numbers, got bool"):
        registry[name].shape(*inputs)


def test_what_is_no_number():
    with pytest.raises(DtypeError, match="add: expected a tensor, an array or a number, got str: 'a'"):
        apply(registry["add"], tensor([1.0]), "a")
    with pytest.raises(TypeError, match="got dtype datetime64"):
        tensor([1.0]) + np.array(["2026-01-01"], "datetime64[D]")
    with pytest.raises(TypeError, match="got dtype object"):
        category(np.dtype(object))
    with pytest.raises(TypeError, match="at least one input"):
        result_type()
    assert float_type(1) == glassnet.float32
    assert number_type(True, 1) == glassnet.int64


def test_dtypes_that_must_be_equal():
    single, double = glassnet.ones(2, 2), glassnet.ones(2, 2, dtype=glassnet.float64)
    with pytest.raises(DtypeError, match=r"matmul: expected inputs of one dtype, got float32 and float64; convert one"):
        single @ double
    with pytest.raises(ShapeError, match=r"got \[2, 2\] and \[\]; to multiply by a number use \*"):
        single @ 2.0
    with pytest.raises(DtypeError, match="matmul: expected tensors, got ndarray, int"):
        tensor([[1]]) @ 2
    assert (tensor([[1, 2]]) @ tensor([[3], [4]])).tolist() == [[11]]


def test_gradients_are_cast_back():
    x = tensor([1.0, 2.0], requires_grad=True)
    w = tensor([3.0, 4.0], dtype=glassnet.float64, requires_grad=True)
    h = tensor([1.0, 1.0], dtype=glassnet.float16, requires_grad=True)
    (x * w + h).sum().backward()
    assert (x.grad.dtype, w.grad.dtype, h.grad.dtype) == (glassnet.float32, glassnet.float64, glassnet.float16)
    y = tensor([1.0], dtype=glassnet.float64, requires_grad=True)
    y.float().double().sum().backward()
    assert y.grad.dtype == glassnet.float64
