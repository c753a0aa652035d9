"""The decision of a network of two inputs, all over the plane."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.explain.plots.axes import COLOURS, axes, labelled
from glassnet.nn.module import Module, evaluating
from glassnet.ops.dtypes import Array
from glassnet.tensor.creation import as_tensor, from_numpy

STEPS = 200
MARGIN = 0.15  # of the range of the points, around them


def decision_boundary(model: Module, x: Any, y: Any = None, ax: Any = None) -> Any:
    """Draw what ``model`` says of each place of the plane, and the points ``x`` [n, 2] in the colours of ``y`` [n].

    One output a class: the largest decides. A single output: class 1 where it is above 0, or, where all
    lie between 0 and 1, above 1/2. Gives the axes back.
    """
    points = np.asarray(as_tensor(x).detach().numpy(), np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"decision_boundary: expected points [n, 2], got {list(points.shape)}")
    low, high = points.min(0), points.max(0)
    margin = MARGIN * np.where(high > low, high - low, 1)
    across, up = (np.linspace(a, b, STEPS) for a, b in zip(low - margin, high + margin, strict=True))
    plane = np.stack(np.meshgrid(across, up), -1)
    classes = _decision(_scores(model, plane.reshape(-1, 2))).reshape(STEPS, STEPS)
    ax = axes(ax, width=5, height=4.4)
    n = int(max(classes.max(), 1 if y is None else np.asarray(y).max())) + 1
    from matplotlib.colors import ListedColormap

    colours = [COLOURS[i % len(COLOURS)] for i in range(n)]
    shades = {"cmap": ListedColormap(colours), "vmin": -0.5, "vmax": n - 0.5, "alpha": 0.25}
    ax.pcolormesh(across, up, classes, rasterized=True, **shades)
    if n > 1:
        ax.contour(across, up, classes, levels=np.arange(n - 1) + 0.5, colors="0.3", linewidths=0.8)
    labels = np.zeros(len(points), np.int64) if y is None else np.asarray(y).reshape(-1).astype(np.int64)
    for label in np.unique(labels):
        where = points[labels == label]
        name = None if y is None else str(label)
        ax.scatter(*where.T, s=16, color=colours[label], edgecolor="white", linewidth=0.5, label=name)
    return labelled(ax, x="x₁", y="x₂", legend=y is not None)


def _scores(model: Module, points: Array) -> Array:
    dtype = next((p.dtype for p in model.parameters()), np.dtype(np.float32))
    with evaluating(model):
        scores: Array = model(from_numpy(points.astype(dtype))).numpy()
    return scores


def _decision(scores: Array) -> Array:
    if scores.ndim == 2 and scores.shape[1] > 1:
        largest: Array = scores.argmax(1)
        return largest
    between = scores.min() >= 0 and scores.max() <= 1
    return np.greater(scores.reshape(-1), 0.5 if between else 0).astype(np.int64)
