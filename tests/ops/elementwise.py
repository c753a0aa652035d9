"""Samples for elementwise operations, which they get by themselves: in many shapes, broadcast ones among them.

The numbers stay clear of the points where activation functions have their kinks (the multiples of
½). `DOMAINS` says which operations need other numbers, `PARAMS` which need parameters, `MORE` has
further samples, and `SPECIAL` those of operations with inputs of their own kind.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.ops import Op
from tests.ops.sample import Array, Sample, normal, spaced

SHAPES: dict[int, list[tuple[tuple[int, ...], ...]]] = {
    1: [((2, 3),), ((4,),), ((),), ((0,),), ((2, 0, 3),), ((2, 2, 3),)],
    2: [
        ((2, 3), (2, 3)),
        ((2, 3), (3,)),
        ((3,), (2, 3)),
        ((2, 1), (1, 3)),
        ((2, 3), ()),
        ((), (4,)),
        ((), ()),
        ((0, 3), (1, 3)),
        ((0,), (1,)),
    ],
    3: [
        ((2, 3), (2, 3), (2, 3)),
        ((2, 1), (3,), (1, 3)),
        ((), (2, 3), ()),
        ((2, 3), (), (2, 1)),
        ((0, 3), (3,), ()),
        ((), (), ()),
    ],
}

Domain = Callable[..., tuple[Array, ...]]


def _positive(*xs: Array) -> tuple[Array, ...]:
    return tuple(np.abs(x) for x in xs)


def _second_by_quotient(a: Array, b: Array) -> tuple[Array, Array]:
    """Numbers whose quotient lies clear of whole numbers: a/b = q, where q comes for a."""
    return (a * b, b)


def _within_one(x: Array) -> tuple[Array, ...]:
    return (x / 5,)


DOMAINS: dict[str, Domain] = {
    "acos": _within_one,
    "acosh": lambda x: (np.abs(x) + 1.2,),
    "asin": _within_one,
    "atanh": _within_one,
    "binary_cross_entropy": lambda x, target: (np.abs(x) / 5, np.abs(target) / 5),
    "floor_divide": _second_by_quotient,
    "fmod": _second_by_quotient,
    "kl_div": lambda x, target: (x, np.abs(target)),
    "log": _positive,
    "log10": _positive,
    "log1p": lambda x: (np.abs(x) - 0.1,),
    "log2": _positive,
    "pow": lambda a, b: (np.abs(a), b / 2),
    "remainder": _second_by_quotient,
    "rsqrt": _positive,
    "sqrt": _positive,
    "tan": lambda x: (x / 3,),
    "xlog1py": lambda a, b: (a, np.abs(b)),
    "xlogy": lambda a, b: (a, np.abs(b)),
}

PARAMS: dict[str, list[dict[str, Any]]] = {
    "celu": [{}, {"alpha": 0.5}],
    "clamp": [{"min": -1.0, "max": 2.0}, {"min": 0.5}, {"max": -0.5}],
    "elu": [{}, {"alpha": 0.5}],
    "hardshrink": [{}, {"lambd": 1.0}],
    "hardtanh": [{}, {"min_val": -0.5, "max_val": 2.0}],
    "huber": [{}, {"delta": 0.5}],
    "leaky_relu": [{}, {"negative_slope": 0.25}],
    "smooth_l1": [{}, {"beta": 0.5}],
    "softplus": [{}, {"beta": 2.0, "threshold": 1.0}],
    "softshrink": [{}, {"lambd": 1.0}],
    "threshold": [{"threshold": -0.5, "value": 2.0}],
}

_A, _B = np.array([1.0, 2.0, 2.0, -0.0]), np.array([2.0, 2.0, 1.0, 0.0])
_ODD = np.array([1.0, -0.0, np.nan, np.inf, -np.inf])
TRUTH = np.array([[True, False], [False, True]])
_BITS = (np.array([0b1100, 7, -1, 0]), np.array([0b1010, 8, 5, 0]))

_KINKS = np.array([-6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0])

# for elementwise operations: besides the samples made by themselves
MORE: dict[str, list[Sample]] = {
    **{name: [Sample("ties", (_A, _B), order=0)] for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: [Sample("ties", (_A, _B), order=0)] for name in ("maximum", "minimum")},
    **{name: [Sample("zeros", (_A, _B), order=0)] for name in ("logical_and", "logical_or", "logical_xor")},
    "logical_not": [Sample("zeros", (_A,), order=0)],
    **{name: [Sample("odd", (_ODD,), order=0)] for name in ("isnan", "isinf", "isfinite")},
    **{
        name: [Sample("halves", (np.array([-2.5, -1.5, -0.5, -0.0, 0.5, 1.5, 2.5]),), order=0)]
        for name in ("floor", "ceil", "round", "trunc", "sign")
    },
    **{
        name: [Sample("kinks", (_KINKS,), order=0)]
        for name in (
            "celu",
            "elu",
            "hardshrink",
            "hardsigmoid",
            "hardswish",
            "hardtanh",
            "leaky_relu",
            "relu",
            "relu6",
            "selu",
            "softshrink",
            "softsign",
            "step",
        )
    },
    **{
        name: [Sample("kinks", (_KINKS, np.zeros(())), order=0)]
        for name in ("absolute_error", "huber", "prelu", "smooth_l1")
    },
    "binary_cross_entropy": [
        Sample("sure", (np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.0, 1.0])), order=0),
        Sample("one", (np.array([[0.3]]), np.array([[0.6]]))),
        Sample("one, nearly sure", (np.array([1e-60]), np.array([0.5])), order=0),
    ],
    "kl_div": [Sample("target 0", (np.array([-1.0, -2.0]), np.array([0.0, 1.0])), order=0)],
    **{name: [Sample("0·log 0", (np.zeros(2), np.array([-2.0, -3.0])), order=0)] for name in ("xlogy", "xlog1py")},
    "pow": [
        Sample("a⁰", (np.array([2.0, 0.5]), np.array([0.0, 0.0]))),
        Sample("0ᵇ", (np.array([0.0, 0.0]), np.array([1.0, 3.0])), order=0),
        Sample("0⁰", (np.array([0.0]), np.array([0.0])), order=0),
    ],
    "abs": [Sample("zero", (np.array([0.0, -0.0]),), order=0)],
    "erf": [Sample("far", (np.array([-9.0, -5.1, -1e-9, 0.0, 5.3, 30.0]),))],
    "log1p": [Sample("tiny", (np.array([1e-3, -1e-3]),))],
    "expm1": [Sample("tiny", (np.array([1e-9, -1e-12]),))],
}

# elementwise operations with inputs of their own kind: instead of the samples made by themselves
SPECIAL: dict[str, list[Sample]] = {
    **{
        name: [Sample("ints", _BITS), Sample("bools", (TRUTH, TRUTH[0]))]
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    },
    "bitwise_not": [Sample("ints", _BITS[:1]), Sample("bools", (TRUTH,))],
    "where": [
        Sample("one shape", (TRUTH, normal(2, 2), normal(2, 2, seed=1))),
        Sample("broadcast", (TRUTH, normal(2), normal(2, 1, seed=1))),
        Sample("numbers", (TRUTH, normal(), normal(seed=1))),
        Sample("one condition", (np.array(True), normal(3), normal(2, 3))),
        Sample("empty", (np.zeros((0, 2), bool), normal(2), normal())),
        Sample("of bools", (TRUTH, ~TRUTH, TRUTH.copy())),
    ],
}


def elementwise(op: Op) -> list[Sample]:
    return _elementwise(op.name, len(op.vjp))


@functools.cache
def _elementwise(name: str, inputs: int) -> list[Sample]:
    samples = []
    for params in PARAMS.get(name, [{}]):
        said = ", ".join(f"{k}={v}" for k, v in params.items())
        for shapes in SHAPES[inputs]:
            xs = tuple(
                spaced(*shape, lane=lane, lanes=inputs, seed=zlib.crc32(name.encode()))
                for lane, shape in enumerate(shapes)
            )
            if name in DOMAINS:
                xs = DOMAINS[name](*xs)
            label = " ".join("×".join(map(str, s)) or "·" for s in shapes)
            samples.append(Sample(f"{label} {said}".strip(), tuple(map(np.asarray, xs)), params))
    return samples + MORE.get(name, [])
