"""Copies in which some elements are others: scatter, index_add, index_put, masked_scatter …"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops import indexing, selection
from glassnet.ops.dtypes import Dtype
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.from_data import as_array
from glassnet.tensor.methods.indexing import split_index
from glassnet.tensor.tensor import Tensor, apply, wrap

__all__ = [
    "diagonal_scatter",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
]


# along a dimension, an element each ----------------------------------------------------------------------------------


def scatter(input: Tensor, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str = "") -> Tensor:
    """A copy with ``src`` at ``index`` along ``dim``: for dim 0, y[index[i, j], j] = src[i, j], or ``value``.

    The opposite of `gather`. Of several that go to one place, the last stays; or all are added or multiplied, with
    ``reduce`` "add" or "multiply". ``index`` has no more elements along any dimension than ``src``. Raises ShapeError
    for shapes that do not fit, RangeError for an index out of range, DtypeError where ``src`` has another dtype.

    >>> glassnet.zeros(2, 3).scatter(1, glassnet.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    index, d = _along("scatter", input, dim, index)
    if not isinstance(src, Tensor):
        src = wrap(np.full(index.shape, src, input.dtype))
    src = _source("scatter", input, index, src)
    if reduce:
        if reduce not in ("add", "multiply"):
            raise RuntimeError(f'scatter: expected "add" or "multiply" as reduce, got {reduce!r:.80}')
        return scatter_reduce(input, d, index, src, "sum" if reduce == "add" else "prod")
    y = input.clone().contiguous()
    y[indexing.along(index, d)] = src
    return y


def scatter_add(input: Tensor, dim: int, index: Any, src: Tensor) -> Tensor:
    """``input`` with ``src`` added at ``index`` along ``dim``: for dim 0, y[index[i, j], j] += src[i, j].

    Shapes and errors are those of `scatter`.

    >>> glassnet.zeros(3).scatter_add(0, glassnet.tensor([0, 0, 2]), glassnet.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    index, d = _along("scatter_add", input, dim, index)
    return input + _sums(input, d, index, _source("scatter_add", input, index, src))


def scatter_reduce(
    input: Tensor, dim: int, index: Any, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Of all of ``src`` that goes to one place, as `scatter` sends it, the "sum", "prod", "mean", "amax" or "amin".

    What is there in ``input`` counts too, unless ``include_self`` is False; where nothing goes to, it stays. The
    derivative of the largest is shared equally among all that are. Shapes and errors are those of `scatter`.

    >>> x, index = glassnet.tensor([1.0, 2.0, 3.0, 4.0]), glassnet.tensor([0, 0, 1, 1])
    >>> glassnet.zeros(3).scatter_reduce(0, index, x, "mean", include_self=False)
    tensor([1.5000, 3.5000, 0.0000])
    """
    index, d = _along("scatter_reduce", input, dim, index)
    src = _source("scatter_reduce", input, index, src)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f'scatter_reduce: expected "sum", "prod", "mean", "amax" or "amin" as reduce, got {reduce!r:.80}'
        )
    if input.dtype.kind == "b":
        reduce = {"sum": "amax", "prod": "amin"}.get(reduce, reduce)
    base, times = input, None
    if not include_self or reduce == "mean":
        times = _sums(input, d, index, wrap(np.ones(index.shape, np.int64)))
    if times is not None and not include_self:
        base = apply(selection.where, times == 0, input, _nothing(reduce, input.dtype))
    if reduce in ("sum", "mean"):
        total = base + _sums(input, d, index, src)
        if times is None:
            return total
        count = (times + 1 if include_self else times.clamp(min=1)).to(input.dtype)
        return total / count if input.dtype.kind == "f" else total // count
    from glassnet.ops.functions import scatter_reduce as ops

    return apply(ops.scatter_reduce, base, src, index, dim=d, reduce=reduce)


