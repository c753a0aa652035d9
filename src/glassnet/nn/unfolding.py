"""Images as columns of the windows in them, and back: Unfold, Fold."""

from __future__ import annotations

from collections.abc import Sequence

import glassnet.functional as F
from glassnet.nn.module import Module
from glassnet.tensor import Tensor

__all__ = ["Fold", "Unfold"]

Numbers = int | Sequence[int]


class Unfold(Module):
    """Each window of an image as a column: [N, C, H, W] gives [N, C·kh·kw, windows].

    The arguments are those of `glassnet.functional.unfold`. Called, raises ShapeError for a kernel that does not fit.

    >>> nn.Unfold(2)(glassnet.zeros(1, 3, 4, 5)).shape
    (1, 12, 12)
    """

    def __init__(self, kernel_size: Numbers, dilation: Numbers = 1, padding: Numbers = 0, stride: Numbers = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The columns."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The numbers."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in ("kernel_size", "dilation", "padding", "stride"))


class Fold(Module):
    """The transpose of `Unfold`: columns [N, C·kh·kw, windows] are added up to images [N, C, *output_size].

    The arguments are those of `glassnet.functional.fold`. Called, raises ShapeError for columns that are not those of
    such images.

    >>> nn.Fold((2, 3), 2)(glassnet.ones(4, 2))
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """

    def __init__(
        self,
        output_size: Numbers,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The images."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The numbers."""
        names = ("output_size", "kernel_size", "dilation", "padding", "stride")
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)
