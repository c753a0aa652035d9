"""Max pooling of windows at random distances: FractionalMaxPool2d and 3d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
from glassnet.functional.fractional_pooling import check_ratio
from glassnet.functional.pooling import check_output_size
from glassnet.functional.spatial import per_dimension
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]


class _FractionalMaxPool(Module):
    _dims: int

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        output_size: int | Sequence[int] | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        kind, n = type(self).__name__, self._dims
        self.kernel_size = per_dimension(kind, "kernel_size", kernel_size, n)
        check_ratio(kind, n, output_size, output_ratio)
        check_output_size(kind, output_size, n)
        self.output_size = output_size
        self.output_ratio = output_ratio
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Tensor) -> Any:
        """The largest numbers; with ``return_indices`` their places as well."""
        pool = getattr(F, f"fractional_max_pool{self._dims}d")
        windows = (self.kernel_size, self.output_size, self.output_ratio)
        return pool(input, *windows, self.return_indices, self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest number of each of ``output_size`` windows at random distances: [N, C, H, W] or [C, H, W].

    The number of windows may be said as a share of the input's size, ``output_ratio``. Each call draws the distances
    anew, in evaluation too; ``_random_samples`` [N, C, 2] fixes them. ``return_indices`` gives the places as well.

    Raises ValueError where neither or both of the two are given; called, ShapeError where so many windows do not fit.
    B. Graham, Fractional Max-Pooling, 2015.

    >>> nn.FractionalMaxPool2d(2, output_ratio=0.7)(glassnet.randn(1, 3, 10, 10)).shape
    (1, 3, 7, 7)
    """

    _dims = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest number of each of ``output_size`` windows at random distances: [N, C, D, H, W] or [C, D, H, W].

    As `FractionalMaxPool2d`, in 3 dimensions.

    >>> nn.FractionalMaxPool3d(2, output_size=(3, 4, 5))(glassnet.randn(1, 3, 4, 6, 8)).shape
    (1, 3, 3, 4, 5)
    """

    _dims = 3
