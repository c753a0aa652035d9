"""Toy data: points in the plane and their classes. The same seed gives the same points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["TOYS", "make_blobs", "make_circles", "make_moons", "make_spirals", "make_xor"]

Points = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def make_xor(n: int = 400, noise: float = 0.1, seed: int = 0) -> Points:
    """Points of the square [−1, 1]², of class 1 where the signs of their coordinates differ.

    No straight line divides them (M. Minsky and S. Papert, "Perceptrons", 1969). ``noise`` is the standard
    deviation of the noise added to each coordinate. Shapes: points [n, 2], classes [n].

    >>> points, classes = datasets.make_xor(100, noise=0)
    >>> bool((classes == (points[:, 0] * points[:, 1] < 0)).all())
    True
    """
    random, _ = _start(n, noise, seed)
    points = random.uniform(-1, 1, (n, 2))
    return _noisy(points, (points[:, 0] * points[:, 1] < 0).astype(np.int64), noise, random)


def make_moons(n: int = 400, noise: float = 0.1, seed: int = 0) -> Points:
    """Two interlocking half circles of radius 1, around (0, 0) and (1, ½). Shapes: [n, 2], [n].

    >>> points, classes = datasets.make_moons(100)
    >>> points.shape, np.bincount(classes)
    ((100, 2), array([50, 50]))
    """
    random, classes = _start(n, noise, seed)
    angle = random.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.where(classes[:, None] == 0, upper, [1.0, 0.5] - upper)
    return _noisy(points - [0.5, 0.25], classes, noise, random)


def make_circles(n: int = 400, noise: float = 0.1, seed: int = 0) -> Points:
    """A circle of radius 1 (class 0) around one of radius ½ (class 1). Shapes: points [n, 2], classes [n].

    >>> points, classes = datasets.make_circles(100, noise=0)
    >>> np.linalg.norm(points, axis=1)[:4].round(3)
    array([1. , 0.5, 1. , 0.5], dtype=float32)
    """
    random, classes = _start(n, noise, seed)
    angle = random.uniform(0, 2 * np.pi, n)
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * np.where(classes == 0, 1.0, 0.5)[:, None]
    return _noisy(points, classes, noise, random)


def make_spirals(n: int = 400, noise: float = 0.05, seed: int = 0) -> Points:
    """Three arms of a spiral, each turned by a third; along an arm the angle grows by 4 radians.

    After A. Karpathy's notes for CS231n ("Neural Networks Case Study"). Shapes: points [n, 2], classes [n].

    >>> points, classes = datasets.make_spirals(90)
    >>> points.shape, np.bincount(classes)
    ((90, 2), array([30, 30, 30]))
    """
    random, classes = _start(n, noise, seed, classes=3)
    radius = random.uniform(0.05, 1, n)
    angle = 4 * radius + 2 * np.pi / 3 * classes
    return _noisy(np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1), classes, noise, random)


def make_blobs(n: int = 400, noise: float = 0.3, seed: int = 0) -> Points:
    """Three round clouds, centred on the corners of a triangle at distance 1 from 0. Shapes: [n, 2], [n].

    >>> points, classes = datasets.make_blobs(90, noise=0)
    >>> np.unique(points.round(2), axis=0)
    array([[-0.87, -0.5 ],
           [ 0.  ,  1.  ],
           [ 0.87, -0.5 ]], dtype=float32)
    """
    random, classes = _start(n, noise, seed, classes=3)
    angle = 2 * np.pi / 3 * classes + np.pi / 2
    return _noisy(np.stack([np.cos(angle), np.sin(angle)], 1), classes, noise, random)


TOYS: dict[str, Callable[..., Points]] = {
    "xor": make_xor,
    "moons": make_moons,
    "circles": make_circles,
    "spirals": make_spirals,
    "blobs": make_blobs,
}


def _start(n: int, noise: float, seed: int, classes: int = 2) -> tuple[np.random.Generator, npt.NDArray[np.int64]]:
    """A random generator, and the classes in turn, so that each has as many points as the others."""
    if isinstance(n, bool) or n < classes or not noise >= 0:
        raise ValueError(
            f"expected {classes} points or more and noise of 0 or more, got n={n!r:.80} and noise={noise!r:.80}"
        )
    return np.random.default_rng(seed), np.arange(n) % classes


def _noisy(
    points: npt.NDArray[np.float64], classes: npt.NDArray[np.int64], noise: float, random: np.random.Generator
) -> Points:
    return (points + noise * random.standard_normal(points.shape)).astype(np.float32), classes
