"""Normalization of channels: over a batch, or sample by sample, with running statistics for evaluation."""

from __future__ import annotations

from typing import Any, ClassVar

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.functional.tensor_checks import check_tensor, check_whole
from glassnet.nn.checks import parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.normalization import Normalization
from glassnet.ops.dtypes import int64
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import ones, zeros

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "SyncBatchNorm",
]


class _ChannelNorm(Normalization):
    """What all of them are made of: parameters and running statistics, a number for each channel."""

    inputs: ClassVar[tuple[str, ...]]  # as people write their shapes
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_whole(self._get_name(), num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._make_parameters([num_features], affine, bias, device, dtype)
        dtype = parameter_dtype(self._get_name(), device, dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=int64) if tracked else None)

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1, and the count of batches to 0."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1.0)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set weight, bias and running statistics to what they begin at."""
        self.reset_running_stats()
        super().reset_parameters()

    def _place_of_channels(self, n: int) -> int | None:
        """Which of ``n`` dimensions are the channels, None if the layer takes no input of so many."""
        kinds = [shape.strip("[]").split(", ") for shape in self.inputs]
        return next((kind.index("C") for kind in kinds if len(kind) == n), None if kinds else 1)

    def _check(self, input: Tensor) -> None:
        """Raise unless ``input`` has one of the shapes that the layer takes, and as many channels as it has."""
        check_tensor(self._get_name(), input)
        n = len(input.shape)
        place = self._place_of_channels(n)
        if place is None:
            kind = self._get_name()[:-2]
            other = f"use {kind}{n - 2}d" if 3 <= n <= 5 else "give it a batch of samples with channels"
            raise ShapeError(
                f"{self._get_name()}: expected an input {' or '.join(self.inputs)}, got {written(input.shape)}; for a "
                f"batch of one sample: x.unsqueeze(0), for a batch of {n} dimensions: {other}"
            )
        counts = self.affine or self.track_running_stats
        if counts and n > place and input.shape[place] != self.num_features:
            advice = f"set num_features={input.shape[place]}"
            if n - 1 > place and input.shape[-1] == self.num_features:
                order = (*range(place), n - 1, *range(place, n - 1))
                advice += f", or, where the channels are last, bring them first: x.permute{order}"
            raise ShapeError(
                f"{self._get_name()}: expected an input of num_features={self.num_features} channels (dimension "
                f"{place}), got {written(input.shape)}; {advice}"
            )

    def extra_repr(self) -> str:
        """The number of channels and the options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    def _normalized(self, input: Tensor) -> Tensor:
        self._check(input)
        momentum: Any = 0.0 if self.momentum is None else self.momentum
        tracks = self.track_running_stats or not self.training
        counted = self.num_batches_tracked if self.training and tracks else None
        if counted is not None and self.momentum is None:  # the mean of all batches so far
            momentum = 1 / (counted + 1).to(input.dtype)
        y = F.batch_norm(
            input,
            self.running_mean if tracks else None,
            self.running_var if tracks else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum,
            self.eps,
        )
        if counted is not None:
            counted.add_(1)
        return y


class BatchNorm1d(_BatchNorm):
    """Every channel of [N, C] or [N, C, L] brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    In training mean and variance are those of the batch, and running ones move towards them by ``momentum``:
    r ← (1 − momentum)·r + momentum·now (None: the mean of all batches so far). After ``eval()`` the running ones are
    used, so that a sample's result does not depend on the others.

    weight and bias [C] begin at 1 and 0; both are None with ``affine=False``, the bias with ``bias=False``. The buffers
    running_mean and running_var [C], and num_batches_tracked, are None with ``track_running_stats=False``: then it
    is always the batch.

    Raises ValueError or TypeError for a number of channels that is not whole and 1 or more; called, ShapeError or
    DtypeError for an input that does not fit, and in training for one of a single value a channel.

    S. Ioffe and C. Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
    Shift, 2015.

    >>> norm = nn.BatchNorm1d(2)
    >>> norm(glassnet.tensor([[1.0, 10.0], [3.0, 30.0]])).detach()
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    >>> norm.running_mean  # a tenth of the way from 0 to 2 and to 20
    tensor([0.2000, 2.0000])
    """

    inputs = ("[N, C]", "[N, C, L]")


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` of pictures: every channel of [N, C, H, W], over the batch and all places.

    >>> norm = nn.BatchNorm2d(1)
    >>> norm(glassnet.tensor([[[[1.0, 3.0]]], [[[1.0, 3.0]]]])).flatten().detach()
    tensor([-1.0000,  1.0000, -1.0000,  1.0000])
    """

    inputs = ("[N, C, H, W]",)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` of volumes: every channel of [N, C, D, H, W], over the batch and all places.

    >>> norm = nn.BatchNorm3d(1)
    >>> norm(glassnet.tensor([1.0, 3.0]).reshape(1, 1, 1, 1, 2)).flatten().detach()
    tensor([-1.0000,  1.0000])
    """

    inputs = ("[N, C, D, H, W]",)


class SyncBatchNorm(_BatchNorm):
    """`BatchNorm1d` for [N, C, *] of any number of dimensions, over the batches of all processes: here, of one.

    ``process_group`` changes nothing.

    >>> norm = nn.SyncBatchNorm(2)
    >>> norm(glassnet.tensor([[1.0, 10.0], [3.0, 30.0]])).detach()
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """

    inputs = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """``module`` with each batch norm within it replaced by a `SyncBatchNorm` of the same tensors.

        >>> nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))[1]
        SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
        """
        for name, child in module.named_children():
            setattr(module, name, cls.convert_sync_batchnorm(child, process_group))
        if not isinstance(module, _BatchNorm):
            return module
        options = (module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
        made = cls(*options, process_group, bias=module.bias is not None)
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            setattr(made, name, getattr(module, name))
        return made.train(module.training)


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _normalized(self, input: Tensor) -> Tensor:
        self._check(input)
        is_one = self._place_of_channels(len(input.shape)) == 0
        y = F.instance_norm(
            input.unsqueeze(0) if is_one else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return y.squeeze(0) if is_one else y


class InstanceNorm1d(_InstanceNorm):
    """Every channel of every sample of [C, L] or [N, C, L] brought to mean 0 and variance 1 by itself.

    weight and bias [C], which then scale and shift, are there with ``affine=True``. With ``track_running_stats=True``
    there are running statistics as those of `BatchNorm1d`, of the means over the batch, used after ``eval()``.

    Raises ValueError or TypeError for a number of channels that is not whole and 1 or more; called, ShapeError or
    DtypeError for an input that does not fit, and in training for one of a single value a channel.

    D. Ulyanov, A. Vedaldi and V. Lempitsky, Instance Normalization: The Missing Ingredient for Fast Stylization, 2016.

    >>> nn.InstanceNorm1d(2)(glassnet.tensor([[1.0, 3.0], [10.0, 30.0]]))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """

    inputs = ("[C, L]", "[N, C, L]")


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` of pictures, [C, H, W] or [N, C, H, W].

    >>> nn.InstanceNorm2d(1)(glassnet.tensor([[[1.0], [3.0]]]))
    tensor([[[-1.0000],
             [ 1.0000]]])
    """

    inputs = ("[C, H, W]", "[N, C, H, W]")


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` of volumes, [C, D, H, W] or [N, C, D, H, W].

    >>> nn.InstanceNorm3d(1)(glassnet.tensor([[[[1.0]], [[3.0]]]]))
    tensor([[[[-1.0000]],
    <BLANKLINE>
             [[ 1.0000]]]])
    """

    inputs = ("[C, D, H, W]", "[N, C, D, H, W]")
