"""Inputs on which windows and padding are tested."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.sample import Sample, normal


def _along(size: Any, stride: Any = None, dilation: Any = None) -> dict[str, Any]:
    return {"size": size, "stride": stride or (1,) * len(size), "dilation": dilation or (1,) * len(size)}


def _back(lengths: Any, stride: Any = None, dilation: Any = None) -> dict[str, Any]:
    return {"lengths": lengths, "stride": stride or (1,) * len(lengths), "dilation": dilation or (1,) * len(lengths)}


WINDOWS: dict[str, list[Sample]] = {
    "windows": [
        Sample("one dimension", (normal(2, 7),), _along((3,))),
        Sample("stride, dilation", (normal(8),), _along((3,), (2,), (2,))),
        Sample("with elements left over", (normal(2, 8),), _along((2,), (3,))),
        Sample("two dimensions", (normal(2, 4, 5),), _along((2, 3), (1, 2))),
        Sample("backwards, transposed", (normal(5, 4, 3).T[..., ::-1],), _along((2, 3), (2, 1))),
        Sample("three dimensions", (normal(2, 3, 2, 3),), _along((2, 1, 2), (1, 1, 1), (1, 1, 2))),
        Sample("as large as the input", (normal(2, 3, 4),), _along((3, 4))),
        Sample("of nothing", (np.zeros((0, 4)),), _along((2,))),
    ],
    "add_windows": [
        Sample("one dimension", (normal(2, 5, 3),), _back((7,))),
        Sample("stride, dilation", (normal(2, 3),), _back((8,), (2,), (2,))),
        Sample("with elements left over", (normal(2, 3, 2),), _back((8,), (3,))),
        Sample("two dimensions", (normal(2, 3, 2, 2, 3),), _back((4, 5), (1, 2))),
        Sample("three dimensions", (normal(2, 2, 2, 1, 2, 1, 2),), _back((3, 2, 3), None, (1, 1, 2))),
        Sample("of nothing", (np.zeros((0, 3, 2)),), _back((4,))),
    ],
    "pad": [
        Sample("one dimension", (normal(2, 3),), {"widths": ((1, 2),)}),
        Sample("two, with a value", (normal(2, 3, 2),), {"widths": ((0, 1), (2, 0)), "value": 1.5}),
        Sample("margins that go", (normal(4, 5),), {"widths": ((-1, -2), (-2, 1))}),
        Sample("all goes", (normal(2, 3),), {"widths": ((-1, -2),)}),
        Sample("no dimension", (normal(2, 3),), {"widths": ()}),
    ],
}
