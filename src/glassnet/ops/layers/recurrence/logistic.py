"""The logistic function: what opens and closes a gate."""

from __future__ import annotations

import numpy as np

from glassnet.ops.dtypes import Array


def opened(negated: Array, out: Array) -> None:
    """σ(x) = 1/(1 + exp(−x)), given −x, which is written over. Where exp overflows, this is 0, as it should be."""
    np.exp(negated, out=negated)
    negated += 1
    np.reciprocal(negated, out=out)
