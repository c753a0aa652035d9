"""Every call on tensors that the tables in tests/tensor list, compiled: the same values, shapes and dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.program.record import RecordingError
from glassnet.program.structure import StructureError
from tests.tensor.calls import IN_PLACE, OPERANDS, TABLES
from tests.tensor.evaluated import TOLERANCE, parts

# Calls whose result Python or NumPy has to look at the values for: these are refused, by name or by what they give.
READ = (".numpy()", ".item()", ".tolist()", "nonzero", "unique", "bincount", "masked_select", "np.")
EXPRESSIONS = [row[0] for table in TABLES.values() if table is not IN_PLACE for row in table]


def function_of(expression: str, names: tuple[str, ...], *, copied: bool) -> Any:
    """The expression as a function of its operands; ``copied``: of copies of them, which may be changed."""
    code = compile(expression, expression, "eval")

    def function(*operands: gn.Tensor) -> Any:
        given = {name: x.clone() if copied else x for name, x in zip(names, operands, strict=True)}
        return eval(code, {**given, "t": gn, "np": np})

    return function


def rolled(array: Any, by: int) -> Any:
    """Other numbers of the same kind, that indices may be made of as well."""
    return np.roll(array.ravel(), by).reshape(array.shape)


def check(expression: str, *, copied: bool) -> None:
    names = tuple(OPERANDS)
    function = function_of(expression, names, copied=copied)
    compiled = gn.compile(function)
    for by in (0, 1, 0):
        operands = [gn.from_numpy(rolled(x, by)) for x in OPERANDS.values()]
        try:
            expected = function(*operands)
        except Exception:
            if by:
                continue
            raise
        came = compiled(*operands)
        for x, y in zip(parts(came), parts(expected), strict=True):
            if not isinstance(y, gn.Tensor):
                assert x == y
                continue
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
            limit = TOLERANCE.get(str(y.dtype), 0)
            np.testing.assert_allclose(x.array, y.array, rtol=limit, atol=limit)
    assert len(compiled.recordings) == 1


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_call(expression: str) -> None:
    with np.errstate(all="ignore"):
        try:
            check(expression, copied=False)
        except (RecordingError, StructureError) as error:
            assert _may_be_refused(expression), error


def _may_be_refused(expression: str) -> bool:
    return any(word in expression for word in READ)


@pytest.mark.parametrize("expression", [row[0] for row in IN_PLACE])
def test_a_call_in_place(expression: str) -> None:
    with np.errstate(all="ignore"):
        check(expression, copied=True)
