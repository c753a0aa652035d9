"""Tables of vectors: the row of each index, and the sum, the mean or the largest of the rows of each bag."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.arithmetic import maximum
from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import ARRAY, getitem, put
from glassnet.ops.movement import cast, concatenate, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import amax, cumsum, sum
from glassnet.ops.selection import eq, logical_and, ne, where
from glassnet.ops.shapes import shape_of, written


def _check_rows(index: Array, weight: Array, name: str = "embedding") -> None:
    """RangeError for an index that is no row."""
    if index.size and (index.min() < 0 or index.max() >= len(weight)):
        wrong = index[(index < 0) | (index >= len(weight))][0]
        raise RangeError(
            f"{name}: expected indices from 0 to {len(weight) - 1} (the table has {len(weight)} rows), got {wrong}"
        )


def _check_table(name: str, index: Any, weight: Any) -> None:
    if index.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected integer indices, got {index.dtype}; convert them: index.long()")
    if len(weight.shape) != 2:
        raise ShapeError(f"{name}: expected a weight of shape [rows, dim], got {written(shape_of(weight))}")


def _by_frequency(rows: Any, index: Any, weight: Any) -> Any:
    """The gradients of rows, each divided by how often its index is asked for."""
    times = put(np.ones(shape_of(index), rows.dtype), index, index=(ARRAY,), shape=shape_of(weight)[:1])
    return rows / reshape(getitem(times, index, index=(ARRAY,)), shape=(*shape_of(index), 1))


# a row for each index ------------------------------------------------------------------------------


def _embedding(index: Array, weight: Array, padding_idx: int | None = None, scale_grad_by_freq: bool = False) -> Array:
    _check_rows(index, weight)
    return np.take(weight, index, axis=0)


def _embedding_shape(
    index: Any, weight: Any, *, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> Spec:
    _check_table("embedding", index, weight)
    return Spec((*shape_of(index), *shape_of(weight)[1:]), weight.dtype)


def _embedding_weight(
    g: Any, _y: Any, index: Any, _weight: Any, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> Any:
    if scale_grad_by_freq:
        g = _by_frequency(g, index, _weight)
    gradient = put(g, index, index=(ARRAY,), shape=shape_of(_weight))
    if padding_idx is None:
        return gradient
    keep = np.ones((shape_of(_weight)[0], 1), g.dtype)
    keep[padding_idx] = 0
    return gradient * keep


def _embedding_expand(index: Any, weight: Any, padding_idx: int | None = None, scale_grad_by_freq: bool = False) -> Any:
    return getitem(weight, index, index=(ARRAY,))


embedding = register(
    Op(
        "embedding",
        forward=_embedding,
        vjp=(None, _embedding_weight),
        shape=_embedding_shape,
        formula="y[i] = weight[index[i]]",
        expand=_embedding_expand,
    )
)


# a row for each bag of indices -----------------------------------------------------------------------


def check_bags(index: Array, offsets: Array) -> None:
    """Raise RangeError for offsets that are no beginnings of bags."""
    if offsets[:1].any() or len(index) > 0 == len(offsets):
        raise RangeError(f"embedding_bag: expected offsets that begin with 0, got {offsets.tolist()!r:.80}")
    if (np.diff(offsets) < 0).any() or (offsets > len(index)).any():
        raise RangeError(
            f"embedding_bag: expected offsets that go up, to at most {len(index)} (the number of indices), got "
            f"{offsets.tolist()!r:.80}"
        )


def _embedding_bag(
    index: Array,
    offsets: Array,
    weight: Array,
    per_sample_weights: Array | None = None,
    mode: str = "mean",
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> Array:
    _check_rows(index, weight, "embedding_bag")
    check_bags(index, offsets)
    bags, bag = len(offsets), np.searchsorted(offsets, np.arange(len(index)), side="right") - 1  # of each index
    counted = np.full(len(index), True) if padding_idx is None else index != padding_idx
    rows = weight[index[counted]]
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[counted, np.newaxis]
    sizes = np.bincount(bag[counted], minlength=bags)
    full = sizes > 0
    y = np.zeros((bags, weight.shape[1]), weight.dtype)
    if full.any():
        combine = np.maximum if mode == "max" else np.add
        y[full] = combine.reduceat(rows, (np.cumsum(sizes) - sizes)[full], axis=0)
    return y / np.maximum(sizes, 1)[:, np.newaxis].astype(y.dtype) if mode == "mean" else y


def _bags(index: Any, offsets: Any, padding_idx: int | None) -> tuple[int, Any, Any]:
    """How many bags there are; of each index its bag, and whether it counts."""
    bags, n = shape_of(offsets)[0], shape_of(index)[0]
    # how many begin at each place; there is one, whatever n is: a decomposition is traced with ones in place of offsets
    begin = put(np.ones(bags, np.int64), offsets, index=(ARRAY,), shape=(max(n, 1) + 1,))
    bag = getitem(cumsum(begin), index=(slice(None, n),)) - 1
    counted = np.full(n, True) if padding_idx is None else ne(index, padding_idx)
    return bags, bag, counted


def _sizes(bags: int, bag: Any, counted: Any, dtype: Any) -> Any:
    """How many indices of each bag count, or 1 if none does: [bags, 1]."""
    sizes = put(cast(counted, dtype=dtype), bag, index=(ARRAY,), shape=(bags,))
    return _column(maximum(sizes, 1.0))


def _column(v: Any) -> Any:
    return reshape(v, shape=(-1, 1))


def _embedding_bag_expand(
    index: Any,
    offsets: Any,
    weight: Any,
    per_sample_weights: Any = None,
    mode: str = "mean",
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> Any:
    bags, bag, counted = _bags(index, offsets, padding_idx)
    rows = getitem(weight, index, index=(ARRAY,))
    if per_sample_weights is not None:
        rows = rows * _column(per_sample_weights)
    if mode == "max":
        within = logical_and(eq(_column(np.arange(bags)), reshape(bag, shape=(1, -1))), counted)  # [bags, n]
        within = reshape(within, shape=(*shape_of(within), 1))
        largest = amax(where(within, rows, -np.inf), dim=1)
        return where(eq(largest, -np.inf), 0.0, largest)
    y = put(where(_column(counted), rows, 0.0), bag, index=(ARRAY,), shape=(bags, shape_of(weight)[1]))
    return y / _sizes(bags, bag, counted, weight.dtype) if mode == "mean" else y


def _embedding_bag_shape(
    index: Any,
    offsets: Any,
    weight: Any,
    per_sample_weights: Any = None,
    *,
    mode: str = "mean",
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> Spec:
    _check_table("embedding_bag", index, weight)
    if offsets.dtype.kind not in "iu":
        raise DtypeError(f"embedding_bag: expected integer offsets, got {offsets.dtype}; convert them: offsets.long()")
    if len(index.shape) != 1 or len(offsets.shape) != 1:
        raise ShapeError(
            "embedding_bag: expected indices of all bags one after another, [n], and offsets of where each begins, "
            f"[bags], got {written(shape_of(index))} and {written(shape_of(offsets))}"
        )
    return Spec((shape_of(offsets)[0], shape_of(weight)[1]), weight.dtype)


def _first(chosen: Any, offsets: Any, bag: Any) -> Any:
    """Of the ones in ``chosen`` [n, dim] the first of each bag; the others become 0."""
    up_to = cumsum(chosen, dim=0)
    before = concatenate(np.zeros((1, shape_of(chosen)[1]), chosen.dtype), up_to)  # of those in front of each place
    in_bag = up_to - getitem(before, getitem(offsets, bag, index=(ARRAY,)), index=(ARRAY,))
    return where(eq(in_bag, 1.0), chosen, 0.0)


def _embedding_bag_weight(
    g: Any,
    y: Any,
    index: Any,
    offsets: Any,
    weight: Any,
    per_sample_weights: Any = None,
    mode: str = "mean",
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> Any:
    bags, bag, counted = _bags(index, offsets, padding_idx)
    if mode == "mean":
        g = g / _sizes(bags, bag, counted, g.dtype)
    share = cast(_column(counted), dtype=g.dtype)
    if mode == "max":
        largest = eq(getitem(weight, index, index=(ARRAY,)), getitem(y, bag, index=(ARRAY,)))
        share = _first(share * cast(largest, dtype=g.dtype), offsets, bag)
    if per_sample_weights is not None:
        share = share * _column(per_sample_weights)
    rows = getitem(g, bag, index=(ARRAY,)) * share
    if scale_grad_by_freq:
        rows = _by_frequency(rows, index, weight)
    return put(rows, index, index=(ARRAY,), shape=shape_of(weight))


def _embedding_bag_per_sample(
    g: Any,
    _y: Any,
    index: Any,
    offsets: Any,
    weight: Any,
    _per_sample_weights: Any = None,
    mode: str = "mean",
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> Any:
    _, bag, counted = _bags(index, offsets, padding_idx)
    products = getitem(g, bag, index=(ARRAY,)) * getitem(weight, index, index=(ARRAY,))
    return where(counted, sum(products, dim=1), 0.0)


embedding_bag = register(
    Op(
        "embedding_bag",
        forward=_embedding_bag,
        vjp=(None, None, _embedding_bag_weight, _embedding_bag_per_sample),
        shape=_embedding_bag_shape,
        formula="y[b] = the sum, mean or largest of weight[i] over the indices i from offsets[b] to offsets[b + 1]",
        expand=_embedding_bag_expand,
    )
)
