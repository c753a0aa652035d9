"""Elements by their position, and the positions of elements: take, take_along_dim, argwhere, searchsorted, diff …"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops import selection
from glassnet.ops.dtypes import Array, int32, int64
from glassnet.ops.functions import strides
from glassnet.ops.shapes import broadcast_shapes as _broadcast
from glassnet.ops.shapes import normalize_dim, written
from glassnet.random import Generator
from glassnet.tensor.creation import DtypeLike
from glassnet.tensor.from_data import as_array
from glassnet.tensor.joining import cat
from glassnet.tensor.sampling import randint
from glassnet.tensor.tensor import Tensor, apply, finished, wrap

__all__ = [
    "argwhere",
    "as_strided",
    "as_strided_scatter",
    "broadcast_shapes",
    "bucketize",
    "diff",
    "nonzero_static",
    "randint_like",
    "searchsorted",
    "take",
    "take_along_dim",
    "tril_indices",
    "triu_indices",
    "unique_consecutive",
    "unravel_index",
]


def take(input: Tensor, index: Any) -> Tensor:
    """The elements at the positions ``index``, counted as if ``input`` were a vector; in the shape of ``index``.

    Raises RangeError for a position out of range.

    >>> glassnet.tensor([[1, 2], [3, 4]]).take(glassnet.tensor([0, 3]))
    tensor([1, 4])
    """
    index = _indices("take", index)
    n = input.numel()
    if index.numel() and not -n <= index.array.min() <= index.array.max() < n:
        raise RangeError(f"take: expected positions from 0 to {n - 1}, got {index.tolist()}")
    if not n:
        return wrap(np.empty(index.shape, input.dtype))
    return input.reshape(-1)[index.reshape(-1)].reshape(index.shape)


def take_along_dim(input: Tensor, indices: Any, dim: int | None = None) -> Tensor:
    """`gather`, in which the other dimensions broadcast; without ``dim``, of all elements as a vector.

    So ``x.take_along_dim(x.argsort(d), d)`` is x in order. Raises what `gather` does.

    >>> x = glassnet.tensor([[30, 10, 20]])
    >>> x.take_along_dim(x.argsort(1), 1)
    tensor([[10, 20, 30]])
    """
    indices = _indices("take_along_dim", indices)
    if dim is None:
        return input.reshape(-1).gather(0, indices.reshape(-1))
    if input.ndim != indices.ndim:
        raise ShapeError(
            f"take_along_dim: expected indices of {input.ndim} dimensions, as the tensor has, got {indices.ndim}"
        )
    d = normalize_dim("take_along_dim", dim, input.ndim)
    rest = [x.shape[:d] + (1,) * (x.ndim > 0) + x.shape[d + 1 :] for x in (input, indices)]
    shape = _broadcast("take_along_dim", *rest)
    size = input.shape[d] if input.ndim else 1
    indices = apply(selection.where, indices < 0, indices + size, indices)
    wide = [x.expand(*shape[:d], *x.shape[d : d + 1], *shape[d + 1 :]) for x in (input, indices)]
    found: Tensor = wide[0].gather(d, wide[1])
    return found


def _indices(name: str, index: Any) -> Tensor:
    places: Tensor = index if isinstance(index, Tensor) else wrap(as_array(index))
    if places.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected integer indices, got {places.dtype}; convert them: index.long()")
    return places.long()


def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not 0, one a row: `nonzero`.

    >>> glassnet.tensor([[0, 5], [7, 0]]).argwhere()
    tensor([[0, 1],
            [1, 0]])
    """
    found: Tensor = input.nonzero()
    return found


