"""Expressions at the edges of what is defined, worked out by both: their values, dtypes and gradients, or the error.

Where PyTorch raises, so does glassnet, in a class that the same `except` catches, with a message of its own. What
differs is in `DIFFERENT`, by a beginning of the expressions, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from tests.pytorch.twins import torch

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]  # PyTorch has warnings of its own

LENIENT = "whole numbers are taken as the floats that they are, where PyTorch has no such function"
TRULY = "compared as the numbers that they are, where PyTorch takes 300 for 44"
NAN = "NaN and infinity stay what they are, where PyTorch's result depends on the mode, the rank and the padding"
DIFFERENT = {
    "g(lambda x: x.norm(0)": "no gradient, where PyTorch has a graph that leads nowhere",
    "g(lambda x: x.amax(), [0.,nan": "the NaN has the gradient, where PyTorch divides 0 by 0",
    "g(lambda x: x.amax(0), [0.,nan": "as above",
    "g(lambda x: x.aminmax()[0], [1.,1.,nan": "as above",
    "g(lambda x: (x//2)": "0, where PyTorch has no derivative",
    "g(lambda x: T.clamp(x,T.zeros": "as maximum and minimum have it",
    "g(lambda x: T.special.entr": "0/0",
    "g(lambda x: x.kthvalue(1)": "which of equal elements is picked is not said",
    "g(lambda x: F.grid_sample": NAN,
    "F.grid_sample(T.ones(1,1,2,2),T.full((1,2,2,2),nan),padding_mode": NAN,
    "F.grid_sample(T.ones(1,1,2,2),T.full((1,2,2,2),inf),padding_mode='reflection'": NAN,
    "F.grid_sample(T.ones(1,1,2,2,2),T.full": NAN,
    "F.grid_sample(T.ones(1,0,2,2)": "an image without channels is refused",
    "T.tensor([1,2]).softmax(0)": LENIENT,
    **{f"F.{name}(T.tensor([-3,0": LENIENT for name in (
        "leaky_relu", "elu", "hardswish", "hardsigmoid", "softplus", "gelu", "silu", "softshrink", "hardshrink",
        "logsigmoid", "celu", "selu", "mish", "glu", "prelu")},
    "T.tensor([True]).abs()": LENIENT,
    "T.tensor([1,2],dtype=T.uint8).clamp(-1,300)": "bounds beyond the dtype bind nothing",
    "T.linspace(0,1,11,dtype=T.float16)": "rounded once, from float64",
    "T.linspace(3e38,-3e38,3)": "in float64 the step does not overflow",
    "T.linspace(0,inf,3)": NAN,
    "T.linspace(0,1j": "complex ends are refused",
    "T.arange(T.tensor([3]))": "a tensor of one number is one",
    "T.arange(0,3,1,dtype=T.bool)": LENIENT,
    "T.arange(0,2,1,dtype=T.bool)": LENIENT,
    **{f"T.tensor([{x}": TRULY for x in (
        "200],dtype=T.uint8)>300", "200],dtype=T.uint8)>-1", "200],dtype=T.uint8)==", "100],dtype=T.int8)<",
        "100],dtype=T.int8)!=", "1],dtype=T.int32)<")},
    "T.tensor([1.])-T.tensor([True])": "a mask is taken from floats, as derivatives do",
    "T.tensor([3.])-True": "as above",
    "T.tensor(1.).split(1)": "the class is that of a dimension which is not there",
    "T.tensor(1.).chunk(1)": "as above",
    "T.multinomial(T.tensor([1.,0.]),2)": "PyTorch draws what has no probability",
    "T.zeros(2)[::-1]": "a step back is allowed",
    "T.zeros(0).median()": "an error, where PyTorch gives NaN",
    "F.gumbel_softmax(T.zeros(2),tau=0)": "an error, where PyTorch gives NaN",
}  # fmt: skip

LINES = (Path(__file__).parent / "expressions.txt").read_text(encoding="utf-8").splitlines()
EXPRESSIONS = [line for line in LINES if line and not line.startswith("#")]


def gradients_of(library: Any) -> Callable[..., Any]:
    """g: the value of a function, and its gradient."""

    def g(function: Callable[[Any], Any], x: Any) -> Any:
        leaf = library.tensor(np.array(x, dtype=np.float64)).requires_grad_()
        y = function(leaf)
        return y.detach(), library.autograd.grad(y.sum(), leaf, allow_unused=True)[0]

    return g


def worked_out(expression: str, library: Any, functional: Any) -> Any:
    names = {"T": library, "F": functional, "g": gradients_of(library), "np": np, "nan": np.nan, "inf": np.inf}
    return list(parts(eval(expression, names)))


def parts(result: Any) -> Iterator[Any]:
    if isinstance(result, list | tuple):
        for x in result:
            yield from parts(x)
    elif isinstance(result, torch.Tensor | gn.Tensor):
        yield np.asarray(result.detach().numpy() if isinstance(result, gn.Tensor) else result.numpy(force=True))
    else:
        yield result


def difference(expression: str) -> str:
    """What differs; nothing if nothing does."""
    try:
        wanted = worked_out(expression, torch, torch.nn.functional)
    except Exception as error:
        kind = type(error)
        try:
            found = worked_out(expression, gn, F)
        except Exception as ours:
            own = isinstance(ours, kind) and str(ours) != str(error)
            return "" if own else f"{type(ours).__name__} {ours}, PyTorch raises {kind.__name__} {error}"
        return f"{found}, PyTorch raises {kind.__name__} {error}"
    try:
        found = worked_out(expression, gn, F)
    except Exception as error:
        return f"{type(error).__name__} {error}, PyTorch gives {wanted}"
    return "" if len(found) == len(wanted) and all(map(same, found, wanted)) else f"{found}, PyTorch gives {wanted}"


def same(x: Any, y: Any) -> bool:
    if not isinstance(y, np.ndarray):
        return bool(x == y)
    if not isinstance(x, np.ndarray) or (x.shape, x.dtype) != (y.shape, y.dtype):
        return False
    return bool(np.allclose(x, y, 1e-6, 0, equal_nan=True))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression: str) -> None:
    differs = difference(expression)
    if any(expression.startswith(beginning) for beginning in DIFFERENT):
        if expression.startswith("g(lambda x: F.grid_sample"):
            return  # some of them do
        assert differs, "agrees by now: take it off DIFFERENT"
    else:
        assert not differs, differs


def test_what_differs_is_there() -> None:
    for beginning in DIFFERENT:
        assert any(expression.startswith(beginning) for expression in EXPRESSIONS), beginning
