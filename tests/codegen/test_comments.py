"""Comments say formulas as a person writes them."""

from __future__ import annotations

import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet.ops.formula import PythonText, parse

SAID = {
    "Max(log(x), -100)": "max(log(x), -100)",
    "Min(Max(x, 0), 6)": "min(max(x, 0), 6)",
    "Abs(x - t)": "|x - t|",
    "Eq(a, b)": "a == b",
    "Ne(a + 1, f(b))": "a + 1 != f(b)",
    "Piecewise((x, x > 0), (slope*x, True))": "x if x > 0 else slope*x",
    "Piecewise((x**2/2, Abs(x - t) < b), (Abs(x - t) - b/2, True))": "x**2/2 if |x - t| < b else |x - t| - b/2",
    "1/(1 + exp(-x))": "1 / (1 + exp(-x))",
}


@pytest.mark.parametrize("formula", SAID)
def test_a_formula_as_it_is_said(formula: str) -> None:
    assert PythonText().text(parse(formula)) == SAID[formula]


def test_comments_in_the_names_of_the_values() -> None:
    @gn.compile
    def step(x: gn.Tensor) -> tuple[gn.Tensor, ...]:
        return F.leaky_relu(x), x[:, 1:3] * 2, x[0] + 1, (x == 0).float()

    step(gn.randn(4, 5))
    comments = [line.partition("# ")[2] for line in step.source.splitlines()]
    assert "h1 = x if x > 0 else 0.01*x  [4, 5]" in comments
    assert any(said.endswith("= x[:, 1:3]  [4, 2]") for said in comments)
    assert any(said.endswith("= x[0]  [5]") for said in comments)
    assert any("x == " in said for said in comments)


def test_comments_leave_out_what_a_call_leaves_out() -> None:
    @gn.compile
    def step(x: gn.Tensor, i: gn.Tensor, w: gn.Tensor) -> tuple[gn.Tensor, ...]:
        return F.linear(x, w), x.clamp(max=2), x.sum(), x.sum((1,)), x.gather(1, i), F.selu(x), F.softshrink(x)

    step(gn.randn(4, 5), gn.zeros(4, 2).long(), gn.ones(3, 5, requires_grad=True))
    formulas = {line.partition("# ")[2].partition("  [")[0].partition(" = ")[2] for line in step.source.splitlines()}
    assert {"x·w_T", "Σ x", "Σ x over dim 1", "x, picked along dim 1 at i"} <= formulas
    assert any(formula.startswith("1.0507009873554805 * (x if x > 0 else ") for formula in formulas)
    assert "x - 0.5 if x > 0.5 else x + 0.5 if x < -0.5 else 0" in formulas
