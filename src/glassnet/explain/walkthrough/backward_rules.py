"""Rules of the backward of layers: what a norm takes away of a gradient, and how it passes through the gates of a step.

The operations give several gradients as one array. Here each of them is a value with a name, ``lstm_backward1.d_f`` for
what the forget gates added up, and an element of it is told by what flows into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from glassnet.explain.walkthrough.gate_rules import plane_of, steps_of
from glassnet.explain.walkthrough.norm_rules import deviation, over_of, place_of, statistics
from glassnet.explain.walkthrough.rules import (
    Index,
    Operand,
    Reduced,
    Rule,
    array_of,
    broadcast_index,
    is_given,
    op_of,
    series,
    unraveled,
)
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.window_rules import Told
from glassnet.explain.walkthrough.worked_formula import Leaf, binary
from glassnet.ops.formula import Call, Formula, Number
from glassnet.ops.layers import normalization
from glassnet.ops.layers.recurrence import gru, lstm
from glassnet.ops.layers.recurrence.gru import gru_backward
from glassnet.ops.layers.recurrence.lstm import lstm_backward
from glassnet.ops.record import Op

# norms: the operands are g, x, weight, bias, moments --------------------------------------------------

G, X, WEIGHT, BIAS, MOMENTS = range(5)


def _of_norm(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    """The gradients of x, weight and bias stand one after another: which of them, and which element of it."""
    place = index[0]
    for name, position, rule in (("x", X, _of_x), ("weight", WEIGHT, _of_weight), ("bias", BIAS, _of_bias)):
        if is_given(value, position):
            x = array_of(value, position)
            if place < x.size:
                start = index[0] - place
                numbers = value.array[start : start + x.size].reshape(x.shape)
                about = _about_x if position == X else None
                return Leaf(value.part(f"of_{name}", numbers, partial(rule, value), about), unraveled(place, x.shape))
            place -= x.size
    raise IndexError(index)


class _Norm:
    """What the backward of a norm computes on its way, as arrays and as elements."""

    def __init__(self, value: Value) -> None:
        self.value, self.params = value, op_of(value)[1]
        self.dim = tuple(self.params["dim"])
        x = array_of(value, X).astype(np.float64)
        g = array_of(value, G).astype(np.float64)
        self.h = g * array_of(value, WEIGHT) if is_given(value, WEIGHT) else g
        away = x - x.mean(self.dim, keepdims=True) if self.centred else x
        self.xhat = away / np.sqrt(np.square(away).mean(self.dim, keepdims=True) + self.params.get("eps", 1e-5))

    @property
    def centred(self) -> bool:
        """Whether the mean is taken away."""
        return bool(self.params.get("centred", True))

    def h_at(self, index: Index, operand: Operand) -> Formula:
        """g·weight."""
        g = operand(G, index)
        if not is_given(self.value, WEIGHT):
            return g
        return binary("*", g, operand(WEIGHT, broadcast_index(index, array_of(self.value, WEIGHT).shape)))

    def xhat_at(self, index: Index) -> Leaf:
        """x as it was standardized, before weight and bias."""

        def rule(_part: Value, at: Index, operand: Operand, _shown: int) -> Formula:
            mean, variance = statistics(self.value, at, MOMENTS, X)
            x = operand(X, at)
            return binary("/", x if mean is None else binary("-", x, mean), deviation(variance, self.params))

        return Leaf(self.value.part("xhat", self.xhat, rule), index)

    def mean_at(self, name: str, index: Index) -> Leaf:
        """The mean of h, or of h·xhat, where an element at ``index`` goes in."""
        numbers = self.h if name == "mean_h" else self.h * self.xhat

        def rule(_part: Value, at: Index, operand: Operand, shown: int) -> Formula:
            over = over_of(self.value, at, X)

            def term(k: int) -> Formula:
                h = self.h_at(over.at(k), operand)
                return h if name == "mean_h" else binary("*", h, self.xhat_at(over.at(k)))

            total = series("+", numbers[over.place].ravel(), term, shown)
            return binary("/", total, Number(over.numbers.size))

        mean = np.mean(numbers, axis=self.dim, keepdims=True)
        return Leaf(self.value.part(name, mean, rule), place_of(self.value, index, X))


def _of_x(value: Value, _part: Value, index: Index, operand: Operand, _shown: int) -> Formula:
    norm = _Norm(value)
    inward = norm.h_at(index, operand)
    if norm.centred:
        inward = binary("-", inward, norm.mean_at("mean_h", index))
    along = binary("*", norm.xhat_at(index), norm.mean_at("mean_h_xhat", index))
    _, variance = statistics(value, index, MOMENTS, X)
    return binary("/", binary("-", inward, along), deviation(variance, norm.params))


def _about_x(part: Value, index: Index) -> Iterator[Told]:
    n = over_of(part, place_of(part, index, X), X).numbers.size
    common = "the mean of h, which moves all of them alike, and " if op_of(part)[1].get("centred", True) else ""
    yield (
        f"h = g·weight, less what the norm of {n:,} numbers does not let through: {common}what goes along with xhat, "
        "which only spreads them"
    )


def _reduced(value: Value, index: Index, position: int) -> Reduced:
    """The elements of x that an element of the weight or the bias is used for."""
    g, shape = array_of(value, G), array_of(value, position).shape
    whole = (1,) * (g.ndim - len(shape)) + shape
    repeated = tuple(d for d, n in enumerate(whole) if n == 1)
    return Reduced(g, (0,) * (g.ndim - len(shape)) + index, repeated, keepdim=True)


def _of_weight(value: Value, _part: Value, index: Index, operand: Operand, shown: int) -> Formula:
    norm, over = _Norm(value), _reduced(value, index, WEIGHT)
    products = (array_of(value, G) * norm.xhat)[over.place].ravel()
    return series("+", products, lambda k: binary("*", operand(G, over.at(k)), norm.xhat_at(over.at(k))), shown)


def _of_bias(value: Value, _part: Value, index: Index, operand: Operand, shown: int) -> Formula:
    over = _reduced(value, index, BIAS)
    return series("+", over.numbers, lambda k: operand(G, over.at(k)), shown)


# gates: the operands are g, what the layer gave, its last initial state, weight_hh, a projection -----------------

STEPS, STATE, WEIGHT_HH, PROJECTION = 1, 2, 3, 4


@dataclass(frozen=True)
class _Slope:
    """The gradient of what a gate adds up: ``of`` what flows into the gate, times the slope of its function there."""

    plane: str  # the plane of the gate
    of: Callable[[_Back], Formula]
    bounded: bool  # σ, whose slope is y·(1 − y); else tanh, 1 − y²
    words: str


class _Back:
    """One unit of a recurrent layer at one step, on the way back."""

    def __init__(self, value: Value, index: Index, operand: Operand, shown: int) -> None:
        self.value, self.index, self.operand, self.shown = value, index, operand, shown
        self.layer: Value = value.operands[STEPS]
        self.op = op_of(self.layer)[0]
        self.flows = _Flows(value, self.layer)
        self.row = int(np.ravel_multi_index(index[:-1], self.flows.place))

    def now(self, plane: str) -> Leaf:
        """An element of what the layer gave at this step."""
        return Leaf(plane_of(self.layer, plane), self.index)

    def before(self, plane: str) -> Formula:
        """That of a state, at the step before; of the initial state, at the first."""
        earlier = self.flows.earlier[self.row]
        unit = self.index[-1]
        if earlier < 0:
            return self.operand(STATE, (self.row - self.flows.start_of[self.row], unit))
        return Leaf(plane_of(self.layer, plane), (*unraveled(earlier, self.flows.place), unit))

    def flow(self, name: str) -> Leaf:
        """What reaches a state: g_h or g_c."""
        return Leaf(_flow(self.value, name), self.index)

    def given(self, plane: str) -> Formula | None:
        """What comes from above to a plane itself, if it is not 0: g of the operation."""
        g = array_of(self.value, G)
        planes = _planes(self.op)
        if g.ndim == array_of(self.value, STEPS).ndim:
            place: Index = (planes.index(plane), *self.index)
        elif plane == planes[-1]:
            place = self.index
        else:
            return None
        return self.operand(G, place) if g[place] != 0 else None

    def following(self) -> Index | None:
        """The place of the next step of this sequence, if it goes on."""
        later = self.flows.later[self.row]
        return None if later < 0 else unraveled(later, self.flows.place)


class _Flows:
    """Where each row's sequence comes from and goes on, and what reaches its states on the way back."""

    def __init__(self, value: Value, layer: Value) -> None:
        assert layer.instruction is not None
        op = op_of(layer)[0]
        y = layer.array.reshape(len(layer.array), -1, layer.array.shape[-1]).astype(np.float64)
        self.place = layer.array.shape[1:-1]
        self.size, rows = y.shape[2], y.shape[1]
        weight = array_of(value, WEIGHT_HH).astype(np.float64)
        batch = array_of(value, STATE).shape[0]
        self.slopes = value.array[batch:].astype(np.float64)
        g = array_of(value, G).astype(np.float64)
        of_planes = np.zeros_like(y)
        of_planes[-1 if g.ndim < layer.array.ndim else slice(None)] = g.reshape(-1, rows, self.size)[
            0 if g.ndim < layer.array.ndim else slice(None)
        ]
        self.earlier, self.later = np.full(rows, -1), np.full(rows, -1)
        self.start_of = np.zeros(rows, np.int64)
        self.g_h, self.g_c = of_planes[-1].copy(), np.zeros_like(y[0])
        steps = steps_of(layer.instruction)
        for k in reversed(range(len(steps))):
            step, n = steps[k], steps[k].stop - steps[k].start
            self.start_of[step] = step.start
            if k + 1 < len(steps):
                following = steps[k + 1]
                n = min(n, following.stop - following.start)
                here, there = slice(step.start, step.start + n), slice(following.start, following.start + n)
                self.later[here], self.earlier[there] = range(there.start, there.stop), range(here.start, here.stop)
                self.g_h[here] += self.slopes[there, -len(weight) :] @ weight
                if op is gru:
                    self.g_h[here] += self.g_h[there] * y[1, there]
            if op is lstm:
                _, _, _, o, c, _ = y[:, step]
                self.g_c[step] = of_planes[4, step] + self.g_h[step] * o * (1 - np.tanh(c) ** 2)
                if k + 1 < len(steps):
                    self.g_c[here] += self.g_c[there] * y[1, there]


