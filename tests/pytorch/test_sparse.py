"""Sparse tensors: what is done with the values alone is what would be done with all elements."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import glassnet as gn
from glassnet.pytorch.names import sparse_level as sparse
from glassnet.pytorch.names import torch_level
from glassnet.pytorch.names.sparse_tensor import SparseTensor, sparse_of

PLACES = [[0, 1, 1, 1], [2, 0, 2, 2]]
WHOLE = [[0.0, 0.0, 3.0], [4.0, 0.0, 11.0]]


def made(**named: Any) -> SparseTensor:
    return sparse.sparse_coo_tensor(PLACES, [3.0, 4.0, 5.0, 6.0], (2, 3), **named)


def test_what_it_is() -> None:
    x = made()
    assert isinstance(x, gn.Tensor)
    assert (x.shape, x.ndim, x.numel(), x.dtype) == ((2, 3), 2, 6, gn.float32)
    assert (x.is_sparse, x._nnz(), x.sparse_dim(), x.dense_dim(), x.is_coalesced()) == (True, 4, 2, 0, False)
    with pytest.raises(RuntimeError, match=r"call x\.coalesce\(\)\.indices\(\)"):
        x.indices()
    assert x.coalesce().indices().tolist() == [[0, 1, 1], [2, 0, 2]]
    assert x.coalesce().values().tolist() == [3, 4, 11]
    assert x.to_dense().tolist() == WHOLE
    assert not gn.ones(2).is_sparse


@pytest.mark.parametrize(
    "function",
    [
        lambda x, d: x @ d,
        lambda x, d: x.mm(d),
        lambda x, d: torch_level.mm(x, d),
        lambda x, d: torch_level.matmul(x, d[:, 0]),
        lambda x, d: sparse.addmm(gn.ones(2, 2), x, d, beta=2, alpha=3),
        lambda x, d: (x + x).to_dense(),
        lambda x, d: (x - made() * 2).to_dense(),
        lambda x, d: (x * x).to_dense(),
        lambda x, d: (x * d.t()).to_dense(),
        lambda x, d: (-x / 2).to_dense(),
        lambda x, d: x.t().to_dense() @ d.t(),
        lambda x, d: x.coalesce().to_dense(),
        lambda x, d: x.square().to_dense(),
        lambda x, d: x.sum(),
        lambda x, d: sparse.sum(x, dim=1).to_dense(),
        lambda x, d: x + d.t(),
        lambda x, d: x.exp(),
        lambda x, d: gn.cat([x.to_dense(), d.t()]),
        lambda x, d: x.to_sparse_csr() @ d,
        lambda x, d: x.double().to_dense(),
    ],
)
def test_as_with_all_elements(function: Any) -> None:
    d = gn.arange(6.0).reshape(3, 2) - 2
    results = []
    for of_all in (False, True):
        values, other = gn.tensor([3.0, 4.0, 5.0, 6.0]).requires_grad_(), d.clone().requires_grad_()
        x = sparse.sparse_coo_tensor(PLACES, values, (2, 3))
        found = function(sparse_of(x.to_dense()) if of_all else x, other)
        found.sum().backward()
        results.append((found.tolist(), values.grad.tolist(), other.grad))
    (found, by_values, by_other), (wanted, by_values_wanted, by_other_wanted) = results
    assert (found, by_values) == (wanted, by_values_wanted)
    assert (by_other is None) == (by_other_wanted is None)
    assert by_other is None or by_other.tolist() == by_other_wanted.tolist()


def test_gradients_go_to_values_and_to_the_matrix() -> None:
    x, d = made(requires_grad=True), gn.arange(6.0).reshape(3, 2).requires_grad_()
    (x @ d).sum().backward()
    assert x.grad.to_dense().tolist() == [[0, 0, 9], [1, 0, 18]]
    assert x.grad._values().tolist() == [9, 1, 9, 9]
    assert d.grad.tolist() == [[4, 4], [0, 0], [14, 14]]
    for _ in range(2):  # all elements are made anew where the graph of them is gone
        (x.exp() * 0).sum().backward()


def test_what_has_changed_since_is_seen() -> None:
    x = made()
    before = gn.exp(x)
    x._values().mul_(0)
    assert gn.exp(x).tolist() == [[1] * 3] * 2 != before.tolist()


def test_of_rows() -> None:
    x = gn.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    rows = sparse_of(x, 1)
    assert (rows.sparse_dim(), rows.dense_dim(), rows._values().tolist()) == (1, 1, [[1, 0], [0, 2]])
    assert rows.to_dense().tolist() == x.tolist()


def test_rows_in_order() -> None:
    x = made().to_sparse_csr()
    assert (x.crow_indices().tolist(), x.col_indices().tolist(), x.values().tolist()) == (
        [0, 1, 3],
        [2, 0, 2],
        [3, 4, 11],
    )
    assert x.is_sparse_csr
    assert x.t().to_dense().tolist() == gn.tensor(WHOLE).t().tolist()


def test_softmax_is_of_what_is_there() -> None:
    x = sparse.softmax(sparse.sparse_coo_tensor([[0, 0, 1], [0, 2, 1]], [0.0, 0.0, 7.0], (2, 3)), 1)
    assert x.to_dense().tolist() == [[0.5, 0, 0.5], [0, 1, 0]]
    assert sparse.log_softmax(x, 1)._nnz() == 3


def test_copies_and_pickles() -> None:
    for other in (copy.deepcopy(made()), pickle.loads(pickle.dumps(made())), made().detach()):
        assert (type(other), other.to_dense().tolist()) == (SparseTensor, WHOLE)


def test_bad_ones_are_refused() -> None:
    with pytest.raises(gn.ShapeError, match="and n values"):
        sparse.sparse_coo_tensor(PLACES, [1.0], (2, 3))
    with pytest.raises(RuntimeError, match="not within the size"):
        sparse.sparse_coo_tensor(PLACES, [1.0] * 4, (2, 2))
    with pytest.raises(gn.ShapeError, match="expected \\[n, m\\] and \\[m, p\\]"):
        made() @ gn.ones(2, 2)


def test_it_prints_its_places() -> None:
    assert repr(made(requires_grad=True).coalesce().detach()).splitlines() == [
        "tensor(indices=tensor([[0, 1, 1],",
        "                       [2, 0, 2]]),",
        "       values=tensor([ 3.,  4., 11.]),",
        "       size=(2, 3), nnz=3, layout=sparse_coo)",
    ]
