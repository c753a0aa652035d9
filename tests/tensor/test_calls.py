"""Every call in the tables gives what NumPy gives: value, shape, dtype, and whether it shares memory."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Tensor
from glassnet.tensor import functions, namespace
from tests.tensor.calls import IN_PLACE, OPERANDS, TABLES, VIEWS
from tests.tensor.evaluated import ROWS, assert_same, evaluated, parts

# Methods that write what the one of the same name without an underscore gives.
IN_PLACE_TWINS = functions._IN_PLACE.split()


def in_glassnet(expression: str) -> tuple[Any, dict[str, Any]]:
    return evaluated(expression, glassnet.from_numpy, glassnet)


def in_numpy(expression: str) -> tuple[Any, dict[str, Any]]:
    return evaluated(expression, lambda array: array, np)


@pytest.mark.parametrize("table", TABLES)
def test_value_shape_and_dtype(table: str, subtests: pytest.Subtests) -> None:
    for ours, numpy, *_ in TABLES[table]:
        with subtests.test(ours):
            results, expected = parts(in_glassnet(ours)[0]), parts(in_numpy(numpy)[0])
            assert len(results) == len(expected)
            for x, y in zip(results, expected, strict=True):
                assert_same(x.array if isinstance(x, Tensor) else x, y)


def test_a_view_shares_memory_where_numpys_does(subtests: pytest.Subtests) -> None:
    for ours, numpy, *_ in VIEWS:
        with subtests.test(ours):
            (result, operands), (expected, arrays) = in_glassnet(ours), in_numpy(numpy)
            for x, y in zip(parts(result), parts(expected), strict=True):
                sharing = {name for name, operand in operands.items() if np.may_share_memory(x.array, operand.array)}
                assert sharing == {name for name, array in arrays.items() if np.may_share_memory(y, array)}


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table is not IN_PLACE])
def test_what_does_not_say_so_changes_nothing(table: str, subtests: pytest.Subtests) -> None:
    for expression, *_ in TABLES[table]:
        with subtests.test(expression):
            for name, operand in in_glassnet(expression)[1].items():
                np.testing.assert_array_equal(operand.array, OPERANDS[name])


def test_in_place_changes_the_one_operand_and_gives_it_back(subtests: pytest.Subtests) -> None:
    for expression, *_ in IN_PLACE:
        with subtests.test(expression):
            result, operands = in_glassnet(expression)
            assert result is operands[expression[0]]
            for name, operand in operands.items():
                if name != expression[0]:
                    np.testing.assert_array_equal(operand.array, OPERANDS[name])


def test_in_place_writes_into_the_memory_there_is(subtests: pytest.Subtests) -> None:
    for expression, *_ in IN_PLACE:
        with subtests.test(expression):
            arrays: dict[str, Any] = {}

            def kept(array: Any, arrays: dict[str, Any] = arrays) -> Tensor:
                arrays[next(name for name in OPERANDS if name not in arrays)] = array
                return glassnet.from_numpy(array)

            result, _ = evaluated(expression, kept, glassnet)
            assert result.array is arrays[expression[0]]


def test_every_function_is_the_method_of_that_name() -> None:
    for name in namespace.__all__:
        if hasattr(Tensor, name):
            assert getattr(glassnet, name) is getattr(Tensor, name), name


def test_every_method_is_in_a_table_or_has_a_test_of_its_own() -> None:
    """A new method without a test fails here, by name."""
    elsewhere = {
        "accumulated_hooks", "array", "backward", "bernoulli_", "cauchy_", "cuda", "detach_", "device", "exp_",
        "exponential_", "geometric_", "grad", "hooks", "log_normal_", "node", "normal_", "numpy", "pin_memory",
        "operate", "random_",
        "register_hook", "register_post_accumulate_grad_hook", "retain_grad", "uniform_", "version", "view_of",
    }  # fmt: skip
    written = " ".join(row[0] for row in ROWS)
    for name in {*dir(Tensor), *functions.METHODS} - {f"{name}_" for name in IN_PLACE_TWINS}:
        if not name.startswith("_") and name not in elsewhere:
            assert f".{name}" in written, name


@pytest.mark.parametrize("name", IN_PLACE_TWINS)
def test_a_twin_in_place_writes_what_the_function_gives(name: str) -> None:
    """In the calls of the tables whose result has the shape of what they are called on."""
    compared = 0
    for expression, *_ in ROWS:
        called = re.fullmatch(rf"(.+)\.{name}\((.*)\)", expression)
        if called is None or called[1] == "t":
            continue
        x, expected = in_glassnet(f"(lambda a: (a, a.{name}({called[2]})))({called[1]})")[0]
        if expected.shape != x.shape:
            continue
        x, written = in_glassnet(f"(lambda a: (a, a.{name}_({called[2]})))({called[1]})")[0]
        assert written is x
        assert_same(x.array, expected.array.astype(x.dtype))
        compared += 1
    assert compared or f".{name}_(" in " ".join(row[0] for row in ROWS)
