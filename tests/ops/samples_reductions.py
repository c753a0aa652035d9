"""Samples for reductions and statistics that few scripts use."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.sample import Sample, normal, spaced


def _over(**extra: Any) -> list[Sample]:
    x = spaced(2, 3, 2)
    return [
        Sample("all", (x,), extra),
        Sample("dims keepdim", (x,), {"dim": (0, -1), "keepdim": True, **extra}),
        Sample("number", (spaced(),), extra),
    ]


_TIES = np.array([[1.0, 3.0, 3.0, 1.0], [2.0, 2.0, 1.0, 4.0]])
_NAN = np.array([1.0, np.nan, 3.0])

STATISTICS: dict[str, list[Sample]] = {
    "std": [
        Sample("all", (spaced(2, 3, 2),)),
        Sample("dim 1", (spaced(2, 3, 2),), {"dim": 1, "correction": 0}),
        Sample("dims keepdim", (spaced(2, 3, 2),), {"dim": (0, -1), "keepdim": True}),
        Sample("equal", (np.ones(3),), order=0),
    ],
    "power_norm": [
        *(sample for p in (3.0, 0.5, -1.5, np.inf, -np.inf) for sample in _over(p=p)),
        Sample("origin", (np.array([[0.0, 0.0], [3.0, 4.0]]),), {"p": 3.0, "dim": 1}, order=0),
        Sample("one zero", (np.array([0.0, 4.0]),), {"p": 0.5}, order=0),
        Sample("ties", (_TIES,), {"p": np.inf, "dim": 1}, order=0),
    ],
    "median": [
        Sample("odd", (spaced(3),)),
        Sample("even", (spaced(2, 2),)),
        Sample("number", (spaced(),)),
        Sample("ties", (np.array([0.5, 0.5, 0.0, 0.0]),), order=0),
        Sample("nan", (_NAN,), order=0),
        Sample("nan ignored", (_NAN,), {"ignoring_nan": True}, order=0),
    ],
    "mode_position": [
        Sample("last", (_TIES,)),
        Sample("first", (_TIES,), {"dim": 0}),
        Sample("number", (normal(),)),
    ],
    "cumprod": [
        Sample("last", (normal(2, 5),)),
        Sample("dim 0", (normal(3, 2),), {"dim": 0}),
        Sample("zeros", (np.array([2.0, 0.0, 3.0, 0.0, 5.0]),)),
        Sample("number", (normal(),)),
        Sample("nothing", (np.zeros((2, 0)),)),
    ],
    "running_extreme": [
        Sample("largest", (_TIES,), {"dim": 0}),
        Sample("smallest", (_TIES,), {"largest": False}),
        Sample("nan", (_NAN,)),
        Sample("number", (normal(),)),
    ],
}
