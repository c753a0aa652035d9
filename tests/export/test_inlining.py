"""Functions without types compute what the functions compute; short ones are written out."""

import ast

import numpy as np
import pytest

from glassnet.codegen import sources
from glassnet.codegen.expressions import needs_source
from glassnet.export.copied import without_types
from glassnet.export.forward import can_be_written
from glassnet.export.inlining import inlined, one_line
from glassnet.export.literals import double_quoted
from glassnet.ops import registry
from tests.ops.samples import samples_of

OPS = {
    name: op
    for name, op in registry.items()
    if needs_source(op) and not op.writes and can_be_written(op)
    if name not in ("put", "setitem")  # called with an index that is written out
}


@pytest.mark.parametrize("name", OPS)
def test_an_operation_without_types_computes_the_same(name):
    op = OPS[name]
    parts = [without_types(text) for text in sources([op], textbook=True)]
    namespace = {"np": np}
    exec("\n\n".join(parts), namespace)
    assert "out=" not in "".join(parts)
    assert "Array" not in "".join(parts)
    for sample in samples_of(op):
        with np.errstate(all="ignore"):
            result = namespace[name](*sample.arrays(), **sample.kwargs())
            expected = op.forward(*sample.arrays(), **sample.kwargs())
        if op.textbook:
            np.testing.assert_allclose(result, expected, 1e-12)
        else:
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("a + b * c", "a + b * c"),
        ("double(a + b)", "(a + b) * 2"),
        ("x.reshape(len(x), 6)", "x.reshape(len(x), 6)"),
        ("double(a)", "a * 2"),
        ("double(x=a)", "a * 2"),
        ("twice(a)", "a + a"),
        ("twice(g(a))", "twice(g(a))"),
        ("joined(a, b, axis=1)", "np.concatenate((a, b), axis=1)"),
        ("shifted(a)", "a + 1"),
        ("shifted(a, by=b)", "a + b"),
        ("f'{double(a)}'", 'f"{double(a)}"'),
        ("f('it\\'s')", 'f("it\'s")'),
    ],
)
def test_expressions(text, short):
    functions = [
        "def double(x): return x * 2",
        "def twice(x): return x + x",
        "def joined(*xs, axis=0): return np.concatenate(xs, axis=axis)",
        "def shifted(x, *, by=1): return x + by",
    ]
    expression = inlined(text, {(f := one_line(each)).name: f for each in functions})
    assert double_quoted(ast.unparse(expression)) == short


def test_what_is_more_than_one_expression_is_not_written_out():
    assert one_line("def f(x):\n    y = x\n    return y") is None
    assert one_line("x = 1") is None
    assert one_line('def f(x):\n    """Doc."""\n    return x').name == "f"


def test_types_are_taken_off():
    text = 'def f(\n    x: int, *, y: str = "a"\n) -> int:\n    """Doc."""\n    return (x or\n            y)'
    assert without_types(text) == 'def f(x, *, y="a"):\n    """Doc."""\n    return (x or\n            y)'
    assert without_types('def f() -> int:\n    δ: int = g("é: int")  # δ: int\n    return δ') == (
        'def f():\n    δ = g("é: int")  # δ: int\n    return δ'
    )
