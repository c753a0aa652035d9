"""Parts of a tensor: x[1:3], x.split(2), x.gather(0, i), and assignment to them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeVar

import numpy as np

from glassnet.errors import (
    DimensionError,
    DtypeError,
    GlassnetWarning,
    IndexDtypeError,
    RangeError,
    ShapeError,
)
from glassnet.observer import mode
from glassnet.ops import indexing, movement
from glassnet.ops.dtypes import held
from glassnet.ops.shapes import broadcast_shapes, normalize_dim, written
from glassnet.tensor.dispatch import State, apply, made_of, wrap, write
from glassnet.tensor.graph import labelled
from glassnet.tensor.methods.views import Views

T = TypeVar("T", bound=State)


class Indexing(Views):
    """Indexing, and methods that pick elements by their position."""

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-dimensional tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        if not self.shape:
            raise TypeError("iteration over a 0-dimensional tensor")
        return (labelled(_of_several(self[i]), "unbind") for i in range(self.shape[0]))

    def __getitem__(self, index: Any) -> Self:
        template, arrays = split_index(index)
        x = self
        if arrays:
            template = _spelled_out(template, arrays, self.shape)
        if arrays and (steps := _in_two_steps(template, arrays)) is not None:
            first, points, template, arrays = steps
            x = apply(indexing.getitem, self, *points, index=first)
        return apply(indexing.getitem, x, *arrays, index=template)

    def __setitem__(self, index: Any, value: Any) -> None:
        template, arrays = split_index(index)
        if not isinstance(value, State):
            assigned, value = value, np.asarray(value)
            if value.dtype.kind not in "biufc":
                raise TypeError(
                    f"expected a tensor or numbers to assign, got {type(assigned).__name__}: {assigned!r:.40}"
                )
            if not value.ndim and self.dtype != np.float16:
                held(self.dtype, value.item())
            if value.dtype.kind == "f" and self.dtype.kind == "f":
                value = value.astype(self.dtype)
            value = made_of(assigned, value)
        elif arrays and value.dtype != self.dtype and self.shape:
            if [array.dtype.kind for array in arrays] != ["b"] or math.prod(value.shape) != 1:
                raise DtypeError(
                    f"setitem: at an index with lists or tensors, expected values of {self.dtype}, got {value.dtype}; "
                    f"convert them: value.to(x.dtype)"
                )
            if mode.tracer is None:
                held(self.dtype, value.array.item())
            value = apply(movement.cast, value, dtype=self.dtype)  # one value where a mask is true, as by masked_fill
        if arrays:
            template = _spelled_out(template, arrays, self.shape)
        if arrays and (steps := _in_two_steps(template, arrays)) is not None:
            first, points, rest, arrays = steps
            part = apply(indexing.getitem, self, *points, index=first)
            value = apply(indexing.setitem, part, value, *arrays, index=rest)
            template, arrays = first, points
        write(self, indexing.setitem, self, value, *arrays, index=template)

    # pieces, and elements by position ------------------------------------------------------------

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Pieces of ``split_size`` along ``dim`` (the last may be smaller), or of the sizes given.

        >>> glassnet.arange(5).split(2)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
        """
        return tuple(map(_of_several, self.unsafe_split(split_size, dim)))

    def unsafe_split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """`split` into pieces that may be changed in place, even where autograd is watching.

        >>> glassnet.arange(5).unsafe_split(2)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
        """
        d = normalize_dim("split", dim, len(self.shape))
        total = _size("split", self.shape, d)
        if isinstance(split_size, int):
            if split_size < (total > 0):
                raise ShapeError(f"split: expected pieces of size 1 or more, got {split_size}; for n equal: chunk(n)")
            starts = range(0, total, max(split_size, 1))
            parts = [min(split_size, total - start) for start in starts] or [0]  # nothing in one piece, of size 0
        else:
            parts = list(split_size)
        if sum(parts) != total or min(parts, default=0) < 0:
            raise ShapeError(f"split: the sizes must add up to {total}, the size of dim {dim}, got {parts}")
        ends = np.cumsum(parts).tolist()
        name = "split" if isinstance(split_size, int) else "split_with_sizes"
        before = (slice(None),) * d
        return tuple(labelled(self[(*before, slice(e - n, e))], name) for n, e in zip(parts, ends, strict=True))

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """At most ``chunks`` pieces of one size along ``dim`` (the last may be smaller).

        >>> glassnet.arange(5).chunk(2)
        (tensor([0, 1, 2]), tensor([3, 4]))
        """
        return tuple(map(_of_several, self.unsafe_chunk(chunks, dim)))

    def unsafe_chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """`chunk` into pieces that may be changed in place, even where autograd is watching.

        >>> glassnet.arange(5).unsafe_chunk(2)
        (tensor([0, 1, 2]), tensor([3, 4]))
        """
        if chunks < 1:
            raise RangeError(f"chunk: expected 1 chunk or more, got {chunks}")
        total = _size("chunk", self.shape, normalize_dim("chunk", dim, len(self.shape)))
        return self.unsafe_split(-(-total // chunks) if total else [0] * chunks, dim)

    split_with_sizes = split

    def unbind(self, dim: int = 0) -> tuple[Self, ...]:
        """The slices along ``dim``, one by one.

        >>> glassnet.tensor([[1, 2], [3, 4]]).unbind()
        (tensor([1, 2]), tensor([3, 4]))
        """
        d = normalize_dim("unbind", dim, len(self.shape))
        found = (self[(*(slice(None),) * d, i)] for i in range(_size("unbind", self.shape, d)))
        return tuple(labelled(_of_several(x), "unbind") for x in found)

    def narrow(self, dim: int, start: Any, length: int) -> Self:
        """``length`` slices along ``dim``, from ``start`` on.

        >>> glassnet.arange(5).narrow(0, 1, 3)
        tensor([1, 2, 3])
        """
        if not self.shape:
            raise ShapeError("narrow: expected at least 1 dimension, got a tensor of none")
        d = normalize_dim("narrow", dim, len(self.shape))
        total = self.shape[d]
        if isinstance(start, State):
            if start.shape or start.dtype.kind not in "iu":
                raise ShapeError(
                    f"narrow: expected start as a whole number, got a tensor of {start.dtype} and shape "
                    f"{written(start.shape)}"
                )
            start = int(start)  # type: ignore[call-overload]
        first = start + total if start < 0 else start
        if first < 0 or length < 0 or first + length > total:
            raise RangeError(f"narrow: {length} from {start} on do not lie in dim {dim} of size {total}")
        return self[(*(slice(None),) * d, slice(first, first + length))]

    def select(self, dim: int, index: int) -> Self:
        """The slice at ``index`` along ``dim``, without that dimension.

        >>> glassnet.tensor([[1, 2], [3, 4]]).select(1, 0)
        tensor([1, 3])
        """
        return self[(*(slice(None),) * normalize_dim("select", dim, len(self.shape)), index)]

    def index_select(self, dim: int, index: Any) -> Self:
        """The slices at each of ``index``, a vector of integers from 0 on, along ``dim``.

        >>> glassnet.tensor([[1, 2, 3], [4, 5, 6]]).index_select(1, glassnet.tensor([2, 0]))
        tensor([[3, 1],
                [6, 4]])
        """
        d = normalize_dim("index_select", dim, len(self.shape))
        index = _index_array(index)
        places = index.array if isinstance(index, State) else index
        if places.ndim == 0:
            index = places = places.reshape(1)
        if places.ndim != 1 or places.dtype.kind == "b":
            raise DimensionError(
                f"index_select: expected a vector of integers, got {places.dtype} of shape {written(places.shape)}"
            )
        total = self.shape[d] if self.shape else 1
        if places.size and not 0 <= places.min() <= places.max() < total:
            raise RangeError(f"index_select: expected indices from 0 to {total - 1}, got {places.tolist()}")
        if not self.shape:
            return self.reshape(1)[index].reshape(())
        return labelled(self[(*(slice(None),) * d, index)], "index_select")

    def unfold(self, dimension: int, size: int, step: int) -> Self:
        """All windows of ``size`` elements along a dimension, ``step`` apart; each lies in a new last dimension.

        The dimension that was n long is then as long as there are windows, (n − size)/step + 1, rounded down.

        >>> glassnet.arange(5).unfold(0, size=3, step=2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
        """
        from glassnet.ops.layers import windows  # few need it

        if not self.shape:
            return self.reshape(1).unfold(dimension, size, step).reshape(size)
        d = normalize_dim("unfold", dimension, len(self.shape))
        total = _size("unfold", self.shape, d)
        if size < 1 or step < 1:
            raise RangeError(f"unfold: expected a size and a step of 1 or more, got {size} and {step}")
        if size > total:
            raise ShapeError(f"unfold: expected a size of at most {total}, that of dim {d}, got {size}")
        last = self.movedim(d, -1)
        found = apply(windows.windows, last, size=(size,), stride=(step,), dilation=(1,))
        return labelled(found.movedim(-2, d), "unfold")

    def repeat_interleave(self, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None) -> Self:
        """Each slice along ``dim`` ``repeats`` times, a number or one for each; without ``dim``, each element.

        ``repeat_interleave(repeats)`` alone gives the position of each. ``output_size`` says how many there will be.

        >>> x = glassnet.tensor([[1, 2], [3, 4]])
        >>> x.repeat_interleave(2)
        tensor([1, 1, 2, 2, 3, 3, 4, 4])
        >>> x.repeat_interleave(glassnet.tensor([1, 2]), dim=0)
        tensor([[1, 2],
                [3, 4],
                [3, 4]])
        """
        if repeats is None:
            return wrap(np.arange(self.shape[0] if self.shape else 1)).repeat_interleave(self, 0)
        if dim is None:
            return self.reshape(-1).repeat_interleave(repeats, 0, output_size=output_size)
        x = self if self.shape else self.reshape(1)
        d = normalize_dim("repeat_interleave", dim, len(x.shape))
        times = _times(repeats, x.shape[d])
        total = times * x.shape[d] if isinstance(times, int) else int(times.sum())
        if output_size not in (None, total):
            raise ShapeError(f"repeat_interleave: expected output_size={total}, that of the result, got {output_size}")
        return x[(*(slice(None),) * d, np.repeat(np.arange(x.shape[d]), times))]

    def masked_select(self, mask: Any) -> Self:
        """The elements where ``mask``, a bool tensor, is true, in one dimension; shapes broadcast.

        >>> x = glassnet.tensor([1, -2, 3])
        >>> x.masked_select(x > 0)
        tensor([1, 3])
        """
        places = np.asarray(mask.array if isinstance(mask, State) else mask)
        if places.dtype.kind != "b":
            raise DtypeError(f"masked_select: expected a bool mask, got {places.dtype}; compare: x[mask > 0]")
        shape = broadcast_shapes("masked_select", self.shape, places.shape)
        return labelled(self.expand(shape)[np.broadcast_to(places, shape)], "masked_select")

    def gather(self, dim: int, index: Any, *, sparse_grad: bool = False) -> Self:
        """Elements picked along ``dim``: for dim 0, result[i, j] = self[index[i, j], j].

        Raises RangeError for an index out of range, ShapeError for one that does not fit. ``sparse_grad`` changes
        nothing: gradients are dense.

        >>> x = glassnet.tensor([[1, 2], [3, 4]])
        >>> x.gather(1, glassnet.tensor([[1], [0]]))
        tensor([[2],
                [3]])
        """
        shape = self.shape
        if isinstance(index, State) and len(index.shape) != len(shape):
            if not index.array.size:
                return self.reshape(-1)[:0].reshape(index.shape)
            if not shape or not index.shape:  # a number is as a vector of one
                places = apply(movement.reshape, index, shape=(-1,))
                return self.reshape(shape or (1,)).gather(dim, places).reshape(index.shape)
        return apply(indexing.gather, self, index, dim=normalize_dim("gather", dim, len(self.shape)))


def _size(name: str, shape: tuple[int, ...], d: int) -> int:
    """The size of dimension ``d``; DimensionError for a tensor without dimensions."""
    if not shape:
        raise DimensionError(f"{name}: expected at least 1 dimension, got a tensor of none")
    return shape[d]


def _times(repeats: Any, n: int) -> Any:
    """How often each of ``n`` slices is repeated: a number, or an array of numbers."""
    name = "repeat_interleave"
    if isinstance(repeats, Views):
        times = repeats._read(f"{name}()")
        if times.dtype.kind not in "iu":
            raise DtypeError(
                f"{name}: expected repeats of an integer dtype, got {times.dtype}; convert: repeats.long()"
            )
        if times.ndim > 1 or times.size not in (1, n):
            raise ShapeError(
                f"{name}: expected one number of repeats, or one for each of {n}, got {written(times.shape)}"
            )
    elif isinstance(repeats, bool) or not isinstance(repeats, int | np.integer):
        raise TypeError(f"{name}: expected repeats as a whole number or a tensor of them, got {repeats!r:.60}")
    else:
        times = np.array(repeats)
    if times.size and times.min() < 0:
        raise RangeError(f"{name}: expected repeats of 0 or more, got {times.min()}")
    return int(times.reshape(())) if times.size == 1 else times


def _of_several(part: T) -> T:
    """``part``, one of those that an operation gives: the others could not follow, if it were changed in place."""
    part._of_several = True
    return part


def split_index(index: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """An index as (tuple with `ARRAY` places, the index arrays), as operations take it.

    As in PyTorch, a list in which there are tensors, lists or slices is a tuple, and a uint8 tensor is a mask.
    Raises IndexDtypeError for a part that is no index.
    """
    template: list[Any] = []
    arrays: list[Any] = []
    if isinstance(index, list) and any(part is None or part is ... or isinstance(part, _SEVERAL) for part in index):
        index = tuple(index)
    for part in index if isinstance(index, tuple) else (index,):
        if part is None or part is Ellipsis:
            template.append(part)
        elif isinstance(part, slice):
            template.append(slice(*map(_end, (part.start, part.stop, part.step))))
        elif isinstance(part, int | np.integer) and not isinstance(part, bool):
            template.append(int(part))
        elif _is_point(part) and (mode.tracer is None or not isinstance(part, State)):
            template.append(int(part.array if isinstance(part, State) else part))
        else:
            template.append(indexing.ARRAY)
            arrays.append(_index_array(part))
    return tuple(template), arrays


def _end(n: Any) -> int | None:
    if n is None or type(n) is int:
        return n
    if not hasattr(n, "__index__"):
        raise TypeError(f"a slice begins and ends at whole numbers, got {type(n).__name__}: {n!r:.60}")
    return int(n.__index__())


_SEVERAL = (State, slice, list, tuple, range, np.ndarray)


def _is_point(part: Any) -> bool:
    """Whether it is a whole number that is in a tensor or an array; one of uint8 is a mask."""
    return (
        isinstance(part, State | np.ndarray) and not part.shape and part.dtype.kind in "iu" and part.dtype != np.uint8
    )


def _index_array(part: Any) -> Any:
    array = part.array if isinstance(part, State) else np.asarray(part)  # an array itself, if it is one
    if array.size == 0 and not hasattr(part, "dtype"):
        array = array.astype(np.int64)  # an empty list
    if array.dtype.kind not in "iub":
        raise IndexDtypeError(
            f"a tensor is indexed by ints, slices, None, ... and integer or bool tensors, got {type(part).__name__} "
            f"of {array.dtype}"
        )
    if array.dtype == np.uint8:
        warnings.warn(
            "an index of uint8 is taken for a mask: write index.bool(), or index.long() for positions",
            GlassnetWarning,
            stacklevel=4,
        )
        return apply(movement.cast, part, dtype=np.dtype(bool)) if isinstance(part, State) else array.astype(bool)
    return part if isinstance(part, State) else array


def _spelled_out(template: tuple[Any, ...], arrays: list[Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index with slices for its ``...``, which keeps nothing apart where it stands for no dimension.

    For NumPy it does: of x[:, i, ..., j], x having three dimensions, the result would begin with those of i and j.
    Nor does NumPy mind a mask of no elements beside a dimension that has some: DimensionError.
    """
    if ... in template:
        taken = sum(isinstance(part, int | slice) for part in template) + sum(map(_dimensions, arrays))
        if taken <= len(shape) and template.count(...) == 1:
            place = template.index(...)
            slices = (slice(None),) * (len(shape) - taken)
            template = (*template[:place], *slices, *template[place + 1 :])
    if any(array.dtype.kind == "b" and 0 in array.shape for array in arrays):
        d, remaining = 0, iter(arrays)
        for part in template:
            array = next(remaining) if part is indexing.ARRAY else None
            width = _dimensions(array) if array is not None else part is not None
            if array is not None and array.dtype.kind == "b" and array.shape != shape[d : d + width]:
                raise DimensionError(
                    f"getitem: a mask of shape {written(array.shape)} does not fit dimensions of "
                    f"{written(shape[d : d + width])}"
                )
            d += width
    return template


def _dimensions(array: Any) -> int:
    """How many dimensions an index array takes the place of."""
    return len(array.shape) if array.dtype.kind == "b" else 1


def _in_two_steps(template: tuple[Any, ...], arrays: list[Any]) -> tuple[Any, ...] | None:
    """An index as two, one after the other, where at once NumPy would give another order of dimensions than PyTorch.

    PyTorch takes the whole numbers first, and then the arrays; where a slice is between the two, NumPy puts the
    dimensions of the arrays in front. The two are given as `split_index` gives one.
    """
    places = [i for i, part in enumerate(template) if part is indexing.ARRAY or isinstance(part, int)]
    if places[-1] - places[0] == len(places) - 1:
        return None
    first: list[Any] = []
    rest: list[Any] = []
    points: list[Any] = []
    others: list[Any] = []
    remaining = iter(arrays)
    for part in template:
        if part is indexing.ARRAY:
            array = next(remaining)
            if _is_point(array):
                first.append(part)
                points.append(array)
            else:
                first += (slice(None),) * (len(array.shape) if array.dtype.kind == "b" else 1)
                rest.append(part)
                others.append(array)
        else:
            first.append(part)
            if not isinstance(part, int):
                rest.append(part if part is Ellipsis else slice(None))
    if not others or len(others) == len(places):
        return None
    return tuple(first), points, tuple(rest), others
