"""Rows of a table, and bags of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F

INDEX = np.array([3, 0, 3, 1, 2, 3])  # in order, 0 1 2 3 3 3: PyTorch's bags look up counts by rank, not by row
OFFSETS = np.array([0, 2, 2, 5])
TABLE = np.random.default_rng(0).normal(size=(5, 3)) * 2
SCALES = np.random.default_rng(1).normal(size=6)


def test_embedding_takes_rows_and_spares_the_padding() -> None:
    weight = gn.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    y = F.embedding(gn.tensor([[0, 2], [2, 1]]), weight, padding_idx=-1)
    assert y.tolist() == [[[1, 2], [5, 6]], [[5, 6], [3, 4]]]
    y.sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[1, 1], [1, 1], [0, 0]]
    assert F.embedding(gn.tensor(1), weight).tolist() == [3, 4]


def test_long_rows_are_shortened_where_they_are_asked_for() -> None:
    weight = gn.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    y = F.embedding(gn.tensor([0, 1, 0]), weight, max_norm=1.0)
    np.testing.assert_allclose(y.numpy(), [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], rtol=1e-6)
    np.testing.assert_allclose(weight.numpy(), [[0.6, 0.8], [0.3, 0.4], [6, 8]], rtol=1e-6)


def test_a_refused_call_shortens_nothing() -> None:
    weight = gn.tensor([[3.0, 4.0], [0.3, 0.4]])
    for call in (
        lambda: F.embedding(gn.tensor([0, 2]), weight, max_norm=1.0),
        lambda: F.embedding(gn.tensor([0, -1]), weight, max_norm=1.0),
        lambda: F.embedding_bag(gn.tensor([0, 2]), weight, gn.tensor([0]), max_norm=1.0),
        lambda: F.embedding_bag(gn.tensor([0, 1]), weight, gn.tensor([[0]]), max_norm=1.0),
        lambda: F.embedding_bag(gn.tensor([0, 1]), weight, gn.tensor([1]), max_norm=1.0),
    ):
        with pytest.raises((IndexError, ValueError)):
            call()
        assert weight.tolist() == gn.tensor([[3.0, 4.0], [0.3, 0.4]]).tolist()


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 3, 0])
def test_a_bag_is_its_rows_together(mode: str, padding_idx: int | None) -> None:
    weight = gn.tensor(TABLE)
    y = F.embedding_bag(gn.tensor(INDEX), weight, gn.tensor(OFFSETS), mode=mode, padding_idx=padding_idx)
    for bag, (start, end) in enumerate([(0, 2), (2, 2), (2, 5), (5, 6)]):
        rows = TABLE[[i for i in INDEX[start:end] if i != padding_idx]]
        expected = getattr(rows, mode)(0) if len(rows) else np.zeros(3)
        np.testing.assert_allclose(y[bag].numpy(), expected, atol=1e-14)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 3])
@pytest.mark.parametrize("scaled", [False, True])
def test_bags_of_one_size_may_stand_in_rows(mode: str, padding_idx: int | None, scaled: bool) -> None:
    if scaled and mode != "sum":
        return
    found = []
    for index, offsets, scales in (
        (INDEX.reshape(2, 3), None, SCALES.reshape(2, 3)),
        (INDEX, np.array([0, 3]), SCALES),
    ):
        weight, per = gn.tensor(TABLE, requires_grad=True), gn.tensor(scales, requires_grad=True)
        y = F.embedding_bag(
            gn.tensor(index),
            weight,
            None if offsets is None else gn.tensor(offsets),
            mode=mode,
            padding_idx=padding_idx,
            per_sample_weights=per if scaled else None,
        )
        (y * gn.tensor(TABLE[:2])).sum().backward()
        assert weight.grad is not None
        found.append([y.detach().numpy(), weight.grad.numpy(), *([per.grad.numpy().ravel()] if scaled else [])])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


@pytest.mark.parametrize("in_rows", [False, True])
def test_of_several_largest_the_first_has_the_gradient(in_rows: bool) -> None:
    weight = gn.tensor([[1.0, 5.0], [1.0, 4.0], [0.0, 5.0]], requires_grad=True)
    index = gn.tensor([2, 1, 0, 0, 1, 2])
    bags = (index.reshape(2, 3), weight) if in_rows else (index, weight, gn.tensor([0, 3]))
    F.embedding_bag(*bags, mode="max").sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[1, 1], [1, 0], [0, 1]]


def test_bags_of_nothing() -> None:
    weight, nothing = gn.tensor(TABLE), gn.zeros(0, dtype=gn.int64)
    for mode in ("sum", "mean", "max"):
        assert F.embedding_bag(nothing, weight, gn.tensor([0, 0]), mode=mode).tolist() == [[0, 0, 0]] * 2
        assert F.embedding_bag(nothing, weight, nothing, mode=mode).shape == (0, 3)
        assert F.embedding_bag(gn.zeros(2, 0, dtype=gn.int64), weight, mode=mode).tolist() == [[0, 0, 0]] * 2


ROWS, W = gn.tensor([0, 1]), gn.ones(3, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.embedding(ROWS, W, 3), ValueError, "embedding: expected padding_idx from -3 to 2, got 3"),
        (lambda: F.embedding(gn.tensor([3]), W), IndexError, "embedding: expected indices from 0 to 2"),
        (lambda: F.embedding(gn.tensor([0.0]), W), RuntimeError, "embedding: expected integer indices, got float32"),
        (
            lambda: F.embedding(ROWS, gn.ones(3)),
            RuntimeError,
            "embedding: expected a weight of shape [rows, dim], got [3]",
        ),
        (lambda: F.embedding_bag(ROWS, W), ValueError, "or indices [n] and offsets [bags], got [2] and none"),
        (lambda: F.embedding_bag(ROWS[None], W, ROWS), ValueError, "got [1, 2] and offsets of shape [2]"),
        (lambda: F.embedding_bag(ROWS, W, ROWS[None]), ValueError, "[bags], got [2] and [1, 2]"),
        (
            lambda: F.embedding_bag(ROWS, gn.ones(3), ROWS),
            ValueError,
            "embedding_bag: expected a weight of shape [rows, dim]",
        ),
        (
            lambda: F.embedding_bag(ROWS, W, ROWS.float()),
            RuntimeError,
            "embedding_bag: expected integer offsets, got float32",
        ),
        (lambda: F.embedding_bag(ROWS, W, gn.tensor([1])), RuntimeError, "expected offsets that begin with 0, got [1]"),
        (
            lambda: F.embedding_bag(ROWS, W, gn.tensor([0, 3])),
            RuntimeError,
            "that go up, to at most 2 (the number of indi",
        ),
        (lambda: F.embedding_bag(ROWS, W, gn.tensor([0, 2, 1])), RuntimeError, "expected offsets that go up"),
        (
            lambda: F.embedding_bag(gn.tensor([4]), W, ROWS[:1]),
            IndexError,
            "embedding_bag: expected indices from 0 to 2",
        ),
        (lambda: F.embedding_bag(ROWS, W, ROWS, mode="min"), ValueError, "mode must be one of"),
        (lambda: F.embedding_bag(ROWS, W, ROWS, mode="max", sparse=True), ValueError, "sparse=False with mode"),
        (
            lambda: F.embedding_bag(ROWS, W, ROWS, per_sample_weights=gn.ones(2)),
            NotImplementedError,
            "expected mode=\"sum\" with per_sample_weights, got 'mean'",
        ),
        (
            lambda: F.embedding_bag(ROWS, W, ROWS, mode="sum", per_sample_weights=gn.ones(3)),
            ValueError,
            "expected per_sample_weights of the shape of the indices, [2], got [3]",
        ),
    ],
)
def test_errors(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("embedding", {"max_norm": 1.5}),
        ("embedding", {"max_norm": 1.5, "norm_type": 1.0, "padding_idx": 3}),
        ("embedding", {"scale_grad_by_freq": True}),
        ("embedding", {"sparse": True, "padding_idx": 2}),
        *(
            ("embedding_bag", {"mode": mode, **options})
            for mode in ("sum", "mean")
            for options in (
                {"max_norm": 1.5},
                {"max_norm": 1.5, "norm_type": 3.0},
                {"scale_grad_by_freq": True},
                {"scale_grad_by_freq": True, "padding_idx": 3},
                {"include_last_offset": True},
                {"sparse": True},
            )
        ),
        ("embedding_bag", {"mode": "max", "include_last_offset": True, "max_norm": 1.0, "padding_idx": 1}),
        ("embedding_bag", {"mode": "sum", "include_last_offset": True, "per_sample_weights": SCALES}),
        ("embedding_bag", {"mode": "sum", "scale_grad_by_freq": True, "per_sample_weights": SCALES, "padding_idx": 0}),
        ("embedding_bag in rows", {"mode": "mean", "scale_grad_by_freq": True, "padding_idx": 3}),
        ("embedding_bag in rows", {"mode": "sum", "per_sample_weights": SCALES.reshape(2, 3), "max_norm": 1.0}),
    ],
)
def test_parity(name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    index = INDEX.reshape(2, 3) if "rows" in name else INDEX
    found = []
    for lib, functional in ((gn, F), (torch, torch.nn.functional)):
        weight = lib.tensor(TABLE.copy(), requires_grad=True)
        arguments = {k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        if name == "embedding_bag":
            arguments["offsets"] = lib.tensor(OFFSETS)
        y = getattr(functional, name.split()[0])(lib.tensor(index), weight, **arguments)
        (y * lib.tensor(np.random.default_rng(2).normal(size=tuple(y.shape)))).sum().backward()
        gradient = weight.grad.to_dense() if lib is torch else weight.grad
        found.append([x.detach().numpy() for x in (y, weight, gradient)])
    for what, ours, theirs in zip(("values", "the table", "its gradient"), *found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10, err_msg=what)
