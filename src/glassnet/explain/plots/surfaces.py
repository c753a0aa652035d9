"""Over a plane: what a network decides, a loss around where a network is, and the paths of optimizers down a hill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.plots.axes import COLOURS, axes, labelled
from glassnet.explain.plots.fonts import legible
from glassnet.nn.module import Module, evaluating
from glassnet.nn.parameter import Parameter
from glassnet.ops.dtypes import Array
from glassnet.optim import Optimizer
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor, from_numpy, tensor

LEVELS = 24
STEPS = 200  # from one side of a decision to the other
MARGIN = 0.15  # of the range of the points, around them
Hill = Callable[[Tensor, Tensor], Tensor]


@legible
def decision_boundary(model: Module, x: Any, y: Any = None, ax: Any = None) -> Any:
    """Draw what ``model`` says of each place of the plane, and the points ``x`` [n, 2] in the colours of ``y`` [n].

    One output a class: the largest decides. A single output: class 1 where it is above 0, or, where all
    lie between 0 and 1, above 1/2. Gives the axes back.

    >>> from glassnet.explain import plots
    >>> ax = plots.decision_boundary(nn.Linear(2, 2), glassnet.randn(20, 2), glassnet.randint(2, (20,)))
    >>> ax.get_xlabel()
    'x₁'
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


@legible
def loss_surface(
    model: Module,
    x: Tensor,
    y: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    reach: float = 1.0,
    steps: int = 25,
    seed: int = 0,
    ax: Any = None,
) -> Any:
    """Draw the loss along two random directions from where the parameters of ``model`` are now.

    A direction has, for each row of weights, the length of that row, so that surfaces of networks whose
    layers are scaled differently can be compared; biases stay (filter normalization: H. Li et al.,
    "Visualizing the Loss Landscape of Neural Nets", 2018). ``reach`` is how far, in such lengths.
    The parameters are as before afterwards. Gives the axes back.

    >>> from glassnet.explain import plots
    >>> ax = plots.loss_surface(nn.Linear(2, 1), glassnet.randn(8, 2), glassnet.randn(8, 1), F.mse_loss, steps=5)
    >>> ax.get_xlabel()
    'first direction'
    """
    if steps < 2 or not reach > 0:
        raise ValueError(f"loss_surface: expected 2 steps or more and a reach above 0, got {steps} and {reach}")
    losses, places = surface_of(model, x, y, loss, reach, steps, seed)
    ax = axes(ax, width=5.4, height=4.4)
    finite = np.where(np.isfinite(losses), losses, np.nan)
    drawn = ax.contourf(places, places, finite, levels=LEVELS, cmap="viridis")
    ax.figure.colorbar(drawn, ax=ax, label="loss")
    ax.plot(0, 0, "o", color="white", markeredgecolor="black", label="now")
    return labelled(ax, x="first direction", y="second direction", legend=False)


def surface_of(
    model: Module, x: Tensor, y: Tensor, loss: Callable[..., Tensor], reach: float, steps: int, seed: int
) -> tuple[Array, Array]:
    """The losses [steps, steps] (second direction down, first across), and where along a direction they are."""
    parameters = [p for p in model.parameters() if p.is_floating_point()]
    random = np.random.default_rng(seed)
    first, second = ([_direction(p, random) for p in parameters] for _ in range(2))
    places = np.linspace(-reach, reach, steps)
    losses = np.empty((steps, steps))
    before = [p.data for p in parameters]
    try:
        with no_grad():
            for row, b in enumerate(places):
                for column, a in enumerate(places):
                    for p, start, d, e in zip(parameters, before, first, second, strict=True):
                        p.data = start + d * float(a) + e * float(b)
                    losses[row, column] = loss(model(x), y).item()
    finally:
        for p, start in zip(parameters, before, strict=True):
            p.data = start
    return losses, places


def _direction(parameter: Parameter, random: np.random.Generator) -> Tensor:
    weights = parameter.detach().numpy()
    if weights.ndim < 2:
        return tensor(np.zeros_like(weights))
    drawn = random.standard_normal(weights.shape)
    inner = tuple(range(1, weights.ndim))
    lengths = [np.sqrt((array**2).sum(inner, keepdims=True)) for array in (weights, drawn)]
    return tensor((drawn * lengths[0] / np.maximum(lengths[1], 1e-12)).astype(weights.dtype))


@legible
def optimizer_paths(
    hill: Hill,
    optimizers: Mapping[str, Callable[[Sequence[Parameter]], Optimizer]],
    start: tuple[float, float] = (-7.0, 2.0),
    steps: int = 30,
    domain: tuple[float, float, float, float] = (-10.0, 10.0, -5.0, 5.0),
    ax: Any = None,
) -> Any:
    """Draw the paths that optimizers take down ``hill``, a function of two tensors (x, y) that gives a number.

    ``optimizers`` are functions of a list of parameters, by name: ``{"SGD": lambda p: optim.SGD(p, lr=0.95)}``.
    ``domain`` is (x from, x to, y from, y to). Gives the axes back.

    >>> from glassnet.explain import plots
    >>> makers = {"SGD": lambda p: optim.SGD(p, lr=0.95), "Adam": lambda p: optim.Adam(p, lr=0.3)}
    >>> ax = plots.optimizer_paths(lambda x, y: x**2 / 20 + y**2, makers)
    >>> [line.get_label() for line in ax.lines]
    ['SGD', 'Adam']
    """
    left, right, bottom, top = domain
    if not (left < right and bottom < top) or not optimizers:
        raise ValueError(f"optimizer_paths: expected optimizers and a domain (left, right, bottom, top), got {domain}")
    ax = axes(ax, width=6.4, height=4.4)
    across, up = np.linspace(left, right, 200), np.linspace(bottom, top, 200)
    with no_grad():
        heights = hill(*(tensor(side) for side in np.meshgrid(across, up))).numpy()
    # levels that grow like squares: a bowl has them evenly spaced
    levels = heights.min() + np.linspace(0, 1, LEVELS) ** 2 * (np.ptp(heights) or 1.0)
    ax.contour(across, up, heights, levels=levels, colors="0.75", linewidths=0.8)
    for number, (name, make) in enumerate(optimizers.items()):
        path = path_of(hill, make, start, steps)
        ax.plot(*path.T, "o-", color=COLOURS[number % len(COLOURS)], markersize=3, linewidth=1.4, label=name)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    return labelled(ax, x="x", y="y", legend=True)


def path_of(hill: Hill, make: Callable[..., Optimizer], start: tuple[float, float], steps: int) -> Array:
    """The places [steps + 1, 2] that an optimizer comes through."""
    x, y = (Parameter(tensor(float(value), dtype=np.dtype(np.float64))) for value in start)
    optimizer = make([x, y])
    places = [(x.item(), y.item())]
    for _ in range(steps):
        optimizer.zero_grad()
        hill(x, y).backward()
        optimizer.step()
        places.append((x.item(), y.item()))
    return np.array(places)
