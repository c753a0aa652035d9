"""Convolution in pictures: kernels, feature maps, and which pixels a class depends on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.autograd import enable_grad, grad
from glassnet.errors import RangeError, ShapeError
from glassnet.explain.plots.axes import grid, plain
from glassnet.explain.plots.fonts import legible
from glassnet.explain.plots.inside_layers import layer_of, outputs_of
from glassnet.nn.module import Module, evaluating
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import from_numpy

SHOWN = 32
LETTER = 0.085  # inches of a letter of a title
METHODS = ("gradient", "integrated_gradients")


@legible
def kernels(model: Module, layer: str | None = None, most: int = SHOWN, ax: Any = None) -> list[Any]:
    """Draw the kernels of a convolution, one a picture: red for positive, blue for negative.

    Of the first convolution, or of the ``layer`` of that name; at most ``most``, the first ones. The title says which:
    of which output channel, and from which input channel. Gives a list of axes.

    >>> from glassnet.explain import plots
    >>> [ax.get_title() for ax in plots.kernels(nn.Sequential(nn.Conv2d(2, 2, 3)))]
    ['0 ← 0', '0 ← 1', '1 ← 0', '1 ← 1']
    """
    from glassnet.nn.convolution import Conv1d, Conv2d, Conv3d

    path, module = layer_of("kernels", "convolution", model, (Conv1d, Conv2d, Conv3d), layer)
    weight = module.weight.detach().numpy()
    weight = weight if weight.ndim > 3 else weight[:, :, np.newaxis]
    weight = weight[:, :, weight.shape[2] // 2] if weight.ndim == 5 else weight  # the middle of a kernel with a depth
    places = list(np.ndindex(*weight.shape[:2]))
    shown = places[:most]
    drawn = grid(len(shown), ax, columns=8, width=8, height=1.15 * math.ceil(len(shown) / 8) + 0.6)
    limit = float(np.abs(weight).max()) or 1.0
    for (o, c), where in zip(shown, drawn, strict=True):
        _image(where, weight[o, c], f"{o} ← {c}", cmap="RdBu_r", vmin=-limit, vmax=limit)
    if ax is None:
        part = f", {len(shown)} of {len(places)}" if len(shown) < len(places) else ""
        drawn[0].figure.suptitle(
            plain(f"kernels of {path} {type(module).__name__}".replace("  ", " ") + part), fontsize=10
        )
    return drawn


@legible
def feature_maps(model: Module, x: Tensor, layer: str | None = None, most: int = 8, ax: Any = None) -> list[Any]:
    """Draw what layers make of one picture ``x`` [C, H, W] (or [1, C, H, W]): a row of feature maps a layer.

    A network whose pictures have no channels, [N, H, W], takes ``x`` [H, W].

    Of every layer that gives pictures, or of the ``layer`` of that name; at most ``most`` channels of each, the first
    ones. The network is run in evaluation mode. Gives a list of axes.

    >>> from glassnet.explain import plots
    >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    >>> [ax.get_title() for ax in plots.feature_maps(model, glassnet.randn(1, 8, 8))]
    ['0 Conv2d\\n0', '1', '1 ReLU\\n0', '1']
    """
    x = _one("feature_maps", x)
    with evaluating(model):
        outputs = {name: y for name, y in outputs_of(model, x).items() if y.ndim == 4 and len(y) == 1}
    if layer is not None:
        outputs = {name: y for name, y in outputs.items() if name.partition(" ")[0] == layer}
    if not outputs:
        which = f"the layer {layer!r:.60}" if layer is not None else "a layer"
        raise ValueError(f"feature_maps: expected {which} to give pictures [1, C, H, W], found none; see print(model)")
    counts = [min(most, y.shape[1]) for y in outputs.values()]
    maps = [
        (_title(name, c, count, y.shape[1]), y[0, c])
        for (name, y), count in zip(outputs.items(), counts, strict=True)
        for c in range(count)
    ]
    drawn = _rows(counts, ax, LETTER * max(len(title.partition("\n")[0]) for title, _ in maps))
    for (title, picture), where in zip(maps, drawn, strict=True):
        _image(where, picture, title, cmap="gray")
        where.title.set_ha("left")
        where.title.set_x(0)
    return drawn


@legible
def saliency(
    model: Module,
    x: Tensor,
    target: int | None = None,
    method: str = "gradient",
    baseline: Tensor | None = None,
    steps: int = 64,
    ax: Any = None,
) -> list[Any]:
    """Draw one picture ``x`` [C, H, W], and beside it how much each pixel does for the score of class ``target``.

    A network whose pictures have no channels, [N, H, W], takes ``x`` [H, W]. Of the class with the greatest score if
    ``target`` is None. For ``method`` see `attributions`. Gives both axes.

    >>> from glassnet.explain import plots
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    >>> [ax.get_title() for ax in plots.saliency(model, glassnet.randn(1, 4, 4), target=2)]
    ['input', 'gradient of score 2']
    """
    x = _one("saliency", x)
    target = _target(model, x) if target is None else target
    shares = attributions(model, x, target, method, baseline, steps)[0]
    picture, drawn = x.detach().numpy()[0], grid(2, ax, columns=2, width=6.4, height=3.4)
    if picture.ndim == 2:
        picture, shares = picture[np.newaxis], shares[np.newaxis]
    if len(picture) == 3:
        low, high = float(picture.min()), float(picture.max())
        _image(drawn[0], (picture.transpose(1, 2, 0) - low) / ((high - low) or 1.0), "input")
    else:
        _image(drawn[0], picture.mean(0), "input", cmap="gray")
    total = shares.sum(0)
    limit = float(np.abs(total).max()) or 1.0
    name = {"gradient": "gradient", "integrated_gradients": "integrated gradients"}[method]
    _image(drawn[1], total, f"{name} of score {target}", cmap="RdBu_r", vmin=-limit, vmax=limit)
    return drawn


def attributions(
    model: Module,
    x: Tensor,
    target: int,
    method: str = "gradient",
    baseline: Tensor | None = None,
    steps: int = 64,
) -> Array:
    """How much each number of ``x`` [1, …] does for the score of class ``target``: an array of the shape of ``x``.

    "gradient" is ∂score/∂x (K. Simonyan, A. Vedaldi and A. Zisserman, Deep Inside Convolutional Networks, 2013).
    "integrated_gradients" is its mean on the straight line from ``baseline`` (zeros) to ``x``, in ``steps`` steps,
    times x − baseline: together these are the difference of the scores (M. Sundararajan et al., Axiomatic Attribution
    for Deep Networks, 2017). The network is run in evaluation mode, and its gradients are left as they are.

    Raises ValueError for another method, ShapeError for a baseline of another shape, RangeError for no such class.

    >>> from glassnet.explain.plots import attributions
    >>> layer = nn.Linear(2, 1)
    >>> with glassnet.no_grad():
    ...     layer.weight[:] = glassnet.tensor([[2.0, -1.0]])
    >>> attributions(layer, glassnet.tensor([[3.0, 4.0]]), 0, "integrated_gradients")
    array([[ 6., -4.]], dtype=float32)
    """
    if method not in METHODS:
        raise ValueError(f"saliency: expected method {' or '.join(map(repr, METHODS))}, got {method!r:.60}")
    if steps < 1:
        raise RangeError(f"saliency: expected 1 step or more, got {steps}")
    end = x.detach().numpy()
    with evaluating(model), enable_grad():
        if method == "gradient":
            return _gradient(model, end, target)
        start = np.zeros_like(end) if baseline is None else np.asarray(baseline.detach().numpy(), end.dtype)
        if start.ndim == end.ndim - 1:
            start = start[np.newaxis]
        if start.shape != end.shape:
            raise ShapeError(
                f"saliency: expected a baseline of the shape of x, {written(end.shape)}, got {written(start.shape)}"
            )
        total = np.zeros(end.shape)
        for step in range(steps):
            total += _gradient(model, start + (end - start) * ((step + 0.5) / steps), target)
        mean: Array = (total / steps).astype(end.dtype)
    attributed: Array = mean * (end - start)
    return attributed


def _gradient(model: Module, x: Array, target: int) -> Array:
    """∂ score of class ``target`` / ∂x."""
    given = from_numpy(np.ascontiguousarray(x)).requires_grad_()
    scores = model(given)
    if not isinstance(scores, Tensor) or scores.ndim != 2:
        got = written(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise ShapeError(f"saliency: expected a network that gives scores [1, classes], got {got}")
    if not -scores.shape[1] <= target < scores.shape[1]:
        raise RangeError(f"saliency: expected a target from 0 to {scores.shape[1] - 1}, got {target}")
    (slope,) = grad(scores[0, target], [given])
    assert slope is not None
    return slope.numpy()


def _target(model: Module, x: Tensor) -> int:
    with evaluating(model):
        return int(model(x).detach().numpy().argmax())


def _one(name: str, x: Tensor) -> Tensor:
    """One picture as a batch. Raises ShapeError for what is none."""
    batch = x.unsqueeze(0) if x.ndim in (2, 3) else x
    if batch.ndim not in (3, 4) or len(batch) != 1:
        raise ShapeError(f"{name}: expected one picture [C, H, W], got {written(x.shape)}; take one: x[0]")
    return batch.detach()


def _title(name: str, channel: int, shown: int, channels: int) -> str:
    """The number of a channel; above that of the first, where there is room, the layer, and how many are in the row."""
    if channel:
        return str(channel)
    layer = name if shown == channels else f"{name}, {shown} of {channels}"
    return layer if shown == 1 else f"{layer}\n0"


def _image(where: Any, picture: Array, title: str, **how: Any) -> None:
    where.imshow(picture, **how)
    where.set_title(plain(title), fontsize=8, pad=3)
    where.set_xticks([])
    where.set_yticks([])


def _rows(counts: list[int], ax: Any, least: float) -> list[Any]:
    """Axes in rows of as many as ``counts``, in a figure that is ``least`` inches wide or more."""
    if ax is not None:
        return grid(sum(counts), ax)
    columns = max(counts)
    size = 1.1 if columns > 2 else 1.8
    places = iter(
        grid(
            columns * len(counts),
            columns=columns,
            width=max(columns * size, least),
            height=len(counts) * (size + 0.35),
        )
    )
    drawn = []
    for count in counts:
        for column in range(columns):
            where = next(places)
            if column < count:
                drawn.append(where)
            else:
                where.remove()
    return drawn
