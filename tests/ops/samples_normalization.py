"""Inputs on which normalization and dropout are tested, and functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.sample import Array, Sample, normal


def _moments(x: Array, dim: tuple[int, ...]) -> Array:
    return np.stack([x.mean(dim, keepdims=True), x.var(dim, keepdims=True)])


def _standardized(*before: Array) -> list[Sample]:
    """With the gradient ``before`` all else, or without."""
    x, images = normal(4, 3), normal(3, 2, 2, 2)
    groups = normal(2, 2, 3, 2)
    of_channels: Any = (0, 2, 3)
    channel = (normal(2, 1, 1, seed=1), normal(2, 1, 1, seed=2))

    def sample(label: str, x: Array, *parameters: Any, order: int = 2, **params: Any) -> Sample:
        return Sample(label, (*(normal(*x.shape, seed=7) for _ in before), x, *parameters), params, order)

    return [
        sample("rows", x, dim=(1,)),
        sample("columns", x, normal(3, seed=1), normal(3, seed=2), dim=(0,)),
        sample("layer", x, normal(3, seed=1), normal(3, seed=2), dim=(1,), eps=0.1),
        sample("layer of two dimensions", images, normal(2, 2, seed=1), None, None, dim=(2, 3)),
        sample("bias alone", x, None, normal(3, seed=2), dim=(1,)),
        sample("channels", images, *channel, dim=of_channels),
        # the gradient is that of x and its moments together, not the slope where these stay
        sample("channels, moments known", images, *channel, _moments(images, of_channels), order=0, dim=of_channels),
        sample("groups", groups, normal(2, 3, 1, seed=1), normal(2, 3, 1, seed=2), dim=(2, 3)),
        sample("root mean square", x, normal(3, seed=1), dim=(1,), centred=False),
        sample("no rows", normal(0, 3), normal(3, seed=1), normal(3, seed=2), dim=(1,)),
    ]


_MASK = np.array([[True, False, True], [False, True, True]])

NORMALIZATION: dict[str, list[Sample]] = {
    "moments": [
        Sample("rows", (normal(4, 3),), {"dim": (1,)}),
        Sample("channels", (normal(3, 2, 2),), {"dim": (0, 2)}),
        Sample("far from 0", (1000 + normal(4, 3),), {"dim": (0,)}),
    ],
    "standardize": _standardized(),
    "standardize_backward": _standardized(np.ones(())),
    "masked_scale": [
        Sample("each", (normal(2, 3), _MASK), {"scale": 2.0}),
        Sample("rows", (normal(2, 3), _MASK[:, :1]), {"scale": 0.5}),
        Sample("as it is", (normal(2, 3), _MASK)),
    ],
    "inverse": [
        Sample("one", (normal(3, 3),)),
        Sample("several", (normal(2, 2, 2, 2),)),
        Sample("none", (np.zeros((0, 2, 2)),)),
    ],
    "matrix_exp": [
        Sample("one", (normal(3, 3),)),
        Sample("several, large", (2 * normal(2, 2, 2),)),
        Sample("small", (normal(2, 2) / 100,)),
        Sample("zeros", (np.zeros((2, 2)),)),
    ],
}
