"""Max pooling: MaxPool1d to 3d, AdaptiveMaxPool1d to 3d, MaxUnpool1d to 3d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
from glassnet.functional.pooling import check_output_size, pooling_windows
from glassnet.functional.spatial import per_dimension
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = [
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]

Sizes = int | Sequence[int]


class _MaxPool(Module):
    _dims: int

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        pooling_windows(type(self).__name__, self._dims, kernel_size, stride, padding, dilation)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """The largest numbers; with ``return_indices`` their places as well."""
        pool = getattr(F, f"max_pool{self._dims}d")
        windows = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)
        return pool(input, *windows, self.return_indices)

    def extra_repr(self) -> str:
        """The windows."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest number of each window: [N, C, L] or [C, L] gives [..., C, L′].

    The windows begin at multiples of ``stride`` (None: ``kernel_size``), their elements lie ``dilation`` apart, and
    ``padding`` elements of −∞ are put around the input: L′ = ⌊(L + 2·padding − dilation·(kernel_size − 1) − 1)/stride⌋
    + 1, rounded up with ``ceil_mode``. ``return_indices`` gives the places of the largest as well, for `MaxUnpool1d`.

    Raises RangeError for a padding of more than half the kernel; called, ShapeError for another number of dimensions
    and where no window fits.

    >>> nn.MaxPool1d(2)(glassnet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[3., 2.]])
    """

    _dims = 1


class MaxPool2d(_MaxPool):
    """The largest number of each window: [N, C, H, W] or [C, H, W] gives [..., C, H′, W′].

    The arguments are those of `MaxPool1d`, one number or one for each of 2 dimensions.

    >>> nn.MaxPool2d(2)(glassnet.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    _dims = 2


class MaxPool3d(_MaxPool):
    """The largest number of each window: [N, C, D, H, W] or [C, D, H, W] gives [..., C, D′, H′, W′].

    The arguments are those of `MaxPool1d`, one number or one for each of 3 dimensions.

    >>> nn.MaxPool3d(2)(glassnet.zeros(1, 3, 4, 6, 8)).shape
    (1, 3, 2, 3, 4)
    """

    _dims = 3


class _AdaptiveMaxPool(Module):
    _dims: int

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        check_output_size(type(self).__name__, output_size, self._dims)
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """The largest numbers; with ``return_indices`` their places as well."""
        return getattr(F, f"adaptive_max_pool{self._dims}d")(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """The number of bins."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest number of each of ``output_size`` bins, whatever the input's size: [..., C, L] gives [..., C, L′].

    Bin i begins at ⌊i·L/L′⌋ and ends before ⌈(i + 1)·L/L′⌉. ``return_indices`` gives the places of the largest as well.

    Raises RangeError for a size below 1; called, ShapeError for another number of dimensions.

    >>> nn.AdaptiveMaxPool1d(2)(glassnet.tensor([[1.0, 3.0, 2.0, 0.0, 4.0]]))
    tensor([[3., 4.]])
    """

    _dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest number of each of ``output_size`` bins: [..., C, H, W] gives [..., C, H′, W′].

    As `AdaptiveMaxPool1d` in 2 dimensions; a size of None leaves that dimension as it is.

    >>> nn.AdaptiveMaxPool2d((1, 2))(glassnet.arange(12.0).reshape(1, 3, 4))
    tensor([[[ 9., 11.]]])
    """

    _dims = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest number of each of ``output_size`` bins: [..., C, D, H, W] gives [..., C, D′, H′, W′].

    As `AdaptiveMaxPool1d` in 3 dimensions; a size of None leaves that dimension as it is.

    >>> nn.AdaptiveMaxPool3d((None, 1, 2))(glassnet.zeros(1, 3, 4, 6, 8)).shape
    (1, 3, 4, 1, 2)
    """

    _dims = 3


class _MaxUnpool(Module):
    _dims: int

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        kind, n = type(self).__name__, self._dims
        self.kernel_size = per_dimension(kind, "kernel_size", kernel_size, n)
        self.stride = self.kernel_size if stride is None else per_dimension(kind, "stride", stride, n)
        self.padding = per_dimension(kind, "padding", padding, n, least=0)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The numbers at their places, zeros elsewhere."""
        unpool = getattr(F, f"max_unpool{self._dims}d")
        unpooled: Tensor = unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)
        return unpooled

    def extra_repr(self) -> str:
        """The windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The largest numbers back where `MaxPool1d` found them, zeros elsewhere: [..., C, L′] to [..., C, L].

    Called with what a pooling with ``return_indices=True`` gave. L = (L′ − 1)·stride − 2·padding + kernel_size, or
    ``output_size``, since several lengths are pooled to one.

    Called, raises ShapeError where the indices are not of the input's shape, RangeError for one outside the result,
    ValueError for an output_size that is not pooled to the input's.
    M. Zeiler et al., Adaptive Deconvolutional Networks for Mid and High Level Feature Learning, 2011.

    >>> pool, unpool = nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2)
    >>> unpool(*pool(glassnet.tensor([[1.0, 3.0, 2.0, 0.0]])))
    tensor([[0., 3., 2., 0.]])
    """

    _dims = 1


class MaxUnpool2d(_MaxUnpool):
    """The largest numbers back where `MaxPool2d` found them, zeros elsewhere.

    As `MaxUnpool1d`, in 2 dimensions.

    >>> pool, unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    >>> unpool(*pool(glassnet.arange(4.0).reshape(1, 2, 2)))
    tensor([[[0., 0.],
             [0., 3.]]])
    """

    _dims = 2


class MaxUnpool3d(_MaxUnpool):
    """The largest numbers back where `MaxPool3d` found them, zeros elsewhere.

    As `MaxUnpool1d`, in 3 dimensions.

    >>> pool, unpool = nn.MaxPool3d(2, return_indices=True), nn.MaxUnpool3d(2)
    >>> unpool(*pool(glassnet.ones(1, 2, 2, 2))).sum()
    tensor(1.)
    """

    _dims = 3
