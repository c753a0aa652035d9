"""Every call on tensors that the tables in tests/tensor list, compiled: the same values, shapes and dtypes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.compilation.arguments import StructureError
from glassnet.trace.tracer import TraceError
from tests.tensor.calls import IN_PLACE, OPERANDS, TABLES
from tests.tensor.evaluated import TOLERANCE, parts

# Calls whose result Python or NumPy has to look at the values for: these are refused, by name or by what they give.
READ = (
    ".numpy()", ".item()", ".tolist()", "nonzero", "argwhere", "where(b)", "unique", "bincount", "masked_select",
    "np.", "x[b]",
    "t.equal(", "t.allclose(", " in v", "bool(", "float(", "int(", "f'", ".format(", "][o]", "range(7)[o]", "arange(o)",
    "multinomial", ".histc(", ".histogram(", "t.tensor([s", "t.tensor([t.tensor", "t.repeat_interleave(",
    "interleave(o", "interleave(j",
    "storage", "apply_", "map_(", "map2_(", "poisson", "binomial", "unravel_index",
    ".resize_(", ".resize_as_(", ".set_(", ".share_memory_(",  # other memory, which a program cannot be given
)  # fmt: skip
QUICK = 4  # one call in so many is compiled in the quick run, the others in the slow one


def _parts() -> Iterator[Any]:
    """The tables of results, each in two: calls for the quick run, and the others."""
    slow = pytest.mark.slow("hundreds of calls, each of which is compiled"), pytest.mark.more
    for name, table in TABLES.items():
        if table is not IN_PLACE:
            yield pytest.param([row[0] for row in table[::QUICK]], id=name)
            others = [row[0] for i, row in enumerate(table) if i % QUICK]
            yield pytest.param(others, marks=slow, id=f"{name}, the others")


calls = pytest.mark.parametrize("calls", list(_parts()))


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
    assert len(compiled.specialisations) == 1


@calls
def test_a_call(calls: list[str], subtests: pytest.Subtests) -> None:
    for expression in calls:
        with subtests.test(expression), np.errstate(all="ignore"):
            try:
                check(expression, copied=False)
            except (TraceError, StructureError):
                if not _may_be_refused(expression):
                    raise


def _may_be_refused(expression: str) -> bool:
    return any(word in expression for word in READ)


def test_a_call_in_place(subtests: pytest.Subtests) -> None:
    for expression, *_ in IN_PLACE:
        with subtests.test(expression), np.errstate(all="ignore"):
            try:
                check(expression, copied=True)
            except TraceError:
                if not _may_be_refused(expression):
                    raise


@calls
def test_the_gradients_of_a_call(calls: list[str], subtests: pytest.Subtests) -> None:
    """Of those results that gradients can be followed to."""
    for expression in calls:
        with subtests.test(expression):
            check_gradients(expression)


def check_gradients(expression: str) -> None:
    names = tuple(OPERANDS)
    code = compile(expression, expression, "eval")

    def gradients(*operands: gn.Tensor) -> Any:
        leaves = [x.detach().requires_grad_() if x.is_floating_point() else x for x in operands]
        results = parts(eval(code, {**dict(zip(names, leaves, strict=True)), "t": gn, "np": np}))
        followed = [y for y in results if isinstance(y, gn.Tensor) and y.requires_grad and y.numel()]
        if not followed:
            return None
        followed = [gn.view_as_real(y) if y.is_complex() else y for y in followed]
        loss = gn.stack([y.double().sum() + (y.double() * y.double()).mean() for y in followed]).sum()
        return gn.autograd.grad(loss, [x for x in leaves if x.requires_grad], allow_unused=True)

    with np.errstate(all="ignore"):
        operands = [gn.from_numpy(x.copy()) for x in OPERANDS.values()]
        try:
            expected = gradients(*operands)
            compiled = gn.compile(gradients)
            compiled(*operands)
            came = compiled(*operands)
        except (TraceError, StructureError, gn.GradientError):
            if not _may_be_refused(expression):
                raise
            return
    assert (came is None) == (expected is None)
    for x, y in zip(came or (), expected or (), strict=True):
        assert (x is None) == (y is None)
        if y is not None:
            np.testing.assert_allclose(x.array, y.array, rtol=1e-9, atol=1e-12)
