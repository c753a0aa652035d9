"""Formulas of elementwise operations: read by SymPy, evaluated against forward, differentiated against vjp."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import sympy

from glassnet.ops import Op
from glassnet.ops.formula import input_names, parameters
from tests.ops.checks import cast, differentiated, forward
from tests.ops.sample import Sample

_PYTHON = {
    "log": lambda x: math.log(x) if x else -1e300,  # so that 0·log 0 is 0, as it is in the limit
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "Heaviside": lambda x, *_: float(np.heaviside(x, 0.5)),
    "DiracDelta": lambda *_: 0.0,  # samples are elsewhere
    "sign": np.sign,
}


@cache
def computed(op: Op, which: int | None, *params: tuple[str, Any]) -> Any:
    """The function of Python numbers that the formula, or its derivative in input ``which``, is."""
    names = [sympy.Symbol(name) for name in input_names(op)]
    formula = op.symbolic(derivative=None if which is None else input_names(op)[which], **dict(params))
    strangers = formula.free_symbols - set(names)
    assert not strangers, f"{op.name}: the formula {op.formula!r} has {strangers}, which forward does not take"
    return sympy.lambdify(names, formula, [_PYTHON, "math"])


def check_formula(op: Op, sample: Sample) -> None:
    """The formula, evaluated, is forward; its derivatives are the rules."""
    arrays = cast(op, sample.arrays())
    params = tuple({**parameters(op), **sample.params}.items())
    expected = forward(op, sample.arrays(), sample.kwargs())
    if op.name.startswith("bitwise"):  # SymPy knows no bits; Python does
        found = eval(op.formula, {}, dict(zip(input_names(op), arrays, strict=True)))
    else:
        found = _each(computed(op, None, *params), arrays)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=f"{op.formula}: {sample.label}")
    if not sample.order:
        return
    for which in differentiated(op, sample):
        rule = op.rule(which)
        assert rule is not None
        gradient = rule(np.ones_like(expected), expected, *arrays, **sample.kwargs())
        slope = _each(computed(op, which, *params), arrays)
        np.testing.assert_allclose(
            np.broadcast_to(gradient, slope.shape),
            slope,
            rtol=1e-8,
            atol=1e-12,
            err_msg=f"derivative of {op.formula} in {input_names(op)[which]}: {sample.label}",
        )


def _each(function: Any, arrays: list[Any]) -> np.ndarray:
    arrays = np.broadcast_arrays(*arrays)
    values = [function(*numbers) for numbers in zip(*(a.ravel().tolist() for a in arrays), strict=True)]
    return np.array(values, None if values else float).reshape(arrays[0].shape)
