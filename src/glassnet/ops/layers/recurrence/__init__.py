"""Recurrent layers: one loop over time, and for each kind of cell what it does in a step."""

from __future__ import annotations

from glassnet.ops.layers.recurrence.elman import rnn_relu, rnn_relu_backward, rnn_tanh, rnn_tanh_backward
from glassnet.ops.layers.recurrence.gru import gru, gru_backward
from glassnet.ops.layers.recurrence.lstm import lstm, lstm_backward

BACKWARD = (rnn_tanh_backward, rnn_relu_backward, gru_backward, lstm_backward)

__all__ = ["BACKWARD", "gru", "lstm", "rnn_relu", "rnn_tanh"]
