"""Embedding: a table of learned vectors."""

from __future__ import annotations

from typing import Any, Self

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.nn import init
from glassnet.nn.checks import check_whole, parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.creation import empty


class Embedding(Module):
    """A table with a learned vector for each of ``num_embeddings`` things: words, categories.

    An input [...] of indices gives [..., embedding_dim]: row i of ``weight`` [num_embeddings,
    embedding_dim] for each index i. The weight is drawn from the normal distribution of mean 0 and
    standard deviation 1. The row at ``padding_idx`` is 0 and gets no gradient.

    Raises RangeError for an index that the table does not have.

    >>> colours = nn.Embedding.from_pretrained(glassnet.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
    >>> colours(glassnet.tensor([2, 0]))
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_whole("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = _row(padding_idx, num_embeddings)
        self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=parameter_dtype("Embedding", device, dtype)))
        self.reset_parameters()

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """A layer whose table is ``embeddings`` [n, dim], sharing its memory; it is not trained if ``freeze``."""
        table = embeddings if isinstance(embeddings, Tensor) else wrap(as_array(embeddings))
        if len(table.shape) != 2:
            raise ShapeError(f"from_pretrained: expected embeddings of shape [n, dim], got {written(table.shape)}")
        layer = cls(*table.shape, dtype=table.dtype)
        layer.padding_idx = _row(padding_idx, len(table))
        layer.weight = Parameter(table, requires_grad=not freeze)
        return layer

    def reset_parameters(self) -> None:
        """Draw the table again."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        """The rows at the indices in ``input``."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """The sizes, and the row of the padding if there is one."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def _row(padding_idx: int | None, rows: int) -> int | None:
    """``padding_idx`` counted from the front."""
    if padding_idx is None:
        return None
    check_whole("Embedding", -rows, padding_idx=padding_idx)
    if padding_idx >= rows:
        raise ValueError(f"Embedding: expected padding_idx from {-rows} to {rows - 1}, got {padding_idx}")
    return padding_idx % rows
