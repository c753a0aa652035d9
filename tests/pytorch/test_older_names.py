"""Names that PyTorch has from earlier days, and its assertions: held against what they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import linalg, nn
from glassnet.pytorch.names import older_functions as older
from glassnet.pytorch.names.older_methods import METHODS
from glassnet.pytorch.names.older_utils import clip_grad_norm, fuse_conv_bn_eval, fuse_linear_bn_eval
from glassnet.pytorch.names.testing import assert_close, make_tensor


def close(x: gn.Tensor, y: Any) -> None:
    np.testing.assert_allclose(x.array, getattr(y, "array", y), rtol=1e-5, atol=1e-5)


# matrices and norms ---------------------------------------------------------------------------------------


@pytest.fixture
def matrix() -> gn.Tensor:
    gn.manual_seed(0)
    return gn.randn(5, 4)


def test_norms(matrix: gn.Tensor) -> None:
    close(older.frobenius_norm(matrix), matrix.norm())
    close(older.nuclear_norm(matrix), linalg.svdvals(matrix).sum())
    close(older.norm_except_dim(matrix, 2, 1), matrix.norm(dim=0, keepdim=True))
    close(older.norm_except_dim(matrix, 2, -1), matrix.norm())


def test_layer_norm_with_what_it_was_made_of(matrix: gn.Tensor) -> None:
    y, mean, scale = older.native_layer_norm(matrix, (4,), None, None, 1e-5)
    close(y, (matrix - mean) * scale)


@pytest.mark.parametrize("transpose", [False, True])
def test_a_triangle_is_solved(transpose: bool) -> None:
    a = gn.tensor([[2.0, 1.0], [0.0, 4.0]])
    b = gn.tensor([[3.0], [8.0]])
    solved = older.triangular_solve(b, a, transpose=transpose)
    close((a.mT if transpose else a) @ solved.solution, b)
    close(solved.cloned_coefficient, a)


def test_factors(matrix: gn.Tensor) -> None:
    square = matrix[:4]
    assert len(older.lu(square)) == 2
    assert older.lu(square, get_infos=True)[2].item() == 0
    u, s, v = older.svd_lowrank(matrix, 4)
    close(u * s @ v.mT, matrix)
    u, s, v = older.pca_lowrank(matrix, 4)
    close(u * s @ v.mT, matrix - matrix.mean(0, keepdim=True))


@pytest.mark.parametrize("name", ["eig", "lstsq", "matrix_rank", "solve", "symeig"])
def test_what_is_gone_says_what_there_is(name: str) -> None:
    with pytest.raises(RuntimeError, match=r"use torch\.linalg"):
        getattr(older, name)(gn.eye(2))


# pictures, sequences, pieces --------------------------------------------------------------------------------


def test_a_range_includes_its_end() -> None:
    with pytest.warns(UserWarning, match="includes its end"):
        assert older.range(1, 4).tolist() == [1.0, 2.0, 3.0, 4.0]
    with pytest.warns(UserWarning, match="includes its end"):
        assert older.range(2, dtype=gn.int64).tolist() == [0, 1, 2]


def test_pictures_by_numbers_of_modes() -> None:
    picture, grid = gn.arange(16.0).reshape(1, 1, 4, 4), gn.zeros(1, 1, 1, 2)
    close(older.grid_sampler(picture, grid, 0, 0, False), F.grid_sample(picture, grid, align_corners=False))
    close(older.constant_pad_nd(gn.ones(2), (1, 0), 5.0), [5.0, 1.0, 1.0])
    values, places = older.max_pool1d_with_indices(gn.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    assert (values.tolist(), places.tolist()) == ([[3.0, 2.0]], [[1, 2]])


def test_rows_are_made_as_short_as_they_may_be() -> None:
    weight = gn.tensor([[3.0, 4.0], [3.0, 4.0]])
    older.embedding_renorm_(weight, gn.tensor([1, 1]), 1.0, 2.0)
    close(weight, [[3.0, 4.0], [0.6, 0.8]])


def test_pieces_and_answers() -> None:
    assert [part.tolist() for part in older.split_with_sizes(gn.arange(3), [1, 2])] == [[0], [1, 2]]
    x = gn.ones(2)
    answers = (older.get_device(x), older.is_distributed(x), older.is_vulkan_available(), older.is_storage(x))
    assert answers == (-1, False, False, False)
    assert older.is_storage(x.storage())
    assert not older.to_dlpack(gn.ones(2, requires_grad=True)).requires_grad


def test_methods() -> None:
    x = gn.tensor([0.2, 3.0])
    assert METHODS["hardshrink"](x).tolist() == [0.0, 3.0]
    assert METHODS["to_mkldnn"](x) is x
    assert METHODS["record_stream"](x, None) is None
    with pytest.raises(RuntimeError, match="Categorical"):
        METHODS["reinforce"](x, 1.0)


# layers made one -----------------------------------------------------------------------------------------


def test_layers_made_one() -> None:
    gn.manual_seed(0)
    norm = nn.BatchNorm1d(3)
    norm(gn.randn(20, 3))
    linear, x = nn.Linear(4, 3), gn.randn(5, 4)
    close(fuse_linear_bn_eval(linear.eval(), norm.eval())(x), norm(linear(x)))
    with pytest.raises(ValueError, match="evaluation mode"):
        fuse_conv_bn_eval(nn.Conv2d(1, 1, 1).train(), nn.BatchNorm2d(1))


def test_the_older_clip_warns() -> None:
    p = nn.Parameter(gn.ones(2))
    p.grad = gn.tensor([3.0, 4.0])
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        clip_grad_norm([p], 1.0)
    close(p.grad, [0.6, 0.8])


# assertions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected", "said"),
    [
        ({"a": 1}, {"b": 1}, "the keys differ"),
        ([1, 2], [1], "the lengths differ"),
        (gn.ones(2), gn.ones(3), "the shapes differ"),
        (gn.ones(2), gn.ones(2).double(), "the dtypes differ"),
        ({"a": [gn.ones(2)]}, {"a": [gn.tensor([1.0, 1.5])]}, "1 of 2 numbers differ.*most: 0.5"),
    ],
)
def test_what_differs_is_said(actual: Any, expected: Any, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        assert_close(actual, expected)


def test_what_is_close() -> None:
    assert_close({"a": [gn.ones(2), 1.0]}, {"a": [gn.ones(2) + 1e-7, 1.0]})
    assert_close(gn.ones(2), gn.ones(2).double(), check_dtype=False)
    assert_close(gn.tensor([gn.nan]), gn.tensor([gn.nan]), equal_nan=True)
    with pytest.raises(AssertionError, match="mine: 1 of 1"):
        assert_close(1.0, 2.0, msg=lambda text: f"mine: {text}")


@pytest.mark.parametrize("dtype", [gn.float32, gn.int64, gn.uint8, gn.bool, gn.complex64])
def test_tensors_to_test_with(dtype: Any) -> None:
    x = make_tensor(3, 4, dtype=dtype)
    assert (x.shape, x.dtype) == ((3, 4), dtype)
    assert make_tensor((2,), dtype=gn.float32, low=2, high=3, requires_grad=True).requires_grad
