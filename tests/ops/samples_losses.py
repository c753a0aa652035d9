"""Inputs on which the loss of sequences and bags of rows of a table are tested."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.sample import Sample, normal, spaced


def _log_probs(*shape: int) -> Any:
    x = normal(*shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _whole(*numbers: Any) -> Any:
    return np.array(numbers, np.int64)


_SEQUENCES = [
    Sample("three", (_log_probs(5, 3, 4), _whole([1, 2, 1], [3, 3, 9], [2, -1, 0]), _whole(5, 5, 4), _whole(3, 2, 1))),
    Sample("blank 2", (_log_probs(4, 1, 3), _whole([0, 1]), _whole(4), _whole(2)), {"blank": 2}),
    Sample("not normalized", (normal(4, 2, 3), _whole([1, 2], [2, 2]), _whole(4, 3), _whole(2, 2))),
    Sample("of no labels", (_log_probs(3, 2, 3), np.zeros((2, 0), np.int64), _whole(3, 2), _whole(0, 0))),
    Sample("one without labels", (_log_probs(3, 2, 3), _whole([1], [1]), _whole(3, 2), _whole(0, 1))),
    Sample("no way", (_log_probs(2, 2, 3), _whole([1, 1], [1, 2]), _whole(2, 1), _whole(2, 2)), order=0),
    Sample("no steps", (_log_probs(2, 2, 3), _whole([1, 1], [1, 2]), _whole(0, 0), _whole(0, 1)), order=0),
]

_BAGS = (_whole(3, 0, 3, 1, 2), _whole(0, 2, 2, 3))  # two, none, one, two
_TABLE = spaced(4, 3)


def _bagged() -> list[Sample]:
    weights = normal(5, seed=1)
    return [
        *(
            Sample(f"{mode}{label}", (*_BAGS, _TABLE), {"mode": mode, **options})
            for mode in ("sum", "mean", "max")
            for label, options in [("", {}), (", padding", {"padding_idx": 3})]
        ),
        Sample("weighted", (*_BAGS, _TABLE, weights), {"mode": "sum"}),
        Sample("weighted, padding", (*_BAGS, _TABLE, weights), {"mode": "sum", "padding_idx": 0}),
        Sample("no bags", (np.zeros(0, np.int64), np.zeros(0, np.int64), _TABLE)),
        Sample("nothing in them", (np.zeros(0, np.int64), _whole(0, 0), _TABLE)),
        # the gradient is said to be divided by how often a row is asked for: it is not the slope
        Sample("by frequency", (*_BAGS, _TABLE), {"mode": "sum", "scale_grad_by_freq": True}, order=0),
    ]


LOSSES: dict[str, list[Sample]] = {
    "ctc_loss": _SEQUENCES,
    "ctc_posterior": _SEQUENCES,
    "embedding_bag": _bagged(),
}
