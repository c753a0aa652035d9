"""What torch.nn.functional has beside `glassnet.functional`: functions in place, and those that give indices too."""

from __future__ import annotations

from functools import partial
from typing import Any

from glassnet import functional
from glassnet.pytorch.names import in_place
from glassnet.tensor import Tensor

_IN_PLACE = "celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_"
_POOLING = (
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d fractional_max_pool2d fractional_max_pool3d"
    " max_pool1d max_pool2d max_pool3d"
)

_made: dict[str, Any] = {name: getattr(in_place, name) for name in _IN_PLACE.split()}
_made |= {f"{name}_with_indices": partial(getattr(functional, name), return_indices=True) for name in _POOLING.split()}
globals().update(_made)

__all__ = ["conv_tbc", "native_channel_shuffle", *_made]


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """`functional.conv1d` of [time, batch, channels] and weights [time, in, out]."""
    y = functional.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return y.permute(2, 0, 1)


native_channel_shuffle = functional.channel_shuffle
