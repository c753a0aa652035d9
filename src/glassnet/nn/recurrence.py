"""Recurrent layers, which go through a sequence step by step and carry a state along: RNN, LSTM, GRU."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.errors import GlassnetWarning
from glassnet.functional.recurrence import KINDS, States, Weights, recurrence
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.checks import check_flag, check_probability, parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.nn.sequence_checks import check_sequence, check_states
from glassnet.nn.utils.rnn import PackedSequence, lengths_of
from glassnet.ops.layers.recurrence.loop import Sizes
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty, zeros
from glassnet.tensor.graph import labelled
from glassnet.tensor.joining import cat

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` have in common; ``mode`` is "RNN_TANH", "RNN_RELU", "GRU" or "LSTM".

    >>> nn.RNNBase("GRU", 2, 3)(glassnet.zeros(5, 2))[0].shape
    (5, 3)
    """

    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if mode not in KINDS:
            raise ValueError(f"{name}: expected a mode of {', '.join(KINDS)}, got {mode!r:.60}")
        check_whole(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        check_whole(name, 0, proj_size=proj_size)
        check_flag(name, bias=bias, batch_first=batch_first, bidirectional=bidirectional)
        check_probability(name, dropout)
        if proj_size and mode != "LSTM":
            raise ValueError(f"{name}: only an LSTM has a projection; leave proj_size={proj_size} out")
        if proj_size >= hidden_size:
            raise ValueError(
                f"{name}: expected a proj_size smaller than hidden_size={hidden_size}, got {proj_size}; leave it out, "
                "or take a larger hidden_size"
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"{name}: dropout={dropout} is between layers, and there is one layer; take num_layers of 2 or more, "
                "or an nn.Dropout behind it",
                GlassnetWarning,
                stacklevel=2 if type(self) is RNNBase else 3,
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        dtype = parameter_dtype(name, device, dtype)
        rows, out = KINDS[mode].gates * hidden_size, proj_size or hidden_size
        for layer, suffix in enumerate(self._suffixes()):
            inputs = input_size if layer < self._directions else out * self._directions
            self.register_parameter(f"weight_ih_{suffix}", Parameter(empty(rows, inputs, dtype=dtype)))
            self.register_parameter(f"weight_hh_{suffix}", Parameter(empty(rows, out, dtype=dtype)))
            if bias:
                self.register_parameter(f"bias_ih_{suffix}", Parameter(empty(rows, dtype=dtype)))
                self.register_parameter(f"bias_hh_{suffix}", Parameter(empty(rows, dtype=dtype)))
            if proj_size:
                self.register_parameter(f"weight_hr_{suffix}", Parameter(empty(proj_size, hidden_size, dtype=dtype)))
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _suffixes(self) -> Iterator[str]:
        """How the names of parameters end: l0, l0_reverse, l1 …"""
        directions = ("", "_reverse")[: self._directions]
        return (f"l{layer}{direction}" for layer in range(self.num_layers) for direction in directions)

    def _weights(self, suffix: str) -> Weights:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        return Weights(*(getattr(self, f"{name}_{suffix}", None) for name in names))  # type: ignore[arg-type]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer, in each direction."""
        return [[w for w in self._weights(suffix) if w is not None] for suffix in self._suffixes()]  # type: ignore[misc]

    @property
    def _flat_weights_names(self) -> list[str]:
        """The names of all parameters, layer by layer; PyTorch's scripts draw them again by it."""
        return list(self._parameters)

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self) -> None:
        """Nothing: PyTorch moves the parameters together here, for a GPU."""

    def reset_parameters(self) -> None:
        """Draw all parameters again, uniformly from [−1/√hidden_size, 1/√hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """(the hidden state of the last layer after every step, the states of every layer after the last step)."""
        check_sequence(self, input)
        if isinstance(input, PackedSequence):
            sizes = input.sizes
            first = self._first_states(hx, sizes[0], True, input)
            output, last = self._through_layers(input.data, first, sizes)
            order = input.unsorted_indices
            last = last if order is None else tuple(state.index_select(1, order) for state in last)
            return input.having(output), last if len(last) > 1 else last[0]
        batched = len(input.shape) == 3
        x = input if batched else input.unsqueeze(1)
        x = x.transpose(0, 1) if batched and self.batch_first else x
        output, last = self._through_layers(x, self._first_states(hx, x.shape[1], batched, input), None)
        if not batched:
            output, last = output.squeeze(1), tuple(state.squeeze(1) for state in last)
        elif self.batch_first:
            output = output.transpose(0, 1)
            if self.mode != "LSTM":
                labelled(output, "transposed_back")
        return output, last if len(last) > 1 else last[0]

    def _first_states(self, hx: Any, batch: int, batched: bool, input: Any) -> list[States]:
        """The states that each layer begins with, [B, H] each: those in ``hx``, or zeros."""
        layers = self.num_layers * self._directions
        widths = (self.proj_size or self.hidden_size, self.hidden_size)[: KINDS[self.mode].states]
        if hx is None:
            dtype = self.weight_ih_l0.dtype
            return [tuple(zeros(batch, width, dtype=dtype) for width in widths)] * layers
        states: States = check_states(self, hx, [(layers, batch, width) for width in widths], batched, input)
        order = input.sorted_indices if isinstance(input, PackedSequence) else None
        if not batched:
            states = tuple(state.unsqueeze(1) for state in states)
        elif order is not None:
            states = tuple(state.index_select(1, order) for state in states)
        return [tuple(state[number] for state in states) for number in range(layers)]

    def _through_layers(self, x: Tensor, first: list[States], sizes: Sizes) -> tuple[Tensor, States]:
        """The output of the last layer, and the states of every layer after the last step."""
        ends: list[States] = []
        suffixes = [*self._suffixes()]
        for layer in range(self.num_layers):
            outputs = []
            for suffix in suffixes[layer * self._directions : (layer + 1) * self._directions]:
                reverse = suffix.endswith("_reverse")
                done = recurrence(self.mode, x, first[len(ends)], self._weights(suffix), sizes, reverse)
                outputs.append(done[0])
                ends.append(tuple(_at_end(state, sizes, reverse) for state in done))
            x = cat(outputs, -1) if self.bidirectional else outputs[0]
            if layer + 1 < self.num_layers:
                x = F.dropout(x, self.dropout, self.training)
        # copies: whoever changes the output, or keeps a state, changes and keeps nothing else
        is_fused = self.mode == "LSTM" and not self.proj_size and x.dtype == np.float32
        output = x if self.bidirectional else labelled(x.clone(), "mkldnn_rnn_layer" if is_fused else "stack")
        states = (each[0].clone() if len(each) == 1 else cat(each) for each in zip(*ends, strict=True))
        return output, tuple(labelled(state, "stack") for state in states)

    def extra_repr(self) -> str:
        """The sizes, and what is not as it is by default."""
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False
        }  # fmt: skip
        others = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join([str(self.input_size), str(self.hidden_size), *others])


def _at_end(state: Tensor, sizes: Sizes, reverse: bool) -> Tensor:
    """Of the states after every step, the one after each sequence's last, [1, B, H]."""
    if sizes is None:
        return state[:1] if reverse else state[-1:]
    if reverse:
        return state[: sizes[0]].unsqueeze(0)
    lengths = lengths_of(np.array(sizes))
    starts = np.cumsum(sizes) - sizes
    return state[starts[lengths - 1] + np.arange(sizes[0])].unsqueeze(0)


class RNN(RNNBase):
    """A simple recurrent layer: hₜ = tanh(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh), or relu with ``nonlinearity="relu"``.

    An input [T, B, input_size] ([B, T, input_size] with ``batch_first``, [T, input_size] for one sequence, or a
    `PackedSequence`) gives the states hₜ of the last layer [T, B, hidden_size], and those of every layer after the last
    step, [num_layers, B, hidden_size]. ``hx`` are the states to begin with, of that shape; 0 if it is left out.

    Each of ``num_layers`` layers reads the states of the one before it; in training, ``dropout`` drops some of them in
    between. ``bidirectional`` adds to each layer one that reads backwards: its states stand behind the others in the
    output's last dimension, and in the states after each layer's.

    Layer k has weight_ih_lk [hidden_size, input_size], weight_hh_lk [hidden_size, hidden_size], bias_ih_lk and
    bias_hh_lk [hidden_size] (none with ``bias=False``), and the same with _reverse at the end, all drawn uniformly from
    [−1/√hidden_size, 1/√hidden_size).

    Raises ValueError or TypeError for arguments that make no layer; called, SequenceError for an input or a state that
    does not fit.

    J. L. Elman, Finding structure in time, 1990.

    >>> layer = nn.RNN(10, 20, num_layers=2, batch_first=True)
    >>> output, h = layer(glassnet.randn(3, 5, 10))  # 3 sequences of 5 steps
    >>> output.shape, h.shape
    ((3, 5, 20), (2, 3, 20))
    >>> glassnet.equal(output[:, -1], h[-1])
    True
    """

    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int = 0,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'RNN: expected nonlinearity "tanh" or "relu", got {nonlinearity!r:.60}')
        mode = f"RNN_{nonlinearity.upper()}"
        more = (num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)
        super().__init__(mode, input_size, hidden_size, *more)
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """A long short-term memory, whose gates say what its cell state c forgets, takes in and shows.

    With products by W_ih and W_hh, and biases, as in `RNN`, in four parts: i, f, o = σ(…), g = tanh(…);
    cₜ = f·cₜ₋₁ + i·g, hₜ = o·tanh(cₜ). Called as `RNN` is; but ``hx`` and the states after the last step are a pair, of
    h and c [num_layers, B, hidden_size] each. ``proj_size`` makes h shorter: hₜ = W_hr·(o·tanh(cₜ)).

    Layer k has weight_ih_lk [4·hidden_size, input_size], with the rows of i, f, g and o one after another,
    weight_hh_lk [4·hidden_size, hidden_size or proj_size], bias_ih_lk and bias_hh_lk [4·hidden_size], and with a
    projection weight_hr_lk [proj_size, hidden_size], drawn as those of `RNN`.

    Raises ValueError or TypeError for arguments that make no layer; called, SequenceError for an input or a state that
    does not fit.

    S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997; F. A. Gers et al., Learning to forget, 2000.

    >>> layer = nn.LSTM(28, 128, batch_first=True)
    >>> output, (h, c) = layer(glassnet.randn(3, 5, 28))
    >>> output.shape, h.shape, c.shape
    ((3, 5, 128), (1, 3, 128), (1, 3, 128))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        more = (num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)
        super().__init__("LSTM", input_size, hidden_size, *more)


class GRU(RNNBase):
    """Gated recurrent units: a gate r resets what of the state is looked at, another, z, says how much of it is kept.

    With products by W_ih and W_hh, and biases, as in `RNN`, in three parts: r, z = σ(…);
    n = tanh(W_ih·xₜ + b_ih + r·(W_hh·hₜ₋₁ + b_hh)), hₜ = (1 − z)·n + z·hₜ₋₁. Called as `RNN` is.

    Layer k has weight_ih_lk [3·hidden_size, input_size], with the rows of r, z and n one after another, weight_hh_lk
    [3·hidden_size, hidden_size], bias_ih_lk and bias_hh_lk [3·hidden_size], drawn as those of `RNN`.

    Raises ValueError or TypeError for arguments that make no layer; called, SequenceError for an input or a state that
    does not fit.

    K. Cho et al., Learning phrase representations using RNN encoder–decoder for statistical machine translation, 2014.

    >>> layer = nn.GRU(8, 16, bidirectional=True)
    >>> output, h = layer(glassnet.randn(5, 3, 8))
    >>> output.shape, h.shape
    ((5, 3, 32), (2, 3, 16))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int = 0,
    ) -> None:
        more = (num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)
        super().__init__("GRU", input_size, hidden_size, *more)
