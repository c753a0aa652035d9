"""Average pooling: AvgPool1d to 3d, AdaptiveAvgPool1d to 3d, LPPool1d to 3d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
from glassnet.functional.pooling import check_output_size, pooling_windows
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
]

Sizes = int | Sequence[int]


class AvgPool1d(Module):
    """The mean of each window: [N, C, L] or [C, L] gives [..., C, L′].

    The windows begin at multiples of ``stride`` (None: ``kernel_size``), and ``padding`` zeros are put around the
    input: L′ = ⌊(L + 2·padding − kernel_size)/stride⌋ + 1, rounded up with ``ceil_mode``. ``count_include_pad``: these
    zeros count among the elements of a window.

    Raises RangeError for a padding of more than half the kernel; called, ShapeError for another number of dimensions
    and where no window fits, DtypeError for whole numbers.

    >>> nn.AvgPool1d(2)(glassnet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        windows = pooling_windows("AvgPool1d", 1, kernel_size, stride, padding)
        self.kernel_size, self.stride, self.padding = windows.size, windows.stride, windows.padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        windows = (self.kernel_size, self.stride, self.padding, self.ceil_mode)
        return F.avg_pool1d(input, *windows, self.count_include_pad)

    def extra_repr(self) -> str:
        """The windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPool(Module):
    _dims: int

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        pooling_windows(type(self).__name__, self._dims, kernel_size, stride, padding)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        pool = F.avg_pool2d if self._dims == 2 else F.avg_pool3d
        windows = (self.kernel_size, self.stride, self.padding, self.ceil_mode)
        return pool(input, *windows, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        """The windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window: [N, C, H, W] or [C, H, W] gives [..., C, H′, W′].

    The arguments are those of `AvgPool1d`, one number or one for each of 2 dimensions. ``divisor_override`` divides
    the sums in place of the number of elements.

    >>> nn.AvgPool2d(2)(glassnet.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """

    _dims = 2


class AvgPool3d(_AvgPool):
    """The mean of each window: [N, C, D, H, W] or [C, D, H, W] gives [..., C, D′, H′, W′].

    The arguments are those of `AvgPool2d`, one number or one for each of 3 dimensions.

    >>> nn.AvgPool3d(2)(glassnet.zeros(1, 3, 4, 6, 8)).shape
    (1, 3, 2, 3, 4)
    """

    _dims = 3


class _AdaptiveAvgPool(Module):
    _dims: int

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        check_output_size(type(self).__name__, output_size, self._dims)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        pooled: Tensor = getattr(F, f"adaptive_avg_pool{self._dims}d")(input, self.output_size)
        return pooled

    def extra_repr(self) -> str:
        """The number of bins."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The mean of each of ``output_size`` bins, whatever the input's size: [..., C, L] gives [..., C, L′].

    Bin i begins at ⌊i·L/L′⌋ and ends before ⌈(i + 1)·L/L′⌉.

    Raises RangeError for a size below 1; called, ShapeError for another number of dimensions, DtypeError for whole
    numbers.

    >>> nn.AdaptiveAvgPool1d(2)(glassnet.tensor([[1.0, 3.0, 2.0, 0.0, 4.0]]))
    tensor([[2., 2.]])
    """

    _dims = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The mean of each of ``output_size`` bins: [..., C, H, W] gives [..., C, H′, W′].

    As `AdaptiveAvgPool1d` in 2 dimensions; a size of None leaves that dimension as it is.

    >>> nn.AdaptiveAvgPool2d(1)(glassnet.tensor([[[1.0, 2.0], [3.0, 6.0]]]))
    tensor([[[3.]]])
    """

    _dims = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The mean of each of ``output_size`` bins: [..., C, D, H, W] gives [..., C, D′, H′, W′].

    As `AdaptiveAvgPool1d` in 3 dimensions; a size of None leaves that dimension as it is.

    >>> nn.AdaptiveAvgPool3d((None, 1, 2))(glassnet.zeros(1, 3, 4, 6, 8)).shape
    (1, 3, 4, 1, 2)
    """

    _dims = 3


class _LPPool(Module):
    _dims: int

    def __init__(
        self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        pooling_windows(type(self).__name__, self._dims, kernel_size, stride)
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """The power means, times the number of elements."""
        pool = getattr(F, f"lp_pool{self._dims}d")
        pooled: Tensor = pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
        return pooled

    def extra_repr(self) -> str:
        """The exponent and the windows."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window, p = ``norm_type``: [N, C, L] or [C, L] gives [..., C, L′].

    With p = 1 it is the sum; the larger p, the nearer to the largest. For numbers of 0 or more, or an even p.
    Called, raises ShapeError for another number of dimensions and where no window fits.
    P. Sermanet et al., Convolutional Neural Networks Applied to House Numbers Digit Classification, 2012.

    >>> nn.LPPool1d(2, 2)(glassnet.tensor([[3.0, 4.0, 0.0, 1.0]]))
    tensor([[5., 1.]])
    """

    _dims = 1


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window, p = ``norm_type``: [N, C, H, W] or [C, H, W] gives [..., C, H′, W′].

    As `LPPool1d`, in 2 dimensions.

    >>> nn.LPPool2d(2, 2)(glassnet.ones(1, 2, 2))
    tensor([[[2.]]])
    """

    _dims = 2


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) of each window, p = ``norm_type``: [N, C, D, H, W] or [C, D, H, W] gives [..., C, D′, H′, W′].

    As `LPPool1d`, in 3 dimensions.

    >>> nn.LPPool3d(2, (1, 2, 2))(glassnet.ones(1, 1, 2, 2))
    tensor([[[[2.]]]])
    """

    _dims = 3
