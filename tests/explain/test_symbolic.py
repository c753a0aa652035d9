"""``glassnet.symbolic``: expressions of functions, put together of those of their operations."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.ops import registry
from glassnet.ops.formula import parameters
from glassnet.ops.formula.symbols import SymbolError
from glassnet.tensor import namespace

sympy = pytest.importorskip("sympy")
x, y = sympy.symbols("x y")

PARAMS: dict[str, dict[str, Any]] = {"threshold": {"threshold": 0.1, "value": 20.0}, "clamp": {"min": -1.0}}
MEANS = {"binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"}  # functions that take the mean, too
EACH = {
    f"{where.__name__}.{name}": (f, registry[name], PARAMS.get(name, {}))
    for where in (F, namespace)
    for name, f in vars(where).items()
    if name in registry and registry[name].elementwise and name not in MEANS and not name.startswith("bitwise")
}
SMOOTH = {name: entry for name, entry in EACH.items() if len(entry[1].vjp) == 1 and entry[1].differentiable}


def numbers(expression: Any, points: list[float]) -> list[float]:
    return [float(expression.subs("x", sympy.Rational(point)).evalf()) for point in points]


@pytest.mark.parametrize(("f", "op", "params"), EACH.values(), ids=EACH)
def test_of_a_function_that_is_one_operation_it_is_that_of_the_operation(f, op, params):
    names = [("x", "other", "exponent", "weight")[n] for n in range(len(op.vjp))]
    found = glassnet.symbolic(f, *names[: len(op.vjp)], **params)
    assert found == op.symbolic(*names, **{n: v for n, v in params.items() if n in parameters(op)})


def test_there_are_many_such_functions():
    assert len(EACH) > 60
    assert len(SMOOTH) > 35


@pytest.mark.parametrize(("f", "op", "params"), SMOOTH.values(), ids=SMOOTH)
def test_the_derivative_is_autograds(f, op, params):
    points = [0.3125, 1.5, 2.75]  # as float32 has them, and where every function is smooth
    t = glassnet.tensor(points, dtype=glassnet.float64, requires_grad=True)
    f(t, **params).sum().backward()
    np.testing.assert_allclose(numbers(glassnet.symbolic(f, derivative="x", **params), points), t.grad.numpy(), 1e-10)


@pytest.mark.parametrize(
    ("f", "expression"),
    [
        (lambda x: x**2 + 3, x**2 + 3),
        (lambda x: 1 / (1 + glassnet.exp(-x)), 1 / (1 + sympy.exp(-x))),
        (lambda x: x, x),
        (lambda x: x * glassnet.tensor(0.1), 0.1 * x),  # not 0.100000001490116, which float32 makes of it
        (lambda x: x.reshape(1).double() * 2, 2 * x),
        (lambda x: (x * glassnet.tensor([2]))[0] if x.ndim else x * 2, 2 * x),
        (lambda x, y: F.mse_loss(x, y, reduction="none"), (x - y) ** 2),
        (lambda x: x * (x > 0), x * sympy.Piecewise((1, x > 0), (0, True))),
        (lambda x: (x > 0).float(), sympy.Piecewise((1, x > 0), (0, True))),
        (lambda x: glassnet.where((x > 0) & ~(x > 1), x, 0.0), sympy.Piecewise((x, (x > 0) & (x <= 1)), (0, True))),
        (lambda x: glassnet.logical_or(x, x > 1), sympy.Ne(x, 0) | (x > 1)),
        (nn.Sequential(nn.Tanh(), nn.ReLU()), sympy.Max(0, sympy.tanh(x))),
        (nn.PReLU(), sympy.Piecewise((x, x > 0), (sympy.Symbol("weight") * x, True))),
        (registry["sigmoid"], 1 / (1 + sympy.exp(-x))),
        ("sigmoid", 1 / (1 + sympy.exp(-x))),
    ],
)
def test_functions_of_ones_own(f, expression):
    assert glassnet.symbolic(f) == expression


def test_a_derivative_goes_through_all_operations():
    assert glassnet.symbolic(lambda x: glassnet.exp(x**2), derivative="x") == 2 * x * sympy.exp(x**2)
    assert glassnet.symbolic(lambda x, y: x * y**2, derivative="y") == 2 * x * y
    assert glassnet.symbolic(lambda x: glassnet.abs(x) * 2, derivative="x") == 2 * sympy.sign(x)
    assert glassnet.symbolic(lambda x: glassnet.floor(x) * x, derivative="x") == sympy.floor(x)


def test_inputs_may_be_expressions():
    assert glassnet.symbolic(F.sigmoid, y**2) == 1 / (1 + sympy.exp(-(y**2)))
    assert glassnet.symbolic(F.relu, 3) == 3
    assert glassnet.symbolic(F.leaky_relu, negative_slope=0.2) == sympy.Piecewise((x, x > 0), (0.2 * x, True))


class Scaled(nn.Module):
    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(glassnet.ones(*shape))

    def forward(self, x: glassnet.Tensor) -> glassnet.Tensor:
        return x * self.scale


def test_a_parameter_of_one_number_is_a_symbol():
    assert glassnet.symbolic(Scaled(1)) == sympy.Symbol("scale") * x
    with pytest.raises(SymbolError, match=r"expected parameters and constants of one number, got .*scale \[3\]"):
        glassnet.symbolic(Scaled(3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: glassnet.symbolic(F.softmax), SymbolError, "softmax acts on whole tensors"),
        (lambda: glassnet.symbolic(F.dropout), SymbolError, "bernoulli acts on whole tensors"),
        (lambda: glassnet.symbolic(lambda x: 3.0), SymbolError, "that gives one tensor, got float"),
        (lambda: glassnet.symbolic(lambda: 3.0), TypeError, "of one input or more, got one without"),
        (lambda: glassnet.symbolic(F.sigmoid, 1, 2), TypeError, r"at most 1 inputs \(x\), got 2"),
        (lambda: glassnet.symbolic(F.sigmoid, derivative="t"), TypeError, "the name of an input, x, got 't'"),
        (lambda: glassnet.symbolic(lambda x: 1 if x > 0 else x), glassnet.GlassnetError, "reads a tensor's value"),
        (lambda: glassnet.symbolic(glassnet.isnan, derivative="x"), SymbolError, "true or false.*has no derivative"),
        (lambda: registry["isnan"].symbolic(derivative="x"), SymbolError, "true or false.*has no derivative"),
        (lambda: glassnet.symbolic("sigmoyd"), ValueError, "got 'sigmoyd'; did you mean .*sigmoid"),
        (lambda: glassnet.symbolic(3), TypeError, "a function such as F.sigmoid, or its name, got int"),
        (lambda: glassnet.symbolic(nn.Tanh), TypeError, "or its name, got the class Tanh"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_sympy_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"glassnet\[symbols\]\""):
        glassnet.symbolic(F.sigmoid)
