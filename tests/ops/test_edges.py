"""Every elementwise operation at NaN, ±∞, ±0, its kinks, and numbers large and small, beside PyTorch.

Its values, its gradients, and in float32 and float64 the gradients of those. Where PyTorch gives NaN, there may be a
number here: the limit. What else differs is in `DIFFERENT`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet.autograd import grad
from glassnet.ops import Op, registry
from glassnet.tensor import apply
from tests.ops.elementwise import PARAMS, SPECIAL
from tests.ops.test_parity import torch, torch_function

pytestmark = pytest.mark.parity

DTYPES = ("float16", "float32", "float64")
ONE = [
    np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, -0.5, 1, -1, 2, -2, 3, -3, 6, -6, 20, -20, 1e-3, -3.3, 12, -12, 100, -100,
    700, -700, 6e4, -6e4, 1e-7, -1e-7, 1e10, -1e10, 3e38, -3e38, 1e-40, 1e300, -1e300,
]  # fmt: skip
TWO = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3.0, 700, -700, 6e4, 1e30]
SECOND = {  # the second input, where not every number can be one
    "binary_cross_entropy": [0.0, 0.5, 1.0],
    "binary_cross_entropy_with_logits": [0.0, 0.5, 1.0],
}
FIRST = {"binary_cross_entropy": [0.0, 0.25, 0.5, 1.0]}

_HALF = "float16 is computed in float32 there, with more of the numbers on the way"
_BOUNDED = "the slope at a probability of 0 or 1 is bounded, and so is that of the slope"
_EMPTY = "what a target of 0 weighs, 0·log 0, counts as 0, whatever else there is"
_CANCELS = "both lose their digits in a difference near 0, each in its own way"
DIFFERENT = {
    ("hardsigmoid", "gradient 0"): "PyTorch's sixth has the digits of float32",
    ("softplus", "second gradient 0 0"): "at the threshold itself, PyTorch's comes from the straight line",
    ("pow", "gradient 0"): _HALF,
    ("pow", "second gradient 0 1"): "PyTorch's is 0 for an exponent of 0, where the slope a⁻¹ is not",
    ("pow", "second gradient 1 0"): "of numbers below 0, of which there is no logarithm, PyTorch has a slope",
    **{(name, f"second gradient {i} {j}"): "that of the piece which NaN is taken to lie on"
       for name in ("huber", "smooth_l1") for i in (0, 1) for j in (0, 1)},
    ("binary_cross_entropy", "gradient 0"): _BOUNDED,
    ("binary_cross_entropy", "second gradient 0 0"): _BOUNDED,
    ("kl_div", "second gradient 1 0"): _EMPTY,
    ("sinc", "gradient 0"): _CANCELS,
    ("sinc", "second gradient 0 0"): _CANCELS,
    ("mish", "second gradient 0 0"): _CANCELS,
    ("gelu_tanh", "second gradient 0 0"): _CANCELS,
    ("logit", "second gradient 0 0"): "of what is no probability, and has no logit, PyTorch's is 0",
    ("fmod", "second gradient 1 0"): "NaN stays NaN",
    ("fmod", "second gradient 1 1"): "NaN stays NaN",
}  # fmt: skip

NUMBERS = [op for op in registry.values() if op.elementwise and op.name not in SPECIAL and len(op.vjp) < 3]

# Functions that are made of operations
MADE: dict[str, tuple[Any, Any]] = {
    "logit": (gn.logit, torch.logit),
    "prelu": (lambda x: F.prelu(x, gn.full((1,), 0.25, dtype=x.dtype)),
              lambda x: torch.nn.functional.prelu(x, torch.full((1,), 0.25, dtype=x.dtype))),
    **{name: (getattr(gn, name), getattr(torch, name))
       for name in ("frac", "nan_to_num", "deg2rad", "positive", "sgn")},
    "softmin": (lambda x: F.softmin(x, 0), lambda x: torch.nn.functional.softmin(x, 0)),
    "glu": (lambda x: F.glu(gn.stack([x, x]), 0)[0], lambda x: torch.nn.functional.glu(torch.stack([x, x]), 0)[0]),
    "x ** 2": (lambda x: x**2, lambda x: x**2),
    "x ** 0.5": (lambda x: x**0.5, lambda x: x**0.5),
    "x ** -1": (lambda x: x**-1, lambda x: x**-1),
    "x ** 0": (lambda x: x**0, lambda x: x**0),
    "2 ** x": (lambda x: 2**x, lambda x: 2**x),
    "0 ** x": (lambda x: 0**x, lambda x: 0**x),
    "x % 2": (lambda x: x % 2, lambda x: x % 2),
    "clamp": (lambda x: x.clamp(-1, 1), lambda x: x.clamp(-1, 1)),
    "round(2)": (lambda x: x.round(decimals=2), lambda x: x.round(decimals=2)),
}  # fmt: skip


def lots(op: Op, dtype: str) -> Iterator[list[np.ndarray]]:
    """Inputs: of one, element by element, since PyTorch's loops differ in what they do a few at a time."""
    with np.errstate(all="ignore"):
        if len(op.vjp) == 1:
            yield from ([np.array([x]).astype(dtype)] for x in ONE)
            return
        pairs = np.meshgrid(FIRST.get(op.name, TWO), SECOND.get(op.name, TWO), indexing="ij")
        yield [x.ravel().astype(dtype) for x in pairs]


