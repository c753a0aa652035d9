"""Distances as modules: between two batches of vectors, pair by pair."""

from __future__ import annotations

from typing import ClassVar

import glassnet.functional as F
from glassnet.nn.module import FunctionModule, Names
from glassnet.tensor import Tensor

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(FunctionModule):
    """x₁·x₂ / (‖x₁‖·‖x₂‖) along ``dim``: 1 for one direction, 0 for a right angle, −1 for opposite directions.

    The inputs have shapes that broadcast; the result lacks ``dim``. A length below ``eps`` counts as ``eps``. Raises
    ShapeError for shapes that do not broadcast.

    >>> a, b = glassnet.tensor([[1.0, 0.0], [1.0, 0.0]]), glassnet.tensor([[0.0, 3.0], [2.0, 0.0]])
    >>> nn.CosineSimilarity()(a, b)
    tensor([0., 1.])
    """

    function = staticmethod(F.cosine_similarity)
    options: ClassVar[Names] = ("dim", "eps")

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The cosine of the angle between each pair."""
        return self._call(x1, x2)


class PairwiseDistance(FunctionModule):
    """‖x₁ − x₂ + eps‖ₚ along the last dimension: how far apart the two of each pair are.

    The inputs are [n, d] (or [d]), and the result [n] (or []); with ``keepdim``, [n, 1]. Raises ShapeError for shapes
    that do not broadcast.

    >>> a, b = glassnet.tensor([[3.0, 0.0], [1.0, 1.0]]), glassnet.tensor([[0.0, 4.0], [1.0, 1.0]])
    >>> nn.PairwiseDistance()(a, b)
    tensor([5.0000e+00, 1.4142e-06])
    """

    function = staticmethod(F.pairwise_distance)
    options: ClassVar[Names] = ("p", "eps", "keepdim")

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.p, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The distance of each pair."""
        return self._call(x1, x2)
