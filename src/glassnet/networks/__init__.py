"""Networks, ready to train: one for each kind of samples that ``glassnet train`` learns from."""

from __future__ import annotations

from glassnet.networks.dense import ACTIVATIONS, dense, mlp
from glassnet.networks.recurrent import Forecaster, TextReader

__all__ = ["ACTIVATIONS", "Forecaster", "TextReader", "dense", "mlp"]
