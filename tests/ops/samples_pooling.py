"""Inputs on which pooling is tested."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.ops.sample import Sample, normal, spaced


def _windows(label: str, x: Any, size: Any, stride: Any = None) -> Sample:
    return Sample(label, (x,), {"size": size, "stride": stride or size})


def _apart(sample: Sample, *dilation: int) -> Sample:
    """The same with elements of a window that lie ``dilation`` apart."""
    return replace(sample, params={**sample.params, "dilation": dilation or (1,) * len(sample.params["size"])})


def _ranks(*shape: int) -> Any:
    """Numbers that all differ by more than a small step."""
    return np.random.default_rng(0).permutation(int(np.prod(shape))).reshape(shape) / 4 - 1


_TIES = np.array([[1.0, 3.0, 3.0, 3.0, 0.0, 0.0]])
_MISSING = np.array([[np.nan, 1.0, np.nan, 2.0, -np.inf, -np.inf]])

_MAX = [
    _apart(_windows("one dimension", _ranks(2, 7), (2,))),
    _apart(_windows("two dimensions", _ranks(2, 4, 5), (2, 2))),
    _apart(_windows("three dimensions", _ranks(2, 3, 4, 3), (2, 1, 2), (1, 2, 1))),
    _apart(_windows("overlapping", _ranks(1, 5, 6), (3, 2), (1, 1))),
    _apart(_windows("dilation", _ranks(2, 5, 6), (2, 3), (1, 2)), 2, 2),
    _apart(_windows("a window for each", _ranks(2, 3), (1,))),
    _apart(_windows("none", np.zeros((0, 4)), (2,))),
    replace(_apart(_windows("ties", _TIES, (3,), (1,))), order=0),
    replace(_apart(_windows("NaN", _MISSING, (3,))), order=0),
    _apart(_windows("one window", _ranks(2, 3, 4), (3, 4))),
    replace(_apart(_windows("one window of ties", _TIES, (6,))), order=0),
    replace(_apart(_windows("one window with NaN", _MISSING, (6,))), order=0),
]
_MEAN = [
    _windows("one dimension", normal(2, 7), (2,)),
    _windows("two dimensions", normal(2, 4, 5), (2, 2)),
    _windows("three dimensions", normal(2, 3, 4, 3), (2, 1, 2), (1, 2, 1)),
    _windows("overlapping", normal(1, 5, 6), (3, 2), (1, 1)),
    _windows("none", np.zeros((0, 4)), (2,)),
]


def _to(label: str, x: Any, size: Any) -> Sample:
    return Sample(label, (x,), {"size": size})


def _put_back(label: str, x: Any, indices: Any, size: Any) -> Sample:
    return Sample(label, (x, np.array(indices)), {"size": size})


def _backward(sample: Sample) -> Sample:
    """The gradient of a sample of max pooling: with the gradient of its result, and its result."""
    from glassnet.ops.layers.max_pooling import max_pool

    y = max_pool(*sample.inputs, **sample.params)
    return replace(sample, inputs=(normal(*y.shape), *sample.inputs, y))


POOLING: dict[str, list[Sample]] = {
    "max_pool": _MAX,
    "max_pool_backward": [_backward(sample) for sample in _MAX],
    "max_pool_indices": _MAX,
    "avg_pool": _MEAN,
    "adaptive_max_pool_indices": [
        _to("one dimension", spaced(2, 7), (3,)),
        _to("two dimensions", spaced(1, 5, 4), (2, 3)),
        _to("more than there are", spaced(2, 3), (5,)),
        _to("NaN", _MISSING, (2,)),
    ],
    "max_unpool": [
        _put_back("one dimension", normal(2, 2), [[0, 3], [5, 2]], (6,)),
        _put_back("two dimensions", normal(2, 1, 2), [[[5, 1]], [[0, 3]]], (2, 3)),
        _put_back("of no batch", normal(3), [4, 0, 1], (5,)),
    ],
}
