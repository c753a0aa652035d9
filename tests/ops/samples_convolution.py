"""Inputs on which convolution and its derivatives are tested: one case of each kind, for all three operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.sample import Sample, normal

# the input, the weight, options
_CASES: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "one dimension": ((2, 3, 5), (2, 3, 2), {}),
    "stride, dilation": ((1, 2, 8), (3, 2, 2), {"stride": 2, "dilation": 2, "padding": 1}),
    "two dimensions": ((2, 2, 4, 3), (3, 2, 2, 2), {"padding": (1, 0)}),
    "elements left over": ((1, 1, 5, 6), (1, 1, 2, 3), {"stride": (2, 2), "padding": (0, 1)}),
    "dilated height": ((1, 1, 4, 4), (2, 1, 2, 2), {"dilation": (2, 1)}),
    "dilated width": ((1, 1, 2, 4), (1, 1, 2, 2), {"dilation": (1, 2)}),
    "so many places that samples are multiplied one by one": ((2, 1, 6, 8), (1, 1, 2, 2), {}),
    "groups": ((1, 4, 3, 3), (6, 2, 2, 2), {"groups": 2}),
    "groups, dilated and padded": ((2, 4, 5), (6, 2, 2), {"groups": 2, "dilation": 3, "padding": 2}),
    "groups, padded beyond the kernel": ((1, 4, 3), (2, 2, 2), {"groups": 2, "padding": 2}),
    "depthwise": ((2, 3, 3, 3), (3, 1, 2, 2), {"groups": 3, "padding": 1, "stride": 2}),
    "1×1": ((2, 3, 2, 2), (2, 3, 1, 1), {}),
    "three dimensions": ((1, 2, 3, 3, 2), (2, 2, 2, 2, 1), {"padding": (1, 0, 0), "stride": (2, 1, 1)}),
    "no samples": ((0, 2, 3), (2, 2, 2), {}),
}


def _out(lengths: tuple[int, ...], size: tuple[int, ...], options: dict[str, Any]) -> tuple[int, ...]:
    def each(name: str, default: int) -> tuple[int, ...]:
        value = options.get(name, default)
        return value if isinstance(value, tuple) else (value,) * len(size)

    numbers = zip(lengths, size, each("stride", 1), each("padding", 0), each("dilation", 1), strict=True)
    return tuple((m + 2 * p - d * (k - 1) - 1) // s + 1 for m, k, s, p, d in numbers)


def _samples() -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {"convolution": [], "conv_transpose": [], "convolution_weight": []}
    for label, (x, weight, options) in _CASES.items():
        y = (x[0], weight[0], *_out(x[2:], weight[2:], options))
        kernels, lengths = normal(*weight, seed=1), {"lengths": x[2:], **options}
        found["convolution"].append(Sample(label, (normal(*x), kernels, normal(weight[0], seed=2)), options))
        found["conv_transpose"].append(Sample(label, (normal(*y), kernels, normal(x[1], seed=2)), lengths))
        found["convolution_weight"].append(
            Sample(label, (normal(*x), normal(*y, seed=1)), {"size": weight[2:], **options})
        )
    found["convolution"] += [
        Sample("no bias", (normal(1, 1, 4), normal(1, 1, 2, seed=1))),
        Sample("bias None", (normal(1, 1, 4), normal(1, 1, 2, seed=1), None)),
        Sample("transposed in memory", (np.moveaxis(normal(4, 3, 2), 2, 0), normal(1, 4, 2, seed=1))),
    ]
    found["conv_transpose"] += [
        Sample("no bias", (normal(1, 1, 3), normal(1, 1, 2, seed=1)), {"lengths": (4,)}),
        Sample("bias None", (normal(1, 1, 3), normal(1, 1, 2, seed=1), None), {"lengths": (4,)}),
    ]
    return found


CONVOLUTION = _samples()
