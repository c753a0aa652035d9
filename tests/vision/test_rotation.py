"""RandomRotation: known angles, and PyTorch's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.data import DataLoader, TensorDataset, Transformed
from glassnet.vision import transforms as T

BILINEAR = T.InterpolationMode.BILINEAR


def turned(angle: float, x: Any, *args: Any, **settings: Any) -> Any:
    """``x`` by just this angle."""
    return T.RandomRotation((angle, angle), *args, **settings)(x)


@pytest.mark.parametrize("how", [T.InterpolationMode.NEAREST, T.InterpolationMode.BILINEAR])
@pytest.mark.parametrize("expand", [False, True])
def test_right_angles(how: Any, expand: bool) -> None:
    x = np.arange(25).reshape(5, 5)
    np.testing.assert_array_equal(turned(90, x, how, expand), np.rot90(x))  # against the clock
    np.testing.assert_array_equal(turned(180, x, how, expand), x[::-1, ::-1])
    np.testing.assert_array_equal(T.RandomRotation(0, how, expand)(x), x)


def test_what_comes_from_outside_is_filled() -> None:
    y = turned(45, np.arange(25).reshape(5, 5), fill=-1)
    assert y[2, 2] == 12
    assert y[0, 0] == y[4, 4] == -1
    y = turned(45, np.full((5, 5, 3), 9, np.uint8), fill=(1, 2, 3))
    assert (y[0, 0].tolist(), y[2, 2].tolist()) == ([1, 2, 3], [9, 9, 9])


def test_expand_makes_room_for_the_corners() -> None:
    x = np.ones((4, 10), np.uint8)
    wide = turned(90, x, expand=True)
    np.testing.assert_array_equal(wide, np.ones((10, 4)))
    y = turned(30, x, expand=True)
    height, width = 4 * np.cos(np.pi / 6) + 10 / 2, 10 * np.cos(np.pi / 6) + 4 / 2
    assert np.abs(np.subtract(y.shape, (height, width))).max() < 2
    assert y.sum() == pytest.approx(40, abs=4)


def test_expanded_pictures_are_no_batch() -> None:
    transform = T.RandomRotation(90, expand=True)
    assert not transform.batched
    assert transform(glassnet.ones(20, 3, 2, 8)).shape[:2] == (20, 3)  # as large as the largest
    data = Transformed(TensorDataset(glassnet.ones(4, 1, 6, 6)), T.Compose([transform, T.Resize((6, 6))]))
    assert next(iter(DataLoader(data, 4)))[0].shape == (4, 1, 6, 6)


def test_about_another_point() -> None:
    """A quarter turn about the corner where four pixels meet takes each to the next."""
    x = np.arange(1, 26).reshape(5, 5)
    y = turned(90, x, center=(2, 2))
    np.testing.assert_array_equal(y[:4, :4], np.rot90(x[:4, :4]))
    assert not y[4].any()
    np.testing.assert_array_equal(y[:4, 4], x[4, 3::-1])


def test_angles_are_drawn_from_the_range() -> None:
    x = np.zeros((21, 21))
    x[10, 20] = 1  # to the right of the middle
    batch = T.RandomRotation(np.int64(30))(glassnet.tensor(x)[None, None].repeat(300, 1, 1, 1)).numpy()
    rows, columns = np.nonzero(batch.sum((0, 1)))
    angles = np.rad2deg(np.arctan2(10 - rows, columns - 10))
    assert -34 < angles.min() < -24
    assert 24 < angles.max() < 34


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("center", [None, (1.5, 6.0)])
@pytest.mark.parametrize("angle", [17.0, -120.0])
def test_the_same_as_pytorch_s_grid_sample(angle: float, center: Any, mode: str) -> None:
    torch = pytest.importorskip("torch")
    x = glassnet.rand(2, 3, 7, 12, dtype=glassnet.float64)
    height, width = x.shape[2:]
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    right, down = (0, 0) if center is None else (center[0] - width / 2, center[1] - height / 2)
    matrix = np.array([[cos, -sin, right - cos * right + sin * down], [sin, cos, down - sin * right - cos * down]])
    matrix *= [[1, height / width, 2 / width], [width / height, 1, 2 / height]]  # PyTorch counts from −1 to 1
    grid = torch.nn.functional.affine_grid(torch.from_numpy(matrix)[None].repeat(2, 1, 1), x.shape, align_corners=False)
    y = torch.nn.functional.grid_sample(torch.from_numpy(x.numpy()), grid, mode, "zeros", align_corners=False)
    ours = turned(angle, x, T.InterpolationMode(mode), center=center)
    np.testing.assert_allclose(ours.numpy(), y.numpy(), atol=1e-12)
