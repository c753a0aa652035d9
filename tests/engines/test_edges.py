"""Compiled steps at NaN, ±∞, ±0, kinks, and numbers large and small: what eager gives, within the dtype's rounding.

All functions of one number are in one step, small, where the engine writes in forms of its own, and large.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engines.native.compilers import compiler
from glassnet.engines.numpy.fast_forms import SMALL
from glassnet.ops import registry
from glassnet.tensor import apply
from tests.ops.elementwise import PARAMS, SPECIAL

EDGES = [
    np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, -0.5, 1, -1, 3, -3, 6, -6, 12, -12, 20, -20, 30, -30, 88, -88, 100, -100,
    700, -700, 6e4, -6e4, 1e-7, -1e-7, 3e38, -3e38, 1e-40, -1e-40, 1e300, -1e300, 1e-310,
]  # fmt: skip
OF_ONE = [op for op in registry.values() if op.elementwise and len(op.vjp) == 1 and op.name not in SPECIAL]


def values_and_slopes(x: Any) -> dict[str, Any]:
    found = {}
    for op in OF_ONE:
        y = apply(op, x, **PARAMS.get(op.name, [{}])[0])
        found[op.name] = y.detach()
        if y.requires_grad:
            (found[f"the slope of {op.name}"],) = gn.autograd.grad(y.sum(), (x,))
    return found


@pytest.mark.parametrize(
    ("dtype", "size"), [("float16", "small"), ("float32", "small"), ("float64", "small"), ("float32", "large")]
)
def test_a_compiled_step_computes_what_eager_does(dtype: str, size: str) -> None:
    check_edges(dtype, size, "numpy")


@pytest.mark.slow("one function of C that computes everything takes a compiler five seconds")
@pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_so_does_one_in_c(dtype: str) -> None:
    check_edges(dtype, "small", "native", cancelling=("expm1", "gelu", "gelu_tanh", "mish", "tanhshrink"))


def check_edges(dtype: str, size: str, engine: str, cancelling: tuple[str, ...] = ()) -> None:
    """Compare with eager; where an engine adds numbers that nearly cancel, as 1 + erf(-3), to some roundings of 1."""
    with np.errstate(all="ignore"):
        x = np.array(EDGES).astype(dtype)
    x = x if size == "small" else np.tile(x, 1 + SMALL // len(x))

    def step(x: Any) -> dict[str, Any]:
        return values_and_slopes(x.clone().requires_grad_())

    expected = step(gn.from_numpy(x))
    found = gn.compile(step, engine=engine)(gn.from_numpy(x))
    rounding = 4 * float(np.finfo(dtype).eps)
    smallest = float(np.finfo(dtype).smallest_subnormal)
    for name, y in expected.items():
        error = 4 * rounding if name.removeprefix("the slope of ") in cancelling else smallest
        np.testing.assert_allclose(found[name].numpy(), y.numpy(), rounding, error, err_msg=name)


def test_a_small_sigmoid_has_no_floor() -> None:
    sigmoid = gn.compile(lambda x: x.sigmoid())
    assert sigmoid(gn.tensor([-np.inf, -30.0], dtype=gn.float16)).tolist() == [0.0, 0.0]
    assert sigmoid(gn.tensor([-np.inf, np.inf])).tolist() == [0.0, 1.0]


def test_a_rectifier_lets_the_gradient_through_where_nan_is() -> None:
    def step(x: Any) -> Any:
        x = x.clone().requires_grad_()
        return gn.autograd.grad((x.relu() * 3).sum(), (x,))[0]

    x = gn.tensor([np.nan, -1.0, 0.0, 2.0])
    assert step(x).tolist() == gn.compile(step)(x).tolist() == [3.0, 0.0, 0.0, 3.0]