def _nothing(reduce: str, dtype: Dtype) -> Any:
    """What changes no sum, product, maximum or minimum."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    lowest = reduce == "amax"
    if dtype.kind == "f":
        return -np.inf if lowest else np.inf
    if dtype.kind == "b":
        return not lowest
    return int(np.iinfo(dtype).min if lowest else np.iinfo(dtype).max)


def _along(name: str, input: Tensor, dim: int, index: Any) -> tuple[Tensor, int]:
    """The index as a tensor, if it fits, and the dimension from the front."""
    index = index if isinstance(index, Tensor) else wrap(as_array(index))
    if index.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected integer indices, got {index.dtype}; convert them: index.long()")
    d = normalize_dim(name, dim, input.ndim)
    if not index.numel():
        return index.reshape((0,) * input.ndim) if index.ndim != input.ndim else index, d
    if input.ndim == 0 or index.ndim == 0:  # a number is as a vector of one
        index = index.reshape(input.shape)
    indexing.check_along(name, input.shape, index.shape, d)
    indexing.check_range(name, index.array, input.shape[d] if input.ndim else 1)
    return index, d


def _source(name: str, input: Tensor, index: Tensor, src: Tensor) -> Tensor:
    """The part of ``src`` that ``index`` says where to put."""
    if src.dtype != input.dtype:
        raise DtypeError(
            f"{name}: expected a source of {input.dtype}, as the tensor is, got {src.dtype}; convert it: "
            f"src.to({input.dtype})"
        )
    if src.shape == index.shape:
        return src
    if src.ndim == 0 or index.ndim == 0:
        return src.reshape(index.shape)
    if not index.numel():
        return wrap(np.zeros(index.shape, src.dtype))
    if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
        raise ShapeError(
            f"{name}: the index, {written(index.shape)}, must have as many dimensions as the source, "
            f"{written(src.shape)}, and be no larger"
        )
    return src[tuple(slice(n) for n in index.shape)]


def _sums(input: Tensor, d: int, index: Tensor, src: Tensor) -> Tensor:
    return apply(indexing.scatter_add, src, index, dim=d, shape=input.shape)


# along a dimension, a slice each -------------------------------------------------------------------------------------


def index_add(input: Tensor, dim: int, index: Any, source: Tensor, *, alpha: float = 1) -> Tensor:
    """``input`` with the slices of ``source`` along ``dim``, times ``alpha``, added to the slices at ``index``.

    Raises ShapeError for shapes that do not fit, RangeError for an index out of range.

    >>> glassnet.zeros(3, 2).index_add(0, glassnet.tensor([0, 2, 0]), glassnet.ones(3, 2))
    tensor([[2., 2.],
            [0., 0.],
            [1., 1.]])
    """
    place, source = _slices("index_add", input, dim, index, source)
    if not input.ndim:
        return index_add(input.reshape(1), 0, place[0], source, alpha=alpha).reshape(())
    source = source if alpha == 1 else source * wrap(np.asarray(alpha).astype(source.dtype))
    template, arrays = split_index(place)
    return input + apply(indexing.put, source, *arrays, index=template, shape=input.shape)


def index_copy(input: Tensor, dim: int, index: Any, source: Tensor) -> Tensor:
    """A copy with the slices of ``source`` along ``dim`` at ``index``. Raises what `index_add` does.

    >>> glassnet.zeros(3).index_copy(0, glassnet.tensor([2, 0]), glassnet.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    place, source = _slices("index_copy", input, dim, index, source)
    y = input.clone().reshape(input.shape or (1,))
    y[place] = source
    return y.reshape(input.shape)


def index_fill(input: Tensor, dim: int, index: Any, value: Any) -> Tensor:
    """A copy whose slices at ``index`` along ``dim`` are ``value``, one number.

    >>> glassnet.tensor([1, 2, 3]).index_fill(0, glassnet.tensor([0, 2]), 9)
    tensor([9, 2, 9])
    """
    if isinstance(value, Tensor) and value.ndim:
        raise ShapeError(f"index_fill: expected one number, got a value of shape {written(value.shape)}")
    d, places = _vector("index_fill", input, dim, index)
    value = value.to(input.dtype) if isinstance(value, Tensor) else wrap(np.asarray(value).astype(input.dtype))
    size = input.shape[d : d + 1] or (1,)
    ones = wrap(np.ones(places.shape, np.int64))
    named = apply(indexing.put, ones, places, index=(indexing.ARRAY,), shape=size) > 0
    shape = [n if i == d else 1 for i, n in enumerate(input.shape)]
    return apply(selection.where, named.reshape(shape), value, input)


def index_reduce(
    input: Tensor, dim: int, index: Any, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """As `scatter_reduce`, of the slices of ``source`` along ``dim`` that go to one of ``index``: no "sum".

    >>> index, x = glassnet.tensor([0, 1, 0]), glassnet.tensor([2.0, 3.0, 4.0])
    >>> glassnet.ones(2).index_reduce(0, index, x, "prod")
    tensor([8., 3.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f'index_reduce: expected "prod", "mean", "amax" or "amin" as reduce, got {reduce!r:.80}')
    d, places = _vector("index_reduce", input, dim, index)
    source = _slices("index_reduce", input, dim, index, source)[1]
    if not input.ndim:
        return index_reduce(input.reshape(1), 0, places, source, reduce, include_self=include_self).reshape(())
    every = places.reshape(*(-1 if i == d else 1 for i in range(input.ndim))).expand(*source.shape)
    return scatter_reduce(input, d, every, source, reduce, include_self=include_self)


def _vector(name: str, input: Tensor, dim: int, index: Any) -> tuple[int, Tensor]:
    """The dimension from the front, and the positions along it, a vector."""
    index = index if isinstance(index, Tensor) else wrap(as_array(index))
    d = normalize_dim(name, dim, input.ndim)
    if index.dtype.kind not in "iu" and index.numel():
        raise DtypeError(f"{name}: expected integer indices, got {index.dtype}; convert them: index.long()")
    if index.ndim > 1:
        raise RangeError(f"{name}: expected a vector of indices, got shape {written(index.shape)}")
    size = input.shape[d] if input.ndim else 1
    index = index.reshape(-1).long()
    if index.numel() and not -size <= index.array.min() <= index.array.max() < size:
        raise RangeError(f"{name}: expected indices from 0 to {size - 1}, got {index.tolist()}")
    return d, index


def _slices(name: str, input: Tensor, dim: int, index: Any, source: Tensor) -> tuple[tuple[Any, ...], Tensor]:
    """The index of the slices, and as many slices, if they fit."""
    d, places = _vector(name, input, dim, index)
    if source.dtype != input.dtype:
        raise DtypeError(
            f"{name}: expected a source of {input.dtype}, as the tensor is, got {source.dtype}; convert it: "
            f"source.to({input.dtype})"
        )
    shape = input.shape or (1,)
    expected = (*shape[:d], places.numel(), *shape[d + 1 :])
    if source.ndim < 2 and len(shape) == 1 and source.numel() == places.numel():
        source = source.reshape(-1)
    if source.shape != expected:
        raise RangeError(
            f"{name}: expected a source of shape {written(expected)}, a slice for each of {places.numel()} indices, "
            f"got {written(source.shape)}"
        )
    return (*(slice(None),) * d, places), source


# at places, of which each is said in full -----------------------------------------------------------------------------


def index_put(input: Tensor, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Tensor:
    """A copy y with y[indices] = values, or, to ``accumulate``, with all of ``values`` added there.

    ``indices`` is what stands between the brackets: a tensor for each dimension, or a mask.

    >>> x, index = glassnet.zeros(3), glassnet.tensor([0, 0, 2])
    >>> x.index_put((index,), glassnet.ones(3), accumulate=True)
    tensor([2., 0., 1.])
    """
    place = tuple(slice(None) if part is None else part for part in indices)
    values = values if isinstance(values, Tensor) else wrap(as_array(values, input.dtype))
    if values.dtype != input.dtype:
        raise DtypeError(
            f"index_put: expected values of {input.dtype}, as the tensor is, got {values.dtype}; convert them: "
            f"values.to({input.dtype})"
        )
    if not accumulate:
        y = input.clone()
        y[place] = values
        return y
    template, arrays = split_index(place)
    part = apply(indexing.getitem, input.detach(), *arrays, index=template).shape
    return input + apply(indexing.put, values.expand(*part), *arrays, index=template, shape=input.shape)


def put(input: Tensor, index: Any, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with ``source`` at the positions ``index``, counted as if ``input`` were a vector; or added there.

    >>> glassnet.zeros(2, 2).put(glassnet.tensor([3, 0]), glassnet.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 1.]])
    """
    index = index if isinstance(index, Tensor) else wrap(as_array(index))
    if source.dtype != input.dtype:
        raise DtypeError(
            f"put: expected a source of {input.dtype}, as the tensor is, got {source.dtype}; convert it: "
            f"source.to({input.dtype})"
        )
    if index.numel() != source.numel():
        raise ShapeError(f"put: expected as many elements as indices, {index.numel()}, got {source.numel()}")
    flat = index_put(input.reshape(-1), (index.reshape(-1).long(),), source.reshape(-1), accumulate)
    return flat.reshape(input.shape)


def masked_scatter(input: Tensor, mask: Any, source: Tensor) -> Tensor:
    """A copy with the elements of ``source``, in order, where ``mask`` is true; shapes of the first two broadcast.

    >>> x = glassnet.tensor([0, 1, 0, 3])
    >>> x.masked_scatter(x == 0, glassnet.tensor([7, 8, 9]))
    tensor([7, 1, 8, 3])
    """
    mask = mask if isinstance(mask, Tensor) else wrap(as_array(mask))
    if mask.dtype.kind != "b":
        raise DtypeError(f"masked_scatter: expected a bool mask, got {mask.dtype}; compare: mask > 0")
    if source.dtype != input.dtype:
        raise DtypeError(
            f"masked_scatter: expected a source of {input.dtype}, as the tensor is, got {source.dtype}; convert it: "
            f"source.to({input.dtype})"
        )
    shape = np.broadcast_shapes(input.shape, mask.shape)
    places = mask.expand(*shape).reshape(-1).long().cumsum(0) - 1
    if places.numel() and int(places.array[-1]) >= source.numel():
        raise ShapeError(
            f"masked_scatter: the mask has {int(places.array[-1]) + 1} places, and the source {source.numel()} elements"
        )
    if not source.numel() or not places.numel():
        return input.expand(*shape).clone()
    taken = source.reshape(-1)[places.clamp(min=0)].reshape(shape)
    return apply(selection.where, mask, taken, input)


# a part of it --------------------------------------------------------------------------------------------------------


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy with ``src`` as its slice at ``index`` along ``dim``.

    >>> glassnet.zeros(2, 2).select_scatter(glassnet.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    y = input.clone()
    return _into("select_scatter", y, y.select(dim, index), src)


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy with ``src`` as its slices start, start + step, … before ``end`` along ``dim``.

    >>> glassnet.zeros(4).slice_scatter(glassnet.ones(2), start=2)
    tensor([0., 0., 1., 1.])
    """
    y = input.clone()
    d = normalize_dim("slice_scatter", dim, y.ndim)
    return _into("slice_scatter", y, y[(*(slice(None),) * d, slice(start, end, step))], src)


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy with ``src`` as its `diagonal`.

    >>> glassnet.zeros(2, 2).diagonal_scatter(glassnet.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    y = input.clone().contiguous()
    return _into("diagonal_scatter", y, y.diagonal(offset, dim1, dim2), src)


def _into(name: str, y: Tensor, part: Tensor, src: Tensor) -> Tensor:
    """``y``, once ``src`` is in the ``part`` that is a view of it."""
    if src.shape != part.shape:
        raise ShapeError(f"{name}: expected a source of shape {written(part.shape)}, got {written(src.shape)}")
    part.copy_(src)
    return y
