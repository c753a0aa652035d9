"""Shortened functions compute what the functions compute, and look as a person would write them."""

import numpy as np
import pytest

from glassnet.codegen import sources
from glassnet.export.forward import TEXTBOOK, can_be_written
from glassnet.export.shorten import expression, one_line, shortened, without_types
from glassnet.ops import registry
from glassnet.ops.linear import linear
from tests.ops.samples import samples_of

OPS = {
    name: op
    for name, op in registry.items()
    if not isinstance(op.forward, np.ufunc) and not op.writes and can_be_written(op)
    if name not in ("getitem", "put", "setitem")  # called with an index that is written out
}


@pytest.mark.parametrize("name", OPS)
def test_a_shortened_operation_computes_the_same(name):
    op = OPS[name]
    inlined, parts = {}, []
    for text in [TEXTBOOK[op]] if op in TEXTBOOK else sources([op]):
        if text.startswith("def "):
            text = shortened(text, inlined)
            if short := one_line(text):
                inlined[short.name] = short
        parts.append(text)
    namespace = {"np": np}
    exec("\n\n".join(parts), namespace)
    assert "out=out" not in "".join(parts)
    for sample in samples_of(op):
        arrays = sample.arrays()
        if op in TEXTBOOK and (arrays[0].ndim == 0 or (op is linear and (*arrays, None)[2] is None)):
            continue  # a batch has a dimension; without a bias it is written otherwise
        with np.errstate(all="ignore"):
            came = namespace[name](*sample.arrays(), **sample.kwargs())
            expected = op.forward(*arrays, **sample.kwargs())
        if op in TEXTBOOK:
            np.testing.assert_allclose(came, expected, 1e-12)
        else:
            np.testing.assert_array_equal(came, expected)


LONG = '''
def f(x: Array, *rest: Any, alpha: float = 1.0, out: Array | None = None) -> Array:
    """What it does."""
    # a thought
    y: Array = np.asarray(np.subtract(x, g(x, out), out=out))  # why  # type: ignore[no-any-return]
    np.exp(y, out=y)

    if out is None:
        z = np.multiply(y, alpha)  # here
    else:
        z = out
    if np.greater(x, 0).all():
        z = np.negative(z)
    elif out is not None:
        return out
    for part in rest:
        z = h(
            z,  # kept as it is
            part,
        )
    total = z if out is None else out
    return np.divide(total, 2, out=z)
'''.strip()

SHORT = '''
def f(x, *rest, alpha=1.0):
    """What it does."""
    # a thought
    y = x - g(x)  # why
    y = np.exp(y)

    z = y * alpha  # here
    if (x > 0).all():
        z = -z
    for part in rest:
        z = h(
            z,  # kept as it is
            part,
        )
    total = z
    return total / 2
'''.strip()


def test_a_shortened_function_is_as_one_would_write_it():
    assert shortened(LONG, {}) == SHORT


def test_what_comes_after_the_return_is_gone():
    text = "def f(x, out=None):\n    if out is None:\n        return x\n    np.copyto(out, x)\n    return out"
    assert shortened(text, {}) == "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("np.add(a, np.multiply(b, c))", "a + b * c"),
        ("np.multiply(np.add(a, b), c)", "(a + b) * c"),
        ("np.matmul(a, b.T)", "a @ b.T"),
        ("np.negative(np.power(a, 2))", "-a ** 2"),
        ("np.less_equal(a, b)", "a <= b"),
        ("np.add(a, b, dtype=c)", "np.add(a, b, dtype=c)"),
        ("x.reshape((len(x), 6))", "x.reshape(len(x), 6)"),
        ("x.reshape(shape)", "x.reshape(shape)"),
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
        "def double(x): return np.multiply(x, 2)",
        "def twice(x): return x + x",
        "def joined(*xs, axis=0): return np.concatenate(xs, axis=axis)",
        "def shifted(x, *, by=1): return x + by",
    ]
    assert expression(text, {(f := one_line(each)).name: f for each in functions}) == short


def test_what_is_more_than_one_expression_is_not_written_out():
    assert one_line("def f(x):\n    y = x\n    return y") is None
    assert one_line("x = 1") is None
    assert one_line('def f(x):\n    """Doc."""\n    return x').name == "f"


def test_types_are_taken_off():
    text = 'def f(\n    x: int, *, y: str = "a"\n) -> int:\n    """Doc."""\n    return (x or\n            y)'
    assert without_types(text) == 'def f(x, *, y="a"):\n    """Doc."""\n    return (x or\n            y)'
