"""``op.symbolic()``: formulas as SymPy expressions. That they compute what forward does is in test_registry."""

from __future__ import annotations

import sys

import pytest

from glassnet.ops import registry
from glassnet.ops.formula.symbols import SymbolError

sympy = pytest.importorskip("sympy")
x, y, k = sympy.symbols("x y k")
SIGMOID = registry["sigmoid"]
WHOLE = [op for op in registry.values() if not op.elementwise]


def test_a_formula_is_an_expression_in_plain_symbols():
    expression = SIGMOID.symbolic()
    assert expression == 1 / (1 + sympy.exp(-x))
    assert expression.free_symbols == {x}
    assert sympy.simplify(expression.diff("x") - SIGMOID.symbolic(derivative="x")) == 0
    assert sympy.latex(expression) == r"\frac{1}{1 + e^{- x}}"


@pytest.mark.parametrize(
    ("name", "derivative"),
    [
        ("relu", sympy.Heaviside(x)),
        ("abs", sympy.sign(x)),
        ("tanh", 1 - sympy.tanh(x) ** 2),
        ("sigmoid", sympy.exp(-x) / (1 + sympy.exp(-x)) ** 2),
    ],
)
def test_derivatives_are_those_of_real_numbers(name, derivative):
    assert registry[name].symbolic(derivative="x") == derivative


def test_inputs_and_parameters_may_be_expressions():
    assert SIGMOID.symbolic(y**2) == 1 / (1 + sympy.exp(-(y**2)))
    leaky = registry["leaky_relu"].symbolic(negative_slope=k)
    assert leaky == sympy.Piecewise((x, x > 0), (k * x, True))
    assert registry["sub"].symbolic(sympy.Symbol("b"), sympy.Symbol("a")) == sympy.Symbol("b") - sympy.Symbol("a")


def test_parameters_have_their_defaults():
    assert registry["softplus"].symbolic() == sympy.Piecewise((x, x > 20), (sympy.log(sympy.exp(x) + 1), True))
    assert registry["clamp"].symbolic(min=0) == sympy.Max(0, x)  # None is no bound


def test_what_is_not_a_number_is_tested_for():
    assert str(registry["isnan"].symbolic()) == "Ne(x, x)"


@pytest.mark.parametrize("op", WHOLE, ids=lambda op: op.name)
def test_what_acts_on_whole_tensors_has_none(op):
    with pytest.raises(SymbolError, match=f"{op.name} acts on whole tensors.*in words: "):
        op.symbolic()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SIGMOID.symbolic(x, y), TypeError, "expected at most 1 inputs \\(x\\), got 2"),
        (lambda: SIGMOID.symbolic(derivative="z"), TypeError, "expected the name of an input, x, got 'z'"),
        (lambda: SIGMOID.symbolic(slope=1), TypeError, "parameters \\(it has none\\), got one for 'slope'"),
        (lambda: registry["elu"].symbolic(slope=1), TypeError, "parameters \\(alpha\\), got one for 'slope'"),
        (lambda: registry["bitwise_and"].symbolic(), SymbolError, "acts on bits"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_sympy_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"glassnet\[symbols\]\""):
        SIGMOID.symbolic()
