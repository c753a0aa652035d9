"""Epochs: a compiled function called for every batch of a loader, for many of them at a time where that can be done.

It can where the loader's batches are rows of arrays, and the engine runs a program many times in one call. Whatever a
call checks is checked by a call: each piece of an epoch begins with one, for its first batch, and the rest of the piece
is more of the same. Elsewhere every batch has a call of its own. The results are the same, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, TypeVar

import numpy as np

from glassnet.compilation.arguments import Args, StructureError, key_of
from glassnet.data.many_batches import Blocks, Rows, blocks_of
from glassnet.engines.protocol import Given
from glassnet.ops.dtypes import Array
from glassnet.pytree import TreeDef, flatten
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import tensor

SECONDS = 0.2  # that a piece takes about: Ctrl-C is answered after it
BYTES = 1 << 24  # of the samples and results of a piece at most

T_co = TypeVar("T_co", covariant=True)


class Repeatable(Protocol):
    """A function many calls of which may be one: `Compiled`."""

    def __call__(self, *args: Any) -> Any:
        """Call it."""

    @property
    def _can_run_many(self) -> bool: ...

    def _run_many(self, args: Args, inputs: list[Given], times: int) -> tuple[int, Any] | None: ...


class Calls(Protocol[T_co]):
    """What is done with the batches of an epoch: with one of them, and with many at a time."""

    @property
    def can_be_many(self) -> bool:
        """Whether it may be tried to go on, after a batch, with many at a time."""

    def one(self, batch: Any) -> T_co:
        """What becomes of a batch."""

    def many(self, first: Any, rows: Rows) -> tuple[int, T_co] | None:
        """Go on after the batch ``first`` with others of its size: how many were done, and what became of them."""


def in_pieces(blocks: Blocks, calls: Calls[T_co]) -> Iterator[T_co]:
    """What becomes of all batches of an epoch, of many of them at a time as far as possible."""
    each = inf  # seconds that a batch takes
    has_rows = True
    while (indices := blocks.take(1)) is not None:
        began = time.perf_counter()
        first = blocks.batch(indices[0])
        result = calls.one(first)
        each = min(each, time.perf_counter() - began)
        yield result
        if not has_rows or not calls.can_be_many:
            continue
        most = min(SECONDS / max(each, 1e-9), BYTES / max(1, _nbytes((first, result))))
        later = blocks.more(max(1, int(most)))
        began = time.perf_counter()
        rows = blocks.rows(later) if len(later) else None
        done = None if rows is None else calls.many(first, rows)
        has_rows = rows is not None or not len(later)
        if done is not None:
            each = (time.perf_counter() - began) / max(1, done[0])
            yield done[1]
            later = later[done[0] :]
        for one in later:
            yield calls.one(blocks.batch(one))


def can_go_on(compiled: Repeatable) -> bool:
    """Whether many calls like the last one may be one: the engine can do it, and gives all that they return."""
    return compiled._can_run_many


def go_on(compiled: Repeatable, like: Args, inputs: list[Given], times: int) -> tuple[int, Any] | None:
    """After a call with arguments ``like`` these: many calls in one, each with the next of the ``inputs``.

    Gives how often it was called, up to a call that would raise an error, and the results: with a dimension more, the
    first, that of the calls. None where it cannot be done.
    """
    return compiled._run_many(like, inputs, times)


def _nbytes(parts: Any) -> int:
    return sum(x.array.nbytes for x in flatten(parts)[0] if isinstance(x, Tensor))


def given(samples: Args, places: Array) -> list[Given]:
    """What a program takes its batches from, for arguments that are rows of ``samples``: the rows at ``places``.

    Those that lie one after another are read where they are.
    """
    arrays: list[Any] = []
    key_of(samples, {}, arrays)
    flat = places.ravel()
    if len(flat) and flat[-1] - flat[0] == len(flat) - 1 and bool((np.diff(flat) == 1).all()):
        return [Given(x[flat[0] : flat[-1] + 1]) for x in arrays]
    rows = np.ascontiguousarray(places)
    return [Given(x, rows) for x in arrays]


# the results of all batches together ------------------------------------------------------------------------


Results = tuple[int, Any]  # of how many calls, and what they gave, with a dimension more: that of the calls


@dataclass
class _CallsOf:
    """Calls of a compiled function."""

    compiled: Repeatable

    @property
    def can_be_many(self) -> bool:
        return can_go_on(self.compiled)

    def one(self, batch: Any) -> Results:
        leaves, treedef = flatten(self.compiled(*arguments_of(batch)))
        return 1, treedef.unflatten(wrap(x.array[None].copy()) if isinstance(x, Tensor) else x for x in leaves)

    def many(self, first: Any, rows: Rows) -> tuple[int, Results] | None:
        inputs = given(arguments_of(rows.samples), rows.places)
        found = go_on(self.compiled, arguments_of(first), inputs, len(rows.places))
        return None if found is None else (found[0], found)


def arguments_of(batch: Any) -> Args:
    """A batch as arguments: the parts of a tuple or list, or the batch itself."""
    return tuple(batch) if isinstance(batch, tuple | list) else (batch,)


def epoch(compiled: Repeatable, loader: Iterable[Any]) -> Any:
    """See `Compiled.epoch`."""
    blocks, calls = blocks_of(loader), _CallsOf(compiled)
    return joined(map(calls.one, loader) if blocks is None else in_pieces(blocks, calls))


def joined(pieces: Iterable[Results]) -> Any:
    """The results of pieces of an epoch as one."""
    treedef: TreeDef | None = None
    columns: list[list[Any]] = []
    for number, piece in pieces:
        leaves, found = flatten(piece)
        if treedef is None:
            treedef, columns = found, [[] for _ in leaves]
        if found != treedef:
            raise StructureError("epoch: expected the function to give for each batch what it gave for the first")
        for column, leaf in zip(columns, leaves, strict=True):
            column.extend([leaf] if isinstance(leaf, Tensor) else [leaf] * number)
    return tensor([]) if treedef is None else treedef.unflatten(map(_whole, columns))


def _whole(column: list[Any]) -> Any:
    """One result of all batches: numbers side by side, what has rows row after row."""
    first = column[0]
    if not isinstance(first, Tensor):
        return first if all(x == first for x in column) else column
    arrays = [x.array if x.ndim == 1 else x.array.reshape(-1, *x.shape[2:]) for x in column]
    if len({array.shape[1:] for array in arrays}) > 1:
        return column
    return wrap(np.concatenate(arrays))
