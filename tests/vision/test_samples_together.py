"""Transforms of v2: what belongs to a picture moves with it, as torchvision moves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.errors import ShapeError
from glassnet.vision import tv_tensors
from glassnet.vision.transforms import v2

SIZE = (10, 20)


def sample(form: str = "XYXY") -> dict[str, Any]:
    picture = glassnet.zeros(3, *SIZE)
    picture[:, 3:7, 2:6] = 1
    numbers = {"XYXY": [2.0, 3, 6, 7], "XYWH": [2.0, 3, 4, 4], "CXCYWH": [4.0, 5, 4, 4]}[form]
    return {
        "picture": tv_tensors.Image(picture),
        "boxes": tv_tensors.BoundingBoxes([numbers], format=form, canvas_size=SIZE),
        "masks": tv_tensors.Mask(picture[:1].byte()),
        "points": tv_tensors.KeyPoints([[2.0, 3.0], [0.0, 0.0]], canvas_size=SIZE),
        "labels": glassnet.tensor([3]),
        "name": "square",
    }


# What torchvision 0.28 makes of the box and of the points.
@pytest.mark.parametrize(
    ("transform", "box", "points"),
    [
        (v2.RandomHorizontalFlip(1.0), [14, 3, 18, 7], [[17, 3], [19, 0]]),
        (v2.RandomVerticalFlip(1.0), [2, 3, 6, 7], [[2, 6], [0, 9]]),
        (v2.Resize((20, 10)), [1, 6, 3, 14], [[1, 6], [0, 0]]),
        (v2.Pad((1, 2, 3, 4)), [3, 5, 7, 9], [[3, 5], [1, 2]]),
        (v2.CenterCrop((4, 6)), [0, 0, 0, 4], [[-5, 0], [-7, -3]]),
        (v2.RandomRotation((30, 30)), [2.0718, 5.2679, 7.5359, 10], [[2.0718, 7.2679], [-1.1603, 5.6699]]),
        (v2.RandomRotation((90, 90)), [8, 9, 12, 10], [[8, 13], [5, 15]]),
    ],
)
def test_boxes_and_points_lie_where_torchvision_has_them(transform: Any, box: Any, points: Any) -> None:
    found = transform(sample())
    np.testing.assert_allclose(found["boxes"].tolist(), [box], atol=1e-4)
    np.testing.assert_allclose(found["points"].tolist(), points, atol=1e-4)
    assert found["boxes"].canvas_size == tuple(found["picture"].shape[1:]) == tuple(found["masks"].shape[1:])
    assert (found["labels"].tolist(), found["name"]) == ([3], "square")
    assert type(found["boxes"]) is tv_tensors.BoundingBoxes


MOVES: dict[str, Any] = {
    "flip": lambda: v2.RandomHorizontalFlip(0.5),
    "crop": lambda: v2.RandomCrop((12, 24), padding=1, pad_if_needed=True),
    "zoom": lambda: v2.RandomZoomOut(p=1.0),
    "resized": lambda: v2.RandomResizedCrop((10, 20), (0.8, 1.0), (1.9, 2.1)),
    "shortest": lambda: v2.RandomShortestSize([20, 30], 50),
    "scale": lambda: v2.ScaleJitter((40, 60), (0.9, 1.1)),
    "resize": lambda: v2.RandomResize(20, 40),
    "expanded": lambda: v2.RandomRotation((90, 90), expand=True),
    "affine": lambda: v2.RandomAffine(0, (0.1, 0.1), (0.9, 1.3)),
    "several": lambda: v2.Compose([v2.RandomHorizontalFlip(), v2.Resize((20, 40)), v2.Pad(2)]),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("form", ["XYXY", "CXCYWH"])
def test_the_box_stays_around_what_it_was_around(name: str, form: str) -> None:
    found = MOVES[name]()(sample(form))
    (box,) = v2.ConvertBoundingBoxFormat("XYXY")(found["boxes"]).tolist()
    for shown in (found["picture"][0] > 0.5, found["masks"][0] > 0):
        rows, columns = np.flatnonzero(shown.numpy().any(1)), np.flatnonzero(shown.numpy().any(0))
        around = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        np.testing.assert_allclose(box, around, atol=1.5)


def test_a_sample_may_be_a_tuple_and_a_plain_tensor_its_picture() -> None:
    picture, label = v2.RandomHorizontalFlip(1.0)(glassnet.tensor([[[1.0, 2.0]]]), glassnet.tensor(4))
    assert picture.tolist() == [[[2, 1]]]
    assert label.item() == 4
    picture, extra = v2.ColorJitter(brightness=(0.5, 0.5))(tv_tensors.Image(glassnet.ones(3, 2, 2)), glassnet.ones(2))
    assert picture.mean().item() == 0.5
    assert extra.tolist() == [1, 1]
    assert (
        v2.Compose([v2.ToImage(), v2.ToDtype(glassnet.float32, scale=True)])(np.full((2, 2), 255, np.uint8)).max() == 1
    )


def test_dtypes_by_what_a_part_is() -> None:
    change = v2.ToDtype({tv_tensors.Image: glassnet.float64, tv_tensors.Mask: glassnet.int64, "others": None})
    found = change(sample())
    assert [str(found[name].dtype) for name in ("picture", "masks", "boxes")] == ["float64", "int64", "float32"]
    assert all(type(part) is not tv_tensors.Image for part in v2.ToPureTensor()(found).values())


def test_boxes_that_are_none_are_taken_out_with_their_labels_and_masks() -> None:
    boxes = tv_tensors.BoundingBoxes([[1, 2, 4, 6], [3, 3, 3, 5], [2, 2, 30, 5]], format="XYXY", canvas_size=SIZE)
    masks = tv_tensors.Mask(glassnet.arange(3)[:, None, None].expand(3, *SIZE))
    target = {"boxes": boxes, "labels": glassnet.tensor([7, 8, 9]), "masks": masks, "area": glassnet.ones(3)}
    picture, found = v2.SanitizeBoundingBoxes()(glassnet.zeros(3, *SIZE), target)
    assert found["boxes"].tolist() == [[1, 2, 4, 6]]
    assert found["labels"].tolist() == [7]
    assert found["masks"].shape == (1, *SIZE)
    assert len(found["area"]) == 3
    with pytest.raises(ValueError, match="a sample with BoundingBoxes, got none"):
        v2.SanitizeBoundingBoxes()(picture)


def test_a_crop_around_boxes_keeps_those_whose_centre_is_inside() -> None:
    for _ in range(10):
        found = v2.RandomIoUCrop(sampler_options=[0.3])(sample())
        height, width = found["picture"].shape[1:]
        left, top, right, bottom = found["boxes"][0].tolist()
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    with pytest.raises(TypeError, match="a picture and BoundingBoxes"):
        v2.RandomIoUCrop()(glassnet.zeros(3, 4, 4))


@pytest.mark.parametrize("kind", [v2.MixUp, v2.CutMix])
def test_mixed_pictures_have_shares_of_two_labels(kind: Any) -> None:
    pictures = glassnet.arange(3.0)[:, None, None, None].expand(3, 1, 8, 8)
    mixed, shares = kind(num_classes=3)(pictures, glassnet.tensor([0, 1, 2]))
    np.testing.assert_allclose(shares.sum(1).tolist(), 1, rtol=1e-6)
    means = (shares * glassnet.arange(3.0)).sum(1)
    np.testing.assert_allclose(mixed.mean((1, 2, 3)).tolist(), means.tolist(), atol=1e-5)
    with pytest.raises(ValueError, match="expected num_classes"):
        kind()(pictures, glassnet.tensor([0, 1, 2]))
    with pytest.raises(ShapeError, match="expected 2 pictures, as there are labels, got 3"):
        kind(num_classes=3)(pictures, glassnet.tensor([0, 1]))


def test_what_is_no_box_and_no_point_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"BoundingBoxes: expected \[n, 4\]"):
        tv_tensors.BoundingBoxes(glassnet.zeros(2, 3), format="XYXY", canvas_size=SIZE)
    with pytest.raises(ValueError, match="format XYXY, XYWH or CXCYWH, got 'LTRB'"):
        tv_tensors.BoundingBoxes(glassnet.zeros(2, 4), format="LTRB", canvas_size=SIZE)
    with pytest.raises(ShapeError, match=r"KeyPoints: expected \[..., 2\]"):
        tv_tensors.KeyPoints(glassnet.zeros(2, 3), canvas_size=SIZE)
    assert repr(tv_tensors.Mask([[0, 1]])) == "Mask([[0, 1]])"


def test_a_loader_still_takes_whole_batches() -> None:
    from glassnet.data.transformed import takes_batches

    assert takes_batches(v2.Compose([v2.RandomHorizontalFlip(), v2.Resize(4), v2.Normalize((0.5,), (0.5,))]))
    assert v2.RandomHorizontalFlip(1.0).batch(glassnet.zeros(5, 1, 4, 4)).shape == (5, 1, 4, 4)


# What torchvision 0.28 makes of the same box by functions.
@pytest.mark.parametrize(
    ("name", "options", "box"),
    [
        ("crop", (1, 1, 4, 5), [1, 2, 5, 4]),
        ("resized_crop", (1, 1, 4, 5, [8, 10]), [2, 4, 10, 8]),
        ("affine", (10, [1, 2], 1.5, [5, 3]), [0, 2.6132, 5.8184, 9.1902]),
        ("rotate", (30,), [2.0718, 5.2679, 7.5359, 10]),
        ("hflip", (), [14, 3, 18, 7]),
    ],
)
def test_functions_take_boxes_too(name: str, options: Any, box: Any) -> None:
    boxes = sample()["boxes"]
    changed = getattr(v2.functional, name)(boxes, *options)
    np.testing.assert_allclose(changed.tolist(), [box], atol=1e-4)
    assert getattr(v2.functional, name)(glassnet.zeros(3, *SIZE), *options).shape[1:] == changed.canvas_size


def test_functions_of_sizes_formats_and_dtypes() -> None:
    whole = sample()
    assert v2.functional.get_size(whole["boxes"]) == v2.functional.get_size(whole["picture"]) == [*SIZE]
    plain = v2.functional.convert_bounding_box_format(glassnet.tensor([[1, 2, 4, 6]]), "XYXY", "XYWH")
    assert (type(plain).__name__, plain.tolist()) == ("Tensor", [[1, 2, 3, 4]])
    assert v2.functional.clamp_bounding_boxes(glassnet.tensor([[-1, 2, 40, 6]]), "XYXY", (8, 10)).tolist() == [
        [0, 2, 10, 6]
    ]
    assert v2.functional.to_dtype(whole["masks"], glassnet.int64).dtype == np.int64
    assert v2.functional.to_dtype(v2.functional.to_image(np.full((2, 2), 255, np.uint8)), scale=True).max() == 1
