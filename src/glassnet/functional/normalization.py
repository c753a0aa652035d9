"""Normalization: over the batch, a sample, groups of channels or one channel; and of channels beside each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import RangeError, ShapeError
from glassnet.functional.tensor_checks import check_floating, check_tensor
from glassnet.ops.bfloat16 import bfloat16
from glassnet.ops.dtypes import float16
from glassnet.ops.layers import normalization as ops
from glassnet.ops.layers import windows
from glassnet.ops.shapes import equal_dtypes, written
from glassnet.tensor import Tensor, apply
from glassnet.tensor.graph import labelled

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def _rounded_once(norm: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """``norm``, computed in float32 of an input of bfloat16, beside which weights may be of float32, as under autocast.

    Where running statistics are of bfloat16 too, they are moved as they are, and each operation is rounded.
    """
    moves = "running_mean" in norm.__code__.co_varnames

    @wraps(norm)
    def normed(input: Tensor, *args: Any, **named: Any) -> Tensor:
        if not isinstance(input, Tensor) or input.array.dtype is not bfloat16:
            return norm(input, *args, **named)
        others = [x.array.dtype for x in (*args, *named.values()) if isinstance(x, Tensor)]
        if moves and all(dtype is bfloat16 for dtype in others):
            return norm(input, *args, **named)
        wide = [x.float() if isinstance(x, Tensor) else x for x in args]
        return norm(
            input.float(), *wide, **{k: x.float() if isinstance(x, Tensor) else x for k, x in named.items()}
        ).bfloat16()

    return normed


@_rounded_once
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Every channel of [N, C, *] brought to mean 0 and variance 1, then scaled by ``weight`` and shifted by ``bias``.

    In ``training`` mean and variance are those of the channel in this batch, and ``running_mean`` and ``running_var``,
    if given, move towards them by ``momentum``: r ← (1 − momentum)·r + momentum·now, with the variance divided by
    n − 1. Else these two are used. All four are of shape [C].

    Raises ShapeError for shapes that do not fit, and in training for one value a channel; RangeError for an ``eps``
    below 0, or of 0 in training.

    S. Ioffe and C. Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
    Shift, 2015.

    >>> x = glassnet.tensor([[1.0, 10.0], [3.0, 30.0]])
    >>> F.batch_norm(x, None, None, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    >>> F.batch_norm(x, glassnet.tensor([1.0, 10.0]), glassnet.tensor([4.0, 100.0]))
    tensor([[0.0000, 0.0000],
            [1.0000, 2.0000]])
    """
    if isinstance(input, Tensor) and not input.numel():
        return input.clone()  # of no samples there are no statistics
    _check_channels("batch_norm", input, 2, running_mean, running_var, weight, bias)
    if eps < 0 or (training and eps == 0):
        raise RangeError(f"batch_norm: expected eps above 0{'' if training else ', or 0'}, got {eps}")
    if not training:
        y = _by_running_statistics("batch_norm", input, running_mean, running_var, weight, bias, eps)
        return labelled(y, "native_batch_norm")
    dim = (0, *range(2, len(input.shape)))
    n = _count("batch_norm", input, dim, "give it a larger batch (DataLoader(…, drop_last=True)), or call model.eval()")
    moments = None if running_mean is None else _moments(input, dim)
    y = _standardized(input, *_of_channels(input, weight, bias), moments, dim=dim, eps=eps)
    _move(running_mean, running_var, moments, momentum, n)
    return y


