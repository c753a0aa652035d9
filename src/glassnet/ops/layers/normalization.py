"""Normalization: what varies is brought to mean 0 and variance 1, over the dimensions that are chosen.

One operation is all of them. Batch norm standardizes every channel over the batch and all places, layer norm every
sample over its features, group norm every group of channels, instance norm every channel of every sample; RMS norm is
layer norm without a mean. Then each scales by a weight and shifts by a bias.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.arithmetic import square
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sqrt
from glassnet.ops.movement import concatenate, reshape, stack
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import mean, unbroadcast, var
from glassnet.ops.shapes import Shape, broadcast_shapes, equal_dtypes, reduced_shape, shape_of, written

Dims = Sequence[int]


def _summed(shape: Shape, x: Array, *factors: Array) -> Array:
    """Σ x·factors, of arrays that broadcast, to ``shape``: in one pass, in which no product is kept."""
    operands: list[Any] = [x, range(x.ndim)]
    for factor in factors:
        operands += [factor, range(x.ndim - factor.ndim, x.ndim)]
    kept = [d for d, n in enumerate(shape, x.ndim - len(shape)) if n != 1]
    return np.einsum(*operands, kept).reshape(shape)


def _kept(x: Array, dim: Dims) -> tuple[Shape, int]:
    """The shape of a mean over ``dim``, and of how many it is the mean."""
    shape = tuple(1 if d in dim else n for d, n in enumerate(x.shape))
    return shape, math.prod(x.shape[d] for d in dim)


# the statistics -------------------------------------------------------------------------------------


def _moments(x: Array, dim: Dims) -> Array:
    shape, n = _kept(x, dim)
    mean = _summed(shape, x) / n
    deviation = x - mean
    rest = _summed(shape, deviation) / n  # what rounding has left of the mean of a long sum
    variance = _summed(shape, deviation, deviation) / n - rest * rest
    return np.stack([mean + rest, variance])


def _plain_moments(x: Array, dim: Dims) -> Array:
    mean = x.mean(axis=tuple(dim), keepdims=True)
    variance = np.square(x - mean).mean(axis=tuple(dim), keepdims=True)
    return np.stack([mean, variance])


def _moments_expand(x: Any, dim: Dims) -> Any:
    return stack(mean(x, dim=dim, keepdim=True), var(x, dim=dim, correction=0, keepdim=True))


moments = register(
    Op(
        "moments",
        forward=_moments,
        vjp=rules_of(_moments_expand, 1),
        shape=lambda x, *, dim: Spec((2, *reduced_shape("moments", shape_of(x), dim, True)), x.dtype),
        formula="y = the mean of x and its variance, Σ (x − mean)² / n, over dim",
        expand=_moments_expand,
        textbook=_plain_moments,
    )
)


# forward --------------------------------------------------------------------------------------------


def _deviation(x: Array, moments: Array | None, dim: Dims, centred: bool) -> tuple[Array, Array]:
    """x less its mean, if ``centred``; and the variance, or the mean square."""
    if moments is not None:
        return x - moments[0], moments[1]
    shape, n = _kept(x, dim)
    deviation = x - _summed(shape, x) / n if centred else x
    return deviation, _summed(shape, deviation, deviation) / n


# Written for speed: sums in one pass by einsum, in place where memory is its own, and what is the same for many numbers
# is put together before it meets them.
def _standardize(
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    moments: Array | None = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Array:
    if moments is not None:
        scale = (1 if weight is None else weight) / np.sqrt(moments[1] + eps)
        y = x * scale
        y += (0 if bias is None else bias) - moments[0] * scale
        return y
    deviation, variance = _deviation(x, moments, dim, centred)
    scale = 1 / np.sqrt(variance + eps)
    if weight is not None and np.broadcast(scale, weight).size < x.size:
        scale, weight = scale * weight, None
    y = np.multiply(deviation, scale, out=None if deviation is x else deviation)
    if weight is not None:
        y *= weight
    if bias is not None:
        y += bias
    return y


def _plain_standardize(
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    moments: Array | None = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Array:
    deviation = x - x.mean(axis=tuple(dim), keepdims=True) if centred else x
    variance = np.square(deviation).mean(axis=tuple(dim), keepdims=True)
    y = deviation / np.sqrt(variance + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _standardize_expand(
    x: Any,
    weight: Any = None,
    bias: Any = None,
    moments: Any = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Any:
    y, _ = _standard(x, dim, eps, centred)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _standard(x: Any, dim: Dims, eps: float, centred: bool) -> tuple[Any, Any]:
    """x of mean 0 and variance 1, in primitive operations, and what its deviations were divided by."""
    deviation = x - mean(x, dim=dim, keepdim=True) if centred else x
    divisor = sqrt(mean(square(deviation), dim=dim, keepdim=True) + eps)
    return deviation / divisor, divisor


def _standardize_shape(
    x: Any,
    weight: Any = None,
    bias: Any = None,
    moments: Any = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Spec:
    shape = shape_of(x)
    reduced_shape("standardize", shape, dim, True)
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and broadcast_shapes("standardize", shape, shape_of(parameter)) != shape:
            raise ShapeError(
                f"standardize: expected a {name} that fits into the input's shape {written(shape)}, got "
                f"{written(shape_of(parameter))}"
            )
    return Spec(shape, equal_dtypes("standardize", x, weight, bias, moments))


# backward -------------------------------------------------------------------------------------------


def _standardize_backward(
    g: Array,
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    moments: Array | None = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Array:
    shape, n = _kept(x, dim)
    deviation, variance = _deviation(x, moments, dim, centred)
    scale = 1 / np.sqrt(variance + eps)
    y = np.empty(x.size + sum(p.size for p in (weight, bias) if p is not None), x.dtype)
    gx, rest = y[: x.size].reshape(x.shape), y[x.size :]
    # one pass over g and one over g·deviation; all other sums are of these
    some = np.broadcast_shapes(shape, *(p.shape for p in (weight, bias) if p is not None))
    if some == x.shape:
        sums, products = g, g * deviation
    else:
        sums, products = _summed(some, g), _summed(some, g, deviation)
    if weight is not None:
        rest[: weight.size] = _summed(weight.shape, products, scale).reshape(-1)
    if bias is not None:
        rest[-bias.size :] = _summed(bias.shape, sums).reshape(-1)
    # gx = scale·(g·weight − mean(g·weight) − deviation·scale²·mean(g·weight·deviation))
    weights = () if weight is None else (weight,)
    slope = _summed(shape, products, *weights) * scale * scale * scale / n
    shift = _summed(shape, sums, *weights) * scale / n
    if weight is not None and some == x.shape:
        np.multiply(g, weight, out=gx)
        gx *= scale
    else:
        np.multiply(g, scale if weight is None else scale * weight, out=gx)
    gx -= np.multiply(deviation, slope, out=None if deviation is x else deviation)
    if centred:
        gx -= shift
    return y


def _plain_standardize_backward(
    g: Array,
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    moments: Array | None = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Array:
    standard = _plain_standardize(x, dim=dim, eps=eps, centred=centred)
    deviation = x - x.mean(axis=tuple(dim), keepdims=True) if centred else x
    divisor = np.sqrt(np.square(deviation).mean(axis=tuple(dim), keepdims=True) + eps)
    h = g if weight is None else g * weight
    gx = h - standard * (h * standard).mean(axis=tuple(dim), keepdims=True)
    if centred:
        gx = gx - h.mean(axis=tuple(dim), keepdims=True)
    parts = [(gx / divisor).reshape(-1)]
    for parameter, gradient in ((weight, g * standard), (bias, g)):
        if parameter is not None:
            shape = (1,) * (x.ndim - parameter.ndim) + parameter.shape
            repeated = tuple(d for d, n in enumerate(shape) if n == 1)
            parts.append(gradient.sum(axis=repeated).reshape(-1))
    return np.concatenate(parts)


def _standardize_backward_expand(
    g: Any,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    moments: Any = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Any:
    standard, divisor = _standard(x, dim, eps, centred)
    h = g if weight is None else g * weight
    inward = h - standard * mean(h * standard, dim=dim, keepdim=True)
    if centred:
        inward = inward - mean(h, dim=dim, keepdim=True)
    gradients = [inward / divisor]
    if weight is not None:
        gradients.append(unbroadcast(g * standard, weight))
    if bias is not None:
        gradients.append(unbroadcast(g, bias))
    return concatenate(*(reshape(each, shape=(-1,)) for each in gradients))


def _standardize_backward_shape(
    g: Any,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    moments: Any = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Spec:
    sizes = [math.prod(shape_of(each)) for each in (x, weight, bias) if each is not None]
    return Spec((sum(sizes),), x.dtype)


standardize_backward = register(
    Op(
        "standardize_backward",
        forward=_standardize_backward,
        vjp=(*rules_of(_standardize_backward_expand, 3), None, None),
        shape=_standardize_backward_shape,
        formula="y = the gradients of x, weight and bias, one after another: with x̂ = (x − mean)/√(variance + eps) and "
        "h = g·weight, (h − mean h − x̂·mean(h·x̂))/√(variance + eps), Σ g·x̂ and Σ g",
        expand=_standardize_backward_expand,
        cast="equal",
        textbook=_plain_standardize_backward,
    )
)


def _gradients(
    g: Any,
    _y: Any,
    x: Any,
    weight: Any = None,
    _bias: Any = None,
    moments: Any = None,
    *,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Any:
    return standardize_backward(g, x, weight, _bias, moments, dim=dim, eps=eps, centred=centred)


def _of_x(gradients: Any, _y: Any, _x: Any, *_others: Any, dim: Dims, eps: float = 1e-5, centred: bool = True) -> Any:
    return reshape(gradients[: math.prod(_x.shape)], shape=_x.shape)


def _of_weight(
    gradients: Any, _y: Any, _x: Any, _weight: Any, *_others: Any, dim: Dims, eps: float = 1e-5, centred: bool = True
) -> Any:
    first = math.prod(_x.shape)
    return reshape(gradients[first : first + math.prod(_weight.shape)], shape=_weight.shape)


def _of_bias(
    gradients: Any,
    _y: Any,
    _x: Any,
    _weight: Any,
    _bias: Any,
    *_others: Any,
    dim: Dims,
    eps: float = 1e-5,
    centred: bool = True,
) -> Any:
    return reshape(gradients[shape_of(gradients)[0] - math.prod(_bias.shape) :], shape=_bias.shape)


standardize = register(
    Op(
        "standardize",
        forward=_standardize,
        vjp=(_of_x, _of_weight, _of_bias, None),
        shared=_gradients,
        shape=_standardize_shape,
        in_order=True,
        formula="y = (x − mean)/√(variance + eps)·weight + bias, with the mean and the variance of x over dim",
        expand=_standardize_expand,
        cast="equal",
        textbook=_plain_standardize,
    )
)
