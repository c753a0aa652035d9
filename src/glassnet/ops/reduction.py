"""Reductions: many numbers become one, along some dimensions or all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import DtypeError
from glassnet.ops.arithmetic import real, square
from glassnet.ops.bfloat16 import bfloat16
from glassnet.ops.dtypes import Array, Dtype, bool_, int64
from glassnet.ops.elementary import exp, log, sqrt
from glassnet.ops.movement import broadcast_to, concatenate, flip, inverse_order, permute, reshape
from glassnet.ops.movement import cast as to_dtype
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import isfinite, isnan, logical_or, where
from glassnet.ops.shapes import Dim, normalize_dim, normalize_dims, ordered, reduced_shape, reduction, sum_type


def keep_dims(y: Any, like: Any, dim: Dim) -> Any:
    """``y``, the reduction of ``like`` over ``dim``, with the reduced dimensions put back as 1."""
    return reshape(y, shape=reduced_shape("keep_dims", like.shape, dim, True))


def spread(g: Any, like: Any, dim: Dim) -> Any:
    """``g``, one number a reduced group, repeated to every element of its group in ``like``."""
    return broadcast_to(keep_dims(g, like, dim), shape=tuple(like.shape))


def count(x: Any, dim: Dim) -> int:
    """How many elements of ``x`` go into each number of the result of reducing over ``dim``."""
    return math.prod(x.shape[d] for d in normalize_dims("count", dim, len(x.shape)))


def _sum(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    return x.sum(axis=dim, dtype=sum_type(x), keepdims=keepdim)


sum = register(
    Op(
        "sum",
        forward=_sum,
        vjp=(lambda g, _y, _x, dim=None, keepdim=False: spread(g, _x, dim),),
        shape=reduction("sum", sum_type),
        in_order=True,
        formula="y = Σ x over dim",
        method="sum",
    )
)


def unbroadcast(gradient: Any, x: Any) -> Any:
    """``gradient`` in the shape and dtype of ``x``: broadcasting and casts undone, once, here."""
    if gradient.shape != x.shape:
        surplus = len(gradient.shape) - len(x.shape)
        repeated = tuple(
            i for i, n in enumerate(gradient.shape) if i < surplus or (x.shape[i - surplus] == 1 and n != 1)
        )
        gradient = sum(gradient, dim=repeated, keepdim=True)
        if gradient.shape != x.shape:
            gradient = reshape(gradient, shape=x.shape)
    came, own = gradient.dtype, x.dtype
    if own is bfloat16 or (came is not own and (came != own or came is bfloat16)):  # gradients of it are rounded here
        if gradient.dtype.kind == "c" and x.dtype.kind != "c":
            gradient = real(gradient)
        gradient = to_dtype(gradient, dtype=x.dtype)
    return gradient


def _prod(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    return x.prod(axis=dim, dtype=sum_type(x), keepdims=keepdim)


def _products_of_others(x: Any) -> Any:
    """For each element of ``x``, the product of all the others along the last dimension.

    Pair by pair, so that nothing is divided and zeros do no harm, to any order of derivative.
    """
    *rest, n = x.shape
    if n <= 1:
        return np.ones(x.shape, x.dtype)
    if n % 2:
        x = concatenate(x, np.ones((*rest, 1), x.dtype), dim=-1)
    pairs = reshape(x, shape=(*rest, (n + 1) // 2, 2))
    of_other_pairs = _products_of_others(pairs[..., 0] * pairs[..., 1])
    others = flip(pairs, dims=(-1,)) * reshape(of_other_pairs, shape=(*rest, (n + 1) // 2, 1))
    return reshape(others, shape=x.shape)[..., :n]


def _prod_rule(g: Any, _y: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    dims = normalize_dims("prod", dim, len(x.shape))
    kept = tuple(d for d in range(len(x.shape)) if d not in dims)
    moved = permute(x, dims=(*kept, *dims))
    rows = reshape(moved, shape=(*(x.shape[d] for d in kept), count(x, dim)))
    slope = reshape(_products_of_others(rows), shape=moved.shape)
    return spread(g, x, dim) * permute(slope, dims=inverse_order((*kept, *dims)))


prod = register(
    Op(
        "prod",
        forward=_prod,
        vjp=(_prod_rule,),
        shape=reduction("prod", sum_type),
        in_order=True,
        formula="y = Π x over dim",
        method="prod",
    )
)


def _extreme_rule(g: Any, y: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    # equal extremes share the gradient equally; NaN, where there is one, is the extreme
    attained = logical_or(x == keep_dims(y, x, dim), isnan(x))
    sharing = to_dtype(sum(attained, dim=dim, keepdim=True), dtype=g.dtype)
    return keep_dims(g, x, dim) / sharing * attained


def _amax(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    return x.max(axis=dim, keepdims=keepdim)


amax = register(
    Op(
        "amax",
        forward=_amax,
        vjp=(_extreme_rule,),
        shape=reduction("amax", lambda x: ordered("amax", x), needs_elements=True),
        in_order=True,
        formula="y = the largest x over dim",
        method="max",
    )
)


def _amin(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    return x.min(axis=dim, keepdims=keepdim)


amin = register(
    Op(
        "amin",
        forward=_amin,
        vjp=(_extreme_rule,),
        shape=reduction("amin", lambda x: ordered("amin", x), needs_elements=True),
        in_order=True,
        formula="y = the smallest x over dim",
        method="min",
    )
)


def _argmax(x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    return np.argmax(x, axis=dim, keepdims=keepdim)


argmax = register(
    Op(
        "argmax",
        forward=_argmax,
        vjp=(None,),
        shape=reduction("argmax", lambda x: ordered("argmax", x) and int64, needs_elements=True),
        in_order=True,
        formula="y = the position of the largest x over dim (the first of equals)",
        method="argmax",
    )
)


def _argmin(x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    return np.argmin(x, axis=dim, keepdims=keepdim)


argmin = register(
    Op(
        "argmin",
        forward=_argmin,
        vjp=(None,),
        shape=reduction("argmin", lambda x: ordered("argmin", x) and int64, needs_elements=True),
        in_order=True,
        formula="y = the position of the smallest x over dim (the first of equals)",
        method="argmin",
    )
)


def _all(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.asarray(x.all(axis=dim, keepdims=keepdim))


all = register(
    Op(
        "all",
        forward=_all,
        vjp=(None,),
        shape=reduction("all", lambda _x: bool_),
        in_order=True,
        formula="y = whether every x over dim is true (not 0)",
        method="all",
    )
)


def _any(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.asarray(x.any(axis=dim, keepdims=keepdim))


any = register(
    Op(
        "any",
        forward=_any,
        vjp=(None,),
        shape=reduction("any", lambda _x: bool_),
        in_order=True,
        formula="y = whether some x over dim is true (not 0)",
        method="any",
    )
)


def _cumsum(x: Array, dim: int = -1) -> Array:
    if x.ndim == 0:  # of which NumPy would make a vector
        return _sum(x)
    return np.cumsum(x, axis=dim, dtype=sum_type(x))


def _cumsum_shape(x: Any, *, dim: int = -1) -> Spec:
    normalize_dim("cumsum", dim, len(x.shape))
    return Spec(tuple(x.shape), sum_type(x))


cumsum: Op = register(
    Op(
        "cumsum",
        forward=_cumsum,
        vjp=(lambda g, _y, _x, dim=-1: flip(cumsum(flip(g, dims=(dim,)), dim=dim), dims=(dim,)),),
        shape=_cumsum_shape,
        in_order=True,
        formula="yᵢ = Σ xⱼ over j ≤ i, along dim",
    )
)


def float_only(name: str, kinds: str = "f") -> Any:
    """The dtype of a reduction of floating tensors; it refuses any other."""

    def dtype(x: Any) -> Dtype:
        if x.dtype.kind not in kinds:
            raise DtypeError(f"{name}: expected a floating tensor, got {x.dtype}; convert it first: x.float()")
        return x.dtype

    return dtype


def _mean(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    if x.dtype == np.float16 and x.size:  # whose sum may be beyond its range, though the mean is not
        return np.asarray(x.mean(axis=dim, keepdims=keepdim))
    return x.sum(axis=dim, keepdims=keepdim) / count(x, dim)


mean = register(
    Op(
        "mean",
        forward=_mean,
        vjp=(lambda g, _y, _x, dim=None, keepdim=False: spread(g / count(_x, dim), _x, dim),),
        shape=reduction("mean", float_only("mean", "fc")),
        in_order=True,
        formula="y = (Σ x) / n over dim",
        expand=lambda x, dim=None, keepdim=False: sum(x, dim=dim, keepdim=keepdim) / count(x, dim),
        inline=True,
        method="mean",
    )
)


def _var(x: Array, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Array:
    deviation = x - _mean(x, dim, keepdim=True)
    return np.square(deviation).sum(axis=dim, keepdims=keepdim) / max(count(x, dim) - correction, 0)


def _var_rule(g: Any, _y: Any, x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Any:
    n = max(count(x, dim) - correction, 0)
    return spread(2.0 * g / n, x, dim) * (x - mean(x, dim=dim, keepdim=True))


def _var_expand(x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Any:
    deviation = x - mean(x, dim=dim, keepdim=True)
    return sum(square(deviation), dim=dim, keepdim=keepdim) / max(count(x, dim) - correction, 0)


var = register(
    Op(
        "var",
        forward=_var,
        vjp=(_var_rule,),
        shape=reduction("var", float_only("var")),
        in_order=True,
        formula="y = Σ (x − mean x)² / (n − correction) over dim",
        expand=_var_expand,
    )
)


def _std(x: Array, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Array:
    return np.sqrt(_var(x, dim, correction, keepdim))


def _std_rule(g: Any, y: Any, x: Any, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Any:
    # of equal numbers, where the root is infinitely steep, 0 is taken
    length = where(y == 0, 1.0, y) * max(count(x, dim) - correction, 0)
    return spread(g / length, x, dim) * (x - mean(x, dim=dim, keepdim=True))


std = register(
    Op(
        "std",
        forward=_std,
        vjp=(_std_rule,),
        shape=reduction("std", float_only("std")),
        in_order=True,
        formula="y = √(Σ (x − mean x)² / (n − correction)) over dim",
        expand=lambda x, dim=None, correction=1, keepdim=False: sqrt(
            _var_expand(x, dim=dim, correction=correction, keepdim=keepdim)
        ),
    )
)


def _norm(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    return np.sqrt(np.square(x).sum(axis=dim, keepdims=keepdim))


def _norm_rule(g: Any, y: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    # x/‖x‖, and 0 (a subgradient) at the origin, where the slope does not exist
    length = keep_dims(y, x, dim)
    return spread(g, x, dim) * x / where(length == 0, 1.0, length)


norm = register(
    Op(
        "norm",
        forward=_norm,
        vjp=(_norm_rule,),
        shape=reduction("norm", float_only("norm")),
        in_order=True,
        formula="y = √(Σ x²) over dim",
        expand=lambda x, dim=None, keepdim=False: sqrt(sum(square(x), dim=dim, keepdim=keepdim)),
    )
)


def _logsumexp(x: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    largest = x.max(axis=dim, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(largest), largest, 0)  # exp(x − max) cannot overflow
    total = np.log(np.exp(x - shift).sum(axis=dim, keepdims=keepdim))
    return total + shift.reshape(np.shape(total))


def _logsumexp_expand(x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    largest = amax(x, dim=dim, keepdim=True)
    shift = where(isfinite(largest), largest, 0.0)
    total = log(sum(exp(x - shift), dim=dim, keepdim=keepdim))
    return total + reshape(shift, shape=tuple(total.shape))


logsumexp = register(
    Op(
        "logsumexp",
        forward=_logsumexp,
        vjp=(lambda g, y, x, dim=None, keepdim=False: spread(g, x, dim) * exp(x - keep_dims(y, x, dim)),),
        shape=reduction("logsumexp", float_only("logsumexp")),
        in_order=True,
        formula="y = log Σ exp(x) over dim",
        expand=_logsumexp_expand,
    )
)
