"""Convolutions that read each element of the kernel at a place of its own."""

from __future__ import annotations

import math
from typing import Any

from glassnet import nn
from glassnet.errors import ShapeError
from glassnet.functional.grid_sampling import grid_sample
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import arange, empty
from glassnet.tensor.joining import stack


def deform_conv2d(
    input: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = (1, 1),
    padding: Any = (0, 0),
    dilation: Any = (1, 1),
    mask: Tensor | None = None,
) -> Tensor:
    """A convolution of [n, channels, height, width] whose kernel reads at shifted places, between pixels.

    ``weight`` is [outputs, channels / groups, p, q]. ``offset`` [n, 2·k·p·q, height, width of the result] has the shift
    (down, right) of each element of the kernel, for each of k groups of channels; ``mask`` [n, k·p·q, …], what it is
    multiplied with. Places outside of the picture are 0.

    Source: Zhu et al., "Deformable ConvNets v2", 2019.

    >>> from glassnet.vision import ops
    >>> x, shift = glassnet.arange(9.0).reshape(1, 1, 3, 3), glassnet.zeros(1, 2, 3, 3)
    >>> shift[:, 1] = 1  # one to the right
    >>> ops.deform_conv2d(x, shift, glassnet.ones(1, 1, 1, 1)).round()
    tensor([[[[1., 2., 0.],
              [4., 5., 0.],
              [7., 8., 0.]]]])
    """
    (down, right), (top, left), (tall, wide) = _pair(stride), _pair(padding), _pair(dilation)
    n, channels, height, width = input.shape
    outputs, per_group, p, q = weight.shape
    rows, columns = (
        (height + 2 * top - tall * (p - 1) - 1) // down + 1,
        (width + 2 * left - wide * (q - 1) - 1) // right + 1,
    )
    k = offset.shape[1] // (2 * p * q)
    if tuple(offset.shape) != (n, 2 * k * p * q, rows, columns) or not k or channels % k or channels % per_group:
        raise ShapeError(
            f"deform_conv2d: expected offsets [{n}, 2·k·{p * q}, {rows}, {columns}], where k divides {channels} "
            f"channels, got {written(offset.shape)}"
        )
    if mask is not None and tuple(mask.shape) != (n, k * p * q, rows, columns):
        raise ShapeError(f"deform_conv2d: expected a mask [{n}, {k * p * q}, {rows}, {columns}], got "
                         f"{written(mask.shape)}")  # fmt: skip
    shift = offset.reshape(n * k, p, q, 2, rows, columns)
    y = shift[:, :, :, 0] + _places(rows, down, -top, p, tall, offset).reshape(p, 1, rows, 1)
    x = shift[:, :, :, 1] + _places(columns, right, -left, q, wide, offset).reshape(1, q, 1, columns)
    grid = stack([_as_coordinate(x, width), _as_coordinate(y, height)], -1).reshape(n * k, p * q * rows, columns, 2)
    read = grid_sample(input.reshape(n * k, channels // k, height, width), grid, align_corners=False)
    read = read.reshape(n, k, channels // k, p * q, rows * columns)
    if mask is not None:
        read = read * mask.reshape(n, k, 1, p * q, rows * columns)
    groups = channels // per_group
    read = read.reshape(n, groups, per_group * p * q, rows * columns)
    out = weight.reshape(groups, outputs // groups, per_group * p * q) @ read
    out = out.reshape(n, outputs, rows, columns)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _places(outputs: int, stride: int, start: int, elements: int, dilation: int, like: Tensor) -> Any:
    """Where each element of the kernel reads for each output along a side: [elements, outputs]."""
    first = arange(outputs, dtype=like.dtype) * stride + start
    return first + (arange(elements, dtype=like.dtype) * dilation)[:, None]


def _as_coordinate(place: Any, pixels: int) -> Any:
    """A place counted in pixels as `grid_sample` counts: −1 and 1 are the outer edges."""
    return (place * 2 + 1) / pixels - 1


class DeformConv2d(Module):
    """`deform_conv2d` with a weight and a bias of its own; the offsets, and the mask, are inputs.

    >>> from glassnet.vision import ops
    >>> ops.DeformConv2d(3, 8, 3, padding=1)(glassnet.ones(1, 3, 4, 4), glassnet.zeros(1, 18, 4, 4)).shape
    (1, 8, 4, 4)
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"DeformConv2d: groups={groups} must divide {in_channels} and {out_channels} channels")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = _pair(kernel_size), _pair(stride)
        self.padding, self.dilation = _pair(padding), _pair(dilation)
        self.weight = nn.Parameter(empty(out_channels, in_channels // groups, *self.kernel_size))
        self.bias = nn.Parameter(empty(out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the numbers as those of a convolution."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.weight[0].numel())
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor, offset: Tensor, mask: Tensor | None = None) -> Tensor:
        """The convolution at the places that ``offset`` shifts to."""
        return deform_conv2d(input, offset, self.weight, self.bias, self.stride, self.padding, self.dilation, mask)

    def extra_repr(self) -> str:
        """Channels, kernel, stride."""
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
