"""Whole networks, their weights in a dictionary: ``params["W1"]``, ``params["b1"]``, …"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError, RangeError, ShapeError
from glassnet.ops import reduction, sampling
from glassnet.ops.dtypes import Array, float64
from glassnet.random import Generator, chosen
from glassnet.scratch.activation import softmax
from glassnet.scratch.affine import Affine
from glassnet.scratch.arrays import floats, run
from glassnet.scratch.layer import Identity, Layer, LeakyRelu, Relu, Sigmoid, Tanh
from glassnet.scratch.losses import SoftmaxWithLoss, one_hot_targets
from glassnet.scratch.numerical import numerical_gradient

ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "sigmoid": Sigmoid,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "tanh": Tanh,
    "identity": Identity,
}
_SCALES = {"relu": 2.0, "he": 2.0, "sigmoid": 1.0, "xavier": 1.0}


def weight_std(weight_init_std: float | str, fan_in: int) -> float:
    """The standard deviation of initial weights: a number, or a rule by name, for ``fan_in`` inputs.

    "he" (or "relu"): √(2/fan_in), K. He et al., 2015. "xavier" (or "sigmoid"): √(1/fan_in), X. Glorot
    and Y. Bengio, 2010, in the form that looks at the inputs alone.
    """
    if isinstance(weight_init_std, str):
        if weight_init_std.lower() not in _SCALES:
            raise ValueError(
                f"expected weight_init_std a number, {', '.join(map(repr, _SCALES))}, got {weight_init_std!r:.80}"
            )
        return math.sqrt(_SCALES[weight_init_std.lower()] / fan_in)
    if not weight_init_std >= 0:
        raise RangeError(f"expected weight_init_std of 0 or more, got {weight_init_std}; 0.01 is usual")
    return weight_init_std


class MultiLayerNet:
    """Affine layers with an activation after each but the last: scores of ``output_size`` classes.

    ``params`` is the dictionary of the weights W1 [input_size, hidden], b1 [hidden], W2, …, float64.
    They may be changed in place or replaced by others. Weights are drawn from the normal
    distribution with the standard deviation ``weight_init_std`` (a number, or "he" or "xavier"),
    from glassnet's generator (`glassnet.manual_seed`) unless given one; biases start at 0.
    ``activation`` is one of "sigmoid", "relu", "leaky_relu", "tanh", "identity".

    >>> net = scratch.MultiLayerNet(4, [8, 8], 3)
    >>> net
    MultiLayerNet(4-8-8-3, relu)
    >>> net.predict(np.ones((2, 4))).shape
    (2, 3)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        activation: str = "relu",
        weight_init_std: float | str = "he",
        *,
        generator: Generator | None = None,
    ) -> None:
        name = type(self).__name__
        if activation not in ACTIVATIONS:
            raise ValueError(f"{name}: expected activation one of {', '.join(ACTIVATIONS)}, got {activation!r:.80}")
        sizes = (input_size, *hidden_size_list, output_size)
        if any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1 for n in sizes):
            raise ShapeError(f"{name}: expected sizes that are whole numbers of 1 or more, got {sizes}")
        self.activation = activation
        self.params: dict[str, Array] = {}
        for i, (n, m) in enumerate(pairwise(sizes), 1):
            std = weight_std(weight_init_std, n)
            self.params[f"W{i}"] = run(
                sampling.normal, shape=(n, m), dtype=float64, generator=chosen(generator), std=std
            )
            self.params[f"b{i}"] = np.zeros(m)
        self._names = frozenset(self.params)

    def __repr__(self) -> str:
        sizes = [str(self.params["W1"].shape[0]), *(str(b.shape[-1]) for k, b in self.params.items() if k[0] == "b")]
        return f"{type(self).__name__}({'-'.join(sizes)}, {self.activation})"

    def forward(self, x: Any) -> Any:
        """The scores of [n, input_size], before any softmax: [n, output_size]; of one sample, [output_size]."""
        return _forward(self._layers(), x)

    def predict(self, x: Any) -> Any:
        """The probability of each class: softmax of the scores."""
        return softmax(self.forward(x))

    def loss(self, x: Any, t: Any) -> Any:
        """The cross entropy of the probabilities for ``x`` with ``t``, labels or one-hot rows."""
        return SoftmaxWithLoss().forward(self.forward(x), t)

    def accuracy(self, x: Any, t: Any) -> float:
        """The share of samples whose largest score is that of the true class, labels or one-hot rows."""
        scores = np.asarray(self.forward(x))
        targets = one_hot_targets(type(self).__name__, t, scores.shape, scores.dtype)
        right = run(reduction.argmax, scores, dim=-1) == run(reduction.argmax, targets, dim=-1)
        return float(np.mean(right))

    def gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """The gradient of the loss by every parameter, by backpropagation: new arrays, keyed as ``params``."""
        layers, last = self._layers(), SoftmaxWithLoss()
        last.forward(_forward(layers, x), t)
        g = last.backward()
        grads: dict[str, Array] = {}
        for i, (affine, activation) in reversed(list(enumerate(layers, 1))):
            if activation is not None:
                g = activation.backward(g)
            if i > 1:
                g = affine.backward(g)
                grads[f"W{i}"], grads[f"b{i}"] = affine.grads
            else:  # the gradient by x is not needed
                grads["W1"], grads["b1"] = affine.gradients(g)
        return {key: grads[key] for key in self.params}

    def numerical_gradient(self, x: Any, t: Any) -> dict[str, Array]:
        """`gradient` by differences: two losses for every single weight, so for small networks and checks."""
        self._layers()  # makes arrays of all params, to be moved in place
        return {key: numerical_gradient(lambda _: self.loss(x, t), p) for key, p in self.params.items()}

    def _layers(self) -> list[tuple[Affine, Layer | None]]:
        """The layers, looking at what ``params`` holds now."""
        if self.params.keys() != self._names:
            raise ValueError(
                f"{type(self).__name__}: expected params {', '.join(sorted(self._names))}, got "
                f"{', '.join(map(str, self.params))}"
            )
        for key, p in self.params.items():
            (array,) = floats(key, p)
            self.params[key] = array if array.flags.writeable else array.copy()
        n = len(self.params) // 2
        layers = []
        for i in range(1, n + 1):
            with _inside(i):
                affine = Affine(self.params[f"W{i}"], self.params[f"b{i}"])
            layers.append((affine, ACTIVATIONS[self.activation]() if i < n else None))
        return layers