def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """`nonzero`, of which there are ``size`` rows: the first ones, or ``fill_value`` for those that lack.

    >>> glassnet.tensor([0, 5, 7]).nonzero_static(size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    if size < 0:
        raise RangeError(f"nonzero_static: expected a size of 0 or more, got {size}")
    found = np.full((size, input.ndim), fill_value, np.int64)
    places = np.argwhere(input._read("nonzero_static()"))[:size]
    found[: len(places)] = places
    return wrap(found)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Positions, counted as if a tensor of this shape were a vector, as an index for each dimension.

    Raises RangeError for a position out of range.

    >>> glassnet.unravel_index(glassnet.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if not isinstance(indices, Tensor) or indices.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: expected a tensor of integers, got {getattr(indices, 'dtype', indices)}")
    if any(n < 0 for n in sizes):
        raise ShapeError(f"unravel_index: expected sizes of 0 or more, got {written(sizes)}")
    try:
        found = np.unravel_index(indices._read("unravel_index()"), sizes)
    except ValueError:
        raise RangeError(f"unravel_index: a position is out of range of shape {written(sizes)}") from None
    return tuple(wrap(np.asarray(x)) for x in found)


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Elements by their steps through memory: y[i, j] lies i·stride[0] + j·stride[1] elements after the first.

    A view of a tensor whose elements fill their memory in any order, else a copy. Raises ShapeError where it would
    reach past them.

    >>> glassnet.arange(6).as_strided((2, 3), (1, 2))
    tensor([[0, 2, 4],
            [1, 3, 5]])
    """
    if len(size) != len(stride):
        raise ShapeError(f"as_strided: expected a stride for each of {len(size)} sizes, got {len(stride)}")
    begin = 0 if storage_offset is None else storage_offset - _offset(input.array)
    in_memory = input
    if not input.is_contiguous():
        in_memory = input.permute(np.argsort(input.stride(), kind="stable")[::-1].tolist())
    if in_memory.is_contiguous():
        size, stride = (tuple(map(int, numbers)) for numbers in (size, stride))
        strides.as_strided.shape(in_memory, size=size, stride=stride, offset=begin)
        return apply(strides.as_strided, in_memory, size=size, stride=stride, offset=begin)
    reached = np.array(begin)
    for n, step in zip(size, stride, strict=True):
        reached = reached[..., None] + np.arange(n) * step
    places = np.array(0)
    for n, step in zip(input.shape, input.stride(), strict=True):
        places = places[..., None] + np.arange(n) * step
    order = np.argsort(places.reshape(-1), kind="stable")
    found = np.searchsorted(places.reshape(-1)[order], reached).clip(max=max(places.size - 1, 0))
    if reached.size and (not places.size or (places.reshape(-1)[order][found] != reached).any()):
        raise ShapeError(
            f"as_strided: size {written(size)} and stride {written(stride)} reach elements that are not in this "
            f"tensor of shape {written(input.shape)}"
        )
    return input.reshape(-1)[wrap(order[found.reshape(-1)])].reshape(*size) if reached.size else input.new_empty(size)


