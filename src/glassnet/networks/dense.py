"""Linear layers one after the other: a network of their own, and the end of all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from glassnet.nn import activation as activations
from glassnet.nn.container import Sequential
from glassnet.nn.dropout import Dropout
from glassnet.nn.flatten import Flatten
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module

_OTHERS = {"GLU", "LogSoftmax", "Softmax", "Softmax2d", "Softmin", "Threshold"}  # not elementwise, or with arguments
ACTIVATIONS: dict[str, type[Module]] = {
    name.lower(): getattr(activations, name)
    for name in sorted(activations.__all__, key=str.lower)
    if name not in _OTHERS and isinstance(getattr(activations, name), type)
}


def dense(
    inputs: int, hidden: Sequence[int], outputs: int, activation: str = "relu", dropout: float = 0.0
) -> list[Module]:
    """Linear layers from ``inputs`` numbers by ``hidden`` sizes to ``outputs``, with ``activation`` between them.

    >>> from glassnet.networks import dense
    >>> dense(4, [8], 3)
    [Linear(in_features=4, out_features=8, bias=True), ReLU(), Linear(in_features=8, out_features=3, bias=True)]
    """
    sizes = [inputs, *hidden]
    layers: list[Module] = []
    for before, after in pairwise(sizes):
        layers += [Linear(before, after), ACTIVATIONS[activation](), *([Dropout(dropout)] if dropout else [])]
    return [*layers, Linear(sizes[-1], outputs)]


def mlp(
    shape: Sequence[int], hidden: Sequence[int], outputs: int, activation: str = "relu", dropout: float = 0.0
) -> Sequential:
    """A multilayer perceptron for samples of ``shape``, which are flattened.

    >>> from glassnet.networks import mlp
    >>> mlp((8, 8), [16], 10)(glassnet.zeros(2, 8, 8)).shape
    (2, 10)
    """
    layers = dense(math.prod(shape), hidden, outputs, activation, dropout)
    return Sequential(*([Flatten()] if len(shape) > 1 else []), *layers)
