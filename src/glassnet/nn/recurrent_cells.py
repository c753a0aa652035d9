"""One step of a recurrent layer at a time, where the loop is yours: RNNCell, LSTMCell, GRUCell."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import SequenceError
from glassnet.functional.recurrence import States, Weights, recurrence
from glassnet.functional.tensor_checks import check_whole
from glassnet.nn import init
from glassnet.nn.checks import parameter_dtype
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.nn.sequence_checks import check_sequence_dtype, states_in
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty, zeros
from glassnet.tensor.graph import labelled

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]

# What PyTorch computes each state of a step with last: its node is called after that.
_LAST = {"RNN_TANH": ("tanh",), "RNN_RELU": ("relu",), "GRU": ("add",), "LSTM": ("mul", "add")}


class RNNCellBase(Module):
    """What the cells have in common: the parameters, ``num_chunks`` gates of them.

    >>> nn.RNNCellBase(2, 3, bias=True, num_chunks=4).weight_ih.shape
    (12, 2)
    """

    input_size: int
    hidden_size: int
    bias: bool
    num_chunks: int
    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        name = type(self).__name__
        check_whole(name, input_size=input_size, hidden_size=hidden_size, num_chunks=num_chunks)
        dtype = parameter_dtype(name, device, dtype)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bool(bias)
        self.num_chunks = num_chunks
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, dtype=dtype))
        self.register_parameter("bias_ih", Parameter(empty(rows, dtype=dtype)) if bias else None)
        self.register_parameter("bias_hh", Parameter(empty(rows, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters again, uniformly from [−1/√hidden_size, 1/√hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, mode: str, input: Tensor, hx: Any, states: int) -> States:
        """The states after one step."""
        self._check("the input", input, self.input_size)
        first: tuple[Any, ...] = (None,) * states if hx is None else states_in(type(self).__name__, hx, states)
        for name, state in zip(("h", "c"), first, strict=False):
            if state is not None:
                self._check(name, state, self.hidden_size)
                if state.shape[:-1] != input.shape[:-1]:
                    raise SequenceError(
                        f"{type(self).__name__}: expected {name} of shape "
                        f"{written((*input.shape[:-1], self.hidden_size))} for an input of {written(input.shape)}, got "
                        f"{written(state.shape)}"
                    )
        batched = len(input.shape) == 2
        x = input if batched else input.unsqueeze(0)
        if hx is None:
            first = (zeros(len(x), self.hidden_size, dtype=self.weight_hh.dtype),) * states
        elif not batched:
            first = tuple(state.unsqueeze(0) for state in first)
        weights = Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        done = recurrence(mode, x.unsqueeze(0), first, weights)
        own = ((state[0] if batched else state[0, 0]).clone() for state in done)  # each in memory of its own
        names = _LAST[mode] if batched else ("squeeze_dim",) * states
        return tuple(labelled(state, name) for state, name in zip(own, names, strict=False))

    def _check(self, what: str, x: Any, width: int) -> None:
        name = type(self).__name__
        check_sequence_dtype(name, x, self.weight_ih, "" if what == "the input" else what)
        if len(x.shape) not in (1, 2) or x.shape[-1] != width:
            size = "input_size" if what == "the input" else "hidden_size"
            raise SequenceError(
                f"{name}: expected {what} of shape [B, {size}] = [B, {width}], or [{width}] for one sample, got "
                f"{written(x.shape)}"
            )

    def extra_repr(self) -> str:
        """The sizes, and whether there is no bias."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")


class RNNCell(RNNCellBase):
    """One step of an `RNN`: h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu with ``nonlinearity="relu"``.

    An input [B, input_size] and a state [B, hidden_size], zeros if it is left out, give the next state; without B, of
    one sample. The parameters are those of the layer, without the _l0.

    Raises ValueError or TypeError for arguments that make no cell; called, SequenceError for what does not fit.

    >>> cell, h = nn.RNNCell(10, 20), glassnet.zeros(3, 20)
    >>> for x in glassnet.randn(6, 3, 10):
    ...     h = cell(x, h)
    >>> h.shape
    (3, 20)
    """

    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The state after this step."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f'RNNCell: expected nonlinearity "tanh" or "relu", got {self.nonlinearity!r:.60}')
        return self._step(f"RNN_{self.nonlinearity.upper()}", input, hx, 1)[0]

    def extra_repr(self) -> str:
        """The sizes, and what is not as it is by default."""
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`: an input [B, input_size] and states (h, c), [B, hidden_size] each, give the next ones.

    Zeros are the states if they are left out; without B, it is one sample. The parameters are those of the layer,
    without the _l0.

    Raises ValueError or TypeError for arguments that make no cell; called, SequenceError for what does not fit.

    >>> h, c = nn.LSTMCell(10, 20)(glassnet.randn(3, 10))
    >>> h.shape, c.shape
    ((3, 20), (3, 20))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The states h and c after this step."""
        h, c = self._step("LSTM", input, hx, 2)
        return h, c


class GRUCell(RNNCellBase):
    """One step of a `GRU`: an input [B, input_size] and a state [B, hidden_size] give the next state.

    Zeros are the state if it is left out; without B, it is one sample. The parameters are those of the layer, without
    the _l0.

    Raises ValueError or TypeError for arguments that make no cell; called, SequenceError for what does not fit.

    >>> nn.GRUCell(10, 20)(glassnet.randn(3, 10)).shape
    (3, 20)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The state after this step."""
        return self._step("GRU", input, hx, 1)[0]
