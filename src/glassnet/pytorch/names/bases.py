"""The classes that PyTorch's layers and schedules extend, by its names: scripts ask whether a layer is one of them."""

from __future__ import annotations

from glassnet.nn.batch_norm import _BatchNorm, _ChannelNorm, _InstanceNorm
from glassnet.nn.convolution import _ConvolutionNd
from glassnet.nn.dropout import _Dropout
from glassnet.nn.loss import Loss, WeightedLoss
from glassnet.nn.recurrence import RNNBase
from glassnet.optim.lr_scheduler import LRScheduler

__all__ = [
    "RNNBase", "_BatchNorm", "_ConvNd", "_DropoutNd", "_InstanceNorm", "_LRScheduler", "_Loss", "_NormBase",
    "_WeightedLoss",
]  # fmt: skip

_ConvNd = _ConvolutionNd
_DropoutNd = _Dropout
_LRScheduler = LRScheduler
_Loss = Loss
_NormBase = _ChannelNorm
_WeightedLoss = WeightedLoss
