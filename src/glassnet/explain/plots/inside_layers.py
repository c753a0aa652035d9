"""What goes on in each layer: weights as pictures, and the numbers that flow forward and back."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.explain.plots.axes import COLOURS, axes, grid, labelled, plain
from glassnet.explain.plots.fonts import legible
from glassnet.nn.innermost import innermost
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor
from glassnet.text import shown

Loss = Callable[[Tensor, Tensor], Tensor]
PICTURES = 32


@legible
def weights(model: Module, shape: tuple[int, ...] | None = None, units: int = PICTURES, ax: Any = None) -> list[Any]:
    """Draw the weights of the first layer as pictures, one a unit: red for positive, blue for negative.

    ``shape`` is that of an input, such as (28, 28); a square if None. At most ``units`` are drawn, the first
    ones. Gives a list of axes.

    >>> from glassnet.explain import plots
    >>> len(plots.weights(nn.Linear(16, 5)))
    5
    """
    first = next(((n, p) for n, p in model.named_parameters() if p.ndim >= 2), None)
    if first is None:
        raise ValueError(f"weights: expected a network with a layer of weights, got {type(model).__name__} without")
    name, parameter = first
    matrix = parameter.detach().numpy().reshape(parameter.shape[0], -1)
    side = math.isqrt(matrix.shape[1])
    if shape is None and side * side == matrix.shape[1]:
        shape = (side, side)
    shape = tuple(n for n in shape or () if n != 1)
    if len(shape) != 2 or math.prod(shape) != matrix.shape[1]:
        raise ValueError(
            f"weights: expected the shape of a picture of {matrix.shape[1]} numbers, as {name} has them for each unit, "
            f"got {shape or None}"
        )
    pictures = matrix[:units]
    rows = math.ceil(len(pictures) / 8)
    drawn = grid(len(pictures), ax, columns=8, width=8, height=rows * 1.15 + 0.3)
    limit = float(np.abs(pictures).max()) or 1.0
    for unit, (where, picture) in enumerate(zip(drawn, pictures, strict=True)):
        where.imshow(picture.reshape(shape), cmap="RdBu_r", vmin=-limit, vmax=limit)
        where.set_title(str(unit), fontsize=7, pad=2)
        where.set_xticks([])
        where.set_yticks([])
    return drawn


@legible
def activations(model: Module, x: Tensor, bins: int = 50, ax: Any = None) -> list[Any]:
    """Draw a histogram of what each layer gives for the inputs ``x``. Gives a list of axes, one a layer.

    The share of exact zeros is written beside it: of a ReLU, the units that are off.

    >>> from glassnet.explain import plots
    >>> axes = plots.activations(nn.Sequential(nn.Linear(4, 8), nn.Tanh()), glassnet.randn(32, 4))
    >>> [ax.get_title() for ax in axes]
    ['0 Linear', '1 Tanh']
    """
    outputs = outputs_of(model, x)
    drawn = _grid_of(outputs, ax)
    for (name, values), where in zip(outputs.items(), drawn, strict=True):
        zeros = float(np.mean(values == 0)) if values.size else 0.0
        note = f"\n{100 * zeros:.0f} % zero" if zeros > 0.005 else ""
        _histogram(where, values, bins, shown(name) + note, COLOURS[0])
    return drawn


@legible
def gradients(model: Module, x: Tensor, y: Tensor, loss: Loss, bins: int = 50, ax: Any = None) -> list[Any]:
    """Draw a histogram of ∂loss/∂parameter for each parameter. Gives a list of axes, one a parameter.

    >>> from glassnet.explain import plots
    >>> axes = plots.gradients(nn.Linear(4, 1), glassnet.randn(32, 4), glassnet.randn(32, 1), F.mse_loss)
    >>> [ax.get_title() for ax in axes]
    ['weight', 'bias']
    """
    slopes = gradients_of(model, x, y, loss)
    drawn = _grid_of(slopes, ax)
    for (name, values), where in zip(slopes.items(), drawn, strict=True):
        _histogram(where, values, bins, shown(name), COLOURS[1])
    return drawn


@legible
def gradient_flow(model: Module, x: Tensor, y: Tensor, loss: Loss, ax: Any = None) -> Any:
    """Draw how large the gradients are from the first layer to the last: mean and maximum of \\|∂loss/∂parameter\\|.

    On a logarithmic scale: a line that falls towards the first layer is a gradient that vanishes, one that
    rises is one that explodes. Gives the axes back.

    >>> from glassnet.explain import plots
    >>> ax = plots.gradient_flow(nn.Linear(4, 1), glassnet.randn(32, 4), glassnet.randn(32, 1), F.mse_loss)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['weight', 'bias']
    """
    slopes = {name: np.abs(values) for name, values in gradients_of(model, x, y, loss).items() if values.size}
    ax = axes(ax, width=max(4.0, 0.6 * len(slopes) + 1.5))
    places = range(len(slopes))
    for label, reduce, style in (("maximum", np.max, "o--"), ("mean", np.mean, "o-")):
        sizes = [float(reduce(values)) for values in slopes.values()]
        ax.plot(places, [s if s > 0 else math.nan for s in sizes], style, label=label, color=COLOURS[label == "mean"])
    none = [i for i, values in enumerate(slopes.values()) if not values.any()]
    if none:  # a logarithm cannot show them
        ax.plot(none, [1.0] * len(none), "x", color=COLOURS[6], label="all zero", transform=ax.get_xaxis_transform())
    if len(none) < len(slopes):
        ax.set_yscale("log")
    ax.set_xticks(places, list(map(plain, slopes)), rotation=45, ha="right")
    return labelled(ax, y="size of the gradient", legend=True)


def outputs_of(model: Module, x: Tensor) -> dict[str, Array]:
    """What each innermost layer of ``model`` gives for ``x``, by path and class, in the order of the calls.

    A layer that is used again comes again, as ``fc1 Linear (2)``. The network is as before afterwards.
    """
    outputs: dict[str, Array] = {}
    calls: Counter[str] = Counter()

    def note(path: str) -> Callable[[Module, Any, Any], None]:
        def hook(module: Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                calls[path] += 1
                name = path if calls[path] == 1 else f"{path} ({calls[path]})"
                outputs[name] = output.detach().numpy().copy()

        return hook

    handles = [m.register_forward_hook(note(f"{path} {type(m).__name__}".strip())) for path, m in innermost(model)]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    if not outputs:
        raise ValueError(f"expected a network of layers that give tensors, got {type(model).__name__} without")
    return outputs


def gradients_of(model: Module, x: Tensor, y: Tensor, loss: Loss) -> dict[str, Array]:
    """∂loss/∂parameter of each parameter that has one, by name. What ``.grad`` holds is left as it is."""
    with _grads_kept(model):
        loss(model(x), y).backward()
        return {n: p.grad.numpy().copy() for n, p in model.named_parameters() if p.grad is not None}


def layer_of(plot: str, what: str, model: Module, kinds: tuple[type[Any], ...], layer: str | None) -> tuple[str, Any]:
    """The first layer of one of ``kinds``, or the one called ``layer``, with its name. Raises ValueError for none."""
    found = {path: module for path, module in model.named_modules() if isinstance(module, kinds)}
    if not found:
        raise ValueError(f"{plot}: expected a network with a {what}, got {type(model).__name__} without")
    if layer is None:
        return next(iter(found.items()))
    if layer not in found:
        raise ValueError(f"{plot}: expected a {what} of the network: {', '.join(found)}; got {layer!r:.60}")
    return layer, found[layer]


@contextmanager
def _grads_kept(model: Module) -> Iterator[None]:
    before = [(p, p.grad) for p in model.parameters()]
    for parameter, _ in before:
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, gradient in before:
            parameter.grad = gradient


def _grid_of(layers: dict[str, Array], ax: Any) -> list[Any]:
    n = len(layers)
    return grid(n, ax, columns=4, width=min(3 * n, 12), height=2.4 * math.ceil(n / 4))


def _histogram(where: Any, values: Array, bins: int, title: str, colour: str) -> None:
    flat = values.reshape(-1).astype(np.float64)
    finite = flat[np.isfinite(flat)]
    if finite.size < flat.size:
        title += f"\n{flat.size - finite.size:,} not finite"
    if finite.size:
        where.stairs(*np.histogram(finite, bins), fill=True, color=colour)  # one shape, where hist draws one a bin
        where.locator_params(axis="x", nbins=4)
        where.ticklabel_format(axis="x", scilimits=(-2, 3))
    labelled(where, title=title)
    where.title.set_fontsize(9)
    where.tick_params(labelsize=8)
