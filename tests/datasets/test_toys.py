"""Toys: each is what its formula says, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.datasets import TOYS, make_blobs, make_circles, make_moons, make_spirals, make_xor


@pytest.mark.parametrize("name", TOYS)
def test_points_and_classes(name):
    points, classes = TOYS[name](90, seed=3)
    assert points.shape == (90, 2)
    assert points.dtype == np.float32
    assert classes.shape == (90,)
    assert classes.dtype == np.int64
    assert set(classes) == set(range(classes.max() + 1))
    again, other = TOYS[name](90, seed=3)[0], TOYS[name](90, seed=4)[0]
    np.testing.assert_array_equal(points, again)
    assert (points != other).any()
    assert np.abs(points).max() < 3  # no scaling is needed


@pytest.mark.parametrize("name", [name for name in TOYS if name != "xor"])
def test_classes_are_equally_many(name):
    counts = np.bincount(TOYS[name](90)[1])
    assert counts.min() == counts.max()


def test_xor_is_where_signs_differ():
    points, classes = make_xor(200, noise=0)
    np.testing.assert_array_equal(classes, np.sign(points[:, 0]) != np.sign(points[:, 1]))


def test_circles_have_their_radii():
    points, classes = make_circles(200, noise=0)
    np.testing.assert_allclose(np.hypot(*points.T), np.where(classes == 0, 1, 0.5), rtol=1e-6)


def test_moons_are_half_circles():
    points, classes = make_moons(200, noise=0)
    middle = np.array([0.5, 0.25])
    upper, lower = points + middle, points - middle  # each around its own
    np.testing.assert_allclose(np.hypot(*upper[classes == 0].T), 1, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(*lower[classes == 1].T), 1, rtol=1e-6)
    assert (upper[classes == 0][:, 1] >= 0).all()
    assert (lower[classes == 1][:, 1] <= 1e-6).all()


def test_arms_of_spirals_are_turned_by_thirds():
    points, classes = make_spirals(300, noise=0)
    radius, angle = np.hypot(*points.T), np.arctan2(points[:, 0], points[:, 1])
    turned = (angle - 4 * radius - 2 * np.pi / 3 * classes) / (2 * np.pi)
    np.testing.assert_allclose(turned, np.round(turned), atol=1e-4)


def test_blobs_lie_around_the_corners_of_a_triangle():
    points, classes = make_blobs(3000, noise=0.3)
    middles = np.array([points[classes == c].mean(0) for c in range(3)])
    np.testing.assert_allclose(np.hypot(*middles.T), 1, atol=0.05)
    np.testing.assert_allclose(middles.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(points[classes == 0].std(0), 0.3, atol=0.03)


@pytest.mark.parametrize("bad", [{"n": 1}, {"n": 0}, {"n": True}, {"noise": -1}, {"noise": float("nan")}])
@pytest.mark.parametrize("name", TOYS)
def test_bad_input_is_one_message(name, bad):
    with pytest.raises(ValueError, match="points or more and noise of 0 or more, got n="):
        TOYS[name](**bad)
