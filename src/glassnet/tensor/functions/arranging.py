"""The same elements at other places: roll, tile, rot90; cut into parts, and put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DimensionError, RangeError, ShapeError
from glassnet.ops import indexing
from glassnet.ops.shapes import broadcast_shapes, normalize_dim, written
from glassnet.tensor.creation import zeros
from glassnet.tensor.joining import cat, hstack, meshgrid, vstack
from glassnet.tensor.spellings import sizes
from glassnet.tensor.tensor import Tensor, apply, wrap

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_tensors",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "diag_embed",
    "diagflat",
    "dsplit",
    "dstack",
    "fliplr",
    "flipud",
    "hsplit",
    "narrow_copy",
    "roll",
    "rot90",
    "row_stack",
    "tensor_split",
    "tile",
    "vsplit",
]


def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`narrow`, in memory of its own.

    >>> glassnet.arange(5).narrow_copy(0, 1, 2)
    tensor([1, 2])
    """
    return input.narrow(dim, start, length).clone()


# in another order ----------------------------------------------------------------------------------------------------


def roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Every element ``shifts`` further along ``dims``, the last ones at the beginning again; without, as a vector.

    >>> glassnet.arange(5).roll(2)
    tensor([3, 4, 0, 1, 2])
    """
    steps = [shifts] if isinstance(shifts, int) else list(shifts)
    if dims is None or (isinstance(dims, Sequence) and not dims):
        if len(steps) != 1:
            raise ShapeError(f"roll: expected dims, one for each of the shifts {tuple(steps)}")
        return roll(input.reshape(-1), steps, 0).reshape(input.shape)
    along = [dims] if isinstance(dims, int) else list(dims)
    if len(steps) != len(along):
        raise ShapeError(f"roll: expected as many shifts as dims, got {len(steps)} and {len(along)}")
    y = input
    for step, dim in zip(steps, along, strict=True):
        if not y.ndim:
            raise DimensionError(f"roll: expected 1 dimension or more, got a tensor of none and dims={dims}")
        d = normalize_dim("roll", dim, y.ndim)
        size = y.shape[d]
        cut = -step % max(size, 1)
        if cut:
            before = (slice(None),) * d
            y = cat([y[(*before, slice(cut, None))], y[(*before, slice(None, cut))]], d)
    return y.clone() if y is input else y


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned ``k`` times by 90 degrees in the plane of ``dims``, from the first to the second.

    >>> glassnet.tensor([[1, 2], [3, 4]]).rot90()
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2 or input.ndim < 2:
        raise ShapeError(f"rot90: expected two dims of a tensor of 2 or more, got {tuple(dims)} of {input.ndim}")
    first, second = (normalize_dim("rot90", d, input.ndim) for d in dims)
    if first == second:
        raise ShapeError(f"rot90: expected two different dims, got {tuple(dims)}")
    if k % 4 == 0:
        return input.clone()
    if k % 4 == 2:
        return input.flip(first, second)
    return input.transpose(first, second).flip(first if k % 4 == 1 else second)


def fliplr(input: Tensor) -> Tensor:
    """Reversed from left to right: along dimension 1.

    >>> glassnet.tensor([[1, 2], [3, 4]]).fliplr()
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        raise ShapeError(f"fliplr: expected 2 dimensions or more, got {written(input.shape)}; use flip(0)")
    return input.flip(1)


def flipud(input: Tensor) -> Tensor:
    """Reversed from top to bottom: along dimension 0.

    >>> glassnet.tensor([[1, 2], [3, 4]]).flipud()
    tensor([[3, 4],
            [1, 2]])
    """
    if input.ndim < 1:
        raise ShapeError("flipud: expected 1 dimension or more, got a tensor of none")
    return input.flip(0)


def tile(input: Tensor, *dims: Any) -> Tensor:
    """The whole tensor repeated, as often along each of the last dimensions as ``dims`` says; `repeat` with fewer.

    >>> glassnet.tensor([[1, 2], [3, 4]]).tile(2)
    tensor([[1, 2, 1, 2],
            [3, 4, 3, 4]])
    """
    times = sizes(dims)
    return input.repeat((1,) * (input.ndim - len(times)) + times)


