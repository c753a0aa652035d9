"""Expressions of the tables in `calls`, evaluated and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet
from tests.tensor.calls import OPERANDS, TABLES, Row

TOLERANCE = {"float16": 1e-3, "float32": 1e-6, "float64": 1e-12, "complex64": 1e-6, "complex128": 1e-12}
ROWS: list[Row] = [row for table in TABLES.values() for row in table]


def evaluated(expression: str, convert: Callable[[Any], Any], library: Any) -> tuple[Any, dict[str, Any]]:
    """The value of an expression of `OPERANDS`, each through ``convert``, and these operands afterwards."""
    operands = {name: convert(array.copy()) for name, array in OPERANDS.items()}
    return eval(expression, {**operands, "t": library, "np": np}), operands


def parts(result: Any) -> list[Any]:
    """The tensors in a (named) tuple; one value in a list of it."""
    is_shape = isinstance(result, tuple) and all(isinstance(n, int) for n in result)
    return list(result) if isinstance(result, tuple) and not is_shape else [result]


def assert_same(ours: Any, theirs: Any, tolerance: float | None = None) -> None:
    """Shape, dtype and values of two arrays; or two Python values, equal."""
    if not isinstance(theirs, np.ndarray | np.generic):
        assert type(ours) is type(theirs) or (isinstance(ours, glassnet.Size) and type(theirs) is tuple)
        assert ours == theirs
        return
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    limit = TOLERANCE.get(str(ours.dtype), 0)
    np.testing.assert_allclose(ours, theirs, limit if tolerance is None else tolerance, limit)
