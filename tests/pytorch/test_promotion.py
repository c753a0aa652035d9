"""The dtype of what two operands give, beside PyTorch's: tensors with and without dimensions, and Python numbers.

Where PyTorch has no kernel for a dtype, or takes no number in the place of a tensor, glassnet may go further.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import glassnet as gn
from tests.pytorch.twins import torch

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]  # PyTorch has warnings of its own

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64",
          "complex128"]  # fmt: skip
NUMBERS = [True, 2, 0.5, 0.5j]
FUNCTIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    **{f"operator.{name}": lambda t, a, b, name=name: getattr(operator, name)(a, b) for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor", "lshift", "rshift", "eq",
        "ne", "lt", "le", "gt", "ge")},
    **{name: lambda t, a, b, name=name: getattr(t, name)(a, b) for name in (
        "atan2", "maximum", "minimum", "fmax", "fmin", "fmod", "hypot", "copysign", "logical_and", "logical_xor",
        "xlogy", "float_power", "true_divide", "logaddexp", "gcd", "ldexp", "nextafter", "isclose")},
    "where": lambda t, a, b: t.where(t.tensor([True, False]), a, b),
    "cat": lambda t, a, b: t.cat([a.reshape(-1), b.reshape(-1)]),
    "stack": lambda t, a, b: t.stack([a, b]),
    "lerp": lambda t, a, b: t.lerp(a, b, 0.5),
    "addcmul": lambda t, a, b: t.addcmul(a, b, b),
    "matmul": lambda t, a, b: a.reshape(-1) @ b.reshape(-1),
    "masked_fill": lambda t, a, b: a.masked_fill(t.tensor([True, False]), b),
    "result_type": lambda t, a, b: t.zeros(1, dtype=t.result_type(a, b)),
    "clamp": lambda t, a, b: t.clamp(a, min=b),
    "index": lambda t, a, b: _put(a, t.tensor([0]), b),
    "slice": lambda t, a, b: _put(a, slice(None), b),
    "copy_": lambda t, a, b: a.clone().copy_(b),
    **{f"{name} in place": lambda t, a, b, name=name: getattr(operator, name)(a.clone(), b) for name in (
        "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor")},
}  # fmt: skip


def _put(x: Any, index: Any, value: Any) -> Any:
    y = x.clone()
    y[index] = value
    return y


@st.composite
def operands(draw: Any) -> Any:
    """A tensor of two ones or of one, or a number: (dtype, shape), or the number."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(NUMBERS))
    return draw(st.sampled_from(DTYPES)), draw(st.sampled_from([(2,), (2,), ()]))


def made(library: Any, operand: Any) -> Any:
    return library.from_numpy(np.ones(operand[1], operand[0])) if isinstance(operand, tuple) else operand


def outcome(library: Any, name: str, pair: tuple[Any, Any]) -> Any:
    try:
        result = FUNCTIONS[name](library, *(made(library, operand) for operand in pair))
    except Exception as error:
        return error
    return f"{str(result.dtype).removeprefix('torch.')}{list(result.shape)}"


# Where the two differ, and are known to: the function, and the dtypes or numbers of its operands that must be there.
DIFFERENT = [
    *((name, {mask, dtype})
      for name in ("sub", "isub in place") for mask in ("bool", True) for dtype in ("float16", "float32", "float64")),
    # a mask may be taken from floats, as derivatives do
    ("pow", {"bool"}),  # PyTorch has True ** True alone
    ("ipow in place", {"bool"}),
    ("logaddexp", {"complex64"}), ("logaddexp", {"complex128"}),  # of real numbers
    ("clamp", {0.5j}),  # which is refused for what it is compared with
]  # fmt: skip


def is_known(name: str, pair: tuple[Any, Any]) -> bool:
    kinds = {operand[0] if isinstance(operand, tuple) else operand for operand in pair}
    half = "float16" in kinds and not kinds.isdisjoint({"complex64", "complex128", 0.5j})  # where PyTorch has complex32
    return half or any(name.removeprefix("operator.") == other and some <= kinds for other, some in DIFFERENT)


@settings(max_examples=40 * settings.default.max_examples)
@given(name=st.sampled_from(sorted(FUNCTIONS)), pair=st.tuples(operands(), operands()))
def test_dtype_as_pytorchs(name: str, pair: tuple[Any, Any]) -> None:
    assume(any(isinstance(operand, tuple) for operand in pair) and not is_known(name, pair))
    theirs, ours = outcome(torch, name, pair), outcome(gn, name, pair)
    if isinstance(theirs, NotImplementedError | TypeError):
        return
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), f"PyTorch raises {theirs!r}, found {ours!r}"
    else:
        assert ours == theirs


@settings(max_examples=4 * settings.default.max_examples)
@given(names=st.tuples(st.sampled_from(DTYPES), st.sampled_from(DTYPES)))
def test_one_dtype_as_another(names: tuple[str, str]) -> None:
    ours, theirs = ([getattr(library, name) for name in names] for library in (gn, torch))
    assert gn.can_cast(*ours) == torch.can_cast(*theirs)
    if "float16" not in names or not any(name.startswith("complex") for name in names):
        assert f"torch.{gn.promote_types(*ours)}" == str(torch.promote_types(*theirs))
