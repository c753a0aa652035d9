"""Resize: its sizes, its weights, and PyTorch's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.vision.transforms import InterpolationMode, Resize
from glassnet.vision.transforms.geometry import triangles


@pytest.mark.parametrize(
    ("size", "max_size", "old", "new"),
    [
        (4, None, (8, 12), (4, 6)),
        (4, None, (12, 8), (6, 4)),
        ([5], None, (10, 13), (5, 6)),
        (4, None, (4, 9), (4, 9)),
        ((3, 7), None, (8, 12), (3, 7)),
        (4, 5, (8, 12), (3, 5)),
        (4, 5, (12, 8), (5, 3)),
        (2, 3, (1, 100), (1, 3)),
        (16, None, (8, 8), (16, 16)),
    ],
)
def test_sizes(size: Any, max_size: int | None, old: tuple[int, int], new: tuple[int, int]) -> None:
    assert Resize(size, max_size=max_size)(np.zeros(old)).shape == new


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 5), (5, 1), (28, 32), (28, 14), (100, 7)])
def test_weights_add_up_to_1(old: int, new: int, antialias: bool) -> None:
    weights = triangles(old, new, antialias, np.dtype(np.float64))
    assert weights.shape == (new, old)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(1), np.ones(new))
    np.testing.assert_allclose(weights, weights[::-1, ::-1], atol=1e-12)


def test_half_the_size() -> None:
    """With antialias a pixel is 1/8, 3/8, 3/8, 1/8 of four; without, the mean of the middle two."""
    x = np.array([[0.0, 8, 16, 80, 0, 0]])
    assert Resize((1, 3), antialias=False)(x).tolist() == [[4, 48, 0]]
    assert Resize((1, 3))(x)[0, 1] == pytest.approx((8 + 3 * 16 + 3 * 80 + 0) / 8)


def test_whole_numbers_are_rounded() -> None:
    x = Resize((1, 2), antialias=False)(np.array([[0, 3, 255, 254]], np.uint8))
    assert (x.tolist(), x.dtype) == ([[2, 254]], np.uint8)


def test_nearest_takes_pixels_as_they_are() -> None:
    x = np.arange(4, dtype=np.int64)[None]
    assert Resize((1, 8), InterpolationMode.NEAREST)(x).tolist() == [[0, 0, 1, 1, 2, 2, 3, 3]]
    assert Resize((1, 3), InterpolationMode.NEAREST)(x).tolist() == [[0, 1, 2]]


SIZES = [((28, 28), (32, 32)), ((28, 28), (14, 20)), ((7, 50), (50, 7)), ((5, 6), (1, 1)), ((224, 100), (64, 64))]


@pytest.mark.parity
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_bilinear_is_pytorch_s(old: tuple[int, int], new: tuple[int, int], antialias: bool) -> None:
    torch = pytest.importorskip("torch")
    x = glassnet.rand(2, 3, *old, dtype=glassnet.float64)
    y = torch.nn.functional.interpolate(
        torch.from_numpy(x.numpy()), new, mode="bilinear", align_corners=False, antialias=antialias
    )
    np.testing.assert_allclose(Resize(new, antialias=antialias)(x).numpy(), y.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_bytes_are_pytorch_s(old: tuple[int, int], new: tuple[int, int]) -> None:
    """Computed in float32 and rounded, as torchvision does; where it falls on a half, the last digit decides."""
    torch = pytest.importorskip("torch")
    x = glassnet.randint(0, 256, (2, 3, *old), dtype=glassnet.uint8)
    y = torch.nn.functional.interpolate(
        torch.from_numpy(x.numpy()).float(), new, mode="bilinear", align_corners=False, antialias=True
    )
    ours, theirs = Resize(new)(x).numpy().astype(int), y.round().numpy().astype(int)
    assert np.abs(ours - theirs).max() <= 1
    assert (ours == theirs).mean() > 0.99


@pytest.mark.parity
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_nearest_is_pytorch_s(old: tuple[int, int], new: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    x = glassnet.rand(2, 3, *old)
    y = torch.nn.functional.interpolate(torch.from_numpy(x.numpy()), new, mode="nearest")
    np.testing.assert_array_equal(Resize(new, InterpolationMode.NEAREST)(x).numpy(), y.numpy())


def test_close_to_pil_s() -> None:
    """The same triangle; Pillow rounds in between."""
    pil = pytest.importorskip("PIL.Image")
    array = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    ours = np.asarray(Resize((13, 17))(pil.fromarray(array))).astype(int)
    theirs = np.asarray(pil.fromarray(array).resize((17, 13), pil.Resampling.BILINEAR)).astype(int)
    assert np.abs(ours - theirs).max() <= 1
