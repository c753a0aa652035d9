"""The logistic function in place: what opens and closes a gate."""

from __future__ import annotations

import numpy as np

from glassnet.ops.dtypes import Array


def logistic(x: Array) -> None:
    """Replace x by σ(x) = (1 + tanh(x/2))/2, which overflows nowhere and is quicker than with exp."""
    x *= 0.5
    np.tanh(x, out=x)
    x += 1
    x *= 0.5
