"""Lazy layers: the size of the input is not said, but taken from the first input.

At its first call a lazy layer makes the layer that it stands for, takes over the shapes and the numbers, and becomes
one of that class. Its parameters are the same objects before and after, so an optimizer may hold them already.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from glassnet.errors import ShapeError
from glassnet.functional.spatial import check_spatial
from glassnet.nn.batch_norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from glassnet.nn.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Numbers,
)
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.nn.parameter import UninitializedBuffer, UninitializedParameter, is_uninitialized
from glassnet.observer import mode
from glassnet.ops.shapes import written
from glassnet.tensor.creation import without_drawing

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class LazyModule(Module):
    """What makes a layer lazy: write it before the layer's class, and say how the size is called.

    ``becomes`` is the class of the layer, ``size`` the argument of its constructor that is left out, and `size_of`
    reads it from the input.
    """

    becomes: ClassVar[Any]
    size: ClassVar[str]

    def _leave_open(self, *arguments: Any, **options: Any) -> None:
        """Make the layer with some size for the time being, and forget that size, and all numbers of it."""
        with without_drawing():
            super().__init__(*arguments, **options)
        setattr(self, self.size, 0)
        for name, kind in list(self._member_kinds.items()):
            tensor = getattr(self, name)
            if tensor is None or not tensor.is_floating_point():
                continue
            if kind == "parameter":
                setattr(self, name, UninitializedParameter(tensor.requires_grad, dtype=tensor.dtype))
            else:
                persistent = name not in self._unsaved_buffers
                setattr(self, name, UninitializedBuffer(persistent, dtype=tensor.dtype))

    def size_of(self, input: Any) -> int:
        """The size that the layer waits for."""
        raise NotImplementedError

    def has_uninitialized_params(self) -> bool:
        """Whether no input has been seen, and no state been loaded."""
        return any(is_uninitialized(x) for x in (*self.parameters(False), *self.buffers(False)))

    def reset_parameters(self) -> None:
        """Draw the numbers again, once there are any."""
        if getattr(self, self.size, 0):
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Any) -> None:
        """Become the layer that fits ``input``."""
        if mode.tracer is not None:
            raise ShapeError(
                f"{self._get_name()}: the size of its input is not known yet; call the network once "
                "before it is compiled"
            )
        size = self.size_of(input)
        known = {
            name: getattr(self, name)
            for name in inspect.signature(self.becomes).parameters
            if name not in (self.size, "device", "dtype")
        }
        if "bias" in known:
            known["bias"] = known["bias"] is not None
        floating = (x.dtype for x in (*self.parameters(False), *self.buffers(False)) if x.is_floating_point())
        dtype = next(floating, None)
        made = self.becomes(**{self.size: size}, **known, dtype=dtype)
        for name in self._member_kinds:
            tensor, wanted = getattr(self, name), getattr(made, name)
            if is_uninitialized(tensor):
                tensor.materialize(wanted.shape)
                tensor.array[...] = wanted.array
        setattr(self, self.size, size)
        self.__class__ = self.becomes

    def forward(self, input: Any, *inputs: Any, **options: Any) -> Any:
        """Become the layer that fits the input, and compute what it gives."""
        self.initialize_parameters(input)
        return self.forward(input, *inputs, **options)


class LazyLinear(LazyModule, Linear):
    """`Linear` whose in_features are the last dimension of its first input.

    >>> layer = nn.LazyLinear(3)
    >>> layer(glassnet.ones(2, 5)).shape, layer
    ((2, 3), Linear(in_features=5, out_features=3, bias=True))
    """

    becomes = Linear
    size = "in_features"

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._leave_open(1, out_features, bias, device, dtype)

    def size_of(self, input: Any) -> int:
        """The last dimension."""
        if not len(input.shape):
            raise ShapeError("LazyLinear: expected an input of one dimension or more, got a number")
        return int(input.shape[-1])


class _LazyChannels(LazyModule):
    size = "in_channels"
    dimensions: ClassVar[int]

    def size_of(self, input: Any) -> int:
        """The channels."""
        check_spatial(self._get_name(), input, self.dimensions)
        return int(input.shape[-1 - self.dimensions])


class _LazyConvolution(_LazyChannels):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = (stride, padding, dilation, groups, bias, padding_mode, device, dtype)
        self._leave_open(groups, out_channels, kernel_size, *options)


class LazyConv1d(_LazyConvolution, Conv1d):
    """`Conv1d` whose in_channels are those of its first input.

    >>> nn.LazyConv1d(4, 3)(glassnet.zeros(1, 2, 5)).shape
    (1, 4, 3)
    """

    becomes = Conv1d


class LazyConv2d(_LazyConvolution, Conv2d):
    """`Conv2d` whose in_channels are those of its first input.

    >>> layer = nn.LazyConv2d(4, 3)
    >>> layer(glassnet.zeros(1, 2, 5, 5)).shape, layer
    ((1, 4, 3, 3), Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1)))
    """

    becomes = Conv2d


class LazyConv3d(_LazyConvolution, Conv3d):
    """`Conv3d` whose in_channels are those of its first input.

    >>> nn.LazyConv3d(4, 3)(glassnet.zeros(1, 2, 3, 4, 5)).shape
    (1, 4, 1, 2, 3)
    """

    becomes = Conv3d


class _LazyTransposedConvolution(_LazyChannels):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = (stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype)
        self._leave_open(groups, out_channels, kernel_size, *options)


class LazyConvTranspose1d(_LazyTransposedConvolution, ConvTranspose1d):
    """`ConvTranspose1d` whose in_channels are those of its first input.

    >>> nn.LazyConvTranspose1d(4, 3)(glassnet.zeros(1, 2, 5)).shape
    (1, 4, 7)
    """

    becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposedConvolution, ConvTranspose2d):
    """`ConvTranspose2d` whose in_channels are those of its first input.

    >>> nn.LazyConvTranspose2d(4, 3)(glassnet.zeros(1, 2, 5, 5)).shape
    (1, 4, 7, 7)
    """

    becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyTransposedConvolution, ConvTranspose3d):
    """`ConvTranspose3d` whose in_channels are those of its first input.

    >>> nn.LazyConvTranspose3d(4, 3)(glassnet.zeros(1, 2, 3, 4, 5)).shape
    (1, 4, 5, 6, 7)
    """

    becomes = ConvTranspose3d


class _LazyNorm(LazyModule):
    size = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        options = (eps, momentum, affine, track_running_stats, device, dtype)
        self._leave_open(1, *options, bias=bias)

    def size_of(self, input: Any) -> int:
        """The channels."""
        place: int | None = self._place_of_channels(len(input.shape))
        if place is None:
            kinds = " or ".join(self.inputs)
            raise ShapeError(f"{self._get_name()}: expected an input of shape {kinds}, got {written(input.shape)}")
        return int(input.shape[place])


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """`BatchNorm1d` whose num_features are the channels of its first input.

    >>> norm = nn.LazyBatchNorm1d()
    >>> norm(glassnet.randn(2, 3, 4)).shape, norm.num_features
    ((2, 3, 4), 3)
    """

    becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """`BatchNorm2d` whose num_features are the channels of its first input.

    >>> norm = nn.LazyBatchNorm2d()
    >>> norm(glassnet.randn(2, 3, 4, 4)).shape, norm.num_features
    ((2, 3, 4, 4), 3)
    """

    becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """`BatchNorm3d` whose num_features are the channels of its first input.

    >>> norm = nn.LazyBatchNorm3d()
    >>> norm(glassnet.randn(2, 3, 4, 4, 4)).shape, norm.num_features
    ((2, 3, 4, 4, 4), 3)
    """

    becomes = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """`InstanceNorm1d` whose num_features are the channels of its first input.

    >>> norm = nn.LazyInstanceNorm1d()
    >>> norm(glassnet.randn(2, 3, 4)).shape, norm.num_features
    ((2, 3, 4), 3)
    """

    becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """`InstanceNorm2d` whose num_features are the channels of its first input.

    >>> norm = nn.LazyInstanceNorm2d()
    >>> norm(glassnet.randn(2, 3, 4, 4)).shape, norm.num_features
    ((2, 3, 4, 4), 3)
    """

    becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """`InstanceNorm3d` whose num_features are the channels of its first input.

    >>> norm = nn.LazyInstanceNorm3d()
    >>> norm(glassnet.randn(2, 3, 4, 4, 4)).shape, norm.num_features
    ((2, 3, 4, 4, 4), 3)
    """

    becomes = InstanceNorm3d