@_rounded_once
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Every channel of every sample of [N, C, *] brought to mean 0 and variance 1, then scaled and shifted.

    ``running_mean`` and ``running_var`` [C] move towards the means over the batch as those of `batch_norm` do; they are
    used unless ``use_input_stats``.

    Raises ShapeError for shapes that do not fit, or one value a channel.

    D. Ulyanov, A. Vedaldi and V. Lempitsky, Instance Normalization: The Missing Ingredient for Fast Stylization, 2016.

    >>> F.instance_norm(glassnet.tensor([[[1.0, 3.0], [10.0, 30.0]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    _check_channels("instance_norm", input, 3, running_mean, running_var, weight, bias)
    if not use_input_stats:
        return _by_running_statistics("instance_norm", input, running_mean, running_var, weight, bias, eps)
    dim = tuple(range(2, len(input.shape)))
    n = _count("instance_norm", input, dim, "give it larger samples, or use batch_norm")
    moments = None if running_mean is None else _moments(input, dim)
    y = _standardized(input, *_of_channels(input, weight, bias), moments, dim=dim, eps=eps)
    _move(running_mean, running_var, None if moments is None else moments.mean(1, keepdim=True), momentum, n)
    return y


@_rounded_once
def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """The last dimensions, of sizes ``normalized_shape``, brought to mean 0 and variance 1, then scaled and shifted.

    [*, *normalized_shape] gives the same; ``weight`` and ``bias`` are of the shape ``normalized_shape``.

    Raises ShapeError for shapes that do not fit.

    J. L. Ba, J. R. Kiros and G. E. Hinton, Layer Normalization, 2016.

    >>> F.layer_norm(glassnet.tensor([[1.0, 3.0], [10.0, 30.0]]), [2])
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """
    dim = _last_dims("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return _standardized(input, weight, bias, dim=dim, eps=eps)


@_rounded_once
def rms_norm(
    input: Tensor, normalized_shape: int | Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """The last dimensions, of sizes ``normalized_shape``, divided by the root of their mean square, then scaled.

    [*, *normalized_shape] gives the same; ``weight`` is of the shape ``normalized_shape``. ``eps`` is added to the mean
    square: without it, the machine epsilon of the dtype.

    Raises ShapeError for shapes that do not fit.

    B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, 2019.

    >>> F.rms_norm(glassnet.tensor([3.0, 4.0, 0.0, 0.0]), [4])  # the root of 25/4 is 2.5
    tensor([1.2000, 1.6000, 0.0000, 0.0000])
    """
    dim = _last_dims("rms_norm", input, normalized_shape, weight=weight)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    return _standardized(input, weight, dim=dim, eps=eps, centred=False)


@_rounded_once
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """The channels of [N, C, *] in groups, each group of each sample brought to mean 0 and variance 1.

    Then every channel is scaled by its ``weight`` [C] and shifted by its ``bias`` [C].

    Raises ShapeError for shapes that do not fit, channels that ``num_groups`` does not divide, or one value a group.

    Y. Wu and K. He, Group Normalization, 2018.

    >>> F.group_norm(glassnet.tensor([[1.0, 3.0, 10.0, 30.0]]), num_groups=2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    _check_channels("group_norm", input, 2, None, None, weight, bias)
    n, channels, *rest = input.shape
    if num_groups < 1 or channels % num_groups:
        fitting = ", ".join(str(k) for k in range(1, channels + 1) if channels % k == 0)
        raise ShapeError(
            f"group_norm: expected a number of groups that divides the {channels} channels of the input "
            f"{written(input.shape)}, got {num_groups}; {fitting} do"
        )
    each = channels // num_groups
    grouped = input.reshape(n, num_groups, each, *rest)
    parameters = (None if p is None else p.reshape(num_groups, each, *(1 for _ in rest)) for p in (weight, bias))
    dim = tuple(range(2, len(grouped.shape)))
    if n == 1:
        _count("group_norm", grouped, dim, "use fewer groups")
    return _standardized(grouped, *parameters, dim=dim, eps=eps).reshape(input.shape)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """x / (k + alpha·s)^beta, where s is the mean square of ``size`` channels beside each other, x's in the middle.

    An input [N, C, *] gives the same; beyond the first and the last channel there are zeros. Of int64, s is whole
    too, its digits after the point cut off, as PyTorch has it.

    Raises ShapeError for an input of fewer than 3 dimensions, RangeError for a ``size`` below 1.

    A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.

    >>> x = glassnet.tensor([[[1.0], [2.0], [3.0]]])
    >>> F.local_response_norm(x, size=3, alpha=3.0, beta=1.0).flatten()  # 1/(1 + 1 + 4), 2/(1 + 1 + 4 + 9), …
    tensor([0.1667, 0.1333, 0.2143])
    """
    is_whole = isinstance(input, Tensor) and input.dtype == np.int64
    if not is_whole:
        _check_tensor("local_response_norm", input)
    if len(input.shape) < 3:
        raise ShapeError(
            f"local_response_norm: expected an input [N, C, *] of 3 dimensions or more, got {written(input.shape)}"
        )
    if size < 1:
        raise RangeError(f"local_response_norm: expected a size of 1 or more, got {size}")
    total = channel_sums(input.square(), size // 2, (size - 1) // 2)
    mean_square = total.div(size, rounding_mode="trunc") if is_whole else total / size
    result: Tensor = input / (k + alpha * mean_square) ** beta
    return result


def channel_sums(x: Tensor, before: int, after: int) -> Tensor:
    """The sums over each channel of x [N, C, *], so many ``before`` it and so many ``after`` it, where there are any.

    >>> from glassnet.functional.normalization import channel_sums
    >>> channel_sums(glassnet.tensor([[[1.0], [2.0], [3.0]]]), 1, 0).flatten()
    tensor([1., 3., 5.])
    """
    padded = apply(windows.pad, x.movedim(1, -1), widths=((before, after),))
    beside = apply(windows.windows, padded, size=(before + 1 + after,), stride=(1,), dilation=(1,))
    return beside.sum(-1).movedim(-1, 1)


def _standardized(input: Tensor, *others: Tensor | None, **options: Any) -> Tensor:
    """`ops.standardize`; of float16, whose squares soon are too large for it, in float32."""
    if input.dtype != float16:
        return apply(ops.standardize, input, *others, **options)
    whole = [None if x is None else x.float() for x in others]
    return apply(ops.standardize, input.float(), *whole, **options).to(float16)


# running statistics ---------------------------------------------------------------------------------


def _moments(input: Tensor, dim: tuple[int, ...]) -> Tensor:
    """Mean and variance; what depends on them, the derivative of `ops.standardize` knows."""
    known = input.detach()
    if input.dtype == float16:
        return apply(ops.moments, known.float(), dim=dim).to(float16)
    return apply(ops.moments, known, dim=dim)


@no_grad()
def _move(
    running_mean: Tensor | None, running_var: Tensor | None, moments: Tensor | None, momentum: Any, n: int
) -> None:
    """Move the running statistics towards the ``moments`` of ``n`` values."""
    if running_mean is None or running_var is None or moments is None:
        return
    mean, variance = moments.reshape(2, -1)
    running_mean.mul_(1 - momentum).add_(mean * momentum)
    running_var.mul_(1 - momentum).add_(variance * (momentum * n / (n - 1)))


def _by_running_statistics(
    name: str,
    input: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    """x·scale + shift: with statistics that stay, one factor and one summand a channel."""
    if mean is None or variance is None:
        raise ShapeError(f"{name}: expected running_mean and running_var, or the statistics of the input to be used")
    scale = (variance + eps).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    factor, summand = _of_channels(input, scale, shift)
    y: Tensor = input * factor + summand
    return y.contiguous()  # as in training, so that view() works in both


# arguments ------------------------------------------------------------------------------------------


def _check_tensor(name: str, input: Any, *others: Any) -> None:
    check_tensor(name, input)
    check_floating(name, input)
    equal_dtypes(name, input, *others)


def _check_channels(
    name: str,
    input: Any,
    least: int,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
) -> None:
    """Raise unless ``input`` has channels, and there is a number for each wherever there should be."""
    _check_tensor(name, input, running_mean, running_var, weight, bias)
    if len(input.shape) < least:
        wanted = "[N, C] or [N, C, *]" if least == 2 else "[N, C, *] of 3 dimensions or more"
        raise ShapeError(f"{name}: expected an input {wanted}, got {written(input.shape)}")
    channels = input.shape[1]
    numbers = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for what, x in numbers.items():
        if x is not None and x.shape != (channels,):
            raise ShapeError(
                f"{name}: expected a {what} of {channels} numbers, one for each channel of the input "
                f"{written(input.shape)}, got {written(x.shape)}; channels are dimension 1"
            )


def _of_channels(input: Tensor, *numbers: Tensor | None) -> list[Any]:
    """Vectors [C] in a shape that meets the channels of ``input``."""
    ones = (1,) * (len(input.shape) - 2)
    return [x if x is None or not ones else x.reshape(-1, *ones) for x in numbers]


def _count(name: str, input: Tensor, dim: tuple[int, ...], advice: str) -> int:
    """How many values a mean is taken of; a ShapeError if it is one, of which the variance is 0."""
    n = math.prod(input.shape[d] for d in dim)
    if n > 1:
        return n
    sizes = " · ".join(str(input.shape[d]) for d in dim) + f" = {n}" if len(dim) > 1 else n
    raise ShapeError(
        f"{name}: expected more than 1 value to take a mean and a variance of, got {sizes} for each "
        f"{'group' if name == 'group_norm' else 'channel'} of an input {written(input.shape)}; {advice}"
    )


def _last_dims(name: str, input: Any, normalized_shape: int | Sequence[int], **parameters: Tensor | None) -> Any:
    """The dimensions that ``normalized_shape`` is of, counted from the front."""
    _check_tensor(name, input, *parameters.values())
    wanted = (normalized_shape,) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)
    first = len(input.shape) - len(wanted)
    if not wanted or first < 0 or input.shape[first:] != wanted:
        advice = f"; set normalized_shape={list(input.shape[max(first, 0) :])}" if wanted and input.shape else ""
        raise ShapeError(
            f"{name}: expected an input whose last dimensions are normalized_shape={list(wanted)}, got "
            f"{written(input.shape)}{advice}"
        )
    for what, x in parameters.items():
        if x is not None and x.shape != wanted:
            raise ShapeError(f"{name}: expected a {what} of shape {written(wanted)}, got {written(x.shape)}")
    return tuple(range(first, len(input.shape)))
