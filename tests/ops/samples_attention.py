"""Inputs on which the operations of attention are tested."""

from __future__ import annotations

import numpy as np

from tests.ops.sample import Sample, normal

_HIDES = np.array([[0.0, 0.0, -1e4], [-1e4, 0.0, -1e4]])  # finite, so that a small step from there is a step
_HIDES_ALL = np.array([[0.0, -1.0, -np.inf], [-np.inf, -np.inf, -np.inf]])

ATTENTION: dict[str, list[Sample]] = {
    "masked_softmax": [
        Sample("numbers", (normal(2, 3, 4), normal(3, 4, seed=1))),
        Sample("for all rows", (normal(2, 3, 4), normal(2, 1, 4, seed=1))),
        Sample("vector", (normal(4), normal(4, seed=1))),
        Sample("hidden", (normal(2, 2, 3), _HIDES)),
        Sample("all hidden", (normal(2, 2, 3), _HIDES_ALL), order=0),
        Sample("all hidden, unsafe", (normal(2, 2, 3), _HIDES_ALL), {"safe": False}, order=0),
        Sample("large", (np.array([[1000.0, 999.0, -1000.0]]), np.zeros((1, 3)))),
    ]
}
