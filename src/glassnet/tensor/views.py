"""Shape and place: views, indexing, joining. Views share memory, as PyTorch's do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import DimensionError, DtypeError, RangeError, ShapeError
from glassnet.observer import mode
from glassnet.ops import indexing, movement
from glassnet.ops.dtypes import check_holds
from glassnet.ops.shapes import broadcast_shapes, normalize_dim, normalize_dims, reshaped, written
from glassnet.tensor.dispatch import State, apply, made_of, write
from glassnet.tensor.names import sizes, takes_axis

if TYPE_CHECKING:
    from glassnet.tensor.tensor import Tensor


class Views(State):
    """Methods that change where elements stand, not what they are."""

    def reshape(self, *sizes_: Any, shape: Any = None) -> Tensor:
        """The elements in another shape (one size may be −1); a view where memory allows, else a copy."""
        new = sizes(sizes_, shape)
        if new and min(new) < -1:
            reshaped("reshape", self.shape, new)  # raises: NumPy would take any negative size for -1
        return apply(movement.reshape, self, shape=new)

    def view(self, *shape: Any) -> Tensor:
        """`reshape` that never copies: ShapeError where only a copy could have that shape."""
        new = reshaped("view", self.shape, sizes(shape))
        result = apply(movement.reshape, self, shape=new)
        if self.array.size and not np.may_share_memory(result.array, self.array):
            raise ShapeError(
                f"view: {written(self.shape)} cannot be seen as {written(new)} without copying, for its elements do "
                "not lie in that order in memory (it was transposed, permuted or sliced); use reshape(), which copies"
            )
        return result

    def view_as(self, other: State) -> Tensor:
        """`view` in the shape of ``other``."""
        return self.view(other.shape)

    def reshape_as(self, other: State) -> Tensor:
        """`reshape` to the shape of ``other``."""
        return self.reshape(other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The dimensions from ``start_dim`` to ``end_dim`` laid end to end as one."""
        n = len(self.shape)
        start, end = normalize_dim("flatten", start_dim, n), normalize_dim("flatten", end_dim, n)
        if start > end:
            raise DimensionError(f"flatten: start_dim must not come after end_dim, got {start_dim} and {end_dim}")
        middle = int(np.prod(self.shape[start : end + 1], dtype=int))
        return apply(movement.reshape, self, shape=(*self.shape[:start], middle, *self.shape[end + 1 :]))

    def unflatten(self, dim: int, shape: Sequence[int]) -> Tensor:
        """Dimension ``dim`` split into ``shape`` (one size may be −1)."""
        d = normalize_dim("unflatten", dim, len(self.shape))
        parts = reshaped("unflatten", self.shape[d : d + 1], shape)
        return apply(movement.reshape, self, shape=(*self.shape[:d], *parts, *self.shape[d + 1 :]))

    def ravel(self) -> Tensor:
        """All elements in one dimension."""
        return apply(movement.reshape, self, shape=(-1,))

    @takes_axis
    def squeeze(self, dim: int | Sequence[int] | None = None) -> Tensor:
        """Dimensions of size 1 left out: those in ``dim``, or all."""
        dims = normalize_dims("squeeze", dim, len(self.shape))
        return apply(
            movement.reshape,
            self,
            shape=tuple(n for d, n in enumerate(self.shape) if n != 1 or d not in dims),
        )

    @takes_axis
    def unsqueeze(self, dim: int) -> Tensor:
        """A dimension of size 1 put in at ``dim``."""
        d = normalize_dim("unsqueeze", dim, len(self.shape) + 1)
        return apply(movement.reshape, self, shape=(*self.shape[:d], 1, *self.shape[d:]))

    def permute(self, *order: Any, dims: Any = None) -> Tensor:
        """The dimensions in the order ``dims``."""
        return apply(movement.permute, self, dims=sizes(order, dims))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Dimensions ``dim0`` and ``dim1`` swapped."""
        order = list(range(len(self.shape)))
        a, b = (normalize_dim("transpose", d, len(order)) for d in (dim0, dim1))
        if order:
            order[a], order[b] = order[b], order[a]
        return apply(movement.permute, self, dims=tuple(order))

    swapaxes = transpose

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """Dimension ``source`` moved to stand at ``destination``; or several to as many places."""
        n = len(self.shape)
        moved, places = (
            [normalize_dim("movedim", d, n) for d in (dims if isinstance(dims, Sequence) else (dims,))]
            for dims in (source, destination)
        )
        if not len(moved) == len(places) == len(set(moved)) == len(set(places)):
            raise DimensionError(
                f"movedim: expected each dimension once, and as many places for them, got {source} to {destination}"
            )
        order = [d for d in range(n) if d not in moved]
        for place, d in sorted(zip(places, moved, strict=True)):
            order.insert(place, d)
        return apply(movement.permute, self, dims=tuple(order[:n]))

    def t(self) -> Tensor:
        """The transpose of a matrix; a vector or number as it is."""
        if len(self.shape) > 2:
            raise ShapeError(f"t: expected at most 2 dimensions, got {written(self.shape)}; use transpose or permute")
        return self.T

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        return apply(movement.permute, self, dims=tuple(range(len(self.shape)))[::-1])

    @property
    def mT(self) -> Tensor:
        """Each matrix of a batch transposed: the last two dimensions swapped."""
        return self.transpose(-2, -1)

    def expand(self, *shape: Any) -> Tensor:
        """The elements repeated, without copying, to fill a larger shape; −1 keeps a size."""
        new = sizes(shape)
        surplus = len(new) - len(self.shape)
        if -1 in new[: max(surplus, 0)]:
            raise ShapeError(
                f"expand: -1 keeps a size, but {written(self.shape)} has no dimension that stands there in "
                f"{written(new)}; give the size"
            )
        old = (1,) * surplus + self.shape
        return apply(
            movement.broadcast_to,
            self,
            shape=tuple(o if n == -1 else n for n, o in zip(new, old, strict=False)),
        )

    def expand_as(self, other: State) -> Tensor:
        """`expand` to the shape of ``other``."""
        return self.expand(*other.shape)

    broadcast_to = expand

    def repeat(self, *times: Any) -> Tensor:
        """The whole tensor repeated, ``times`` along each dimension; a copy."""
        n = sizes(times)
        shape = (1,) * (len(n) - len(self.shape)) + self.shape
        if len(shape) > len(n):
            raise ShapeError(f"repeat: expected a number for each of the {len(shape)} dimensions, got {len(n)}")
        apart = tuple(size for pair in zip((1,) * len(n), shape, strict=True) for size in pair)
        wide = tuple(size for pair in zip(n, shape, strict=True) for size in pair)
        repeated = apply(movement.copy, apply(movement.broadcast_to, self.reshape(apart), shape=wide))
        return repeated.reshape(tuple(a * b for a, b in zip(n, shape, strict=True)))

    def split(self, size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """Pieces of ``size`` along ``dim`` (the last may be smaller), or of the sizes given."""
        d = normalize_dim("split", dim, len(self.shape))
        total = _size("split", self.shape, d)
        if isinstance(size, int):
            if size < (total > 0):
                raise ShapeError(f"split: expected pieces of size 1 or more, got {size}; for n equal ones, chunk(n)")
            starts = range(0, total, max(size, 1))
            parts = [min(size, total - start) for start in starts] or [0]  # nothing in one piece, of size 0
        else:
            parts = list(size)
        if sum(parts) != total or min(parts, default=0) < 0:
            raise ShapeError(f"split: the sizes must add up to {total}, the size of dim {dim}, got {parts}")
        ends = np.cumsum(parts).tolist()
        return tuple(self[(*(slice(None),) * d, slice(end - n, end))] for n, end in zip(parts, ends, strict=True))

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """At most ``chunks`` pieces of one size along ``dim`` (the last may be smaller)."""
        if chunks < 1:
            raise ValueError(f"chunk: expected 1 chunk or more, got {chunks}")
        total = _size("chunk", self.shape, normalize_dim("chunk", dim, len(self.shape)))
        return self.split(-(-total // chunks) if total else [0] * chunks, dim)

    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        """The slices along ``dim``, one by one."""
        d = normalize_dim("unbind", dim, len(self.shape))
        return tuple(self[(*(slice(None),) * d, i)] for i in range(_size("unbind", self.shape, d)))

    def narrow(self, dim: int, start: int, length: int) -> Tensor:
        """``length`` slices along ``dim``, from ``start`` on."""
        d = normalize_dim("narrow", dim, len(self.shape))
        total = _size("narrow", self.shape, d)
        first = start + total if start < 0 else start
        if first < 0 or length < 0 or first + length > total:
            raise RangeError(f"narrow: {length} from {start} on do not lie in dim {dim} of size {total}")
        return self[(*(slice(None),) * d, slice(first, first + length))]

    def select(self, dim: int, index: int) -> Tensor:
        """The slice at ``index`` along ``dim``, without that dimension."""
        return self[(*(slice(None),) * normalize_dim("select", dim, len(self.shape)), index)]

    def index_select(self, dim: int, index: Any) -> Tensor:
        """The slices at each of ``index``, a vector of integers from 0 on, along ``dim``."""
        d = normalize_dim("index_select", dim, len(self.shape))
        index = _index_array(index)
        places = index.array if isinstance(index, State) else index
        if places.ndim == 0:
            index = places = places.reshape(1)
        if places.ndim != 1 or places.dtype.kind == "b":
            raise DimensionError(
                f"index_select: expected a vector of integers, got {places.dtype} of shape {written(places.shape)}"
            )
        total = _size("index_select", self.shape, d)
        if places.size and not 0 <= places.min() <= places.max() < total:
            raise RangeError(f"index_select: expected indices from 0 to {total - 1}, got {places.tolist()}")
        return self[(*(slice(None),) * d, index)]

    def masked_select(self, mask: Any) -> Tensor:
        """The elements where ``mask``, a bool tensor, is true, in one dimension; shapes broadcast."""
        places = np.asarray(mask.array if isinstance(mask, State) else mask)
        if places.dtype.kind != "b":
            raise DtypeError(f"masked_select: expected a bool mask, got {places.dtype}; compare: x[mask > 0]")
        shape = broadcast_shapes("masked_select", self.shape, places.shape)
        return self.expand(shape)[np.broadcast_to(places, shape)]

    def contiguous(self) -> Tensor:
        """The tensor with its elements in order in memory: itself, or a copy."""
        if self.array.flags.c_contiguous:
            return self  # type: ignore[return-value]
        flat = self.reshape(-1)  # a copy, unless equal steps through memory lead from each element to the next
        return (flat if flat.array.flags.c_contiguous else flat.clone()).reshape(self.shape)

    def is_contiguous(self) -> bool:
        """Whether the elements lie in order in memory."""
        return bool(self.array.flags.c_contiguous)

    def clone(self) -> Tensor:
        """A copy in memory of its own, through which gradients flow."""
        return apply(movement.copy, self)

    # indexing -------------------------------------------------------------------------------

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-dimensional tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a 0-dimensional tensor")
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self, index: Any) -> Tensor:
        template, arrays = taken_apart(index)
        return apply(indexing.getitem, self, *arrays, index=template)

    def __setitem__(self, index: Any, value: Any) -> None:
        template, arrays = taken_apart(index)
        if not isinstance(value, State):
            given, value = value, np.asarray(value)
            if value.dtype.kind not in "biuf":
                raise TypeError(f"expected a tensor or numbers to assign, got {type(given).__name__}: {given!r:.40}")
            if not value.ndim:
                check_holds(self.dtype, value)
            if value.dtype.kind == "f" and self.dtype.kind == "f":
                value = value.astype(self.dtype)
            value = made_of(given, value)
        write(self, indexing.setitem, self, value, *arrays, index=template)


def _size(name: str, shape: tuple[int, ...], d: int) -> int:
    """The size of dimension ``d``, which there must be."""
    if not shape:
        raise DimensionError(f"{name}: expected at least 1 dimension, got a tensor of none")
    return shape[d]


def taken_apart(index: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """An index as (tuple with `ARRAY` places, the index arrays), as operations take it.

    Raises TypeError for a part that is no index.
    """
    template: list[Any] = []
    arrays: list[Any] = []
    for part in index if isinstance(index, tuple) else (index,):
        if part is None or part is Ellipsis:
            template.append(part)
        elif isinstance(part, slice):
            template.append(slice(*(None if n is None else n.__index__() for n in (part.start, part.stop, part.step))))
        elif isinstance(part, int | np.integer) and not isinstance(part, bool):
            template.append(int(part))
        elif isinstance(part, State) and not part.shape and part.dtype.kind in "iu" and mode.tracer is None:
            template.append(int(part.array))
        else:
            template.append(indexing.ARRAY)
            arrays.append(_index_array(part))
    return tuple(template), arrays


def _index_array(part: Any) -> Any:
    held = part.array if isinstance(part, State) else np.asarray(part)  # an array itself, if it is one
    if held.size == 0 and not hasattr(part, "dtype"):
        held = held.astype(np.int64)  # an empty list
    if held.dtype.kind not in "iub":
        raise TypeError(
            f"a tensor is indexed by ints, slices, None, ... and integer or bool tensors, got {type(part).__name__} "
            f"of {held.dtype}"
        )
    return part if isinstance(part, State) else held
