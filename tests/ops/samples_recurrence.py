"""Inputs on which recurrent operations are tested."""

from __future__ import annotations

from typing import Any

from tests.ops.sample import Sample, normal

T, B, INPUTS, H, P = 2, 2, 3, 2, 1
SIZES = (3, 2)  # of packed sequences of 2, 2 and 1 steps


def _inputs(gates: int, width: int = H, batch: int = B, packed: bool = False, states: int = 1) -> tuple[Any, ...]:
    """The input, the initial states, and the weights."""
    x = normal(sum(SIZES), INPUTS) if packed else normal(T, batch, INPUTS)
    batch = SIZES[0] if packed else batch
    first = (normal(batch, width, seed=1), normal(batch, H, seed=2))[:states]
    return (x, *first, normal(gates * H, INPUTS, seed=6), normal(gates * H, width, seed=3))


def _back(inputs: tuple[Any, ...], planes: int) -> tuple[Any, ...]:
    """The same for the way back: the gradients of the planes, the planes, and, but for a GRU, no hidden state."""
    x, *rest, _weight_ih, weight_hh = inputs
    rest = [*(rest if planes == 5 else rest[1:]), weight_hh]
    shape = (planes, *x.shape[:-1], H)
    y = normal(*shape, seed=8) / 4
    if planes == 6:
        y[2] = 0.5 + abs(y[2])  # the output gate of an LSTM is open
    return (normal(*shape, seed=7), y, *rest)


Both = tuple[list[Sample], list[Sample]]  # forward, and back


def _both_ways(gates: int, planes: int, states: int = 1, more: tuple[Any, ...] = ()) -> Both:
    forward, backward = [], []
    for label, options, params in [
        ("plain", {}, {}),
        ("reversed", {}, {"reverse": True}),
        ("packed", {"packed": True}, {"sizes": SIZES}),
        ("packed, reversed", {"packed": True}, {"sizes": SIZES, "reverse": True}),
        ("one sequence", {"batch": 1}, {}),
    ]:
        inputs = _inputs(gates, states=states, **options)
        forward.append(Sample(label, (*inputs, *more), params))
        small = label == "one sequence"  # the third derivative of a step is long
        backward.append(Sample(label, _back(inputs, planes), params, order=2 if small else 1))
    g, *rest = _back(_inputs(gates, states=states), planes)
    backward.append(Sample("gradients of the last plane alone", (g[-1], *rest), order=1))
    return forward, backward


def _projected() -> Both:
    forward, backward = [], []
    for label, params in [("projected", {"reverse": True}), ("projected, packed", {"sizes": SIZES})]:
        inputs = _inputs(4, P, packed="sizes" in params, states=2)
        forward.append(Sample(label, (*inputs, None, None, normal(P, H, seed=4)), params))
        backward.append(Sample(label, (*_back(inputs, 6), normal(P, H, seed=4)), params, order=1))
    return forward, backward


_TANH, _TANH_BACK = _both_ways(1, 1, more=(normal(H, seed=5), normal(H, seed=9)))
_RELU, _RELU_BACK = _both_ways(1, 1, more=(normal(H, seed=5), normal(H, seed=9)))
_GRU, _GRU_BACK = _both_ways(3, 5, more=(normal(3 * H, seed=5), normal(3 * H, seed=9)))
_LSTM, _LSTM_BACK = _both_ways(4, 6, 2, more=(normal(4 * H, seed=5), normal(4 * H, seed=9)))
_LSTMP, _LSTMP_BACK = _projected()

RECURRENCE: dict[str, list[Sample]] = {
    "rnn_tanh": _TANH,
    "rnn_tanh_backward": _TANH_BACK,
    "rnn_relu": _RELU,
    "rnn_relu_backward": _RELU_BACK,
    "gru": [*_GRU, Sample("no bias", _inputs(3)), Sample("bias None", (*_inputs(3), None, None))],
    "gru_backward": _GRU_BACK,
    "lstm": [*_LSTM, *_LSTMP, Sample("no bias", _inputs(4, states=2))],
    "lstm_backward": [*_LSTM_BACK, *_LSTMP_BACK],
}
