"""Regions of pictures as small pictures: by hand, against torchvision's numbers, and with the gradients they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.autograd import gradcheck
from glassnet.errors import ShapeError
from glassnet.vision import ops

BOXES = [[0, 0.5, 1.0, 6.0, 4.0], [0, 3.0, 3.0, 2.0, 2.0], [0, -9.0, -9.0, -5.0, -5.0], [0, -2.0, 3.0, 4.0, 12.0]]


def picture() -> Any:
    return (glassnet.arange(8 * 6 * 7.0, dtype=glassnet.float64) % 11).reshape(1, 8, 6, 7)


# What torchvision 0.28 gives for the sums over all channels of each box, [boxes, 2, 2] in one row.
@pytest.mark.parametrize(
    ("function", "options", "sums"),
    [
        (
            ops.roi_align,
            {},
            [
                38.6953125,
                41.8845486111,
                41.2265625,
                37.7986111111,
                39.25,
                37.75,
                45.25,
                43.75,
                0.0,
                0.0,
                0.0,
                0.0,
                15.4166666667,
                23.585,
                0.0,
                0.0,
            ],
        ),
        (
            ops.roi_align,
            {"sampling_ratio": 2, "aligned": True, "spatial_scale": 0.5},
            [
                42.0625,
                40.966796875,
                41.09375,
                44.7944335938,
                41.25,
                42.0,
                41.0,
                41.75,
                0.0,
                0.0,
                0.0,
                0.0,
                20.15625,
                38.513671875,
                18.703125,
                38.46484375,
            ],
        ),
        (
            ops.roi_pool,
            {"spatial_scale": 0.7},
            [70.0, 74.0, 73.0, 71.0, 39.0, 39.0, 39.0, 39.0, 0.0, 0.0, 0.0, 0.0, 76.0, 79.0, 44.0, 48.0],
        ),
        (
            ops.ps_roi_pool,
            {"spatial_scale": 0.7},
            [12.5, 12.5, 7.5, 7.5, 13.0, 9.0, 5.0, 12.0, 0.0, 0.0, 0.0, 0.0, 12.0, 11.0, 0.0, 0.0],
        ),
        (
            ops.ps_roi_align,
            {"sampling_ratio": 1},
            [9.5, 11.0, 11.15625, 7.5, 11.5, 9.25, 7.5, 10.75, 0.0, 0.0, 0.0, 0.0, 9.0, 9.0, 0.0, 0.0],
        ),
    ],
)
def test_values_are_torchvision_s(function: Any, options: Any, sums: Any) -> None:
    found = function(picture(), glassnet.tensor(BOXES, dtype=glassnet.float64), 2, **options)
    assert found.shape == (4, 2 if function in (ops.ps_roi_pool, ops.ps_roi_align) else 8, 2, 2)
    np.testing.assert_allclose(found.sum(1).flatten().tolist(), sums, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("function", [ops.roi_align, ops.roi_pool, ops.ps_roi_align, ops.ps_roi_pool])
def test_gradients_of_the_picture(function: Any) -> None:
    x = glassnet.randn(1, 4, 5, 6, dtype=glassnet.float64, requires_grad=True)
    boxes = glassnet.tensor([[0, 0.4, 1.2, 4.6, 3.8]], dtype=glassnet.float64)
    assert gradcheck(lambda x: function(x, boxes, (2, 1)), x)


def test_a_box_of_one_pixel_is_that_pixel_and_none_is_no_error() -> None:
    x = glassnet.arange(12.0).reshape(1, 1, 3, 4)
    assert ops.roi_align(x, [glassnet.tensor([[1.0, 1.0, 2.0, 2.0]])], 1, aligned=True).item() == 5
    for function in (ops.roi_align, ops.roi_pool):
        assert function(x, [glassnet.zeros(0, 4)], (2, 3)).shape == (0, 1, 2, 3)
    with pytest.raises(ShapeError, match=r"roi_align: expected boxes \[k, 5\]"):
        ops.roi_align(x, glassnet.zeros(2, 4), 2)
    with pytest.raises(ShapeError, match="expected boxes of 1 images, got one of image 1"):
        ops.roi_align(x, [glassnet.zeros(0, 4), glassnet.zeros(1, 4)], 2)
    with pytest.raises(ShapeError, match="channels in 4 parts, got 1"):
        ops.ps_roi_pool(x, [glassnet.zeros(1, 4)], 2)


def test_a_large_box_is_read_from_a_coarse_map() -> None:
    maps = {name: glassnet.full((2, 1, side, side), value) for name, side, value in (("0", 32, 1.0), ("1", 16, 2.0))}
    pool = ops.MultiScaleRoIAlign(["0", "1"], 1, 2, canonical_scale=40)
    boxes = [glassnet.tensor([[0.0, 0, 8, 8], [0, 0, 90, 90]]), glassnet.tensor([[5.0, 5, 9, 9]])]
    assert pool(maps, boxes, [(128, 128), (100, 90)]).flatten().tolist() == [1, 2, 1]


def test_a_deformed_convolution_without_shifts_is_a_convolution() -> None:
    x = glassnet.randn(2, 4, 6, 5, dtype=glassnet.float64)
    weight = glassnet.randn(6, 2, 3, 2, dtype=glassnet.float64)
    places = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}
    plain = glassnet.nn.functional.conv2d(x, weight, groups=2, **places)
    shifts = glassnet.zeros(2, 2 * 2 * 6, *plain.shape[2:], dtype=glassnet.float64)
    deformed = ops.deform_conv2d(x, shifts, weight, **places)
    np.testing.assert_allclose(deformed.numpy(), plain.numpy(), atol=1e-12)
    halved = ops.deform_conv2d(x, shifts, weight, mask=glassnet.full_like(shifts[:, ::2], 0.5), **places)
    np.testing.assert_allclose(halved.numpy(), plain.numpy() / 2, atol=1e-12)
    with pytest.raises(ShapeError, match=r"deform_conv2d: expected offsets \[2, 2·k·6, 3, 7\]"):
        ops.deform_conv2d(x, shifts[:, :-1], weight, **places)


def test_blocks_are_left_out_as_often_as_asked() -> None:
    out = ops.drop_block2d(glassnet.ones(2, 2, 100, 100), 0.2, 5)
    assert 0.14 < (out == 0).float().mean().item() < 0.22
    assert out.mean().item() == pytest.approx(1, abs=1e-3)
    first = ops.drop_block2d(glassnet.ones(1, 1, 5, 5), 1.0, 5)
    assert (first == 0).all()
    assert (ops.drop_block3d(glassnet.ones(1, 1, 4, 9, 9), 0.3, 3) == 0).any()
    with pytest.raises(ValueError, match="a probability p from 0 to 1"):
        ops.drop_block2d(glassnet.ones(1, 1, 5, 5), 2, 5)


@pytest.mark.parametrize("kind", ["generalized", "distance", "complete"])
def test_the_loss_of_a_pair_is_1_less_its_overlap(kind: str) -> None:
    first = glassnet.tensor([[0.0, 0, 2, 2], [1, 1, 3, 5]], dtype=glassnet.float64, requires_grad=True)
    second = glassnet.tensor([[1.0, 0, 3, 4], [6, 1, 8, 2]], dtype=glassnet.float64)
    loss = getattr(ops, f"{kind}_box_iou_loss")(first, second)
    overlaps = getattr(ops, f"{kind}_box_iou")(first, second)
    np.testing.assert_allclose(loss.detach().numpy(), 1 - overlaps.diagonal().detach().numpy(), atol=1e-6)
    (gradient,) = glassnet.autograd.grad(loss.sum(), first)
    assert (gradient.abs().sum(1) > 0).all()
    assert getattr(ops, f"{kind}_box_iou_loss")(first[:0], second[:0], reduction="mean").item() == 0


def test_a_frozen_norm_reads_a_norm_that_learned() -> None:
    norm = glassnet.nn.BatchNorm2d(3)
    norm(glassnet.randn(4, 3, 5, 5))
    frozen = ops.FrozenBatchNorm2d(3)
    frozen.load_state_dict(norm.state_dict())
    x = glassnet.randn(2, 3, 4, 4)
    np.testing.assert_allclose(frozen(x).numpy(), norm.eval()(x).detach().numpy(), atol=1e-6)
    assert list(frozen.parameters()) == []


def test_masks_become_the_boxes_around_them() -> None:
    masks = glassnet.zeros(2, 4, 5)
    masks[1, 1:3, 2:5] = 1
    assert ops.masks_to_boxes(masks).tolist() == [[0, 0, 0, 0], [2, 1, 4, 2]]
