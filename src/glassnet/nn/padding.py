"""Padding layers: elements added around signals, images and volumes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import ClassVar

import glassnet.functional as F
from glassnet.functional.spatial import check_spatial, per_dimension
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Widths = int | Sequence[int]


class _Padding(Module):
    """``padding`` is one number for all sides, or two for each dimension, the last one first; below 0 it crops."""

    dimensions: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: Widths) -> None:
        super().__init__()
        self.padding = per_dimension(self._get_name(), "padding", padding, 2 * self.dimensions, -sys.maxsize)

    def forward(self, input: Tensor) -> Tensor:
        """The input with more around it."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The numbers."""
        return str(self.padding)


class _ConstantPadding(_Padding):
    def __init__(self, padding: Widths, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input with ``value`` around it."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The numbers, and the value."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadding(_Padding):
    mode = "constant"


class ConstantPad1d(_ConstantPadding):
    """Adds ``value`` around the last dimension: ``padding`` = (left, right), or one number.

    Below 0, elements are taken away. Called, raises ShapeError where there are too few.

    >>> nn.ConstantPad1d((1, 2), 5.0)(glassnet.tensor([1.0, 2.0]))
    tensor([5., 1., 2., 5., 5.])
    """

    dimensions = 1


class ConstantPad2d(_ConstantPadding):
    """`ConstantPad1d` of 2 dimensions: ``padding`` = (left, right, top, bottom), or one number.

    >>> nn.ConstantPad2d(1, 5.0)(glassnet.zeros(1, 1))
    tensor([[5., 5., 5.],
            [5., 0., 5.],
            [5., 5., 5.]])
    """

    dimensions = 2


class ConstantPad3d(_ConstantPadding):
    """`ConstantPad1d` of 3 dimensions: ``padding`` = (left, right, top, bottom, front, back), or one number.

    >>> nn.ConstantPad3d(1, 5.0)(glassnet.zeros(1, 1, 2, 2, 2)).shape
    (1, 1, 4, 4, 4)
    """

    dimensions = 3


class ZeroPad1d(_ZeroPadding):
    """Adds zeros around the last dimension: ``padding`` = (left, right), or one number.

    >>> nn.ZeroPad1d(1)(glassnet.tensor([1.0, 2.0]))
    tensor([0., 1., 2., 0.])
    """

    dimensions = 1


class ZeroPad2d(_ZeroPadding):
    """Adds zeros around the last 2 dimensions: ``padding`` = (left, right, top, bottom), or one number.

    >>> nn.ZeroPad2d((1, 0, 0, 1))(glassnet.ones(1, 2))
    tensor([[0., 1., 1.],
            [0., 0., 0.]])
    """

    dimensions = 2


class ZeroPad3d(_ZeroPadding):
    """Adds zeros around the last 3 dimensions: ``padding`` = (left, right, top, bottom, front, back), or one number.

    >>> nn.ZeroPad3d(1)(glassnet.ones(1, 1, 2, 2, 2)).sum().item()
    8.0
    """

    dimensions = 3


class _ReflectionPadding(_Padding):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPadding):
    """Adds to [N, C, L], or to one without N, what a mirror at its first and last element shows.

    ``padding`` = (left, right), or one number. Called, raises ShapeError for an input that is too small.

    >>> nn.ReflectionPad1d(2)(glassnet.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    dimensions = 1


class ReflectionPad2d(_ReflectionPadding):
    """Adds to [N, C, H, W], or to one without N, what a mirror at its first and last element shows.

    ``padding`` = (left, right, top, bottom), or one number. Called, raises ShapeError for an input that is too small.

    >>> nn.ReflectionPad2d((1, 1, 0, 1))(glassnet.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[2., 1., 2., 1.],
             [4., 3., 4., 3.],
             [2., 1., 2., 1.]]])
    """

    dimensions = 2


class ReflectionPad3d(_ReflectionPadding):
    """Adds to [N, C, D, H, W], or to one without N, what a mirror at its first and last element shows.

    ``padding`` = (left, right, top, bottom, front, back), or one number. Called, raises ShapeError for an input
    that is too small.

    >>> nn.ReflectionPad3d(1)(glassnet.zeros(1, 2, 2, 2)).shape
    (1, 4, 4, 4)
    """

    dimensions = 3


class _ReplicationPadding(_Padding):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPadding):
    """Adds to [N, C, L], or to one without N, its first and last element, repeated.

    ``padding`` = (left, right), or one number. Called, raises ShapeError for an input that is too small.

    >>> nn.ReplicationPad1d((1, 2))(glassnet.tensor([[1.0, 2.0]]))
    tensor([[1., 1., 2., 2., 2.]])
    """

    dimensions = 1


class ReplicationPad2d(_ReplicationPadding):
    """Adds to [N, C, H, W], or to one without N, its first and last element, repeated.

    ``padding`` = (left, right, top, bottom), or one number. Called, raises ShapeError for an input that is too small.

    >>> nn.ReplicationPad2d((1, 0, 0, 1))(glassnet.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2.],
             [1., 1., 2.]]])
    """

    dimensions = 2


class ReplicationPad3d(_ReplicationPadding):
    """Adds to [N, C, D, H, W], or to one without N, its first and last element, repeated.

    ``padding`` = (left, right, top, bottom, front, back), or one number. Called, raises ShapeError for an input
    that is too small.

    >>> nn.ReplicationPad3d(1)(glassnet.zeros(1, 2, 2, 2)).shape
    (1, 4, 4, 4)
    """

    dimensions = 3


class _CircularPadding(_Padding):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """The input with more around it."""
        check_spatial(self._get_name(), input, self.dimensions)
        return super().forward(input)


class CircularPad1d(_CircularPadding):
    """Adds to [N, C, L], or to one without N, what follows at its other end.

    ``padding`` = (left, right), or one number. Called, raises ShapeError for an input that is too small.

    >>> nn.CircularPad1d((1, 2))(glassnet.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1., 2.]])
    """

    dimensions = 1


class CircularPad2d(_CircularPadding):
    """Adds to [N, C, H, W], or to one without N, what follows at its other end.

    ``padding`` = (left, right, top, bottom), or one number. Called, raises ShapeError for an input that is too small.

    >>> nn.CircularPad2d((1, 0, 0, 1))(glassnet.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[2., 1., 2.],
             [4., 3., 4.],
             [2., 1., 2.]]])
    """

    dimensions = 2


class CircularPad3d(_CircularPadding):
    """Adds to [N, C, D, H, W], or to one without N, what follows at its other end.

    ``padding`` = (left, right, top, bottom, front, back), or one number. Called, raises ShapeError for an input
    that is too small.

    >>> nn.CircularPad3d(1)(glassnet.zeros(1, 2, 2, 2)).shape
    (1, 4, 4, 4)
    """

    dimensions = 3
