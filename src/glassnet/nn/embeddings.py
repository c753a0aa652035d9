"""Tables of learned vectors: a row for each index, or for each bag of indices."""

from __future__ import annotations

import math
from typing import Any, Self

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.functional.embeddings import check_mode, row_of
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.checks import parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.creation import empty


class _Table(Module):
    """The weight [num_embeddings, embedding_dim], and how it is looked up and learned."""

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        device: Any,
        dtype: Any,
        weight: Tensor | None,
    ) -> None:
        super().__init__()
        layer = type(self).__name__
        check_whole(layer, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None:
            check_whole(layer, -math.inf, padding_idx=padding_idx)
        self.padding_idx = row_of(layer, padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=parameter_dtype(layer, device, dtype)))
            self.reset_parameters()
        elif tuple(weight.shape) == (num_embeddings, embedding_dim):
            self.weight = Parameter(weight)
        else:
            expected = f"expected _weight of shape [{num_embeddings}, {embedding_dim}]"
            raise ShapeError(f"{layer}: {expected}, got {written(weight.shape)}")

    @classmethod
    def _of(cls, embeddings: Tensor, freeze: bool, **options: Any) -> Self:
        table = embeddings if isinstance(embeddings, Tensor) else wrap(as_array(embeddings))
        if len(table.shape) != 2:
            raise ShapeError(f"from_pretrained: expected embeddings of shape [n, dim], got {written(table.shape)}")
        layer = cls(*table.shape, dtype=table.dtype, **options)
        layer.weight = Parameter(table, requires_grad=not freeze)
        return layer

    def reset_parameters(self) -> None:
        """Draw the table again."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def _shown(self, *options: str) -> str:
        """The sizes, and those of the options that are not as they are by default."""
        unless = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "sparse": False}
        shown = [(name, getattr(self, name)) for name in options]
        texts = [f"{name}={value!r}" for name, value in shown if name not in unless or value != unless[name]]
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *texts])


class Embedding(_Table):
    """A table with a learned vector for each of ``num_embeddings`` things: words, categories.

    An input [...] of indices gives [..., embedding_dim]: row i of ``weight`` [num_embeddings, embedding_dim] for each
    index i. The weight is drawn from the normal distribution of mean 0 and standard deviation 1, or is ``_weight``,
    sharing its memory. The row at ``padding_idx`` is drawn as 0, and gets no gradient.

    ``max_norm``: rows that are asked for and longer, by the norm of p = ``norm_type``, are first shortened to it.
    ``scale_grad_by_freq`` divides the gradient of each row by how often it is asked for. ``sparse`` is accepted: the
    gradient is dense all the same.

    Raises ShapeError for a ``_weight`` of another shape; called, RangeError for an index that the table does not have.

    >>> colours = nn.Embedding.from_pretrained(glassnet.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
    >>> colours(glassnet.tensor([2, 0]))
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        _weight: Tensor | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            device,
            dtype,
            _weight,
        )

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None, **options: Any
    ) -> Self:
        """A layer whose table is ``embeddings`` [n, dim], sharing its memory; it is not trained if ``freeze``.

        ``options`` are those of the layer.
        """
        return cls._of(embeddings, freeze, padding_idx=padding_idx, **options)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not as they are by default."""
        return self._shown("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")

    def forward(self, input: Tensor) -> Tensor:
        """The rows at the indices in ``input``."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )


class EmbeddingBag(_Table):
    """The sum, the mean or, element by element, the largest of the vectors of each bag of things, as of a text's words.

    An input [bags, n] of indices gives [bags, embedding_dim]; so do the indices [n] of all bags one after another with
    ``offsets`` [bags], where each begins (with ``include_last_offset``, [bags + 1], also where the last ends).
    ``mode`` is "sum", "mean" or "max"; in a sum each vector may be multiplied by its ``per_sample_weights``, of the
    shape of the input. Indices that are ``padding_idx`` do not count. The weight and the other options are those of
    `Embedding`.

    Raises ValueError for another ``mode``, and for "max" with ``scale_grad_by_freq`` or ``sparse``; called, RangeError
    for an index that the table does not have, ValueError for what does not fit together, NotImplementedError for
    ``per_sample_weights`` of anything but a sum.

    >>> table = glassnet.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    >>> nn.EmbeddingBag.from_pretrained(table, mode="sum")(glassnet.tensor([[2, 2], [0, 1]]))
    tensor([[1., 1.],
            [1., 1.]])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        *,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_mode("EmbeddingBag", mode, scale_grad_by_freq, sparse)
        super().__init__(
            num_embeddings,
            embedding_dim,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            device,
            dtype,
            _weight,
        )
        self.mode, self.include_last_offset = mode, include_last_offset

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, max_norm: float | None = None, **options: Any
    ) -> Self:
        """A layer whose table is ``embeddings`` [n, dim], sharing its memory; it is not trained if ``freeze``.

        ``options`` are those of the layer.
        """
        return cls._of(embeddings, freeze, max_norm=max_norm, **options)

    def extra_repr(self) -> str:
        """The sizes, the mode, and the options that are not as they are by default."""
        return self._shown("max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """What the vectors of each bag come to."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )
