"""Pictures put together, drawn on, saved and read; boxes: torchvision's numbers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import ShapeError
from glassnet.vision import io as vio
from glassnet.vision import ops, utils
from glassnet.vision.datasets import PictureError

X = glassnet.arange(5 * 3 * 2 * 2).reshape(5, 3, 2, 2).float() / 60


def test_a_grid() -> None:
    grid = utils.make_grid(X, nrow=3, padding=1, pad_value=0.5)
    assert grid.shape == (3, 7, 10)
    assert (grid[:, 1:3, 1:3] == X[0]).all()
    assert (grid[:, 4:6, 4:6] == X[4]).all()
    assert (grid[:, 4:6, 7:9] == 0.5).all()  # there is no sixth
    assert (grid[:, 0] == 0.5).all()
    assert (utils.make_grid(list(X), nrow=3, padding=1, pad_value=0.5) == grid).all()
    assert (utils.make_grid(X[0]) == X[0]).all()
    assert utils.make_grid(X[0, 0]).shape == (3, 2, 2)
    with pytest.raises(TypeError, match="a tensor or a list"):
        utils.make_grid("x")
    with pytest.raises(ShapeError, match=r"\[n, channels, height, width\]"):
        utils.make_grid(glassnet.zeros(1, 1, 1, 2, 2))


def test_a_grid_of_other_numbers() -> None:
    whole = utils.make_grid(X * 10 - 3, normalize=True, padding=0)
    np.testing.assert_allclose([whole.min().item(), whole.max().item()], [0, 1], atol=1e-6)
    each = utils.make_grid(X, normalize=True, scale_each=True, padding=0, nrow=5)
    np.testing.assert_allclose(each[:, :, :2].numpy(), each[:, :, 8:].numpy(), atol=1e-5)
    within = utils.make_grid(X[:1], normalize=True, value_range=(0.0, 2.0))
    np.testing.assert_allclose(within.numpy(), X[0].numpy() / 2, rtol=1e-6)


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp"])
def test_what_is_saved_is_read(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("PIL")
    x = glassnet.linspace(0, 1, 16).reshape(4, 4).expand(3, 4, 4)
    utils.save_image(x, tmp_path / f"x.{ending}")
    read = vio.read_image(tmp_path / f"x.{ending}")
    assert read.shape == (3, 4, 4)
    assert (read.float() / 255 - x).abs().max().item() < (0.003 if ending != "jpg" else 0.1)
    assert vio.read_image(str(tmp_path / f"x.{ending}"), vio.ImageReadMode.GRAY).shape == (1, 4, 4)
    file = io.BytesIO()
    utils.save_image([x, x], file, format=ending, padding=0)
    assert vio.decode_image(glassnet.from_numpy(np.frombuffer(file.getvalue(), np.uint8).copy())).shape == (3, 4, 8)


def test_bytes_of_pictures(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    for shape in ((1, 3, 4), (3, 3, 4)):
        x = glassnet.randint(0, 256, shape).to(glassnet.uint8)
        assert (vio.decode_png(vio.encode_png(x)) == x).all()
        vio.write_png(x, tmp_path / "x.png")
        assert (vio.read_image(tmp_path / "x.png", mode="UNCHANGED") == x).all()
        smooth = glassnet.full(shape, 90, dtype=glassnet.uint8)
        vio.write_jpeg(smooth, tmp_path / "x.jpg", quality=95)
        assert (vio.decode_image(tmp_path / "x.jpg").int() - 90).abs().max().item() <= 3
        (again,) = vio.decode_jpeg(vio.encode_jpeg([smooth]))
        assert again.shape == shape
    vio.write_file(tmp_path / "b", vio.read_file(tmp_path / "x.png"))
    assert (tmp_path / "b").read_bytes() == (tmp_path / "x.png").read_bytes()
    (tmp_path / "bad.png").write_bytes((tmp_path / "x.png").read_bytes()[:30])
    with pytest.raises(PictureError, match=r"bad\.png: expected a picture"):
        vio.read_image(tmp_path / "bad.png")
    with pytest.raises(TypeError, match="expected a picture of bytes"):
        vio.encode_png(glassnet.zeros(3, 2, 2))
    with pytest.raises(ShapeError, match="1 or 3, height"):
        vio.encode_jpeg(glassnet.zeros(2, 2, dtype=glassnet.uint8))
    with pytest.raises(TypeError, match=r"a tensor \[n\] of uint8"):
        vio.write_file(tmp_path / "b", glassnet.zeros(3))


def test_boxes_on_a_picture() -> None:
    picture = glassnet.full((3, 6, 6), 100, dtype=glassnet.uint8)
    boxes = glassnet.tensor([[1.0, 1.0, 3.0, 3.0], [2.0, 2.0, 9.0, 9.0]])
    drawn = utils.draw_bounding_boxes(picture, boxes, colors=["red", "#0000ff"], fill=True)
    assert drawn[:, 1, 1].tolist() == [255, 0, 0]
    assert drawn[:, 2, 5].tolist() == [0, 0, 255]
    assert drawn[:, 0, 0].tolist() == [100, 100, 100]
    filled = utils.draw_bounding_boxes(picture, boxes[:1], colors="red", fill=True)
    assert filled[:, 2, 2].tolist() == [161, 61, 61]  # torchvision's
    grey = utils.draw_bounding_boxes(picture[:1].float() / 255, boxes, width=2)
    assert grey.shape == (3, 6, 6)
    pytest.importorskip("PIL")
    large = glassnet.zeros(3, 40, 40, dtype=glassnet.uint8)
    named = utils.draw_bounding_boxes(large, glassnet.tensor([[1, 1, 38, 38]]), ["cat"], "white")
    assert (named[:, 2:20, 2:30] > 0).any()
    for bad in ({"labels": ["a", "b", "c"]}, {"colors": ["red"]}, {"colors": "reddish"}):
        with pytest.raises(ValueError, match="expected"):
            utils.draw_bounding_boxes(picture, boxes, **bad)
    with pytest.raises(ValueError, match="left of right"):
        utils.draw_bounding_boxes(picture, glassnet.tensor([[3, 1, 1, 3]]))
    with pytest.raises(TypeError, match="expected bytes or floating"):
        utils.draw_bounding_boxes(picture.int(), boxes)
    with pytest.raises(TypeError, match="expected a tensor"):
        utils.draw_bounding_boxes(picture.numpy(), boxes)


def test_masks_on_a_picture() -> None:
    picture = glassnet.full((3, 1, 4), 100, dtype=glassnet.uint8)
    masks = glassnet.tensor([[[1, 1, 0, 0]], [[0, 1, 1, 0]]]).bool()
    drawn = utils.draw_segmentation_masks(picture, masks, 0.6, ["red", "blue"])
    expected = [[193, 40, 40, 100], [40, 40, 40, 100], [40, 40, 193, 100]]  # torchvision's
    assert drawn[:, 0].tolist() == expected
    assert (utils.draw_segmentation_masks(picture, masks[0]) != picture).any()
    with pytest.raises(ValueError, match="masks of True and False"):
        utils.draw_segmentation_masks(picture, masks.int())


def test_points_on_a_picture() -> None:
    picture = glassnet.zeros(3, 9, 9, dtype=glassnet.uint8)
    points = glassnet.tensor([[[1, 1], [7, 1], [4, 7]]])
    drawn = utils.draw_keypoints(picture, points, [(0, 1)], "red", 1, 1, glassnet.tensor([[1, 1, 0]]))
    assert drawn[0, 1, 1:8].tolist() == [255] * 7
    assert drawn[0, 7, 4].item() == 0
    with pytest.raises(ShapeError, match=r"\[n, points, 2\]"):
        utils.draw_keypoints(picture, points[0])


BOXES = glassnet.tensor([[0.0, 0.0, 4.0, 4.0], [2.0, 0.0, 6.0, 4.0], [0.0, 0.0, 4.0, 3.0], [9.0, 9.0, 9.5, 12.0]])


def test_overlaps() -> None:
    iou = ops.box_iou(BOXES, BOXES)
    np.testing.assert_allclose(iou[0].tolist(), [1, 8 / 24, 12 / 16, 0])
    generalized = ops.generalized_box_iou(BOXES, BOXES)
    np.testing.assert_allclose(generalized[0, :3].tolist(), [1, 1 / 3, 0.75])
    around = 9.5 * 12
    np.testing.assert_allclose(generalized[0, 3].item(), -(around - 16 - 1.5) / around, rtol=1e-6)
    assert ops.box_area(BOXES).tolist() == [16, 16, 12, 1.5]
    with pytest.raises(ShapeError, match=r"boxes \[n, 4\]"):
        ops.box_iou(BOXES[0], BOXES)


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_forms_of_boxes(form: str) -> None:
    there = ops.box_convert(BOXES, "xyxy", form)
    assert (ops.box_convert(there, form, "xyxy") == BOXES).all()
    with pytest.raises(ValueError, match="forms of xyxy"):
        ops.box_convert(BOXES, form, "xyz")


def test_the_best_boxes_are_kept() -> None:
    scores = glassnet.tensor([0.5, 0.9, 0.7, 0.1])
    assert ops.nms(BOXES, scores, 0.5).tolist() == [1, 2, 3]
    assert ops.nms(BOXES, scores, 0.3).tolist() == [1, 2, 3]
    assert ops.nms(BOXES, scores, 0.2).tolist() == [1, 3]
    assert ops.batched_nms(BOXES, scores, glassnet.tensor([0, 1, 0, 0]), 0.5).tolist() == [1, 2, 3]
    assert ops.batched_nms(BOXES[:0], scores[:0], scores[:0], 0.5).tolist() == []
    assert ops.remove_small_boxes(BOXES, 1).tolist() == [0, 1, 2]
    assert ops.clip_boxes_to_image(BOXES, (10, 5))[1].tolist() == [2, 0, 5, 4]
    with pytest.raises(ShapeError, match="a score for each of 4"):
        ops.nms(BOXES, scores[:2], 0.5)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_focal_loss(reduction: str) -> None:
    logits = glassnet.tensor([-2.0, 0.5, 3.0], requires_grad=True)
    targets = glassnet.tensor([0.0, 1.0, 0.0])
    p = 1 / (1 + np.exp(-logits.detach().numpy()))
    right = np.where(targets.numpy() == 1, p, 1 - p)
    expected: Any = np.where(targets.numpy() == 1, 0.25, 0.75) * (1 - right) ** 2 * -np.log(right)
    loss = ops.sigmoid_focal_loss(logits, targets, reduction=reduction)
    expected = {"none": expected, "mean": expected.mean(), "sum": expected.sum()}[reduction]
    np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=1e-5)
    loss.sum().backward()
    assert logits.grad is not None
    with pytest.raises(ValueError, match="reduction"):
        ops.sigmoid_focal_loss(logits, targets, reduction="max")


def test_a_flow_is_shown_by_hue_and_strength() -> None:
    flow = glassnet.tensor([[[1.0, -1.0, 0.5, 0.0]], [[0.0, 0.0, 0.0, 0.0]]])
    right, left, half, none = utils.flow_to_image(flow).permute(1, 2, 0)[0].tolist()
    assert none == [255, 255, 255]
    assert right[0] == half[0] == 255
    assert right[1] < half[1]
    assert left != right
    assert utils.flow_to_image(flow[None]).shape == (1, 3, 1, 4)
    with pytest.raises(ShapeError, match=r"flow_to_image: expected \[2, height, width\]"):
        utils.flow_to_image(glassnet.zeros(3, 4, 4))
