"""Recurrent layers: one loop over time, and for each kind of cell what it does in a step."""

from __future__ import annotations

from glassnet.ops.layers.recurrence.elman import rnn_relu, rnn_tanh
from glassnet.ops.layers.recurrence.gru import gru
from glassnet.ops.layers.recurrence.lstm import lstm

__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh"]
