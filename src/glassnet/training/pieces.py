"""Pieces of an epoch: the batches that are learned before the trainer sees what came of them, one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from glassnet.compilation.epochs import in_pieces
from glassnet.data.many_batches import Blocks, Rows
from glassnet.training.feed import Batch, Feed
from glassnet.training.training_step import Learned, Steps

Piece = list[Learned]


@dataclass
class _Learning:
    """How the batches of a feed are learned: one by one, and many at a time."""

    feed: Feed
    steps: Steps

    @property
    def can_be_many(self) -> bool:
        return self.steps.can_learn_many

    def one(self, batch: Any) -> Piece:
        return [self.steps.learn(self.feed.checked(batch))]

    def many(self, first: Any, rows: Rows) -> tuple[int, Piece] | None:
        samples = self.feed.checked(rows.samples)
        piece = self.steps.learn_many(self.feed.checked(first), samples, rows.places)
        return None if piece is None else (len(piece), piece)


def many_at_a_time(feed: Feed, blocks: Blocks, steps: Steps) -> Iterator[Piece]:
    """The batches of ``blocks``, those of an epoch of ``feed``, many in one call as far as possible."""
    return in_pieces(blocks, _Learning(feed, steps))


def one_by_one(
    batches: Iterable[Batch], begin: Callable[[], None], learn: Callable[[Batch], Learned]
) -> Iterator[Piece]:
    """Each batch by itself; ``begin`` is called before."""
    for batch in batches:
        begin()
        yield [learn(batch)]
