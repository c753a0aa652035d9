"""What recurrent layers compute: every step of one layer, in one direction."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from glassnet.ops.layers.recurrence import gru, lstm, rnn_relu, rnn_tanh
from glassnet.ops.layers.recurrence.loop import Sizes
from glassnet.ops.record import Op
from glassnet.tensor import Tensor, apply

States = tuple[Tensor, ...]  # the hidden state [B, H] and, of an LSTM, the cell state behind it


class Kind(NamedTuple):
    """A kind of recurrent layer: its operation, how many gates it has, and how many states."""

    op: Op
    gates: int
    states: int


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "RNN_TANH": Kind(rnn_tanh, 1, 1),
        "RNN_RELU": Kind(rnn_relu, 1, 1),
        "GRU": Kind(gru, 3, 1),
        "LSTM": Kind(lstm, 4, 2),
    }
)
"""By what PyTorch calls their ``mode``."""


class Weights(NamedTuple):
    """The parameters of one layer in one direction: of the input, of the state, and of the projection."""

    ih: Tensor
    hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None
    hr: Tensor | None = None


def recurrence(
    mode: str, input: Tensor, states: States, weights: Weights, sizes: Sizes = None, reverse: bool = False
) -> States:
    """The states after every step, [T, B, H] each: first the hidden ones, [T, B, P] with a projection.

    ``input`` is [T, B, in]; or, for packed sequences, [N, in], with how many of them are going on at each step as
    ``sizes``. ``reverse`` begins with the last step.
    """
    kind, (ih, hh, bias_ih, bias_hh, hr) = KINDS[mode], weights
    more = (bias_ih, bias_hh, hr) if hr is not None else () if bias_ih is None else (bias_ih, bias_hh)
    planes = apply(kind.op, input, *states, ih, hh, *more, sizes=sizes, reverse=reverse)
    hidden = planes[-1] if hr is None else planes[-1, ..., : hr.shape[0]]
    return (hidden, planes[-2]) if kind.states == 2 else (hidden,)