def check(what: str, ours: Any, theirs: Any, failed: dict[str, list[str]], inputs: list[Any]) -> None:
    ours, theirs = np.asarray(ours), theirs.numpy(force=True)
    assert ours.dtype == theirs.dtype, f"{what}: {ours.dtype}, PyTorch's is {theirs.dtype}"
    small = np.finfo(ours.dtype).eps if ours.dtype.kind == "f" else 0
    with np.errstate(all="ignore"):
        a, b = ours.astype(float), theirs.astype(float)
        agree = (a == b) | (abs(a - b) <= 8 * float(small) + 100 * float(small) * abs(b)) | np.isnan(b)
        for place in np.argwhere(~agree):
            at = ", ".join(str(x[tuple(place)]) for x in np.broadcast_arrays(*inputs))
            failed.setdefault(what, []).append(f"at {at}: {a[tuple(place)]}, PyTorch's is {b[tuple(place)]}")


def compare(ours: Any, theirs: Any, inputs: list[np.ndarray], places: list[int], failed: dict[str, list[str]]) -> None:
    mine = [gn.tensor(x, requires_grad=i in places) for i, x in enumerate(inputs)]
    other = [torch.tensor(x, requires_grad=i in places) for i, x in enumerate(inputs)]
    y, z = ours(*mine), theirs(*other)
    check("value", y.detach().numpy(), z, failed, inputs)
    assert y.requires_grad == z.requires_grad
    if not y.requires_grad:
        return
    by, by_theirs = [mine[i] for i in places], [other[i] for i in places]
    plain = grad(ours(*mine).sum(), by)
    found = grad(y.sum(), by, create_graph=True)
    wanted = torch.autograd.grad(z.sum(), by_theirs, create_graph=True)
    for i, a, again, b in zip(places, found, plain, wanted, strict=True):
        check(f"gradient {i}", a.detach().numpy(), b, failed, inputs)
        np.testing.assert_allclose(a.detach().numpy(), again.numpy(), rtol=1e-3, err_msg=f"gradient {i}, of arrays")
        if not (a.requires_grad and b.requires_grad) or a.dtype == np.float16:
            continue
        second = grad(a.sum(), by, retain_graph=True, allow_unused=True)
        try:
            wanted_second = torch.autograd.grad(b.sum(), by_theirs, retain_graph=True, allow_unused=True)
        except RuntimeError:  # which PyTorch has not
            continue
        for j, c, d in zip(places, second, wanted_second, strict=True):
            c = np.zeros_like(inputs[j]) if c is None else c.numpy()
            check(f"second gradient {i} {j}", c, torch.zeros_like(other[j]) if d is None else d, failed, inputs)


@pytest.mark.parametrize("op", NUMBERS, ids=lambda op: op.name)
def test_operation(op: Op) -> None:
    theirs = torch_function(op)
    if theirs is None:
        pytest.skip("PyTorch has none of this kind")
    failed: dict[str, list[str]] = {}
    places = [i for i, rule in enumerate(op.vjp) if rule is not None]
    for dtype in DTYPES:
        try:
            theirs(*(torch.ones(1, dtype=getattr(torch, dtype)) for _ in op.vjp), **PARAMS.get(op.name, [{}])[0])
        except (RuntimeError, NotImplementedError):  # PyTorch has it of other numbers
            continue
        for params in PARAMS.get(op.name, [{}]):
            for inputs in lots(op, dtype):
                compare(
                    lambda *xs, params=params: apply(op, *xs, **params),
                    lambda *xs, params=params: theirs(*xs, **params),
                    inputs,
                    places,
                    failed,
                )
    judge(op.name, failed)


def judge(name: str, failed: dict[str, list[str]]) -> None:
    expected = {what for different, what in DIFFERENT if different == name}
    assert {what: found[:4] for what, found in failed.items() if what not in expected} == {}
    assert expected <= {*failed}, f"{name}: what agrees by now is to be taken off DIFFERENT"


@pytest.mark.parametrize("name", MADE)
def test_function(name: str) -> None:
    failed: dict[str, list[str]] = {}
    for dtype in DTYPES[1:]:
        for x in ONE:
            with np.errstate(all="ignore"):
                inputs = [np.array([x]).astype(dtype)]
            compare(*MADE[name], inputs, [0], failed)
    judge(name, failed)
