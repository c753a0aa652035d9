"""Joining: one tensor of several, one after another, on top of one another, as a grid, or element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from glassnet.errors import ShapeError
from glassnet.ops import movement, selection
from glassnet.ops.shapes import written
from glassnet.tensor.methods.elementwise import mask_of
from glassnet.tensor.spellings import takes_axis
from glassnet.tensor.tensor import Tensor, apply


def _several(name: str, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}: expected a list of tensors, got one tensor of shape {written(tensors.shape)}")
    for place, x in enumerate(tensors):
        if not hasattr(x, "shape"):
            raise TypeError(f"{name}: expected tensors alone, got {type(x).__name__} at place {place}: {x!r:.60}")
    return tensors


@takes_axis
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along ``dim``; their other sizes must be equal.

    >>> glassnet.cat([glassnet.ones(2), glassnet.zeros(1)])
    tensor([1., 1., 0.])
    """
    parts = _several("cat", tensors)
    if not all(t.shape for t in parts):
        raise ShapeError(
            "cat: expected tensors of 1 dimension or more, got one of none; stack() puts numbers side by side"
        )
    if any(t.shape == (0,) for t in parts) and any(t.ndim != 1 for t in parts):
        parts = [t for t in parts if t.shape != (0,)]  # nothing, as what is to be filled begins
    return apply(movement.concatenate, *parts, dim=dim)


concat = concatenate = cat


@takes_axis
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, side by side along a new dimension ``dim``.

    >>> glassnet.stack([glassnet.tensor([1, 2]), glassnet.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return apply(movement.stack, *_several("stack", tensors), dim=dim)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one below the other (vectors as rows).

    >>> glassnet.vstack([glassnet.tensor([1, 2]), glassnet.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([t if t.ndim > 1 else t.reshape(1, -1) for t in tensors], 0)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one beside the other.

    >>> glassnet.hstack([glassnet.tensor([1, 2]), glassnet.tensor([3, 4])])
    tensor([1, 2, 3, 4])
    """
    tensors = [t if t.ndim else t.reshape(1) for t in tensors]
    return cat(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


def meshgrid(*vectors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of every point of the grid that the vectors, or the list of them, span.

    >>> x, y = glassnet.meshgrid(glassnet.tensor([1, 2]), glassnet.tensor([10, 20]))
    >>> x + y
    tensor([[11, 21],
            [12, 22]])
    """
    tensors: Sequence[Tensor] = vectors[0] if len(vectors) == 1 and isinstance(vectors[0], Sequence) else vectors
    tensors = [t if t.ndim else t.reshape(1) for t in tensors]
    if any(t.ndim != 1 for t in tensors):
        raise ShapeError(f"meshgrid: expected vectors, got {', '.join(written(t.shape) for t in tensors)}")
    shape = tuple(len(t) for t in tensors)
    n = len(tensors)
    grid = [t.reshape(*(-1 if i == d else 1 for i in range(n))).expand(*shape) for d, t in enumerate(tensors)]
    if indexing == "xy" and n > 1:
        return tuple(g.transpose(0, 1) for g in grid)
    if indexing not in ("ij", "xy"):
        raise ValueError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r:.80}')
    return tuple(grid)


@overload
def where(condition: Any) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Any, input: Any, other: Any) -> Tensor: ...
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """``input``'s elements where ``condition`` holds, ``other``'s elsewhere; shapes broadcast.

    Of ``condition`` alone, the places where it holds: a tensor for each dimension.

    >>> x = glassnet.tensor([-1, 2, -3])
    >>> glassnet.where(x > 0, x, 0), glassnet.where(x > 0)
    (tensor([0, 2, 0]), (tensor([1]),))
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if input is None or other is None:
        raise TypeError("where: expected where(condition, input, other), or where(condition) alone")
    return apply(selection.where, mask_of("where", condition), input, other)
