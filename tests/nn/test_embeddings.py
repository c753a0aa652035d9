"""Embedding and EmbeddingBag beside PyTorch's: what they print, compute and learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn

LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Embedding", (6, 4), {}),
    ("Embedding", (6, 4, -1, 1.5, 1.0, True), {}),
    ("Embedding", (6, 4), {"max_norm": 1.0, "sparse": True}),
    ("EmbeddingBag", (6, 4), {}),
    ("EmbeddingBag", (6, 4, 1.5, 1.0, True, "sum"), {"padding_idx": 2}),
    ("EmbeddingBag", (6, 4), {"mode": "max", "include_last_offset": True}),
]
INDEX = np.array([[0, 2, 5], [5, 5, 1]])


@pytest.mark.parity
@pytest.mark.parametrize(("kind", "arguments", "options"), LAYERS)
def test_they_are_pytorchs(kind: str, arguments: Any, options: Any) -> None:
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, kind)(*arguments, **options).double()
    ours = getattr(nn, kind)(*arguments, **options).double()
    assert repr(ours) == repr(theirs)
    ours.load_state_dict(theirs.state_dict())
    inputs = [(INDEX,)] if kind == "Embedding" else [(INDEX,), (INDEX.ravel(), np.array([0, 2, 2, 6]))]
    for each in inputs:
        found = []
        for lib, layer in ((gn, ours), (torch, theirs)):
            layer.zero_grad()
            y = layer(*map(lib.tensor, each))
            (y * y).sum().backward()
            gradient = layer.weight.grad.to_dense() if lib is torch else layer.weight.grad
            found.append([x.detach().numpy() for x in (y, layer.weight, gradient)])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("freeze", [True, False])
def test_a_bag_of_a_table_that_is_there(freeze: bool) -> None:
    table = gn.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    bag = nn.EmbeddingBag.from_pretrained(table, freeze, mode="sum", padding_idx=-1)
    assert bag.weight.requires_grad is not freeze
    assert np.shares_memory(bag.weight.array, table.array)
    assert (bag.num_embeddings, bag.padding_idx, bag.mode) == (3, 2, "sum")
    assert bag(gn.tensor([[0, 1, 2]])).tolist() == [[4, 6]]
    assert table.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.EmbeddingBag(3, 2, mode="min"), ValueError, "EmbeddingBag: mode must be one of"),
        (lambda: nn.EmbeddingBag(3, 2, scale_grad_by_freq=True, mode="max"), ValueError, "scale_grad_by_freq=False"),
        (lambda: nn.EmbeddingBag(3, 2, padding_idx=3), ValueError, "EmbeddingBag: expected padding_idx from -3 to 2"),
        (lambda: nn.Embedding(3, 2, padding_idx=-4), AssertionError, "Embedding: expected padding_idx from -3 to 2"),
        (lambda: nn.Embedding(3, 2, 3), AssertionError, "Embedding: expected padding_idx from -3 to 2, got 3"),
        (lambda: nn.Embedding(3, 2, 1.0), TypeError, "expected padding_idx as a whole number, got float"),
        (lambda: F.embedding(gn.tensor([1]), gn.ones(3, 2), 3), AssertionError, "embedding: expected padding_idx"),
        (lambda: nn.EmbeddingBag(0, 2), ValueError, "EmbeddingBag: expected num_embeddings of 1 or more, got 0"),
        (lambda: nn.EmbeddingBag.from_pretrained(gn.ones(3)), ValueError, "expected embeddings of shape [n, dim]"),
    ],
)
def test_errors(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", ["Embedding", "EmbeddingBag"])
def test_a_table_that_is_given_is_the_weight(kind: str) -> None:
    table = gn.arange(8.0).view(4, 2)
    layer = getattr(nn, kind)(4, 2, padding_idx=0, _weight=table)
    table += 1.0
    assert layer.weight.requires_grad
    assert layer.weight.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]
    with pytest.raises(ValueError, match=rf"{kind}: expected _weight of shape \[2, 4\], got \[4, 2\]"):
        getattr(nn, kind)(2, 4, _weight=table)