# cut into parts ------------------------------------------------------------------------------------------------------


def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0, **named: Any) -> tuple[Tensor, ...]:
    """So many parts along ``dim``, the first ones larger by one where it must be; or cut before each of the indices.

    >>> glassnet.arange(5).tensor_split(2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    >>> glassnet.arange(5).tensor_split((1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    return _cut("tensor_split", input, indices_or_sections, dim)


def _cut(name: str, input: Tensor, indices_or_sections: Any, dim: int, even: bool = False) -> tuple[Tensor, ...]:
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    if not input.ndim:
        raise ShapeError(f"{name}: expected 1 dimension or more, got a tensor of none")
    d = normalize_dim(name, dim, input.ndim)
    total = input.shape[d]
    if isinstance(indices_or_sections, int):
        parts = indices_or_sections
        if parts < 1:
            raise RangeError(f"{name}: expected 1 part or more, got {parts}")
        if even and total % parts:
            raise ShapeError(f"{name}: dimension {d} of size {total} cannot be cut into {parts} equal parts")
        size, larger = divmod(total, parts)
        ends = [size * (i + 1) + min(i + 1, larger) for i in range(parts - 1)]
    else:
        ends = list(sizes((indices_or_sections,)))
    before = (slice(None),) * d
    return tuple(input[(*before, slice(start, end))] for start, end in zip([None, *ends], [*ends, None], strict=True))


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut from left to right, along dimension 1 (a vector along its only one), into equal parts or before indices.

    >>> glassnet.tensor([[1, 2], [3, 4]]).hsplit(2)
    (tensor([[1],
            [3]]), tensor([[2],
            [4]]))
    """
    return _cut("hsplit", _with_dims("hsplit", input, 1), indices_or_sections, min(input.ndim - 1, 1), even=True)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut from top to bottom, along dimension 0, into equal parts or before indices.

    >>> glassnet.tensor([[1, 2], [3, 4]]).vsplit(2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _cut("vsplit", _with_dims("vsplit", input, 2), indices_or_sections, 0, even=True)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut along dimension 2 into equal parts or before indices.

    >>> [part.shape for part in glassnet.ones(1, 2, 4).dsplit(2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return _cut("dsplit", _with_dims("dsplit", input, 3), indices_or_sections, 2, even=True)


def _with_dims(name: str, input: Tensor, least: int) -> Tensor:
    if input.ndim < least:
        raise ShapeError(f"{name}: expected a tensor of {least} or more dimensions, got {written(input.shape)}")
    return input


# put together --------------------------------------------------------------------------------------------------------


def _several(tensors: tuple[Any, ...]) -> Sequence[Tensor]:
    """The tensors, given one by one or in a list."""
    return tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors


def _each(function: Any, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) == 1 and not isinstance(tensors[0], list | tuple):
        return function(tensors[0])
    return tuple(map(function, _several(tensors)))


def atleast_1d(*tensors: Any) -> Any:
    """A number as a vector of one, all else as it is; of several tensors, a tuple.

    >>> glassnet.atleast_1d(glassnet.tensor(2))
    tensor([2])
    """
    return _each(lambda x: x if x.ndim else x.reshape(1), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """A number or a vector as a matrix of one row, all else as it is; of several tensors, a tuple.

    >>> glassnet.atleast_2d(glassnet.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _each(lambda x: x if x.ndim > 1 else x.reshape(1, -1), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """A vector [n] as [1, n, 1], a matrix [n, m] as [n, m, 1], all else as it is; of several tensors, a tuple.

    >>> glassnet.atleast_3d(glassnet.ones(2, 3)).shape
    (2, 3, 1)
    """
    return _each(lambda x: x if x.ndim > 2 else x.unsqueeze(-1) if x.ndim == 2 else x.reshape(1, -1, 1), tensors)


row_stack = vstack


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one beside the other, vectors as columns.

    >>> glassnet.column_stack([glassnet.tensor([1, 2]), glassnet.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return hstack([x if x.ndim > 1 else x.reshape(-1, 1) for x in tensors])


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one behind the other, along dimension 2.

    >>> glassnet.dstack([glassnet.tensor([1, 2]), glassnet.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(x) for x in tensors], 2)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, each expanded to the shape that they broadcast to.

    >>> a, b = glassnet.broadcast_tensors(glassnet.ones(3, 1), glassnet.ones(4))
    >>> a.shape, b.shape
    ((3, 4), (3, 4))
    """
    several = _several(tensors)
    shape = broadcast_shapes("broadcast_tensors", *(x.shape for x in several))
    return tuple(x if x.shape == shape else x.expand(*shape) for x in several)


def block_diag(*tensors: Any) -> Tensor:
    """A matrix of zeros with the matrices along its diagonal; numbers and vectors as matrices of one row.

    >>> glassnet.block_diag(glassnet.ones(1, 2), glassnet.tensor([[3.0]]))
    tensor([[1., 1., 0.],
            [0., 0., 3.]])
    """
    blocks = [atleast_2d(x) for x in tensors] or [zeros(1, 0)]
    for block in blocks:
        if block.ndim > 2:
            raise ShapeError(f"block_diag: expected matrices, got {written(block.shape)}")
    width = sum(block.shape[1] for block in blocks)
    rows, left = [], 0
    for block in blocks:
        n, m = block.shape
        sides = [zeros(n, left, dtype=block.dtype), block, zeros(n, width - left - m, dtype=block.dtype)]
        rows.append(cat([part for part in sides if part.shape[1]] or [block], 1))
        left += m
    return cat(rows, 0)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros with the last dimension of ``input`` as their diagonal; they are dim1 and dim2 of the result.

    >>> glassnet.tensor([[1, 2], [3, 4]]).diag_embed()
    tensor([[[1, 0],
             [0, 2]],
    <BLANKLINE>
            [[3, 0],
             [0, 4]]])
    """
    first, second = (normalize_dim("diag_embed", d, input.ndim + 1) for d in (dim1, dim2))
    if first == second:
        raise ShapeError(f"diag_embed: expected two different dimensions, got dim1={dim1} and dim2={dim2}")
    if not input.ndim:
        raise ShapeError("diag_embed: expected 1 dimension or more, got a tensor of none")
    i = np.arange(input.shape[-1])
    side = len(i) + abs(offset)
    place = (i + max(-offset, 0), i + max(offset, 0))
    shape = (*input.shape[:-1], side, side)
    matrices = apply(indexing.put, input, *place, index=(..., indexing.ARRAY, indexing.ARRAY), shape=shape)
    return matrices.movedim((-2, -1), (first, second))


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix of zeros with all elements of ``input`` as its diagonal.

    >>> glassnet.tensor([[1], [2]]).diagflat()
    tensor([[1, 0],
            [0, 2]])
    """
    return input.reshape(-1).diag(offset)


def cartesian_prod(*tensors: Any) -> Tensor:
    """Every way to take an element of each vector, one way a row.

    >>> glassnet.cartesian_prod(glassnet.tensor([1, 2]), glassnet.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    vectors = _several(tensors)
    for x in vectors:
        if x.ndim != 1:
            raise ShapeError(f"cartesian_prod: expected vectors, got {written(x.shape)}")
    if len(vectors) == 1:
        return vectors[0]
    return cat([x.reshape(-1, 1) for x in meshgrid(*vectors)], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every choice of ``r`` elements of a vector, one a row, in order; an element again ``with_replacement``.

    >>> glassnet.combinations(glassnet.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    from itertools import combinations as choices
    from itertools import combinations_with_replacement

    if input.ndim != 1:
        raise ShapeError(f"combinations: expected a vector, got {written(input.shape)}")
    if r < 0:
        raise RangeError(f"combinations: expected to choose 0 or more, got r={r}")
    if r == 0:
        return wrap(np.empty(0, input.dtype))
    rows = list((combinations_with_replacement if with_replacement else choices)(range(len(input)), r))
    return input[wrap(np.array(rows, np.int64).reshape(-1, r))]
