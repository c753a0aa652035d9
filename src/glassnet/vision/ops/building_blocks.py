"""The blocks that vision networks are made of: convolution, norm and activation; weighing of channels; an MLP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.creation import ones, zeros

Maker = Callable[..., Module]


class _ConvNormActivation(nn.Sequential):
    """A convolution that keeps the size at stride 1, a norm of its outputs, an activation."""

    def __init__(
        self, convolution: Maker, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any,
        groups: int, norm_layer: Maker | None, activation_layer: Maker | None, dilation: Any, inplace: bool | None,
        bias: bool | None,
    ) -> None:  # fmt: skip
        if padding is None and isinstance(kernel_size, int) and isinstance(dilation, int):
            padding = (kernel_size - 1) // 2 * dilation
        elif padding is None:
            sides = kernel_size if isinstance(kernel_size, Sequence) else [kernel_size] * len(dilation)
            steps = dilation if isinstance(dilation, Sequence) else [dilation] * len(sides)
            padding = tuple((side - 1) // 2 * step for side, step in zip(sides, steps, strict=True))
        with_bias = norm_layer is None if bias is None else bias
        layers = [
            convolution(
                in_channels, out_channels, kernel_size, stride, padding, dilation=dilation, groups=groups,
                bias=with_bias,
            )
        ]  # fmt: skip
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**({} if inplace is None else {"inplace": inplace})))
        super().__init__(*layers)
        self.out_channels = out_channels


class Conv2dNormActivation(_ConvNormActivation):
    """A convolution that keeps the size at stride 1, a norm of its outputs, an activation.

    Without a norm, the convolution has a bias.

    >>> from glassnet.vision import ops
    >>> ops.Conv2dNormActivation(3, 8)(glassnet.zeros(1, 3, 5, 5)).shape
    (1, 8, 5, 5)
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any = 3, stride: Any = 1, padding: Any = None,
        groups: int = 1, norm_layer: Maker | None = nn.BatchNorm2d, activation_layer: Maker | None = nn.ReLU,
        dilation: Any = 1, inplace: bool | None = True, bias: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(nn.Conv2d, in_channels, out_channels, kernel_size, stride, padding, groups, norm_layer,
                         activation_layer, dilation, inplace, bias)  # fmt: skip


class Conv3dNormActivation(_ConvNormActivation):
    """`Conv2dNormActivation` of videos [n, channels, frames, height, width].

    >>> from glassnet.vision import ops
    >>> ops.Conv3dNormActivation(3, 8)(glassnet.zeros(1, 3, 2, 5, 5)).shape
    (1, 8, 2, 5, 5)
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any = 3, stride: Any = 1, padding: Any = None,
        groups: int = 1, norm_layer: Maker | None = nn.BatchNorm3d, activation_layer: Maker | None = nn.ReLU,
        dilation: Any = 1, inplace: bool | None = True, bias: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(nn.Conv3d, in_channels, out_channels, kernel_size, stride, padding, groups, norm_layer,
                         activation_layer, dilation, inplace, bias)  # fmt: skip


class SqueezeExcitation(Module):
    """Weighs channels by the mean of all pixels of each (Hu et al., "Squeeze-and-Excitation Networks", 2018).

    >>> from glassnet.vision import ops
    >>> ops.SqueezeExcitation(8, 2)(glassnet.zeros(1, 8, 5, 5)).shape
    (1, 8, 5, 5)
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        activation: Maker = nn.ReLU,
        scale_activation: Maker = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Tensor) -> Tensor:
        """The input, each channel times its weight."""
        scale: Tensor = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(input)))))
        return scale * input


class MLP(nn.Sequential):
    """Linear layers, each but the last with a norm (if any) and an activation, each with dropout.

    >>> from glassnet.vision import ops
    >>> ops.MLP(4, [8, 2])(glassnet.zeros(1, 4)).shape
    (1, 2)
    """

    def __init__(
        self, in_channels: int, hidden_channels: Sequence[int], norm_layer: Maker | None = None,
        activation_layer: Maker | None = nn.ReLU, inplace: bool | None = None, bias: bool = True, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        options = {} if inplace is None else {"inplace": inplace}
        layers: list[Module] = []
        for number, width in enumerate(hidden_channels, 1):
            layers.append(nn.Linear(in_channels, width, bias=bias))
            if number < len(hidden_channels):
                layers += [] if norm_layer is None else [norm_layer(width)]
                layers += [] if activation_layer is None else [activation_layer(**options)]
            layers.append(nn.Dropout(dropout, **options))
            in_channels = width
        super().__init__(*layers)


class Permute(Module):
    """The dimensions in another order.

    >>> from glassnet.vision import ops
    >>> ops.Permute([0, 3, 1, 2])(glassnet.zeros(1, 4, 5, 3)).shape
    (1, 3, 4, 5)
    """

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = list(dims)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` with its dimensions in the order ``dims``."""
        moved: Tensor = x.permute(*self.dims)
        return moved

    def extra_repr(self) -> str:
        """The order."""
        return f"dims={self.dims}"


class FrozenBatchNorm2d(Module):
    """A batch norm that learns nothing: weight, bias, mean and variance are read from a file and stay as they are.

    >>> from glassnet.vision import ops
    >>> ops.FrozenBatchNorm2d(3)(glassnet.ones(1, 3, 2, 2)).mean()
    tensor(1.0000)
    """

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", ones(num_features))
        self.register_buffer("bias", zeros(num_features))
        self.register_buffer("running_mean", zeros(num_features))
        self.register_buffer("running_var", ones(num_features))
        self.register_load_state_dict_post_hook(_without_counts)

    def forward(self, x: Tensor) -> Tensor:
        """(x − mean) / √(variance + eps) · weight + bias, of each channel."""
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        out: Tensor = x * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1)
        return out

    def extra_repr(self) -> str:
        """The number of channels, and eps."""
        return f"{self.weight.shape[0]}, eps={self.eps}"


def _without_counts(_module: Module, keys: Any) -> None:
    """Files of a norm that learns have a count of its steps as well."""
    keys.unexpected_keys[:] = [name for name in keys.unexpected_keys if not name.endswith("num_batches_tracked")]
