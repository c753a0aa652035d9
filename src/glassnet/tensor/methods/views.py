"""The same elements in another shape or order. A view shares memory with its tensor, as PyTorch's does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from glassnet.errors import RepeatedDimensionError, ShapeError
from glassnet.ops import movement
from glassnet.ops.shapes import normalize_dim, normalize_dims, reshaped, written
from glassnet.tensor import functions
from glassnet.tensor.device import channels_last_order, preserve_format
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.graph import labelled
from glassnet.tensor.methods.operators import Operators
from glassnet.tensor.spellings import sizes, takes_axis


class Views(Operators):
    """Methods that change the shape or the order of the elements, not their values."""

    def _is_view(self) -> bool:
        """Whether it looks into the memory of another tensor."""
        return self.view_of is not None

    @property
    def _base(self) -> Any:
        """The tensor whose memory it looks into, which is no view itself; None if it is no view."""
        base: State = self
        while base.view_of is not None:
            base = base.view_of[0]
        return None if base is self else base

    def reshape(self, *sizes_: Any, shape: Any = None) -> Self:
        """The elements in another shape (one size may be −1); a view where memory allows, else a copy.

        >>> glassnet.arange(6).reshape(2, -1)
        tensor([[0, 1, 2],
                [3, 4, 5]])
        """
        new = sizes(sizes_, shape)
        if new and min(new) < -1:
            reshaped("reshape", self.shape, new)  # raises: NumPy would take any negative size for -1
        return apply(movement.reshape, self, shape=new)

    def view(self, *shape: Any, size: Any = None) -> Self:
        """`reshape` that never copies: ShapeError where only a copy could have that shape.

        >>> x = glassnet.zeros(4)
        >>> x.view(2, 2)[0, 1] = 5
        >>> x
        tensor([0., 5., 0., 0.])
        """
        new = reshaped("view", self.shape, sizes(shape, size))
        result = apply(movement.reshape, self, shape=new)
        if self.array.size and not np.may_share_memory(result.array, self.array):
            raise ShapeError(
                f"view: {written(self.shape)} cannot be seen as {written(new)} without copying, for its elements do "
                "not lie in that order in memory (it was transposed, permuted or sliced); use reshape(), which copies"
            )
        return result

    def view_as(self, other: State) -> Self:
        """`view` in the shape of ``other``.

        >>> glassnet.arange(4).view_as(glassnet.ones(2, 2))
        tensor([[0, 1],
                [2, 3]])
        """
        return self.view(other.shape)

    def reshape_as(self, other: State) -> Self:
        """`reshape` to the shape of ``other``.

        >>> glassnet.arange(4).reshape_as(glassnet.ones(2, 2))
        tensor([[0, 1],
                [2, 3]])
        """
        return self.reshape(other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """The dimensions from ``start_dim`` to ``end_dim`` merged into one.

        >>> glassnet.ones(2, 3, 4).flatten(1).shape
        (2, 12)
        """
        n = len(self.shape)
        start, end = normalize_dim("flatten", start_dim, n), normalize_dim("flatten", end_dim, n)
        if start > end:
            raise ShapeError(f"flatten: start_dim must not come after end_dim, got {start_dim} and {end_dim}")
        if self.shape and start == end:
            return self
        middle = int(np.prod(self.shape[start : end + 1], dtype=int))
        return apply(movement.reshape, self, shape=(*self.shape[:start], middle, *self.shape[end + 1 :]))

    def unflatten(self, dim: int, sizes: Sequence[int]) -> Self:
        """Dimension ``dim`` split into ``sizes`` (one size may be −1).

        >>> glassnet.ones(2, 12).unflatten(1, (3, -1)).shape
        (2, 3, 4)
        """
        d = normalize_dim("unflatten", dim, len(self.shape))
        parts = reshaped("unflatten", self.shape[d : d + 1], sizes)
        return apply(movement.reshape, self, shape=(*self.shape[:d], *parts, *self.shape[d + 1 :]))

    def ravel(self) -> Self:
        """All elements in one dimension; a view where they lie side by side in memory, else a copy.

        >>> glassnet.tensor([[1, 2], [3, 4]]).ravel()
        tensor([1, 2, 3, 4])
        """
        return apply(movement.reshape, self.contiguous(), shape=(-1,))

    @takes_axis
    def squeeze(self, dim: int | Sequence[int] | None = None) -> Self:
        """Dimensions of size 1 left out: those in ``dim``, or all.

        >>> x = glassnet.ones(1, 3, 1)
        >>> x.squeeze().shape, x.squeeze(0).shape
        ((3,), (3, 1))
        """
        dims = normalize_dims("squeeze", dim, len(self.shape))
        y = apply(
            movement.reshape,
            self,
            shape=tuple(n for d, n in enumerate(self.shape) if n != 1 or d not in dims),
        )
        return labelled(y, "squeeze" if dim is None else "squeeze_dim" if isinstance(dim, int) else "squeeze_dims")

    @takes_axis
    def unsqueeze(self, dim: int) -> Self:
        """A dimension of size 1 put in at ``dim``.

        >>> glassnet.ones(3).unsqueeze(1).shape
        (3, 1)
        """
        d = normalize_dim("unsqueeze", dim, len(self.shape) + 1)
        return apply(movement.reshape, self, shape=(*self.shape[:d], 1, *self.shape[d:]))

    def permute(self, *order: Any, dims: Any = None) -> Self:
        """The dimensions in the order ``dims``.

        >>> glassnet.ones(2, 3, 4).permute(2, 0, 1).shape
        (4, 2, 3)
        """
        return labelled(apply(movement.permute, self, dims=sizes(order, dims)), "permuted")

    def transpose(self, dim0: int, dim1: int) -> Self:
        """Dimensions ``dim0`` and ``dim1`` swapped.

        >>> glassnet.tensor([[1, 2], [3, 4]]).transpose(0, 1)
        tensor([[1, 3],
                [2, 4]])
        """
        order = list(range(len(self.shape)))
        a, b = (normalize_dim("transpose", d, len(order)) for d in (dim0, dim1))
        if order:
            order[a], order[b] = order[b], order[a]
        return apply(movement.permute, self, dims=tuple(order))

    swapaxes = swapdims = transpose

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Self:
        """Dimension ``source`` moved to position ``destination``; or several dimensions to as many positions.

        >>> glassnet.ones(2, 3, 4).movedim(0, -1).shape
        (3, 4, 2)
        """
        n = len(self.shape)
        moved, places = (
            [normalize_dim("movedim", d, n) for d in (dims if isinstance(dims, Sequence) else (dims,))]
            for dims in (source, destination)
        )
        if not len(moved) == len(places) == len(set(moved)) == len(set(places)):
            raise RepeatedDimensionError(
                f"movedim: expected each dimension once, and as many places for them, got {source} to {destination}"
            )
        order = [d for d in range(n) if d not in moved]
        for place, d in sorted(zip(places, moved, strict=True)):
            order.insert(place, d)
        return apply(movement.permute, self, dims=tuple(order[:n]))

    moveaxis = movedim

    def t(self) -> Self:
        """The transpose of a matrix; a vector or number as it is.

        >>> glassnet.tensor([[1, 2], [3, 4]]).t()
        tensor([[1, 3],
                [2, 4]])
        """
        if len(self.shape) > 2:
            raise ShapeError(f"t: expected at most 2 dimensions, got {written(self.shape)}; use transpose or permute")
        return labelled(self.T, "t")

    @property
    def T(self) -> Self:
        """The dimensions in reverse order.

        >>> glassnet.ones(2, 3).T.shape
        (3, 2)
        """
        return labelled(apply(movement.permute, self, dims=tuple(range(len(self.shape)))[::-1]), "permuted")

    @property
    def mT(self) -> Self:
        """Each matrix of a batch transposed: the last two dimensions swapped.

        >>> glassnet.ones(5, 2, 3).mT.shape
        (5, 3, 2)
        """
        return self.transpose(-2, -1)

    @property
    def mH(self) -> Self:
        """`adjoint`.

        >>> glassnet.ones(5, 2, 3).mH.shape
        (5, 3, 2)
        """
        return self.adjoint()

    def adjoint(self) -> Self:
        """Each matrix of a batch transposed, as `mT`, and complex numbers conjugated.

        >>> glassnet.ones(5, 2, 3).adjoint().shape
        (5, 3, 2)
        """
        swapped = self.transpose(-2, -1)
        return functions.function("conj")(swapped) if self.dtype.kind == "c" else swapped

    @property
    def H(self) -> Self:
        """The transpose of a matrix, complex numbers conjugated.

        >>> glassnet.ones(2, 3).H.shape
        (3, 2)
        """
        if len(self.shape) not in (0, 2):
            raise ShapeError(f"H: expected a matrix, got {written(self.shape)}; of several matrices: mH")
        return self.adjoint() if self.shape else self

    def flip(self, *axes: Any, dims: Any = None) -> Self:
        """A copy reversed along ``dims``: flip(0, 1), flip((0, 1)) or flip(dims=(0, 1)).

        >>> glassnet.tensor([1, 2, 3]).flip(0)
        tensor([3, 2, 1])
        """
        dims = sizes(axes, dims)
        return apply(movement.flip, self, dims=dims if self.shape else normalize_dims("flip", dims, 0))

    def expand(self, *shape: Any, size: Any = None) -> Self:
        """The elements repeated, without copying, to fill a larger shape; −1 keeps a size.

        >>> glassnet.tensor([[1], [2]]).expand(2, 3)
        tensor([[1, 1, 1],
                [2, 2, 2]])
        """
        new = sizes(shape, size)
        surplus = len(new) - len(self.shape)
        if -1 in new[: max(surplus, 0)]:
            raise ShapeError(
                f"expand: -1 keeps a size, but {written(self.shape)} has no dimension that stands there in "
                f"{written(new)}; give the size"
            )
        old = (1,) * surplus + self.shape
        full = tuple(o if n == -1 else n for n, o in zip(new, old, strict=False))
        if full == old:  # nothing is repeated, and may be changed in place
            return labelled(apply(movement.reshape, self, shape=full), "broadcast_to")
        return apply(movement.broadcast_to, self, shape=full)

    def expand_as(self, other: State) -> Self:
        """`expand` to the shape of ``other``.

        >>> glassnet.tensor([1, 2]).expand_as(glassnet.ones(2, 2))
        tensor([[1, 2],
                [1, 2]])
        """
        return self.expand(*other.shape)

    broadcast_to = expand

    def repeat(self, *times: Any, repeats: Any = None) -> Self:
        """The whole tensor repeated, ``times`` along each dimension; a copy.

        >>> glassnet.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
        """
        n = sizes(times, repeats)
        shape = (1,) * (len(n) - len(self.shape)) + self.shape
        if len(shape) > len(n):
            raise ShapeError(f"repeat: expected a number for each of the {len(shape)} dimensions, got {len(n)}")
        apart = tuple(size for pair in zip((1,) * len(n), shape, strict=True) for size in pair)
        wide = tuple(size for pair in zip(n, shape, strict=True) for size in pair)
        repeated = apply(movement.copy, apply(movement.broadcast_to, self.reshape(apart), shape=wide))
        return labelled(repeated.reshape(tuple(a * b for a, b in zip(n, shape, strict=True))), "repeat")

    def contiguous(self, memory_format: Any = None) -> Self:
        """The tensor with its elements in order in memory: itself, or a copy.

        With `glassnet.channels_last`, in the order of images [N, H, W, C], though the shape stays [N, C, H, W].

        >>> glassnet.ones(2, 3).T.contiguous().is_contiguous()
        True
        """
        if (order := channels_last_order(memory_format, len(self.shape))) is not None:
            return self.permute(order).contiguous().permute(movement.inverse_order(order))
        if self.array.flags.c_contiguous:
            return self
        flat = self.reshape(-1)  # a copy, unless equal steps through memory lead from each element to the next
        return labelled((flat if flat.array.flags.c_contiguous else flat.clone()).reshape(self.shape), "copy")

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in order in memory; with `glassnet.channels_last`, as images [N, H, W, C] do.

        >>> glassnet.ones(2, 3).T.is_contiguous()
        False
        """
        order = channels_last_order(memory_format, len(self.shape))
        array = self.array if order is None else self.array.transpose(order)
        return bool(array.flags.c_contiguous)

    def clone(self, *, memory_format: Any = None) -> Self:
        """A copy in memory of its own, through which gradients flow.

        >>> x = glassnet.ones(2)
        >>> y = x.clone()
        >>> y[0] = 5
        >>> x, y
        (tensor([1., 1.]), tensor([5., 1.]))
        """
        copied = apply(movement.copy, self)
        return copied if memory_format in (None, preserve_format) else copied.contiguous(memory_format)