@contextmanager
def _inside(i: int) -> Iterator[None]:
    """Errors in here say which layer they come from."""
    try:
        yield
    except GlassnetError as error:
        error.where = f"layer {i} (W{i}, b{i})"
        raise


def _forward(layers: list[tuple[Affine, Layer | None]], x: Any) -> Any:
    for i, (affine, activation) in enumerate(layers, 1):
        with _inside(i):
            x = affine.forward(x)
        if activation is not None:
            x = activation.forward(x)
    return x


class TwoLayerNet(MultiLayerNet):
    """x → Affine → activation → Affine → scores; by default with sigmoid and small weights.

    >>> net = scratch.TwoLayerNet(4, 8, 3)
    >>> {name: array.shape for name, array in net.params.items()}
    {'W1': (4, 8), 'b1': (8,), 'W2': (8, 3), 'b2': (3,)}
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float | str = 0.01,
        activation: str = "sigmoid",
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(input_size, [hidden_size], output_size, activation, weight_init_std, generator=generator)


class ThreeLayerNet(MultiLayerNet):
    """x → Affine → activation → Affine → activation → Affine → scores.

    Weights are scaled by "xavier" by default: small ones would make two sigmoids nearly constant.

    >>> net = scratch.ThreeLayerNet(4, 8, 6, 3)
    >>> sorted(net.gradient(np.ones((2, 4)), [0, 1]))
    ['W1', 'W2', 'W3', 'b1', 'b2', 'b3']
    """

    def __init__(
        self,
        input_size: int,
        hidden_size1: int,
        hidden_size2: int,
        output_size: int,
        weight_init_std: float | str = "xavier",
        activation: str = "sigmoid",
        *,
        generator: Generator | None = None,
    ) -> None:
        hidden = [hidden_size1, hidden_size2]
        super().__init__(input_size, hidden, output_size, activation, weight_init_std, generator=generator)
