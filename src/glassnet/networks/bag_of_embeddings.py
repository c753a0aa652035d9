"""The mean of what the words of a text mean, whatever their order, then linear layers."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.networks.dense import dense
from glassnet.nn.container import Sequential
from glassnet.nn.embeddings import EmbeddingBag


def bag(
    words: int,
    hidden: Sequence[int],
    classes: int,
    embedding: int = 32,
    activation: str = "relu",
    dropout: float = 0.0,
) -> Sequential:
    """A classifier of texts [n, length], the numbers of words from 0 to ``words`` − 1, of which 0 is no word.

    Each word has a learned vector of ``embedding`` numbers; linear layers make the scores of the classes of their mean.
    Source: A. Joulin et al., "Bag of Tricks for Efficient Text Classification" (2016).

    >>> from glassnet.networks import bag
    >>> bag(100, [], 2)(glassnet.zeros(3, 12, dtype=glassnet.int64)).shape
    (3, 2)
    """
    return Sequential(
        EmbeddingBag(words, embedding, padding_idx=0), *dense(embedding, hidden, classes, activation, dropout)
    )
