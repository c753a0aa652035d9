"""Rules of what looks through windows: which elements a convolution or a pooling takes, and where its window lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.blocks import Blocks
from glassnet.explain.walkthrough.decimals import written_number
from glassnet.explain.walkthrough.rules import (
    Index,
    Operand,
    Rule,
    array_of,
    is_given,
    op_of,
    series,
    shape_of_operand,
    unraveled,
)
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.worked_formula import binary
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import Formula, Number
from glassnet.ops.layers import avg_pooling, convolution, max_pooling, windows
from glassnet.ops.layers.convolution_shapes import each
from glassnet.ops.record import Op
from glassnet.ops.shapes import Shape

Told = str | Blocks
About = Callable[[Value, Index], Iterator[Told]]
"""What is told about an element besides its formula: sentences, and matrices to look at."""
OUTSIDE = -1  # the position of what lies in the padding


def positions_seen(lengths: Shape, size: Shape, params: Any) -> Array:
    """Which position each window sees at each of its places: [windows…, size…]."""
    n = len(lengths)
    everywhere = np.arange(math.prod(lengths)).reshape(lengths)
    padding, stride, dilation = (
        each(params.get(name, usual), n) for name, usual in (("padding", 0), ("stride", 1), ("dilation", 1))
    )
    padded = np.pad(everywhere, [(p, p) for p in padding], constant_values=OUTSIDE)
    seen: Array = windows.windows.forward(padded, size=size, stride=stride, dilation=dilation)
    return seen


# convolution, and its two derivatives --------------------------------------------------------------


def _seen_by_convolution(value: Value, index: Index) -> tuple[Array, range]:
    """The positions that the window of an element sees, and the channels."""
    x, weight = array_of(value, 0), array_of(value, 1)
    params = op_of(value)[1]
    seen = positions_seen(x.shape[2:], weight.shape[2:], params)[index[2:]]
    group = index[1] // (len(weight) // params.get("groups", 1))
    return seen, range(group * weight.shape[1], (group + 1) * weight.shape[1])


def _convolution(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    x = array_of(value, 0)
    seen, channels = _seen_by_convolution(value, index)
    inside = np.argwhere(seen != OUTSIDE)
    terms = [
        ((index[0], channel, *unraveled(seen[tuple(place)], x.shape[2:])), (index[1], c, *map(int, place)))
        for c, channel in enumerate(channels)
        for place in inside
    ]
    return _products(value, terms, operand, shown, bias=index[1])


def _conv_transpose(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    x, weight = array_of(value, 0), array_of(value, 1)
    params = op_of(value)[1]
    lengths = value.array.shape[2:]
    n = len(lengths)
    seen = positions_seen(lengths, weight.shape[2:], params)
    here = np.argwhere(seen == np.ravel_multi_index(index[2:], lengths))
    outputs = len(weight) // params.get("groups", 1)
    group, channel = divmod(index[1], weight.shape[1])
    terms = [
        ((index[0], o, *map(int, place[:n])), (o, channel, *map(int, place[n:])))
        for o in range(group * outputs, (group + 1) * outputs)
        for place in here
        if all(i < m for i, m in zip(place[:n], x.shape[2:], strict=True))
    ]
    return _products(value, terms, operand, shown, bias=index[1])


def _convolution_weight(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    x, g = array_of(value, 0), array_of(value, 1)
    params = op_of(value)[1]
    within: tuple[Any, ...] = (..., *index[2:])
    seen = positions_seen(x.shape[2:], value.array.shape[2:], params)[within]
    channel = index[0] // (len(value.array) // params.get("groups", 1)) * value.array.shape[1] + index[1]
    inside = np.argwhere(seen != OUTSIDE)
    terms = [
        ((n, channel, *unraveled(seen[tuple(place)], x.shape[2:])), (n, index[0], *map(int, place)))
        for n in range(len(g))
        for place in inside
    ]
    return _products(value, terms, operand, shown)


def _products(
    value: Value, terms: list[tuple[Index, Index]], operand: Operand, shown: int, bias: int | None = None
) -> Formula:
    """Σ a·b over elements of the first two operands, with what the third adds."""
    a, b = array_of(value, 0), array_of(value, 1)
    numbers = np.array([float(a[i]) * float(b[j]) for i, j in terms])
    total = series("+", numbers, lambda k: binary("*", operand(0, terms[k][0]), operand(1, terms[k][1])), shown, zero=0)
    return total if bias is None or not is_given(value, 2) else binary("+", total, operand(2, (bias,)))


# pooling, windows, and back ------------------------------------------------------------------------


def _elements_seen(value: Value, index: Index) -> list[Index]:
    """The elements of x that the window of a pooling looks at."""
    params, x = op_of(value)[1], array_of(value, 0)
    n = len(params["size"])
    lead, lengths = index[:-n], x.shape[-n:]
    seen = positions_seen(lengths, params["size"], params)[index[-n:]]
    return [(*lead, *unraveled(position, lengths)) for position in seen.ravel()]


def _max_pool(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    places, x = _elements_seen(value, index), array_of(value, 0)
    return series("max", np.array([x[place] for place in places]), lambda k: operand(0, places[k]), shown)


def _avg_pool(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    places, x = _elements_seen(value, index), array_of(value, 0)
    total = series("+", np.array([x[place] for place in places]), lambda k: operand(0, places[k]), shown)
    return binary("/", total, Number(len(places)))


def _windows_won(value: Value, index: Index) -> list[Index]:
    """The windows in which a place is the largest, of what `max_pool_backward` gives."""
    params, x = op_of(value)[1], array_of(value, 1)
    n = len(params["size"])
    lead, lengths = index[:-n], x.shape[-n:]
    winner: Array = max_pooling.max_pool_indices.forward(x[lead], **params)
    return [(*lead, *map(int, window)) for window in np.argwhere(winner == np.ravel_multi_index(index[-n:], lengths))]


def _max_pool_backward(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    g, won = array_of(value, 0), _windows_won(value, index)
    return series("+", np.array([g[place] for place in won]), lambda k: operand(0, won[k]), shown)


def _windows(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params, lengths = op_of(value)[1], shape_of_operand(value, 0)
    n = len(params["size"])
    position = positions_seen(lengths[-n:], params["size"], params)[index[-2 * n :]]
    return operand(0, (*index[: -2 * n], *unraveled(int(position), lengths[-n:])))


def _add_windows(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params, x = op_of(value)[1], array_of(value, 0)
    lengths = tuple(params["lengths"])
    n = len(lengths)
    seen = positions_seen(lengths, x.shape[-n:], params)
    here = np.argwhere(seen == np.ravel_multi_index(index[-n:], lengths))
    places = [(*index[:-n], *map(int, place)) for place in here]
    return series("+", np.array([x[place] for place in places]), lambda k: operand(0, places[k]), shown, zero=0)


def _pad(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params, lengths = op_of(value)[1], shape_of_operand(value, 0)
    before = [0] * (len(lengths) - len(params["widths"])) + [first for first, _ in params["widths"]]
    place = tuple(i - b for i, b in zip(index, before, strict=True))
    if all(0 <= i < m for i, m in zip(place, lengths, strict=True)):
        return operand(0, place)
    return Number(float(params.get("value", 0.0)))


WINDOW_RULES: dict[Op, Rule] = {
    convolution.convolution: _convolution,
    convolution.conv_transpose: _conv_transpose,
    convolution.convolution_weight: _convolution_weight,
    max_pooling.max_pool: _max_pool,
    max_pooling.max_pool_backward: _max_pool_backward,
    avg_pooling.avg_pool: _avg_pool,
    windows.windows: _windows,
    windows.add_windows: _add_windows,
    windows.pad: _pad,
}


# where the window lies, and what it sees -----------------------------------------------------------


def _span(seen: Array, lengths: Shape) -> tuple[str, int]:
    """Which rows and columns a window sees ("2:5, 0:2"), and how many of its places lie in the padding."""
    inside = seen[seen != OUTSIDE]
    if not inside.size:
        return "the padding alone", seen.size
    ranges = []
    for along in np.unravel_index(inside, lengths):
        places = np.unique(along)
        step = f":{places[1] - places[0]}" if len(places) > 1 and places[1] - places[0] > 1 else ""
        ranges.append(f"{places[0]}:{places[-1] + 1}{step}")
    return ", ".join(ranges), seen.size - inside.size


def _about_convolution(value: Value, index: Index) -> Iterator[Told]:
    x, weight = array_of(value, 0), array_of(value, 1)
    seen, channels = _seen_by_convolution(value, index)
    window = np.where(
        seen == OUTSIDE, 0, x[index[0], channels.start : channels.stop].reshape(len(channels), -1)[:, seen]
    )
    products = window.astype(np.float64) * weight[index[1]]
    sums = products.reshape(len(channels), -1).sum(axis=1)
    span, outside = _span(seen, x.shape[2:])
    padding = f", {outside} of its {seen.size} places in the padding, 0" if outside else ""
    x_name, weight_name = (_name(value, i) for i in (0, 1))
    count = f"{len(channels)} channels" if len(channels) > 1 else "1 channel"
    yield f"its window: {x_name}[{index[0]}, …, {span}], {count}{padding}; its kernel: {weight_name}[{index[1]}]"
    lead = products.shape[: max(1, products.ndim - 2)]  # channels, and the depth of a kernel of three dimensions
    chosen, *depth = np.unravel_index(int(np.argmax(_weight(products))), lead)
    if len(channels) > 1:
        part = f"channel {channels[chosen]}" + "".join(f", depth {d}" for d in depth)
        yield f"{part} weighs most: {written_number(sums[chosen])} of {written_number(sums.sum())}"
    place = (chosen, *depth)
    yield (
        (f"window, {part}" if len(channels) > 1 else "window", window[place]),
        ("· kernel", weight[(index[1], *place)]),
        ("= products", products[place]),
    )


def _weight(products: Array) -> Array:
    """How much each plane of a window weighs in the sum."""
    weighed: Array = np.abs(products.sum(axis=tuple(range(max(1, products.ndim - 2), products.ndim))))
    return np.where(np.isnan(weighed), np.inf, weighed)


def _about_pooling(value: Value, index: Index) -> Iterator[Told]:
    params, x = op_of(value)[1], array_of(value, 0)
    n = len(params["size"])
    lengths = x.shape[-n:]
    seen = positions_seen(lengths, params["size"], params)[index[-n:]]
    span, _ = _span(seen, lengths)
    lead = "".join(f"{i}, " for i in index[:-n])
    window = x[index[:-n]].ravel()[seen]
    text = f"its window: {_name(value, 0)}[{lead}{span}]"
    if op_of(value)[0] is max_pooling.max_pool:
        won = int(max_pooling.max_pool_indices.forward(x[index[:-n]], **params)[index[-n:]])
        place = ",".join(map(str, (*index[:-n], *unraveled(won, lengths))))
        text += f"; the largest is [{place}], the only one that a gradient goes back to"
    yield text
    yield (("window", window[0] if n == 3 else window),)


def _about_max_pool_backward(value: Value, index: Index) -> Iterator[Told]:
    if not _windows_won(value, index):
        yield "it is not the largest of any window, so no gradient comes back to it"


def _name(value: Value, position: int) -> str:
    x = value.operands[position]
    return x.name if isinstance(x, Value) else "x"


ABOUT_WINDOWS: dict[Op, About] = {
    convolution.convolution: _about_convolution,
    max_pooling.max_pool: _about_pooling,
    avg_pooling.avg_pool: _about_pooling,
    max_pooling.max_pool_backward: _about_max_pool_backward,
}
