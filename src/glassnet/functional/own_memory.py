"""Results in memory of their own, which may be changed without changing what they were computed from."""

from __future__ import annotations

from glassnet.tensor import Tensor


def own(result: Tensor, input: Tensor) -> Tensor:
    """``result``, copied where it is the ``input`` itself or looks into another's memory: nothing had to be moved."""
    return result.clone() if result is input or result.view_of is not None else result
