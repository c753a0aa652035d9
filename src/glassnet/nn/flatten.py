"""Layers that change the shape: several dimensions into one, and one into several."""

from __future__ import annotations

import math
from collections.abc import Sequence

from glassnet.functional.tensor_checks import check_whole
from glassnet.nn.module import Module
from glassnet.tensor import Tensor


class Flatten(Module):
    """Joins dimensions ``start_dim`` to ``end_dim`` into one; by default all but the first (the batch).

    Raises DimensionError for a dimension that the input does not have.

    >>> nn.Flatten()(glassnet.zeros(64, 1, 28, 28)).shape
    (64, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input with fewer dimensions."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """From which dimension to which."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits dimension ``dim`` into the dimensions ``unflattened_size``, of which one may be −1 (computed).

    Raises ShapeError if the sizes do not multiply to that of ``dim``.

    >>> nn.Unflatten(1, (1, 28, 28))(glassnet.zeros(64, 784)).shape
    (64, 1, 28, 28)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        check_whole("Unflatten", -math.inf, dim=dim)
        if not isinstance(unflattened_size, Sequence):
            raise TypeError(
                "Unflatten: expected unflattened_size as a tuple of whole numbers, got "
                f"{type(unflattened_size).__name__}: {unflattened_size!r:.60}"
            )
        for size in unflattened_size:
            check_whole("Unflatten", -1, size=size)
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        """The input with more dimensions."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """Which dimension, and into what."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
