"""Networks that find things: losses in training, what is found in evaluation, and their parts by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.errors import ShapeError
from glassnet.vision.models import detection
from glassnet.vision.models.detection.keypoint_maps import keypoint_loss
from glassnet.vision.models.detection.matching import BELOW, BETWEEN, matched, sampled
from glassnet.vision.models.detection.pasted_masks import paste_masks
from tests.shares import one_in


def backbone() -> Any:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, 4, 1), nn.Conv2d(4, 8, 3, 2, 1))
    return detection.BackboneWithFPN(layers, {"0": "0", "1": "1"}, [4, 8], 8)


ANCHORS: Any = ((16,), (32,), (64,)), ((1.0,),) * 3
SMALL = {"min_size": 48, "max_size": 64}


def of_regions(kind: Any, **heads: Any) -> Any:
    anchors = detection.AnchorGenerator(*ANCHORS)
    predictor = detection.FastRCNNPredictor(6, 3)
    head = detection.TwoMLPHead(8 * 7 * 7, 6)
    counts = {"rpn_batch_size_per_image": 16, "box_batch_size_per_image": 8, "rpn_post_nms_top_n_train": 20}
    return kind(backbone(), rpn_anchor_generator=anchors, box_head=head, box_predictor=predictor, box_score_thresh=0.0,
                **SMALL, **counts, **heads)  # fmt: skip


MODELS: dict[str, Any] = {
    "faster": lambda: of_regions(detection.FasterRCNN),
    "mask": lambda: of_regions(
        detection.MaskRCNN, mask_head=detection.MaskRCNNHeads(8, [6], 1),
        mask_predictor=detection.MaskRCNNPredictor(6, 6, 3),
    ),
    "keypoint": lambda: of_regions(
        detection.KeypointRCNN, keypoint_head=detection.KeypointRCNNHeads(8, [6]),
        keypoint_predictor=detection.KeypointRCNNPredictor(6, 2),
    ),
    "retinanet": lambda: detection.RetinaNet(
        backbone(), 3, anchor_generator=detection.AnchorGenerator(*ANCHORS), score_thresh=0.0, **SMALL
    ),
}  # fmt: skip
LOSSES = {
    "faster": ["loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"],
    "mask": ["loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg"],
    "keypoint": ["loss_classifier", "loss_box_reg", "loss_keypoint", "loss_objectness", "loss_rpn_box_reg"],
    "retinanet": ["classification", "bbox_regression"],
}


def target(*boxes: Any) -> dict[str, Any]:
    masks = glassnet.zeros(len(boxes), 40, 48, dtype=glassnet.uint8)
    masks[:, 5:30, 5:30] = 1
    return {
        "boxes": glassnet.tensor(list(boxes), dtype=glassnet.float32).reshape(-1, 4),
        "labels": glassnet.ones(len(boxes), dtype=glassnet.int64),
        "masks": masks,
        "keypoints": glassnet.tensor([[[10.0, 10, 1], [20, 20, 1]]] * len(boxes)).reshape(-1, 2, 3),
    }


def pictures() -> list[Any]:
    return [glassnet.rand(3, 40, 48), glassnet.rand(3, 40, 48)]


@pytest.mark.parametrize("name", one_in(4, MODELS))
def test_losses_of_boxes_and_of_none_reach_what_learns(name: str) -> None:
    model = MODELS[name]()
    losses = model(pictures(), [target([4, 4, 30, 36], [6, 8, 40, 30]), target()])
    assert list(losses) == LOSSES[name]
    assert all(np.isfinite(loss.item()) for loss in losses.values())
    sum(losses.values()).backward()
    lacking = {key.partition(".")[0] for key, parameter in model.named_parameters() if parameter.grad is None}
    assert not lacking
    nothing = model(pictures(), [target(), target()])
    assert np.isfinite(sum(nothing.values()).item())


@pytest.mark.parametrize("name", one_in(4, MODELS))
def test_what_is_found_lies_in_the_picture_best_first(name: str) -> None:
    model = MODELS[name]().eval()
    with glassnet.no_grad():
        found = model([glassnet.rand(3, 40, 48), glassnet.rand(3, 30, 60)])
    for each, (height, width) in zip(found, ((40, 48), (30, 60)), strict=True):
        boxes, scores = each["boxes"].numpy(), each["scores"].numpy()
        assert len(boxes) == len(scores) == len(each["labels"]) > 0
        assert (boxes >= 0).all()
        assert (boxes <= [width + 1e-3, height + 1e-3] * 2).all()
        assert (np.diff(scores) <= 0).all()
        if name == "mask":
            assert each["masks"].shape == (len(boxes), 1, height, width)
        if name == "keypoint":
            assert each["keypoints"].shape == (len(boxes), 2, 3)
            assert each["keypoints_scores"].shape == (len(boxes), 2)


@pytest.mark.slow("trains a network for 100 steps")
@pytest.mark.parametrize("name", ["faster", "retinanet"])
def test_a_network_learns_to_find_one_thing(name: str) -> None:
    """Each step draws its own boxes to learn from, so that single losses go up and down: the last twenty count."""
    model = MODELS[name]()
    picture = glassnet.zeros(3, 40, 48)
    picture[:, 8:32, 8:32] = 1
    truth = [target([8, 8, 32, 32])]
    optimizer = glassnet.optim.Adam(model.parameters(), 0.003)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = sum(model([picture], truth).values())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-20:]) < 0.6 * losses[0]
    assert model.eval()([picture])[0]["labels"][0].item() == 1


def test_heads_are_exchanged_as_in_the_tutorial() -> None:
    model = of_regions(detection.FasterRCNN)
    features = model.roi_heads.box_predictor.cls_score.in_features
    model.roi_heads.box_predictor = detection.FastRCNNPredictor(features, 2)
    labels = model.eval()(pictures())[0]["labels"]
    assert set(labels.tolist()) <= {1}


def test_targets_that_do_not_fit_say_so() -> None:
    model = MODELS["faster"]()
    with pytest.raises(AssertionError, match=r"FasterRCNN: in training, expected model\(images, targets\)"):
        model(pictures())
    with pytest.raises(AssertionError, match="a target for each of 2 pictures, got 1"):
        model(pictures(), [target()])
    with pytest.raises(AssertionError, match=r"with a width and a height, got \[9.0, 4.0, 3.0, 8.0\] for picture 1"):
        model(pictures(), [target(), target([9, 4, 3, 8])])
    with pytest.raises(ShapeError, match=r"expected boxes \[n, 4\] of picture 0"):
        model(pictures(), [{"boxes": glassnet.zeros(4)}, target()])
    with pytest.raises(TypeError, match="floating numbers from 0 to 1, got uint8; divide by 255"):
        model.eval()([glassnet.zeros(3, 40, 48, dtype=glassnet.uint8)])
    with pytest.raises(ValueError, match="a backbone with out_channels"):
        detection.FasterRCNN(nn.Flatten(), 2)
    with pytest.raises(ValueError, match="either num_classes or box_predictor"):
        detection.FasterRCNN(backbone())


def test_boxes_belong_to_what_they_overlap() -> None:
    overlaps = np.array([[0.9, 0.5, 0.1, 0.0], [0.0, 0.0, 0.2, 0.1]])
    assert matched(overlaps, 0.3, 0.7, False).tolist() == [0, BETWEEN, BELOW, BELOW]
    assert matched(overlaps, 0.3, 0.7, True).tolist() == [0, BETWEEN, 1, BELOW]
    assert matched(overlaps[:0], 0.3, 0.7, True).tolist() == [BELOW] * 4
    positive, negative = sampled(np.array([1] * 10 + [0] * 10 + [-1] * 10), 8, 0.25)
    assert (len(positive), len(negative)) == (2, 6)
    assert positive.max() < 10 <= negative.min()
    assert negative.max() < 20


def test_how_a_box_lies_to_another_and_back() -> None:
    coder = detection.BoxCoder((10.0, 10.0, 5.0, 5.0))
    anchors = glassnet.tensor([[0.0, 0, 10, 20], [5, 5, 9, 8]])
    boxes = glassnet.tensor([[5.0, 10, 15, 50], [4, 4, 8, 9]])
    codes = coder.encode_single(boxes, anchors)
    np.testing.assert_allclose(codes[0].tolist(), [5, 10, 0, 5 * np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(coder.decode_single(codes, anchors).numpy(), boxes.numpy(), rtol=1e-5)
    huge = coder.decode_single(glassnet.full((1, 4), 1e9), anchors[:1])
    assert np.isfinite(huge.numpy()).all()


def test_anchors_lie_around_every_place() -> None:
    anchors = detection.AnchorGenerator((8, 16), (0.5, 1.0))
    assert anchors.num_anchors_per_location() == [2, 2]
    seen = detection.ImageList(glassnet.zeros(2, 3, 32, 32), [(32, 30), (20, 32)])
    first, second = anchors(seen, [glassnet.zeros(2, 1, 2, 2), glassnet.zeros(2, 1, 1, 1)])
    assert first.tolist() == second.tolist()
    assert first[0].tolist() == [-6, -3, 6, 3]  # twice as wide as high
    assert first[2].tolist() == [10, -3, 22, 3]  # 16 to the right
    assert len(first) == 2 * 4 + 2
    with pytest.raises(AssertionError, match="for each of 1 maps, got 2 and 2"):
        anchors(seen, [glassnet.zeros(2, 1, 2, 2)])


def test_a_mask_is_put_where_its_box_is() -> None:
    mask = paste_masks(glassnet.ones(2, 1, 4, 4), glassnet.tensor([[2.0, 1, 5, 3], [-3, -3, -1, -1]]), (6, 8))
    assert mask.shape == (2, 1, 6, 8)
    assert (mask[0, 0, 1:3, 2:5] > 0.9).all()
    assert mask[0, 0, 4:].sum() == mask[0, 0, :, 6:].sum() == 0


def test_key_points_outside_of_their_box_do_not_count() -> None:
    maps = glassnet.zeros(1, 2, 4, 4, requires_grad=True)
    boxes, classes = [glassnet.tensor([[0.0, 0, 8, 8]])], [(np.array([1]), np.array([0]))]
    points = glassnet.tensor([[[8.0, 1, 1], [9, 1, 1]]])
    loss = keypoint_loss(maps, boxes, [points], classes)
    assert loss.item() == pytest.approx(np.log(16))
    loss.backward()
    assert maps.grad[0, 0].argmin().item() == 3
    assert (maps.grad[0, 1] == 0).all()
    assert keypoint_loss(maps, boxes, [points * 0], classes).item() == 0


def test_frozen_parts_of_a_backbone_do_not_learn() -> None:
    def learning(layers: int) -> set[str]:
        network = detection.resnet_fpn_backbone(backbone_name="resnet18", trainable_layers=layers)
        return {name.split(".")[0] for name, p in network.body.named_parameters() if p.requires_grad}

    assert learning(1) == {"layer4"}
    assert learning(5) >= {"conv1", "layer1", "layer4"}
    with pytest.raises(ValueError, match="trainable_layers must be from 0 to 5, got 6"):
        learning(6)
