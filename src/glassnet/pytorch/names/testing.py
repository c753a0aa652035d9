"""torch.testing: assertions about tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import as_dtype
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty
from glassnet.tensor.spellings import sizes

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

# By dtype, as PyTorch's documentation gives them: relative and absolute.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Any = None,
) -> None:
    """Raise AssertionError where ``actual`` and ``expected`` (tensors, numbers, or containers of them) differ.

    >>> from glassnet.pytorch.names.testing import assert_close
    >>> assert_close(glassnet.tensor([1.0]), glassnet.tensor([1.0 + 1e-7]))
    """
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys(), msg or f"the keys differ: {[*actual]} and {[*expected]}"
        for key in expected:
            assert_close(actual[key], expected[key], rtol=rtol, atol=atol, equal_nan=equal_nan, msg=msg)
        return
    if isinstance(expected, list | tuple):
        assert len(actual) == len(expected), msg or f"the lengths differ: {len(actual)} and {len(expected)}"
        for one, other in zip(actual, expected, strict=True):
            assert_close(one, other, rtol=rtol, atol=atol, equal_nan=equal_nan, msg=msg)
        return
    are_tensors = isinstance(actual, Tensor) and isinstance(expected, Tensor)
    x, y = (np.asarray(v.array if isinstance(v, Tensor) else v) for v in (actual, expected))
    assert x.shape == y.shape, msg or f"the shapes differ: {x.shape} and {y.shape}"
    if are_tensors and check_dtype:
        assert x.dtype == y.dtype, msg or f"the dtypes differ: {x.dtype} and {y.dtype}"
    known = max((_TOLERANCES.get(v.dtype.name, (0.0, 0.0)) for v in (x, y)), default=(0.0, 0.0))
    rtol, atol = known[0] if rtol is None else rtol, known[1] if atol is None else atol
    close = np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if not close.all():
        worst = np.nanmax(np.abs(np.subtract(x, y, dtype=np.float64)))
        text = f"{(~close).sum()} of {close.size} numbers differ by more than rtol={rtol}, atol={atol}; most: {worst:g}"
        raise AssertionError(msg(text) if callable(msg) else msg or text)


assert_allclose = assert_close


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any = None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    **_: Any,
) -> Tensor:
    """Numbers drawn evenly from [low, high): from −9 to 9 unless it is said, 0 to 9 for uint8, 0 and 1 for bool.

    >>> from glassnet.pytorch.names.testing import make_tensor
    >>> make_tensor(2, 3, dtype=glassnet.float32).shape
    (2, 3)
    """
    kind = as_dtype(dtype).kind
    least, most = {"b": (0, 2), "u": (0, 10), "i": (-9, 10)}.get(kind, (-9, 9))
    low, high = least if low is None else low, most if high is None else high
    made = empty(sizes(shape), dtype="float64" if kind == "c" else dtype)
    if kind == "c":
        made = (made.uniform_(low, high) + made.clone().uniform_(low, high) * 1j).to(dtype)
    else:
        made = made.uniform_(low, high) if kind == "f" else made.random_(int(low), int(high))
    return made.requires_grad_(requires_grad)