def as_strided_scatter(input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A copy, in order in memory, with ``src`` in the place of the elements that `as_strided` gives of it.

    >>> glassnet.zeros(4).as_strided_scatter(glassnet.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    where = {"size": tuple(map(int, size)), "stride": tuple(map(int, stride)), "offset": storage_offset or 0}
    strides.as_strided_scatter.shape(input, src, **where)
    return apply(strides.as_strided_scatter, input.contiguous(), src, **where)


def _offset(array: Array) -> int:
    """How many elements there are in memory before the first one of ``array``."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return int((array.ctypes.data - owner.ctypes.data) // array.itemsize)


# positions of values -------------------------------------------------------------------------------------------------


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """How many numbers of a sequence in order come before each of ``input``: where it would have to be put in.

    Equal numbers come after it, unless ``right``, or side="right". Of sequences in several rows, each row of
    ``input`` is looked for in its own. ``sorter`` puts a sequence in order that is not.

    >>> glassnet.searchsorted(glassnet.tensor([1, 3, 5]), glassnet.tensor([3, 6]))
    tensor([1, 3])
    """
    from glassnet.ops.functions import searching

    if side not in (None, "left", "right") or (side == "left" and right):
        raise ShapeError(f'searchsorted: expected side as "left" or "right", as right={right} says, got {side!r:.80}')
    values = input if isinstance(input, Tensor) else wrap(as_array(input, sorted_sequence.dtype))
    if values.dtype != sorted_sequence.dtype:
        raise DtypeError(
            f"searchsorted: expected numbers of one dtype, got {sorted_sequence.dtype} and {values.dtype}; convert one"
        )
    if sorter is not None:
        if sorter.shape != sorted_sequence.shape or sorter.dtype != int64:
            raise ShapeError(
                f"searchsorted: expected a sorter of int64 and of shape {written(sorted_sequence.shape)}, got "
                f"{sorter.dtype} of {written(sorter.shape)}"
            )
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    places = apply(searching.searchsorted, sorted_sequence, values, right=right or side == "right")
    return places.to(int32) if out_int32 else places


def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Which of the intervals between ``boundaries``, a vector in order, each number lies in.

    A number on a boundary belongs to the interval before it, or, if ``right``, to the one after it.

    >>> glassnet.bucketize(glassnet.tensor([1, 3, 6]), glassnet.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize: expected a vector of boundaries, got {written(boundaries.shape)}")
    values = input if isinstance(input, Tensor) else wrap(as_array(input))
    if values.dtype != boundaries.dtype:
        dtype = np.result_type(values.dtype, boundaries.dtype)
        values, boundaries = values.to(dtype), boundaries.to(dtype)
    return searchsorted(boundaries, values, out_int32=out_int32, right=right)


def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """The differences of neighbours along ``dim``, ``n`` times; of bool, whether they differ.

    ``prepend`` and ``append`` are put before and after ``input`` first.

    >>> glassnet.tensor([1, 4, 9]).diff()
    tensor([3, 5])
    """
    if not input.ndim:
        raise ShapeError("diff: expected 1 dimension or more, got a tensor of none")
    if n < 0:
        raise RangeError(f"diff: expected to take differences 0 times or more, got n={n}")
    d = normalize_dim("diff", dim, input.ndim)
    y = input
    if n and (prepend is not None or append is not None):
        y = cat([x for x in (prepend, input, append) if x is not None], d)
    before = (slice(None),) * d
    for _ in range(min(n, y.shape[d])):
        left, right = y[(*before, slice(None, -1))], y[(*before, slice(1, None))]
        y = left ^ right if y.dtype.kind == "b" else right - left
    return y.clone() if y is input else y


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements, or the slices along ``dim``, but of equal ones in a row only the first.

    With return_inverse, also the position of each element among them; with return_counts, how many were in a row.

    >>> glassnet.tensor([1, 1, 2, 1]).unique_consecutive(return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    values = input._read("unique_consecutive()")
    d = 0 if dim is None else normalize_dim("unique_consecutive", dim, input.ndim)
    along = values.reshape(-1) if dim is None else np.moveaxis(np.atleast_1d(values), d, 0)
    if dim is not None and values.ndim and not along.size and along.shape[0]:
        raise ShapeError(f"unique_consecutive: there are no elements in the slices of shape {written(input.shape)}")
    differs = (along[1:] != along[:-1]).any(axis=tuple(range(1, along.ndim)))
    first = np.concatenate([np.ones(min(len(along), 1), bool), differs])
    starts = np.flatnonzero(first)
    kept = along[starts]
    results: list[Array] = [kept if dim is None else np.ascontiguousarray(np.moveaxis(kept, 0, d))]
    if return_inverse:
        inverse = np.cumsum(first) - 1
        results.append(inverse.reshape(input.shape) if dim is None else inverse)
    if return_counts:
        results.append(np.diff(np.append(starts, len(along))))
    return wrap(results[0]) if len(results) == 1 else tuple(map(wrap, results))


# shapes and grids ----------------------------------------------------------------------------------------------------


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape that tensors of these shapes broadcast to. Raises ShapeError where they do not.

    >>> glassnet.broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    return _broadcast("broadcast_shapes", *((n,) if isinstance(n, int) else tuple(n) for n in shapes))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: DtypeLike = None, device: Any = None, layout: Any = None
) -> Tensor:
    """The rows and the columns of the elements of a matrix on its diagonal ``offset`` and below, [2, how many].

    >>> glassnet.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle("tril_indices", row, col, np.tri(max(row, 0), max(col, 0), offset, dtype=bool), dtype, device)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: DtypeLike = None, device: Any = None, layout: Any = None
) -> Tensor:
    """The rows and the columns of the elements of a matrix on its diagonal ``offset`` and above, [2, how many].

    >>> glassnet.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle("triu_indices", row, col, ~np.tri(max(row, 0), max(col, 0), offset - 1, dtype=bool), dtype, device)


def _triangle(name: str, row: int, col: int, where: Array, dtype: DtypeLike, device: Any) -> Tensor:
    if row < 0 or col < 0:
        raise RangeError(f"{name}: expected 0 or more rows and columns, got {row} and {col}")
    return finished(np.stack(np.nonzero(where)).astype(dtype or int64), False, device)


def randint_like(
    input: Tensor,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: DtypeLike = None,
    requires_grad: bool = False,
    device: Any = None,
    memory_format: Any = None,
) -> Tensor:
    """Whole numbers from ``low`` to ``high`` − 1 (or to ``low`` − 1 from 0), in the shape and dtype of ``input``.

    >>> glassnet.randint_like(glassnet.ones(100), 3).unique()
    tensor([0., 1., 2.])
    """
    low, high = (0, low) if high is None else (low, high)
    drawn = randint(low, high, input.shape, generator=generator, dtype=dtype or input.dtype, device=device)
    drawn = drawn.to(memory_format=memory_format)
    return drawn.requires_grad_() if requires_grad else drawn
