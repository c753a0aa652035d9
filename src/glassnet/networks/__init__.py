"""Networks, ready to train: one or more for each kind of samples that ``glassnet train`` learns from."""

from __future__ import annotations

from glassnet.networks.bag_of_embeddings import bag
from glassnet.networks.convolutional import cnn
from glassnet.networks.dense import ACTIVATIONS, dense, mlp
from glassnet.networks.recurrent import Forecaster, TextReader

__all__ = ["ACTIVATIONS", "Forecaster", "TextReader", "bag", "cnn", "dense", "mlp"]