def _planes(op: Op) -> tuple[str, ...]:
    return ("i", "f", "g", "o", "c", "h") if op is lstm else ("r", "z", "from_state", "n", "h")


def _total(*terms: Formula | None) -> Formula:
    first, *others = [term for term in terms if term is not None] or [Number(0.0)]
    for term in others:
        first = binary("+", first, term)
    return first


def _of_state(back: _Back) -> Formula:
    """What reaches h: from above, and through what the gates of the next step took from it."""
    following = back.following()
    if following is None:
        return _total(back.given("h"))
    weight, flows = array_of(back.value, WEIGHT_HH), back.flows
    unit, row, first = back.index[-1], flows.later[back.row], flows.slopes.shape[1] - len(weight)
    numbers = flows.slopes[row, first:] * weight[:, unit]

    def term(k: int) -> Formula:
        slope = _slope_at(back.value, (*following, k % flows.size), (first + k) // flows.size)
        return binary("*", slope, back.operand(WEIGHT_HH, (k, unit)))

    through_gates = series("+", numbers, term, back.shown)
    kept = None
    if back.op is gru:
        there = (*following, unit)
        kept = binary("*", Leaf(_flow(back.value, "g_h"), there), Leaf(plane_of(back.layer, "z"), there))
    return _total(back.given("h"), through_gates, kept)


def _of_cell(back: _Back) -> Formula:
    """What reaches c: from h = o·tanh(c), and from the c of the next step, of which its forget gate keeps f."""
    tanh = Call("tanh", (back.now("c"),))
    shown = binary("*", back.flow("g_h"), back.now("o"))
    through_h = binary("*", shown, binary("-", Number(1), binary("**", tanh, Number(2))))
    following = back.following()
    kept = None
    if following is not None:
        there = (*following, back.index[-1])
        kept = binary("*", Leaf(_flow(back.value, "g_c"), there), Leaf(plane_of(back.layer, "f"), there))
    return _total(back.given("c"), through_h, kept)


def _flow(value: Value, name: str) -> Value:
    """What reaches h, or c, of every step, as a value."""
    if name in value.parts:
        return value.parts[name]
    flows = _Flows(value, value.operands[STEPS])
    numbers = (flows.g_h if name == "g_h" else flows.g_c).reshape(*flows.place, flows.size)
    told = _TOLD_OF_FLOWS[name]

    def rule(_part: Value, index: Index, operand: Operand, shown: int) -> Formula:
        return (_of_state if name == "g_h" else _of_cell)(_Back(value, index, operand, shown))

    return value.part(name, numbers, rule, lambda _part, _index: iter((told,)))


_TOLD_OF_FLOWS = {
    "g_h": "what reaches h: from above, and through all gates of the next step, which took from it",
    "g_c": "what reaches c: through h = o·tanh(c), and from the next c, of which its forget gate kept f",
}
_INTO_H, _INTO_C = "g_h, what reaches h", "g_c, what reaches c"

SLOPES: dict[Op, tuple[_Slope, ...]] = {
    lstm: (
        _Slope("i", lambda b: binary("*", b.flow("g_c"), b.now("g")), True, f"{_INTO_C}, times g, what it let in"),
        _Slope("f", lambda b: binary("*", b.flow("g_c"), b.before("c")), True, f"{_INTO_C}, times the c that it kept"),
        _Slope("g", lambda b: binary("*", b.flow("g_c"), b.now("i")), False, f"{_INTO_C}, times i, which let it in"),
        _Slope(
            "o",
            lambda b: binary("*", b.flow("g_h"), Call("tanh", (b.now("c"),))),
            True,
            f"{_INTO_H}, times tanh(c), what it showed",
        ),
    ),
    gru: (
        _Slope(
            "n",
            lambda b: binary("*", b.flow("g_h"), binary("-", Number(1), b.now("z"))),
            False,
            f"{_INTO_H}, times 1 − z, as much as was taken of n",
        ),
        _Slope(
            "r",
            lambda b: binary("*", _slope_at(b.value, b.index, 0), b.now("from_state")),
            True,
            "d_n, times what it let through of the state before",
        ),
        _Slope(
            "z",
            lambda b: binary("*", b.flow("g_h"), binary("-", b.before("h"), b.now("n"))),
            True,
            f"{_INTO_H}, times the h before less n, between which it chose",
        ),
    ),
}


def _slope_at(value: Value, index: Index, number: int) -> Leaf:
    """An element of the gradients of what the gates of that ``number`` add up."""
    layer: Value = value.operands[STEPS]
    slopes = SLOPES[op_of(layer)[0]]
    batch, size = array_of(value, STATE).shape[0], layer.array.shape[-1]
    numbers = value.array[batch:, number * size : (number + 1) * size].reshape(*layer.array.shape[1:])
    if number == len(slopes):
        return Leaf(value.part("d_from_state", numbers, partial(_from_state, value)), index)
    slope = slopes[number]

    def rule(_part: Value, at: Index, operand: Operand, shown: int) -> Formula:
        back = _Back(value, at, operand, shown)
        y, given = back.now(slope.plane), back.given(slope.plane)
        top = _total(slope.of(back), given)
        if slope.bounded:
            return binary("*", top, binary("*", y, binary("-", Number(1), y)))
        return binary("*", top, binary("-", Number(1), binary("**", y, Number(2))))

    def about(_part: Value, _index: Index) -> Iterator[Told]:
        function, slope_there = ("σ", "y·(1 − y)") if slope.bounded else ("tanh", "1 − y²")
        yield f"{slope.words}; times the slope of {function} there, {slope_there} of y = {slope.plane}"

    return Leaf(value.part(f"d_{slope.plane}", numbers, rule, about), index)


def _from_state(value: Value, _part: Value, index: Index, operand: Operand, shown: int) -> Formula:
    """Of what n took from the state before, the reset gate let r through."""
    back = _Back(value, index, operand, shown)
    return _total(binary("*", _slope_at(value, index, 0), back.now("r")), back.given("from_state"))


def _of_gates(value: Value, index: Index, operand: Operand, shown: int) -> Formula | None:
    """Which gate, which step and which unit; what is of an initial state or a projection has to be opened."""
    layer = value.operands[STEPS]
    if not isinstance(layer, Value) or layer.instruction is None or layer.instruction.op not in SLOPES:
        return None
    if is_given(value, PROJECTION) and op_of(layer)[0] is lstm:
        return None
    batch, size = array_of(value, STATE).shape[0], layer.array.shape[-1]
    row, column = index
    if row < batch:
        return None
    number, unit = divmod(column, size)
    return _slope_at(value, (*unraveled(row - batch, layer.array.shape[1:-1]), unit), number)


BACKWARD_RULES: dict[Op, Rule] = {
    normalization.standardize_backward: _of_norm,
    lstm_backward: _of_gates,
    gru_backward: _of_gates,
}
