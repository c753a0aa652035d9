"""Inputs on which every operation is tested, keyed by its name.

Elementwise operations get theirs by themselves (tests/ops/elementwise.py); all others are listed in
`TABLE`. An operation without samples fails the tests by name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.ops import Op
from glassnet.ops.indexing import ARRAY
from tests.ops.elementwise import SPECIAL, TRUTH, elementwise
from tests.ops.sample import Sample, ints, normal, spaced
from tests.ops.samples_attention import ATTENTION
from tests.ops.samples_convolution import CONVOLUTION
from tests.ops.samples_functions import FUNCTIONS
from tests.ops.samples_images import IMAGES
from tests.ops.samples_linalg import LINALG
from tests.ops.samples_losses import LOSSES
from tests.ops.samples_normalization import NORMALIZATION
from tests.ops.samples_pooling import POOLING
from tests.ops.samples_recurrence import RECURRENCE
from tests.ops.samples_reductions import STATISTICS
from tests.ops.samples_windows import WINDOWS

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


_STEP, _NOW = np.array(2.0), np.array(0.7)  # momentum_now: as a schedule has it
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
        Sample("full mask", (normal(2, 2), TRUTH), {"index": (ARRAY,)}),
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
        Sample("mask", (normal(2, 2), normal(2, seed=1), TRUTH), {"index": (ARRAY,)}),
        Sample("mask to number", (normal(2, 2), normal(seed=1), TRUTH), {"index": (ARRAY,)}),
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
    "diagonal": [
        Sample("matrix", (normal(3, 4),), {"offset": 0, "dim1": 0, "dim2": 1}),
        Sample("above", (normal(3, 4),), {"offset": 2, "dim1": 0, "dim2": 1}),
        Sample("batch", (normal(2, 3, 4),), {"offset": -1, "dim1": -2, "dim2": -1}),
        Sample("outer", (normal(2, 3, 4),), {"offset": 1, "dim1": 2, "dim2": 0}),
        Sample("none", (normal(2, 3),), {"offset": 5, "dim1": 0, "dim2": 1}),
    ],
    "as_strided": [
        Sample("apart", (normal(3, 4),), {"size": (2, 2), "stride": (4, 1), "offset": 1}),
        Sample("overlapping", (normal(6),), {"size": (3, 2), "stride": (1, 2), "offset": 0}),
        Sample("nothing", (normal(6),), {"size": (0, 2), "stride": (9, 9), "offset": 2}),
    ],
    "as_strided_scatter": [
        Sample("apart", (normal(3, 4), normal(2, 2, seed=1)), {"size": (2, 2), "stride": (4, 1), "offset": 1}),
        Sample("all but one", (normal(3), normal(2, seed=1)), {"size": (2,), "stride": (2,), "offset": 0}),
    ],
    "diagonal_scatter": [
        Sample("matrix", (normal(3, 4), normal(3, seed=1)), {"offset": 0, "dim1": 0, "dim2": 1}),
        Sample("outer", (normal(2, 3, 4), normal(3, 2, seed=1)), {"offset": 1, "dim1": 0, "dim2": 2}),
    ],
    "scatter_reduce": [
        *(
            Sample(f"{reduce} {label}", (x, source, index), {"dim": dim, "reduce": reduce})
            for reduce in ("prod", "amax", "amin")
            for label, x, source, index, dim in (
                ("vector", spaced(3, lane=0, lanes=2), spaced(5, lane=1, lanes=2), np.array([0, 0, 1, 2, 0]), 0),
                ("matrix", spaced(3, 2, lane=0, lanes=2), spaced(2, 2, lane=1, lanes=2), np.array([[0, 0], [2, 0]]), 0),
            )
        ),
        Sample("a lone 0", (normal(2), np.array([2.0, 0.0, 3.0]), np.array([0, 0, 1])), {"dim": 0, "reduce": "prod"}),
    ],
    "searchsorted": [
        Sample("vector", (np.array([-1.0, 0.5, 0.5, 2.0]), np.array([[0.5, 3.0], [-2.0, 1.0]]))),
        Sample("right", (np.array([1, 3, 3, 5]), np.array([3, 0])), {"right": True}),
        Sample("rows", (np.array([[1.0, 3.0], [2.0, 4.0]]), np.array([[2.0], [2.0]]))),
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
    "all": [*_reductions(), *_several_dims(), *_of_nothing(), Sample("bools", (TRUTH,), {"dim": 0})],
    "any": [*_reductions(), *_several_dims(), *_of_nothing(), Sample("bools", (TRUTH,), {"dim": 0})],
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
        Sample("by frequency", (np.array([2, 0, 2]), normal(4, 3)), {"scale_grad_by_freq": True}, order=0),
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
        _update(_MEAN, _NOW, momentum=0.9),
    ],
    "adagrad_update": [*_updates(_STEP, _GROWN), _update(_STEP, _GROWN, lr_decay=0.1)],
    "rmsprop_update": [
        *_updates(_STEP, _GROWN),
        *_updates(_STEP, _GROWN, _MEAN, momentum=0.9),
        _update(_STEP, _GROWN, None, _MEAN / 10),
        _update(_STEP, _GROWN, _MEAN, _MEAN / 10, momentum=0.9),
        _update(_STEP, _GROWN, _MEAN, None, _NOW, momentum=0.9),
    ],
    "adadelta_update": _updates(_STEP, _GROWN, _GROWN / 10),
    "adam_update": [
        *_updates(_STEP, _MEAN, _GROWN),
        *_updates(_STEP, _MEAN, _GROWN, decoupled_weight_decay=True),
        _update(_STEP, _MEAN, _GROWN, 2 * _GROWN),
        _update(_STEP, _MEAN, _GROWN, betas=(0.5, 0.9), eps=0.1),
        _update(_STEP, _MEAN, _GROWN, None, _NOW),
    ],
    "adamax_update": [*_updates(_STEP, _MEAN, _GROWN), _update(_STEP, _MEAN, _GROWN, _NOW)],
    "nadam_update": [
        *_updates(_STEP, np.array(0.8), _MEAN, _GROWN),
        *_updates(_STEP, np.array(0.8), _MEAN, _GROWN, decoupled_weight_decay=True),
        _update(_STEP, np.array(0.8), _MEAN, _GROWN, _NOW),
    ],
    "radam_update": [
        *_updates(_STEP, _MEAN, _GROWN),
        *_updates(np.array(9.0), _MEAN, _GROWN, decoupled_weight_decay=True),
        _update(_STEP, _MEAN, _GROWN, betas=(0.5, 0.6)),
        _update(np.array(9.0), _MEAN, _GROWN, _NOW),
    ],
    "sparse_adam_update": [
        _update(_STEP, _MEAN, _GROWN),
        _update(_STEP, _MEAN, _GROWN, maximize=True),
        _update(_STEP, _MEAN, _GROWN, _NOW),
    ],
    "rprop_update": [
        _update(_STEP, _MEAN, _GROWN),
        _update(_STEP, _MEAN, _GROWN, maximize=True),
        _update(_STEP, _MEAN, _GROWN, etas=(0.2, 3.0), step_sizes=(0.3, 0.9)),
    ],
    "asgd_update": [
        *_updates(_STEP, np.array(0.1), np.array(1.0), _MEAN),
        _update(_STEP, np.array(0.1), np.array(0.5), _MEAN, lambd=0.1, alpha=0.5, t0=1),
    ],
    "adafactor_update": [
        *_updates(_STEP, _GROWN[:, :1], _GROWN[:1]),
        Sample("vector", (normal(4), normal(4, seed=1), 0.1, _STEP, None, None, np.abs(normal(4, seed=2)))),
        _update(_STEP, _GROWN[:, :1], _GROWN[:1], eps=(0.5, 0.2), d=2.0),
    ],
    "muon_update": [
        _update(_MEAN),
        _update(_MEAN, nesterov=False, weight_decay=0.3, ns_steps=2),
        _update(_MEAN, adjust_lr_fn="match_rms_adamw"),
        Sample("tall", (normal(3, 2), normal(3, 2, seed=1), 0.1, normal(3, 2, seed=2))),
        _update(_MEAN, _NOW),
    ],
    **FUNCTIONS,
    **IMAGES,
    **LINALG,
    **LOSSES,
    **NORMALIZATION,
    **ATTENTION,
    **RECURRENCE,
    **STATISTICS,
    **CONVOLUTION,
    **POOLING,
    **WINDOWS,
}


def samples_of(op: Op) -> list[Sample]:
    """The samples of ``op``; none if nobody has written any."""
    if op.name in TABLE:
        return TABLE[op.name]
    if op.elementwise:
        return SPECIAL.get(op.name) or elementwise(op)
    return []
