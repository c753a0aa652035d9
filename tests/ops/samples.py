"""Inputs on which every operation is tested, keyed by its name.

Elementwise operations get theirs by themselves: in many shapes, broadcast ones among them, with
numbers that stay clear of the points where activation functions have their kinks (the multiples
of ½). `DOMAINS` says which need other numbers, `PARAMS` which need parameters, `SPECIAL` which
have inputs of their own kind. All other operations are listed in `TABLE`.

An operation without samples fails the tests by name.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.ops import Op
from glassnet.ops.indexing import ARRAY

Array = Any


@dataclass(frozen=True)
class Sample:
    """Inputs and parameters for an operation. ``order``: up to which derivative it is smooth around them."""

    label: str
    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    order: int = 2

    def arrays(self, dtype: Any = np.float64) -> list[Any]:
        """The inputs, in memory of their own, the floating ones in ``dtype``."""
        return [self._array(x, dtype) for x in self.inputs]

    @staticmethod
    def _array(x: Any, dtype: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return x
        return x.astype(dtype if x.dtype.kind == "f" else x.dtype)

    def kwargs(self) -> dict[str, Any]:
        """The parameters, with a generator that starts anew."""
        made = dict(self.params)
        if "generator" in made:
            made["generator"] = np.random.default_rng(made["generator"])
        return made


def spaced(*shape: int, lane: int = 0, lanes: int = 1, seed: int = 0) -> Array:
    """Numbers from −4 to 4, 0.1 and more away from every multiple of ½.

    The first 16 differ from each other by 0.3 or more. Numbers of different ``lane`` differ by at
    least 0.1 / ``lanes``, so that a comparison between them does not hang on a small step.
    """
    rng = np.random.default_rng((seed, lane))
    size = int(np.prod(shape))
    cells = np.concatenate([rng.permutation(16) for _ in range(size // 16 + 1)])[:size]
    offset = 0.15 + 0.2 * (lane + 0.5 * rng.random(size)) / lanes
    return (cells / 2 - 4 + offset).reshape(shape)


def normal(*shape: int, seed: int = 0) -> Array:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape))


def ints(*shape: int, high: int, seed: int = 0) -> Array:
    return np.asarray(np.random.default_rng(seed).integers(0, high, shape))


# elementwise --------------------------------------------------------------------------------------

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


DOMAINS: dict[str, Domain] = {
    "binary_cross_entropy": lambda x, target: (np.abs(x) / 5, np.abs(target) / 5),
    "floor_divide": _second_by_quotient,
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
_TRUTH = np.array([[True, False], [False, True]])
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
    "binary_cross_entropy": [Sample("sure", (np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.0, 1.0])), order=0)],
    "kl_div": [Sample("target 0", (np.array([-1.0, -2.0]), np.array([0.0, 1.0])), order=0)],
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
        name: [Sample("ints", _BITS), Sample("bools", (_TRUTH, _TRUTH[0]))]
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    },
    "bitwise_not": [Sample("ints", _BITS[:1]), Sample("bools", (_TRUTH,))],
    "where": [
        Sample("one shape", (_TRUTH, normal(2, 2), normal(2, 2, seed=1))),
        Sample("broadcast", (_TRUTH, normal(2), normal(2, 1, seed=1))),
        Sample("numbers", (_TRUTH, normal(), normal(seed=1))),
        Sample("one condition", (np.array(True), normal(3), normal(2, 3))),
        Sample("empty", (np.zeros((0, 2), bool), normal(2), normal())),
        Sample("of bools", (_TRUTH, ~_TRUTH, _TRUTH.copy())),
    ],
}


def _elementwise(op: Op) -> list[Sample]:
    inputs = len(op.vjp)
    samples = []
    for params in PARAMS.get(op.name, [{}]):
        said = ", ".join(f"{k}={v}" for k, v in params.items())
        for shapes in SHAPES[inputs]:
            xs = tuple(
                spaced(*shape, lane=lane, lanes=inputs, seed=zlib.crc32(op.name.encode()))
                for lane, shape in enumerate(shapes)
            )
            if op.name in DOMAINS:
                xs = DOMAINS[op.name](*xs)
            label = " ".join("×".join(map(str, s)) or "·" for s in shapes)
            samples.append(Sample(f"{label} {said}".strip(), tuple(map(np.asarray, xs)), params))
    return samples + MORE.get(op.name, [])


# all others ---------------------------------------------------------------------------------------

_S = slice
_ROWS = np.array([2, 0, 2, -1])


def _reductions(**extra: Any) -> list[Sample]:
    x = spaced(2, 3, 2)
    return [
        Sample("all", (x,), extra),
        Sample("dim 0", (x,), {"dim": 0, **extra}),
        Sample("dim -1 keepdim", (x,), {"dim": -1, "keepdim": True, **extra}),
        Sample("number", (spaced(),), extra),
    ]


def _several_dims(**extra: Any) -> list[Sample]:
    x = spaced(2, 3, 2)
    return [
        Sample("dims 0, 2", (x,), {"dim": (0, 2), **extra}),
        Sample("dims -1, 0 keepdim", (x,), {"dim": (-1, 0), "keepdim": True, **extra}),
        Sample("no dims", (x,), {"dim": (), **extra}),
        Sample("number, dim 0", (spaced(),), {"dim": 0, **extra}),
        Sample("one of each", (spaced(3, 1),), {"dim": 1, **extra}),
    ]


def _of_nothing() -> list[Sample]:
    return [Sample("empty", (np.zeros((0, 3)),)), Sample("empty, dim 0", (np.zeros((0, 3)),), {"dim": 0})]


def _nothing_over() -> list[Sample]:
    return [Sample("over nothing else", (np.zeros((3, 0)),), {"dim": 0})]


_EXTREME = [
    *_reductions(),
    *_several_dims(),
    *_nothing_over(),
    Sample("ties", (np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]),), {"dim": 1}, order=0),
]
_POSITION = [*_reductions(), *_nothing_over(), Sample("ties", (np.array([[1.0, 3.0, 3.0]]),), {"dim": 1})]
_ALONG = [
    Sample("last", (spaced(2, 3),)),
    Sample("dim 0", (spaced(2, 3),), {"dim": 0}),
    Sample("dim 1 of 3", (spaced(2, 3, 2),), {"dim": 1}),
    Sample("vector", (spaced(4),)),
    Sample("number", (spaced(),)),
    Sample("no rows", (np.zeros((0, 3)),)),
]
_DRAWN = {"shape": (2, 3), "dtype": np.dtype(np.float64), "generator": 7}
_FLOAT32 = {**_DRAWN, "dtype": np.dtype(np.float32)}

_GROWN = np.abs(normal(2, 3, seed=2)) + 0.1  # a mean of squares


def _update(*state: Any, **options: Any) -> Sample:
    said = [f"{k}={v}" for k, v in options.items()]
    return Sample(" ".join(said) or "plain", (normal(2, 3), normal(2, 3, seed=1), 0.1, *state), options)


def _updates(*state: Any, **options: Any) -> list[Sample]:
    """The update by itself, and with each option that all of them have."""
    more: list[dict[str, Any]] = [{}, {"weight_decay": 0.1}, {"maximize": True}]
    return [_update(*state, **options, **each) for each in more]


_STEP = np.array(2.0)
_MEAN = normal(2, 3, seed=3) / 2  # smaller than the root of _GROWN

_LABELS = np.array([2, 0, 1, 2])
_CLASSES = np.array([0.5, 1.0, 2.0])


def _classified() -> list[Sample]:
    scores, ignored = normal(4, 3), np.array([2, -100, 1, -100])
    return [
        Sample("plain", (scores, _LABELS)),
        Sample("weight None", (scores, _LABELS, None)),
        Sample("weighted", (scores, _LABELS, _CLASSES)),
        Sample("ignored", (scores, ignored)),
        Sample("weighted, ignored", (scores, _LABELS, _CLASSES), {"ignore_index": 2}),
        *(
            Sample(f"{reduction}{label}", (scores, labels, *weight), {"reduction": reduction})
            for reduction in ("none", "sum")
            for label, labels, weight in [("", _LABELS, ()), (", all", ignored, (_CLASSES,))]
        ),
        Sample("one row", (normal(1, 3), np.array([1]))),
        Sample("all ignored", (scores, np.full(4, -100)), order=0),
        Sample("int32 labels", (scores, _LABELS.astype(np.int32))),
    ]


TABLE: dict[str, list[Sample]] = {
    # movement
    "reshape": [
        Sample("matrix", (normal(2, 6),), {"shape": (3, 4)}),
        Sample("-1", (normal(2, 6),), {"shape": (-1, 2)}),
        Sample("number", (normal(),), {"shape": (1, 1)}),
        Sample("to number", (normal(1),), {"shape": ()}),
        Sample("empty", (normal(0, 3),), {"shape": (3, 0)}),
        Sample("transposed", (normal(3, 4).T,), {"shape": (2, 6)}),
    ],
    "permute": [
        Sample("three", (normal(2, 3, 4),), {"dims": (1, 2, 0)}),
        Sample("negative", (normal(2, 3, 4),), {"dims": (-1, 0, -2)}),
        Sample("number", (normal(),), {"dims": ()}),
    ],
    "broadcast_to": [
        Sample("row", (normal(3),), {"shape": (2, 3)}),
        Sample("column", (normal(3, 1),), {"shape": (2, 3, 2)}),
        Sample("number", (normal(),), {"shape": (2,)}),
        Sample("itself", (normal(2, 3),), {"shape": (2, 3)}),
        Sample("to nothing", (normal(1, 3),), {"shape": (0, 3)}),
    ],
    "flip": [
        Sample("0", (normal(2, 3),), {"dims": (0,)}),
        Sample("0 and -1", (normal(2, 3),), {"dims": (0, -1)}),
        Sample("none", (normal(2, 3),), {"dims": ()}),
        Sample("number", (normal(),), {"dims": ()}),
    ],
    "concatenate": [
        Sample("rows", (normal(2, 3), normal(1, 3, seed=1), normal(2, 3, seed=2))),
        Sample("columns", (normal(2, 3), normal(2, 1, seed=1)), {"dim": -1}),
        Sample("one", (normal(2, 3),), {"dim": 1}),
        Sample("with nothing", (normal(2, 3), np.zeros((0, 3)))),
        Sample("with ints", (normal(2), ints(3, high=5))),
    ],
    "stack": [
        Sample("first", (normal(2, 3), normal(2, 3, seed=1))),
        Sample("last", (normal(2, 3), normal(2, 3, seed=1), normal(2, 3, seed=2)), {"dim": -1}),
        Sample("middle", (normal(2, 3), normal(2, 3, seed=1)), {"dim": 1}),
        Sample("numbers", (normal(), normal(seed=1))),
        Sample("with ints", (normal(2), ints(2, high=5))),
    ],
    "cast": [
        Sample("float64", (normal(2, 3),), {"dtype": np.dtype(np.float64)}),
        Sample("float32", (normal(2, 3),), {"dtype": np.dtype(np.float32)}, order=0),
        Sample("int64", (normal(2, 3),), {"dtype": np.dtype(np.int64)}, order=0),
        Sample("bool", (np.array([0.0, 2.0]),), {"dtype": np.dtype(np.bool_)}, order=0),
        Sample("from int", (ints(3, high=5),), {"dtype": np.dtype(np.float64)}),
    ],
    "copy": [Sample("matrix", (normal(2, 3),)), Sample("number", (normal(),)), Sample("ints", (ints(3, high=5),))],
    # indexing
    "getitem": [
        Sample("int", (normal(3, 4),), {"index": (1,)}),
        Sample("ints", (normal(3, 4),), {"index": (-1, 2)}),
        Sample("slice", (normal(5, 2),), {"index": (_S(1, 4, 2),)}),
        Sample("backwards", (normal(5, 2),), {"index": (_S(None, None, -2), 0)}),
        Sample("None, ...", (normal(2, 3, 4),), {"index": (None, ..., _S(1, None))}),
        Sample("all", (normal(2, 3),), {"index": ()}),
        Sample("number", (normal(),), {"index": ()}),
        Sample("rows", (normal(3, 4), _ROWS), {"index": (ARRAY,)}),
        Sample("points", (normal(3, 4), np.array([[0], [2]]), np.array([1, 1])), {"index": (ARRAY, ARRAY)}),
        Sample("apart", (normal(2, 3, 4), np.array([0, 1]), np.array([3, 3])), {"index": (ARRAY, _S(None), ARRAY)}),
        Sample("mask", (normal(3, 2), np.array([True, False, True])), {"index": (ARRAY,)}),
        Sample("full mask", (normal(2, 2), _TRUTH), {"index": (ARRAY,)}),
        Sample("no rows", (normal(3, 2), np.zeros(0, np.int64)), {"index": (ARRAY,)}),
    ],
    "put": [
        Sample("int", (normal(4),), {"index": (1,), "shape": (3, 4)}),
        Sample("element", (normal(),), {"index": (1, -1), "shape": (3, 4)}),
        Sample("backwards", (normal(3),), {"index": (_S(None, None, -2), 0), "shape": (5, 2)}),
        Sample("rows", (normal(4, 2), _ROWS), {"index": (ARRAY,), "shape": (3, 2)}),
        Sample("mask", (normal(2, 2), np.array([True, False, True])), {"index": (ARRAY,), "shape": (3, 2)}),
        Sample("repeated", (normal(2), _ROWS), {"index": (ARRAY,), "shape": (3, 2)}),
    ],
    "setitem": [
        Sample("row", (normal(3, 2), normal(2, seed=1)), {"index": (1,)}),
        Sample("number", (normal(3, 2), normal(seed=1)), {"index": (_S(0, 2),)}),
        Sample("one more dim", (normal(3, 2), normal(1, 2, seed=1)), {"index": (0,)}),
        Sample("rows", (normal(3, 2), normal(2, 2, seed=1), np.array([2, 0])), {"index": (ARRAY,)}),
        Sample("mask", (normal(2, 2), normal(2, seed=1), _TRUTH), {"index": (ARRAY,)}),
        Sample("mask to number", (normal(2, 2), normal(seed=1), _TRUTH), {"index": (ARRAY,)}),
        Sample("all", (normal(), normal(seed=1)), {"index": ()}),
    ],
    "gather": [
        Sample("dim 0", (normal(3, 4), ints(2, 4, high=3)), {"dim": 0}),
        Sample("dim -1", (normal(3, 4), ints(3, 5, high=4)), {"dim": -1}),
        Sample("vector", (normal(3), ints(5, high=3)), {"dim": 0}),
        Sample("fewer", (normal(3, 4), ints(2, 1, high=4)), {"dim": 1}),
        Sample("number", (normal(), np.array(0)), {"dim": 0}),
    ],
    "scatter_add": [
        Sample("dim 0", (normal(2, 4), ints(2, 4, high=3)), {"dim": 0, "shape": (3, 4)}),
        Sample("dim -1", (normal(3, 5), ints(3, 5, high=4)), {"dim": -1, "shape": (3, 4)}),
        Sample("vector", (normal(5), ints(5, high=3)), {"dim": 0, "shape": (3,)}),
    ],
    "argsort": [
        Sample("last", (normal(2, 5),)),
        Sample("ties", (np.array([2.0, 1.0, 2.0, 1.0]),)),
        Sample("ties descending", (np.array([2.0, 1.0, 2.0, 1.0]),), {"descending": True}),
        Sample("ints descending", (np.array([[2, 1], [2, 3]]),), {"descending": True, "dim": 0}),
        Sample("number", (normal(),)),
    ],
    "one_hot": [
        Sample("vector", (np.array([0, 2, 1]),), {"classes": 4, "dtype": np.dtype(np.float64)}),
        Sample("int", (np.array([[1], [0]]),), {"classes": 2, "dtype": np.dtype(np.int64)}),
        Sample("number", (np.array(1),), {"classes": 3, "dtype": np.dtype(np.float32)}),
    ],
    # reduction
    "sum": [*_reductions(), *_several_dims(), *_of_nothing(), *_nothing_over()],
    "prod": [
        *_reductions(),
        *_several_dims(),
        *_of_nothing(),
        Sample("one zero", (np.array([[2.0, 0.0, 3.0], [1.0, 2.0, 3.0]]),), {"dim": 1}),
        Sample("zeros", (np.array([0.0, 2.0, 0.0, 3.0]),)),
    ],
    "amax": _EXTREME,
    "amin": _EXTREME,
    "argmax": _POSITION,
    "argmin": _POSITION,
    "all": [*_reductions(), *_several_dims(), *_of_nothing(), Sample("bools", (_TRUTH,), {"dim": 0})],
    "any": [*_reductions(), *_several_dims(), *_of_nothing(), Sample("bools", (_TRUTH,), {"dim": 0})],
    "cumsum": _ALONG,
    "mean": [*_reductions(), *_several_dims(), *_nothing_over()],
    "var": [
        Sample("all", (spaced(2, 3, 2),)),
        Sample("dim 1", (spaced(2, 3, 2),), {"dim": 1}),
        Sample("dims keepdim", (spaced(2, 3, 2),), {"dim": (0, -1), "keepdim": True}),
        Sample("population", (spaced(2, 3),), {"dim": 0, "correction": 0}),
        *_reductions(correction=0),
        *_nothing_over(),
    ],
    "norm": [
        *_reductions(),
        *_several_dims(),
        *(replace(s, order=0) for s in _of_nothing()),
        Sample("origin", (np.array([[0.0, 0.0], [3.0, 4.0]]),), {"dim": 1}, order=0),
    ],
    "logsumexp": [
        *_reductions(),
        *_several_dims(),
        *_nothing_over(),
        Sample("large", (np.array([1000.0, 999.0]),)),
        Sample("log 0", (np.array([-np.inf, 1.0]),), order=0),
    ],
    "softmax": [*_ALONG, Sample("large", (np.array([1000.0, 999.0, -1000.0]),))],
    "log_softmax": [*_ALONG, Sample("large", (np.array([1000.0, 999.0, -1000.0]),))],
    # linear
    "matmul": [
        Sample(" ".join("×".join(map(str, s)) for s in (a, b)), (normal(*a), normal(*b, seed=1)))
        for a, b in [
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 4)),
            ((2, 2, 3), (3, 4)),
            ((2, 2, 3), (2, 3, 4)),
            ((2, 3), (2, 3, 4)),
            ((2, 1, 2, 3), (3, 3, 2)),
            ((3,), (2, 3, 4)),
            ((2, 4, 3), (3,)),
            ((0, 3), (3, 4)),
            ((2, 0), (0, 4)),
        ]
    ],
    "linear": [
        Sample("matrix", (normal(2, 3), normal(4, 3, seed=1), normal(4, seed=2))),
        Sample("no bias", (normal(2, 3), normal(4, 3, seed=1))),
        Sample("bias None", (normal(2, 3), normal(4, 3, seed=1), None)),
        Sample("vector", (normal(3), normal(4, 3, seed=1), normal(4, seed=2))),
        Sample("batches", (normal(2, 2, 3), normal(4, 3, seed=1), normal(4, seed=2))),
        Sample("batches, no bias", (normal(2, 2, 3), normal(4, 3, seed=1))),
        Sample("no rows", (normal(0, 3), normal(4, 3, seed=1), normal(4, seed=2))),
    ],
    "bilinear": [
        Sample("matrix", (normal(2, 3), normal(2, 2, seed=1), normal(4, 3, 2, seed=2), normal(4, seed=3))),
        Sample("no bias", (normal(2, 3), normal(2, 2, seed=1), normal(4, 3, 2, seed=2))),
        Sample("vectors", (normal(3), normal(2, seed=1), normal(4, 3, 2, seed=2), normal(4, seed=3))),
        Sample("batches", (normal(2, 2, 3), normal(2, 2, 2, seed=1), normal(4, 3, 2, seed=2), normal(4, seed=3))),
    ],
    "embedding": [
        Sample("vector", (np.array([2, 0, 2]), normal(4, 3))),
        Sample("matrix", (np.array([[2, 0], [1, 1]]), normal(4, 3))),
        Sample("number", (np.array(1), normal(4, 3))),
        Sample("none", (np.zeros(0, np.int64), normal(4, 3))),
        # the gradient of the padding row is said to be 0: it is not the slope
        Sample("padding", (np.array([2, 0, 2]), normal(4, 3)), {"padding_idx": 2}, order=0),
    ],
    # classification
    "row_weights": [
        Sample("plain", (_LABELS,), {"dtype": np.dtype(np.float64)}),
        Sample("mean", (_LABELS,), {"dtype": np.dtype(np.float64), "reduction": "mean"}),
        Sample("ignored", (_LABELS,), {"dtype": np.dtype(np.float64), "reduction": "mean", "ignore_index": 2}),
        Sample("weighted", (_LABELS, _CLASSES), {"dtype": np.dtype(np.float64), "reduction": "mean"}),
        Sample("float32", (_LABELS,), {"dtype": np.dtype(np.float32)}),
        Sample("all ignored", (np.full(2, -100),), {"dtype": np.dtype(np.float64), "reduction": "mean"}),
    ],
    "nll_loss": _classified(),
    "cross_entropy": _classified(),
    # random
    "uniform": [Sample("plain", (), _DRAWN), Sample("range", (), {**_FLOAT32, "low": -1.0, "high": 3.0})],
    "normal": [Sample("plain", (), _DRAWN), Sample("moved", (), {**_FLOAT32, "mean": 1.0, "std": 2.0})],
    "integers": [Sample("dice", (), {**_DRAWN, "dtype": np.dtype(np.int64), "low": 1, "high": 7})],
    "permutation": [Sample("ten", (), {"n": 10, "generator": 7})],
    "bernoulli": [Sample("coin", (), {**_FLOAT32, "p": 0.5})],
    # update
    "sgd_update": [
        *_updates(),
        _update(None),
        *_updates(_MEAN, momentum=0.9),
        _update(_MEAN, momentum=0.9, dampening=0.5),
        _update(_MEAN, momentum=0.9, nesterov=True),
    ],
    "adagrad_update": [*_updates(_STEP, _GROWN), _update(_STEP, _GROWN, lr_decay=0.1)],
    "rmsprop_update": [
        *_updates(_STEP, _GROWN),
        *_updates(_STEP, _GROWN, _MEAN, momentum=0.9),
        _update(_STEP, _GROWN, None, _MEAN / 10),
        _update(_STEP, _GROWN, _MEAN, _MEAN / 10, momentum=0.9),
    ],
    "adadelta_update": _updates(_STEP, _GROWN, _GROWN / 10),
    "adam_update": [
        *_updates(_STEP, _MEAN, _GROWN),
        *_updates(_STEP, _MEAN, _GROWN, decoupled_weight_decay=True),
        _update(_STEP, _MEAN, _GROWN, 2 * _GROWN),
        _update(_STEP, _MEAN, _GROWN, betas=(0.5, 0.9), eps=0.1),
    ],
    "adamax_update": _updates(_STEP, _MEAN, _GROWN),
    "nadam_update": [
        *_updates(_STEP, np.array(0.8), _MEAN, _GROWN),
        *_updates(_STEP, np.array(0.8), _MEAN, _GROWN, decoupled_weight_decay=True),
    ],
}


def samples_of(op: Op) -> list[Sample]:
    """The samples of ``op``; none if nobody has written any."""
    if op.name in TABLE:
        return TABLE[op.name]
    if op.name in SPECIAL:
        return SPECIAL[op.name]
    return _elementwise(op) if op.elementwise else []
