"""The checks, checked: a fault is planted in a record that is right, and must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glassnet.ops import Op, Spec
from glassnet.ops.arithmetic import add, mul
from glassnet.ops.dtypes import float_type
from glassnet.ops.elementary import exp
from glassnet.ops.reduction import spread
from glassnet.ops.shapes import elementwise, reduction, sum_type
from glassnet.tensor import Tensor
from tests.ops import checks
from tests.ops.formulas import check_formula
from tests.ops.sample import Sample, spaced
from tests.ops.samples import samples_of


def _forward(a: Any, b: Any, scale: float = 1.0, out: Any = None) -> Any:
    return np.multiply(a, np.exp(b) * scale, out=out)


def _rule_a(g: Any, _y: Any, _a: Any, b: Any, scale: float = 1.0) -> Any:
    return g * (scale * exp(b))


def _rule_b(g: Any, y: Any, _a: Any, _b: Any, scale: float = 1.0) -> Any:
    return g * y


RIGHT = Op(
    "right",
    forward=_forward,
    vjp=(_rule_a, _rule_b),
    shape=elementwise("right", float_type),
    formula="scale * a * exp(b)",
    expand=lambda a, b, scale=1.0: a * (scale * exp(b)),
    cast="float",
    elementwise=True,
)


def _total(x: Any, dim: Any = None, keepdim: bool = False, out: Any = None) -> Any:
    return x.sum(axis=dim, keepdims=keepdim, out=out)


TOTAL = Op(
    "total",
    forward=_total,
    vjp=(lambda g, _y, _x, dim=None, keepdim=False: spread(g, _x, dim),),
    shape=reduction("total", sum_type),
    formula="y = Σ x over dim",
    in_place=True,
)
OF_RIGHT = [
    *(replace(s, params={"scale": 2.0}) for s in samples_of(RIGHT)),
    *samples_of(RIGHT),
]
OF_TOTAL = [
    Sample("square", (spaced(2, 2),), {"dim": 0}),
    Sample("dim 0", (spaced(3, 2),), {"dim": 0}),
    Sample("keepdim", (spaced(2, 2),), {"dim": 1, "keepdim": True}),
]

Check = Callable[[Op, list[Sample]], None]


def each(check: Callable[[Op, Sample], Any]) -> Check:
    def all_of(op: Op, samples: list[Sample]) -> None:
        for sample in samples:
            check(op, sample)

    all_of.__name__ = check.__name__
    return all_of


SHAPE, DTYPES, OUT, KEPT = map(
    each, (checks.check_shape, checks.check_other_dtypes, checks.check_out, checks.check_inputs_kept)
)
EXPAND, PRIMITIVE, GRADIENTS, BOTH, PRECISION, FORMULA = map(
    each,
    (
        checks.check_expand,
        checks.check_decomposes_into_primitives,
        checks.check_gradients,
        checks.check_both_ways,
        checks.check_precision,
        check_formula,
    ),
)
READS: Check = checks.check_reads
TEXTBOOK: Check = each(checks.check_textbook)


def PARAMETERS(op: Op, _samples: list[Sample]) -> None:
    checks.check_parameters(op)


def test_the_right_ones_pass():
    for check in (SHAPE, DTYPES, OUT, KEPT, EXPAND, PRIMITIVE, GRADIENTS, BOTH, PRECISION, FORMULA, READS, PARAMETERS):
        check(RIGHT, OF_RIGHT)
    for check in (SHAPE, OUT, KEPT, GRADIENTS, BOTH, PRECISION, READS, PARAMETERS):
        check(TOTAL, OF_TOTAL)


def rules(a: Any = _rule_a, b: Any = _rule_b) -> dict[str, Any]:
    return {"vjp": (a, b)}


def lost(x: Any) -> Any:
    """The values of ``x``, whose history is lost."""
    return x.detach() if isinstance(x, Tensor) else x


def _changes_input(a: Any, b: Any, scale: float = 1.0, out: Any = None) -> Any:
    b += 0.0
    b *= 1.5
    return _forward(a, b / 1.5, scale, out)


def _out_too_early(a: Any, b: Any, scale: float = 1.0, out: Any = None) -> Any:
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype) if out is None else out
    np.copyto(out, np.exp(b))  # and if out is a, a is gone
    return np.multiply(out, scale * a, out=out)


def _out_ignored(a: Any, b: Any, scale: float = 1.0, out: Any = None) -> Any:
    return _forward(a, b, scale)


def _forward_other_default(a: Any, b: Any, scale: float = 3.0, out: Any = None) -> Any:
    return _forward(a, b, scale, out)


stranger = replace(RIGHT, name="stranger", expand=None)

FAULTS: dict[str, tuple[Check, str, dict[str, Any]]] = {
    "a derivative wrong by 0.1 %": (
        GRADIENTS,
        "order 1, input 1",
        rules(b=lambda g, y, _a, _b, scale=1.0: g * y * 1.001),
    ),
    "a derivative wrong by 0.001 %": (
        GRADIENTS,
        "order 1, input 1",
        rules(b=lambda g, y, _a, _b, scale=1.0: g * y * 1.00001),
    ),
    "a wrong sign": (GRADIENTS, "order 1, input 0", rules(a=lambda g, _y, _a, b, scale=1.0: -g * (scale * exp(b)))),
    "a derivative of 0": (GRADIENTS, "gradient gives 0,", rules(a=lambda g, _y, _a, b, scale=1.0: 0.0 * g)),
    "a constant added": (GRADIENTS, "order 1, input 1", rules(b=lambda g, y, _a, _b, scale=1.0: g * y + 1e-4)),
    "a parameter forgotten": (GRADIENTS, "order 1, input 0", rules(a=lambda g, _y, _a, b, scale=1.0: g * exp(b))),
    "rules swapped": (GRADIENTS, "order 1, input 0", rules(a=_rule_b, b=_rule_a)),
    "a second derivative lost": (GRADIENTS, "order 2, input 0", rules(b=lambda g, y, _a, _b, scale=1.0: g * lost(y))),
    "a second derivative by g lost": (
        GRADIENTS,
        "order 2, input 2",
        rules(b=lambda g, y, _a, _b, scale=1.0: lost(g) * y),
    ),
    "a rule of arrays alone": (
        BOTH,
        "which NumPy would not follow",
        rules(a=lambda g, _y, _a, b, scale=1.0: g * (scale * np.exp(b))),
    ),
    "a rule that is another for tensors": (
        BOTH,
        "gradient of input 1",
        rules(b=lambda g, y, _a, _b, scale=1.0: g * y * (1.0 if isinstance(y, np.ndarray | np.generic) else 1.001)),
    ),
    "a rule in float64": (
        PRECISION,
        "the rule of input 1 gives float64",
        rules(b=lambda g, y, _a, _b, scale=1.0: g * (y * np.float64(1))),
    ),
    "an underscore that lies": (
        READS,
        "rule of input 0 reads the values of input 1",
        rules(a=lambda g, _y, _a, _b, scale=1.0: g * (scale * exp(_b))),
    ),
    "an underscore forgotten": (
        READS,
        "rule of input 1 does not use the values at position 1",
        rules(b=lambda g, y, a, _b, scale=1.0: g * y),
    ),
    "a typo in the formula": (FORMULA, r"exp\(a\): 2×3 2×3", {"formula": "scale * a * exp(a)"}),
    "a formula without the parameter": (FORMULA, r"a \* exp\(b\): 2×3 2×3", {"formula": "a * exp(b)"}),
    "a formula with other names": (
        FORMULA,
        r"has \{x\}, which forward does not take",
        {"formula": "scale * x * exp(b)"},
    ),
    "a formula that is no formula": (FORMULA, "invalid syntax", {"formula": "scale times a"}),
    "a formula whose derivative is not the rule": (
        FORMULA,
        "derivative of .* in b",
        rules(b=lambda g, y, _a, _b, scale=1.0: g * y * 1.001),
    ),
    "a decomposition that differs": (
        EXPAND,
        ": values",
        {"expand": lambda a, b, scale=1.0: a * (scale * exp(b)) * (1 + 1e-9)},
    ),
    "a decomposition of another dtype": (
        EXPAND,
        "dtype float64, expanded float32",
        {"expand": lambda a, b, scale=1.0: (a * (scale * exp(b))).float()},
    ),
    "a decomposition of another shape": (
        EXPAND,
        r"expanded \(1, 2, 3\)",
        {"expand": lambda a, b, scale=1.0: (a * (scale * exp(b)))[None]},
    ),
    "a decomposition without its parameter": (EXPAND, ": values", {"expand": lambda a, b, scale=1.0: a * exp(b)}),
    "a decomposition of other gradients": (
        EXPAND,
        "do not depend on input 1",
        {"expand": lambda a, b, scale=1.0: a * lost(scale * exp(b))},
    ),
    "a decomposition outside of dispatch": (
        EXPAND,
        "the decomposition gives a ndarray",
        {"expand": lambda a, b, scale=1.0: (a.detach() * (scale * exp(b.detach()))).numpy()},
    ),
    "a decomposition into what is not registered": (
        PRIMITIVE,
        r"not registered: \{'stranger'\}",
        {"expand": lambda a, b, scale=1.0: stranger(a, b, scale=scale)},
    ),
    "a decomposition into nothing": (PRIMITIVE, "nothing happened", {"expand": lambda a, b, scale=1.0: a}),
    "a shape without broadcasting": (
        SHAPE,
        r"shape rule \(3,\), forward \(2, 3\)",
        {"shape": lambda a, b, scale=1.0: Spec(a.shape, a.dtype)},
    ),
    "a shape of the wrong dtype": (
        SHAPE,
        "shape rule float64, forward float32",
        {"shape": lambda a, b, scale=1.0: Spec((2, 3), np.dtype(np.float64))},
    ),
    "a shape that is a list": (
        SHAPE,
        r"shape rule \[2, 3\]",
        {"shape": lambda a, b, scale=1.0: Spec(list(np.broadcast_shapes(a.shape, b.shape)), a.dtype)},
    ),
    "the dtype of integers": (
        DTYPES,
        "shape rule bool, forward float32",
        {"shape": lambda a, b, scale=1.0: Spec(np.broadcast_shapes(a.shape, b.shape), a.dtype)},
    ),
    "out ignored": (OUT, "out of its own", {"forward": _out_ignored}),
    "out written too early": (OUT, "out is input 0", {"forward": _out_too_early}),
    "an input changed": (KEPT, "input 1 was changed", {"forward": _changes_input}),
    "another default": (
        PARAMETERS,
        "the rule of input 0 has scale=1.0, forward 3.0",
        {"forward": _forward_other_default},
    ),
    "a rule without the parameter": (
        PARAMETERS,
        "the rule of input 1 does not take the parameter scale",
        rules(b=lambda g, y, _a, _b: g * y),
    ),
    "a decomposition without it": (
        PARAMETERS,
        "the decomposition does not take the parameter scale",
        {"expand": lambda a, b: a * exp(b)},
    ),
    "a textbook form with out": (PARAMETERS, "its textbook form takes out", {"textbook": _forward}),
    "a textbook form with another default": (
        PARAMETERS,
        "its textbook form",
        {"textbook": lambda a, b, scale=2.0: a * np.exp(b) * scale},
    ),
    "another textbook form": (TEXTBOOK, "Not equal", {"textbook": lambda a, b, scale=1.0: a * np.exp(-b) * scale}),
}

FAULTS_OF_REDUCTION: dict[str, tuple[Check, str, dict[str, Any]]] = {
    "a missing broadcast": (GRADIENTS, "cannot reshape", {"vjp": (lambda g, _y, _x, dim=None, keepdim=False: g,)}),
    "broadcast along the wrong dimension": (
        GRADIENTS,
        "order 1, input 0",
        {"vjp": (lambda g, _y, _x, dim=None, keepdim=False: spread(g, _x, 1 if dim == 0 else dim),)},
    ),
    "a shape rule wrong in one dimension": (
        SHAPE,
        r"shape rule \(2,\), forward \(2, 1\)",
        {"shape": lambda x, dim=None, keepdim=False: reduction("total", sum_type)(x, dim=dim)},
    ),
    "a shape rule that takes no parameter": (
        SHAPE,
        "unexpected keyword argument 'dim'",
        {"shape": lambda x: Spec((), x.dtype)},
    ),
    "in place, although it is not": (
        OUT,
        "out is input 0",
        {"forward": lambda x, dim, keepdim=False, out=None: _late(x, out)},
    ),
}


def _late(x: Any, out: Any) -> Any:
    """A running difference, which reads what it has written if out is x."""
    out = np.empty_like(x) if out is None else out
    for i in range(len(x)):
        out[i] = x[i] - x[i - 1]
    return out


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_an_elementwise_operation_is_found(fault: str):
    check, said, changes = FAULTS[fault]
    with pytest.raises(Exception, match=said):
        check(replace(RIGHT, **changes), OF_RIGHT)


@pytest.mark.parametrize("fault", FAULTS_OF_REDUCTION)
def test_a_fault_in_another_operation_is_found(fault: str):
    check, said, changes = FAULTS_OF_REDUCTION[fault]
    with pytest.raises(Exception, match=said):
        check(replace(TOTAL, **changes), OF_TOTAL)


def test_messages_name_sample_order_and_input():
    wrong = replace(RIGHT, vjp=(_rule_a, lambda g, y, _a, _b, scale=1.0: g * y * 1.001))
    with pytest.raises(AssertionError, match=r"2×3 2×3: order 1, input 1: along a random direction the gradient gives"):
        checks.check_gradients(wrong, samples_of(RIGHT)[0])
    wrong = replace(RIGHT, vjp=(_rule_a, lambda g, y, _a, _b, scale=1.0: g * lost(y)))
    with pytest.raises(AssertionError, match=r"2×3 2×3: order 2, input \d:"):
        checks.check_gradients(wrong, samples_of(RIGHT)[0])


def test_what_happens_is_dispatched():
    x = Tensor([1.0, 2.0])
    with checks.dispatched() as happened:
        x * 2 + x.exp()
    assert [op.name for op in happened] == ["mul", "exp", "add"]
    assert happened[0] is mul
    assert happened[2] is add
    with checks.dispatched(expanding=True) as happened:
        x.softmax(0)
    assert [op.name for op in happened] == ["amax", "sub", "exp", "sum", "div"]
