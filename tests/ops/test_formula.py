"""Formulas are parsed once into a tree, and printed as Python, as a textbook does, and in LaTeX."""

from __future__ import annotations

import pytest

from glassnet.ops import Op, registry
from glassnet.ops.formula import (
    Binary,
    Call,
    Cases,
    Mention,
    Name,
    Number,
    PythonText,
    Statement,
    TextbookText,
    Unary,
    formula_of,
    input_names,
    parse,
)
from glassnet.ops.formula.latex import LatexMath, math_of, text_of

X, Y = Name("x"), Name("y")
ELEMENTWISE = [op for op in registry.values() if op.elementwise]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x + 1", Binary("+", X, Number(1))),
        ("-x ** 2", Unary("-", Binary("**", X, Number(2)))),
        ("Max(x, -100)", Call("max", (X, Number(-100)))),
        ("Ne(x, y)", Binary("!=", X, Y)),
        ("Mod(x, y)", Binary("%", X, Y)),
        ("x & ~y", Binary("&", X, Unary("~", Y))),
        ("Abs(x) < oo", Binary("<", Call("abs", (X,)), Number(float("inf")))),
        (
            "Piecewise((x, x > 1), (-x, x < 0), (0, True))",
            Cases(((X, Binary(">", X, Number(1))), (Unary("-", X), Binary("<", X, Number(0)))), Number(0)),
        ),
    ],
)
def test_expressions_are_parsed(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize("text", ["x[0]", "lambda x: x", "'x'", "x < y < 1", "x.y"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(ValueError, match="expected an expression"):
        parse(text)


def test_a_formula_with_a_slip_is_named():
    with pytest.raises(ValueError, match=r"the formula '2\*x//' cannot be read: invalid syntax at character"):
        parse("2*x//")


@pytest.mark.parametrize(
    ("text", "python", "textbook", "latex"),
    [
        ("x * y", "x * y", "x·y", r"x \cdot y"),
        ("x / 2 * (1 + y)", "x/2 * (1 + y)", "x/2·(1 + y)", r"\frac{x}{2} \cdot \left(1 + y\right)"),
        ("x / (2 * y)", "x / (2*y)", "x / (2·y)", r"\frac{x}{2 \cdot y}"),
        ("x - (y - 1)", "x - (y - 1)", "x - (y - 1)", r"x - \left(y - 1\right)"),
        ("(-x) ** 2", "(-x)**2", "(-x)^2", r"\left(-x\right)^{2}"),
        ("x ** (y + 1)", "x**(y + 1)", "x^(y + 1)", "x^{y + 1}"),
        ("2 * Piecewise((x, x > 0), (y, True))", "2 * (x if x > 0 else y)", "2·(x if x > 0 else y)",
         r"2 \cdot \left(\begin{cases} x & \text{if } x > 0 \\ y & \text{otherwise} \end{cases}\right)"),
        ("sqrt(2 / pi)", "sqrt(2/pi)", "sqrt(2/pi)", r"\sqrt{\frac{2}{\pi }}"),
        ("Xor(Ne(x, 0), y)", "x != 0 xor y", "x != 0 xor y", r"x \ne 0 \oplus y"),
    ],
)  # fmt: skip
def test_parentheses_and_spaces_stand_where_they_are_needed(text, python, textbook, latex):
    tree = parse(text)
    assert (PythonText().text(tree), TextbookText().text(tree), LatexMath().text(tree)) == (python, textbook, latex)


def test_names_are_replaced_by_what_stands_for_them():
    tree = parse("x ** 2 - alpha")
    names = {"x": "fc1_out", "alpha": "0.5"}
    assert PythonText(names).text(tree) == "fc1_out**2 - 0.5"
    assert LatexMath(names).text(tree) == r"\mathit{fc1\_out}^{2} - 0.5"


def test_statements_know_the_names_of_arguments():
    statement = formula_of(registry["linear"])
    assert statement == Statement(
        (Mention("y", "y", ""), " = ", Mention("x", "x", ""), "·", Mention("weight", "W", "ᵀ"), " + ",
         Mention("bias", "b", ""))
    )  # fmt: skip
    names = {"y": "fc", "x": "h", "weight": "fc_weight", "bias": "fc_bias"}
    assert PythonText(names).text(statement) == "fc = h·Wᵀ + b"
    assert TextbookText(names).text(statement) == "fc = h·fc_weightᵀ + fc_bias"
    assert TextbookText(names).text(statement.without({"bias"})) == "fc = h·fc_weightᵀ"
    assert LatexMath(names).text(statement) == r"\mathit{fc} = h\cdot \mathit{fc\_weight}^{\top} + \mathit{fc\_bias}"


def test_what_is_left_out_takes_the_word_before_it_along():
    norm, argmax = formula_of(registry["norm"]), formula_of(registry["argmax"])
    assert TextbookText().text(norm.without({"dim"})) == "y = √(Σ x²)"
    assert TextbookText().text(argmax.without({"dim"})) == "y = the position of the largest x (the first of equals)"


def test_an_input_and_the_bias_may_share_a_letter():
    names = {"a": "left", "b": "right", "weight": "w", "bias": "c", "y": "out"}
    assert TextbookText(names).text(formula_of(registry["bilinear"])) == "outₖ = leftᵀ·wₖ·right + cₖ"


def test_words_are_told_from_functions_and_arguments():
    assert formula_of(registry["argsort"]).is_prose
    assert not formula_of(registry["norm"]).without({"dim"}).is_prose
    assert not formula_of(registry["logsumexp"]).without({"dim"}).is_prose


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_every_input_of_an_elementwise_operation_is_in_its_formula(op: Op):
    names = {name: f"<{name}>" for name in input_names(op)}
    for text in (PythonText(names).text(formula_of(op)), TextbookText(names).text(formula_of(op))):
        assert all(name in text for name in names.values())


def test_raised_and_lowered_letters_are_one_index():
    assert math_of("yᵢⱼ = Σₖ aᵢₖ bₖⱼ") == r"y_{ij} = \sum _{k} a_{ik} b_{kj}"
    assert text_of("xᵢ ≤ 50 %") == r"x$_{i}$ $\le$ 50 \%"


def test_a_dimension_is_said_in_words_within_math():
    softmax = formula_of(registry["softmax"])
    assert not softmax.is_prose
    assert LatexMath({"y": "p", "x": "logits", "dim": "dim 1"}).text(softmax) == (
        r"p_{i} = \exp (\mathit{logits}_{i}) / \sum _{j} \exp (\mathit{logits}_{j}) \text{ along } \text{dim 1}"
    )
