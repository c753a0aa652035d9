"""Linear maps: the matrix product, and the layers that are little more than one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.movement import permute, reshape, transpose_last
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.shapes import equal_dtypes, shape_of, written
from glassnet.ops.shapes import matmul as matmul_shape


def _as_row(v: Any) -> Any:
    return reshape(v, shape=(*shape_of(v)[:-1], 1, shape_of(v)[-1]))


def _as_column(v: Any) -> Any:
    return reshape(v, shape=(*shape_of(v), 1))


def _matmul_a(g: Any, _y: Any, _a: Any, b: Any) -> Any:
    if len(b.shape) == 1:
        return _as_column(g) * b if len(_a.shape) > 1 else g * b
    if len(_a.shape) == 1:
        return reshape(matmul(b, _as_column(g)), shape=shape_of(b)[:-1])
    return matmul(g, transpose_last(b))


def _matmul_b(g: Any, _y: Any, a: Any, _b: Any) -> Any:
    if len(a.shape) == 1:
        return a * g if len(_b.shape) == 1 else _as_column(a) * _as_row(g)
    if len(_b.shape) == 1:
        return reshape(matmul(transpose_last(a), _as_column(g)), shape=(*shape_of(a)[:-2], shape_of(a)[-1]))
    if len(_b.shape) == 2:  # one matrix for the whole batch: its gradient is one product, not a sum of many
        a, g = rows(a), rows(g)
    return matmul(transpose_last(a), g)


matmul = register(
    Op(
        "matmul",
        forward=np.matmul,
        vjp=(_matmul_a, _matmul_b),
        shape=matmul_shape("matmul"),
        formula="y = a·b: yᵢⱼ = Σₖ aᵢₖ bₖⱼ",
        cast="equal",
        source=lambda _output, a, b: f"{a} @ {b}",
    )
)


def rows(x: Any) -> Any:
    """``x`` as a matrix: its last dimension kept, all others laid end to end."""
    if len(x.shape) == 2:
        return x
    *others, last = shape_of(x)
    return reshape(x, shape=(-1 if last else math.prod(others), last))  # of rows of nothing there may be any number


# With ``out``: the result of a wide layer is the largest array of a step, and adding the bias in place saves one more.
def _linear(x: Array, weight: Array, bias: Array | None = None, out: Array | None = None) -> Array:
    if x.ndim > 2:  # one large product is faster than a batch of small ones
        out = np.empty((*x.shape[:-1], weight.shape[0]), x.dtype) if out is None else out
        _linear(rows(x), weight, bias, rows(out))
        return out
    y = np.matmul(x, weight.T, out=out)
    return y if bias is None else np.add(y, bias, out=y)


def _linear_source(_output: Any, x: str, weight: str, bias: str = "None") -> str:
    return f"{x} @ {weight}.T" + (f" + {bias}" if bias != "None" else "")


def _linear_shape(x: Any, weight: Any, bias: Any = None) -> Spec:
    features_out, features_in = shape_of(weight)
    if not shape_of(x) or shape_of(x)[-1] != features_in:
        total = int(np.prod(shape_of(x)[1:]))
        hint = ""
        if total == features_in:
            hint = "; flatten it first: x.flatten(1)"
        elif shape_of(x)[:1] == (features_in,):
            hint = "; its first dimension would fit: x.T"
        elif shape_of(x):
            hint = f"; for this input, make the layer with in_features={shape_of(x)[-1]}"
        raise ShapeError(
            f"linear: expected an input whose last dimension is {features_in} (the weight is "
            f"{written(shape_of(weight))}), got {written(shape_of(x))}{hint}"
        )
    return Spec((*shape_of(x)[:-1], features_out), equal_dtypes("linear", x, weight, bias))


def _linear_expand(x: Any, weight: Any, bias: Any = None) -> Any:
    y = matmul(x, permute(weight, dims=(1, 0)))
    return y if bias is None else y + bias


linear = register(
    Op(
        "linear",
        forward=_linear,
        vjp=(
            lambda g, _y, _x, weight, _bias=None: matmul(g, weight),
            lambda g, _y, x, _weight, _bias=None: _weight_gradient(g, x),
            lambda g, _y, _x, _weight, _bias=None: sum(rows(g), dim=0) if len(g.shape) > 1 else g,
        ),
        shape=_linear_shape,
        formula="y = x·Wᵀ + b",
        expand=_linear_expand,
        cast="equal",
        source=_linear_source,
    )
)


def _weight_gradient(g: Any, x: Any) -> Any:
    return matmul(transpose_last(rows(g)), rows(x))


def _bilinear(a: Array, b: Array, weight: Array, bias: Array | None = None) -> Array:
    y = np.einsum("...i,kij,...j->...k", a, weight, b, optimize=True)
    return y if bias is None else y + bias


def _bilinear_shape(a: Any, b: Any, weight: Any, bias: Any = None) -> Spec:
    features_out, *features_in = shape_of(weight)
    last = [shape_of(x)[-1:] for x in (a, b)]
    if last != [(features_in[0],), (features_in[1],)] or shape_of(a)[:-1] != shape_of(b)[:-1]:
        raise ShapeError(
            f"bilinear: expected inputs [..., {features_in[0]}] and [..., {features_in[1]}], equal but for the last "
            f"dimension, got {written(shape_of(a))} and {written(shape_of(b))}"
        )
    return Spec((*shape_of(a)[:-1], features_out), equal_dtypes("bilinear", a, b, weight, bias))


def _pairs(a: Any, b: Any) -> Any:
    """Every product aᵢ·bⱼ, as one row for each row of ``a`` and ``b``."""
    products = _as_column(rows(a)) * _as_row(rows(b))
    n, left, right = shape_of(products)
    return reshape(products, shape=(n, left * right))


def _flat(weight: Any) -> Any:
    return reshape(weight, shape=(shape_of(weight)[0], -1))


def _bilinear_expand(a: Any, b: Any, weight: Any, bias: Any = None) -> Any:
    y = matmul(_pairs(a, b), permute(_flat(weight), dims=(1, 0)))
    y = reshape(y, shape=(*shape_of(a)[:-1], shape_of(weight)[0]))
    return y if bias is None else y + bias


def _bilinear_input(g: Any, other: Any, weight: Any, which: int) -> Any:
    # ∂L/∂(aᵢbⱼ) = Σₖ gₖ Wₖᵢⱼ; then the product rule
    other_rows = rows(other)
    pairs = reshape(matmul(rows(g), _flat(weight)), shape=(shape_of(other_rows)[0], *shape_of(weight)[1:]))
    product = pairs * (_as_row(other_rows) if which == 0 else _as_column(other_rows))
    summed = sum(product, dim=2 if which == 0 else 1)
    return reshape(summed, shape=(*shape_of(g)[:-1], shape_of(weight)[1 + which]))


def _bilinear_weight(g: Any, a: Any, b: Any, weight: Any) -> Any:
    return reshape(matmul(transpose_last(rows(g)), _pairs(a, b)), shape=shape_of(weight))


bilinear = register(
    Op(
        "bilinear",
        forward=_bilinear,
        vjp=(
            lambda g, _y, _a, b, weight, _bias=None: _bilinear_input(g, b, weight, 0),
            lambda g, _y, a, _b, weight, _bias=None: _bilinear_input(g, a, weight, 1),
            lambda g, _y, a, b, _weight, _bias=None: _bilinear_weight(g, a, b, _weight),
            lambda g, _y, _a, _b, _weight, _bias=None: sum(rows(g), dim=0) if len(g.shape) > 1 else g,
        ),
        shape=_bilinear_shape,
        formula="yₖ = aᵀ·Wₖ·b + bₖ",
        expand=_bilinear_expand,
        cast="equal",
    )
)
