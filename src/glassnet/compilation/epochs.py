"""Epochs: a compiled function called for every batch of a loader, for many of them at a time where that can be done.

It can where the loader's batches are rows of arrays, and the engine runs a program many times in one call. Whatever a
call checks is checked by a call: each piece of an epoch begins with one, for its first batch, and the rest of the piece
is more of the same. Elsewhere every batch has a call of its own. The results are the same, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from glassnet.compilation.arguments import Args, StructureError, key_of
from glassnet.data.many_batches import Blocks, Rows, blocks_of
from glassnet.engines.protocol import Given
from glassnet.ops.dtypes import Array
from glassnet.pytree import TreeDef, flatten
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import tensor

SECONDS = 0.2  # that a piece takes about: Ctrl-C is answered after it
BYTES = 1 << 24  # of the samples of a piece at most
GROWTH = 16  # times that a piece may be as long as the one before
CALLS = 64  # in a row, at most, before it is tried again whether they can be one

Arguments = Callable[[Any], Args]


class Repeatable(Protocol):
    """A function many calls of which may be one: `Compiled`."""

    def __call__(self, *args: Any) -> Any:
        """Call it."""

    @property
    def _can_run_many(self) -> bool: ...

    def _run_many(self, args: Args, inputs: list[Given], times: int) -> tuple[int, Any] | None: ...


class Ran(NamedTuple):
    """Some batches, and what the function gave for them: with a dimension more, the first, that of the batches."""

    batches: Rows
    results: Any


def arguments_of(batch: Any) -> Args:
    """A batch as arguments: the parts of a tuple or list, or the batch itself."""
    return tuple(batch) if isinstance(batch, tuple | list) else (batch,)


def in_pieces(compiled: Repeatable, blocks: Blocks, arguments: Arguments = arguments_of) -> Iterator[Ran]:
    """Call ``compiled`` for all batches of an epoch, several in one call as far as possible."""
    count = 1
    has_rows = True
    while (indices := blocks.take(1 + count)) is not None:
        first, later = blocks.batch(indices[0]), indices[1:]
        yield _called(compiled, first, indices[0], arguments)
        ran = None
        if has_rows and len(later) and compiled._can_run_many:
            began = time.perf_counter()
            rows = blocks.rows(later)
            has_rows = rows is not None
            ran = None if rows is None else _in_one_call(compiled, arguments(first), rows, arguments)
        if ran is None:
            count = min(2 * count, CALLS)
        else:
            fitting = len(later) * min(GROWTH, SECONDS / max(time.perf_counter() - began, 1e-9))
            count = max(1, min(int(fitting), BYTES // max(1, _nbytes(arguments(first)))))
            yield ran
            later = later[len(ran.batches.places) :]
        for one in later:
            yield _called(compiled, blocks.batch(one), one, arguments)


def _in_one_call(compiled: Repeatable, like: Args, rows: Rows, arguments: Arguments) -> Ran | None:
    """Call ``compiled`` for batches that are ``like`` the last one, as far as no call raises an error."""
    arrays: list[Any] = []
    key_of(arguments(rows.samples), {}, arrays)
    found = compiled._run_many(like, given(arrays, rows.places), len(rows.places))
    return None if found is None else Ran(Rows(rows.samples, rows.places[: found[0]]), found[1])


def _called(compiled: Repeatable, batch: Any, indices: Array, arguments: Arguments) -> Ran:
    return Ran(Rows(batch, np.arange(len(indices))[None]), _as_of_many(compiled(*arguments(batch))))


def _as_of_many(result: Any) -> Any:
    """The result of a call as that of one batch among many."""
    leaves, treedef = flatten(result)
    return treedef.unflatten(wrap(x.array[None].copy()) if isinstance(x, Tensor) else x for x in leaves)


def _nbytes(args: Args) -> int:
    return sum(x.array.nbytes for x in flatten(args)[0] if isinstance(x, Tensor))


def given(arrays: Iterable[Array], places: Array) -> list[Given]:
    """What a program is given to take its batches from: the rows that are named, or a stretch of them as they lie."""
    flat = places.ravel()
    if len(flat) and flat[-1] - flat[0] == len(flat) - 1 and bool((np.diff(flat) == 1).all()):
        return [Given(x[flat[0] : flat[-1] + 1]) for x in arrays]
    rows = np.ascontiguousarray(places)
    return [Given(x, rows) for x in arrays]


# the results of all batches together ------------------------------------------------------------------------


def epoch(compiled: Repeatable, loader: Iterable[Any]) -> Any:
    """See `Compiled.epoch`."""
    blocks = blocks_of(loader)
    if blocks is not None:
        return joined(ran.results for ran in in_pieces(compiled, blocks))
    return joined(_as_of_many(compiled(*arguments_of(batch))) for batch in loader)


def joined(pieces: Iterable[Any]) -> Any:
    """The results of pieces of an epoch as one."""
    treedef: TreeDef | None = None
    columns: list[list[Any]] = []
    for piece in pieces:
        leaves, found = flatten(piece)
        if treedef is None:
            treedef, columns = found, [[] for _ in leaves]
        if found != treedef:
            raise StructureError("epoch: expected the function to give for each batch what it gave for the first")
        for column, leaf in zip(columns, leaves, strict=True):
            column.append(leaf)
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
