"""The neuron diagram: circles for the numbers of each layer, a line for each weight.

A line is wider for a larger weight, red where it is positive and blue where it is negative. What follows a layer
is written under it. A layer too large to draw shows its first and last neurons, and says how many
there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from glassnet.explain.draw.boxes import DrawError
from glassnet.explain.draw.svg import LINE, Canvas, width_of
from glassnet.nn.innermost import layers_within
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.text import shown

SHOWN = 12  # neurons of one layer; more are shortened to the first and the last ones
ENDS = (7, 3)  # of a layer that is shortened
RADIUS, COLUMN = 13.0, 170.0
BETWEEN, BETWEEN_WRITTEN = 38.0, 54.0  # from neuron to neuron, without and with a number under each
WIDEST = 5.0
WRITTEN = 6  # neurons in a column whose biases are written under them, at most


@dataclass
class Layer:
    """A column of neurons: ``weight`` and ``bias`` make it of the one before, ``after`` follows it."""

    size: int
    name: str
    weight: Array | None = None
    bias: Array | None = None
    after: list[str] = field(default_factory=list)

    @property
    def shown(self) -> list[int]:
        """The neurons that are drawn."""
        if self.size <= SHOWN:
            return list(range(self.size))
        return [*range(ENDS[0]), *range(self.size - ENDS[1], self.size)]

    def place(self, neuron: int) -> int | None:
        """The row of a neuron, with one left free for the ellipsis; None if it is not drawn."""
        if neuron not in self.shown:
            return None
        return self.shown.index(neuron) + (self.size > SHOWN and neuron >= ENDS[0])

    @property
    def rows(self) -> int:
        """How many places it takes."""
        return len(self.shown) + (self.size > SHOWN)


Height = Callable[[Layer, int], float]


def layers_of(model: Module) -> list[Layer]:
    """The layers of a network whose modules follow one another. Raises DrawError for one without linear layers."""
    layers: list[Layer] = []
    for path, module in layers_within(model):
        if isinstance(module, Linear):
            if layers and layers[-1].size != module.in_features:
                raise DrawError(
                    f"the layer {shown(path)} takes {module.in_features} numbers and the one before it gives "
                    f"{layers[-1].size}: they do not simply follow one another; draw the graph: glassnet.draw(model, x)"
                )
            if not layers:
                layers.append(Layer(module.in_features, "input"))
            bias = None if module.bias is None else module.bias.detach().numpy()
            weight = module.weight.detach().numpy()
            layers.append(Layer(module.out_features, path or "output", weight, bias))
        elif any(parameter.ndim > 1 for parameter in module.parameters(recurse=False)):
            which = type(module).__name__ + (f" ({shown(path)})" if path else "")
            raise DrawError(
                f"draw: expected linear layers, which are drawn as neurons, got {which}; draw the graph, with an "
                "input: glassnet.draw(model, x)"
            )
        elif not list(module.children()) and layers:
            layers[-1].after.append(type(module).__name__)
    if not layers:
        raise DrawError(
            f"{type(model).__name__} has no linear layers to draw as neurons; draw its graph: glassnet.draw(model, x)"
        )
    return layers


def draw_neurons(model: Module) -> Canvas:
    """The diagram of ``model``."""
    layers = layers_of(model)
    canvas = Canvas(" → ".join(str(layer.size) for layer in layers))
    tallest = max(layer.rows for layer in layers)
    middles = [COLUMN * i + 60 for i in range(len(layers))]
    written = tallest <= WRITTEN
    between = BETWEEN_WRITTEN if written else BETWEEN

    def height(layer: Layer, row: int) -> float:
        return RADIUS + 2 * LINE + between * (row + (tallest - layer.rows) / 2)

    for i, layer in enumerate(layers[1:], 1):
        _lines(canvas, layers[i - 1], layer, middles[i - 1], middles[i], height)
    bottom = RADIUS + 2 * LINE + between * tallest
    for layer, x in zip(layers, middles, strict=True):
        canvas.text(x, LINE / 2, _fits(layer.name), "strong", "middle", hint=layer.name)
        for neuron in layer.shown:
            row = layer.place(neuron)
            assert row is not None
            y = height(layer, row)
            canvas.circle(x, y, RADIUS, "neuron", hint=f"{layer.name}[{neuron}]")
            if layer.bias is not None and written:
                bias = float(layer.bias[neuron])
                canvas.text(x, y + RADIUS + 10, f"{bias:+.2g}", "faint", "middle", hint=f"bias[{neuron}] = {bias:.4g}")
        if layer.size > SHOWN:
            canvas.text(x, height(layer, ENDS[0]), "⋮", "strong", "middle")
        count = f"{layer.size:,}" if layer.size <= SHOWN else f"{layer.size:,}, {len(layer.shown)} shown"
        notes = [count, *layer.after]
        for number, note in enumerate(notes):
            canvas.text(
                x, bottom + LINE * (number + 0.5), _fits(note), "faint" if number == 0 else "", "middle", hint=note
            )
    return canvas


def _lines(canvas: Canvas, before: Layer, layer: Layer, left: float, right: float, height: Height) -> None:
    """A line for each weight between two neurons that are drawn, the small ones first."""
    weight = layer.weight
    assert weight is not None
    ends = [(i, j) for j in before.shown for i in layer.shown]
    largest = float(np.abs(np.nan_to_num(weight)).max(initial=0)) or 1.0
    widest = min(WIDEST, 4 * WIDEST / np.sqrt(max(len(ends), 1)))  # many thick lines would hide each other
    for i, j in sorted(ends, key=lambda ij: abs(float(weight[ij]))):
        value = float(weight[i, j])
        start, end = before.place(j), layer.place(i)
        assert start is not None
        assert end is not None
        width = 0.3 + widest * (min(abs(value) / largest, 1.0) if np.isfinite(value) else 1.0)
        style = "positive" if value >= 0 else "negative"
        hint = f"weight[{i}, {j}] = {value:.4g}"
        canvas.line(left + RADIUS, height(before, start), right - RADIUS, height(layer, end), style, width, hint)


def _fits(text: str) -> str:
    """``text``, shortened to what a column has room for."""
    text = shown(text)
    while width_of(text) > COLUMN - 12:
        text = text.removesuffix("…")[:-1] + "…"
    return text
