"""Elementary functions of our own: as near to the exact numbers as their comments say, and at the edges as NumPy's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engines.native.compilers import compiler
from tests.engines.test_edges import EDGES

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

EXACT = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "log1p": np.log1p, "expm1": np.expm1}
EXACT["erf"] = np.vectorize(math.erf, otypes=[float])
UNITS = {
    "exp": 1.5,
    "log": 1.5,
    "tanh": 2.5,
    "log1p": 2.5,
    "expm1": 2.5,
    "erf": 2.5,
}  # in the last place; half of one is the oracle's
RANGES = {"exp": (-87.0, 88.0), "log": (1e-30, 1e30), "tanh": (-12.0, 12.0), "log1p": (-0.99, 3.0)}
RANGES |= {"expm1": (-3.0, 60.0), "erf": (-6.5, 6.5)}
WIDER = RANGES | {"exp": (-708.0, 709.0), "log": (1e-300, 1e300)}


def functions(*numbers: gn.Tensor) -> Any:
    return tuple(getattr(gn, name)(x) for name, x in zip(EXACT, numbers, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elementary_functions_are_as_near_as_they_say(dtype: str) -> None:
    compiled = gn.compile(functions, engine="native")
    points = []
    for low, high in (RANGES if dtype == "float32" else WIDER).values():
        spread = np.geomspace if low > 0 else np.linspace
        points.append(spread(low, high, 50_001).astype(dtype))
    for name, x, found in zip(EXACT, points, compiled(*map(gn.from_numpy, points)), strict=True):
        exact = EXACT[name](x.astype(np.float64 if dtype == "float32" or name == "erf" else np.longdouble))
        units = np.abs(found.numpy() - exact) / np.spacing(np.abs(exact).astype(dtype))
        assert float(np.max(units)) <= UNITS[name], name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges_are_as_by_numpy(dtype: str) -> None:
    with np.errstate(all="ignore"):
        x = np.tile(np.array(EDGES).astype(dtype), 2)
    names = [*EXACT, "sigmoid", "sqrt", "sin", "atan", "relu", "sign"]

    def step(x: gn.Tensor) -> Any:
        return tuple(getattr(gn, name)(x) for name in names)

    smallest = float(np.finfo(dtype).smallest_subnormal)
    for name, found, eager in zip(
        names, gn.compile(step, engine="native")(gn.from_numpy(x)), step(gn.from_numpy(x)), strict=True
    ):
        np.testing.assert_allclose(found.numpy(), eager.numpy(), 4 * float(np.finfo(dtype).eps), smallest, err_msg=name)
        zero = eager.numpy() == 0
        np.testing.assert_array_equal(np.signbit(found.numpy()[zero]), np.signbit(eager.numpy()[zero]), err_msg=name)


def test_the_greatest_and_the_least_are_nan_where_one_is() -> None:
    """Of floats and whole numbers; in one row a number is NaN, one infinite, all are negative, or none of that."""
    x = np.random.default_rng(0).standard_normal((4, 75)).astype(np.float32)
    x[0, [3, 70]], x[1, [70, 3]] = (np.nan, np.inf), (np.inf, -np.inf)
    x[2] = -abs(x[2])

    def extremes(x: gn.Tensor, n: gn.Tensor) -> Any:
        return [f(values, dim=1) for f in (gn.amax, gn.amin) for values in (x, x.double(), n, n.to(gn.int8))]

    arguments = gn.from_numpy(x), gn.from_numpy(np.nan_to_num(x, posinf=9, neginf=-9).astype(np.int64) * 7)
    for found, expected in zip(gn.compile(extremes, engine="native")(*arguments), extremes(*arguments), strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
