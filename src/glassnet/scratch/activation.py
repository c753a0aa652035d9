"""Activation functions, of a number, a list or an array: an array comes back, element by element.

Each is the forward of one operation in `glassnet.ops`. Whole numbers become float64 where the
result is fractional; float32 stays float32.
"""

from __future__ import annotations

from typing import Any

from glassnet.ops import activation, elementary, movement, selection
from glassnet.ops.dtypes import int64
from glassnet.scratch.arrays import floats, numbers, plain, run
from glassnet.scratch.layer import Softmax


def step(x: Any) -> Any:
    """1 where x > 0, else 0, as whole numbers (Heaviside's step, of the perceptron).

    At 0 it is 0. It is flat but for its jump, so that nothing can be learned through it.

    >>> scratch.step([-2, 0, 3])
    array([0, 0, 1])
    """
    return plain(run(movement.cast, run(selection.gt, numbers("step", x), 0), dtype=int64))


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), from 0 to 1; of numbers of any size, without a warning.

    >>> scratch.sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    return plain(run(activation.sigmoid, *floats("sigmoid", x)))


def relu(x: Any) -> Any:
    """max(0, x); whole numbers stay whole.

    >>> scratch.relu([-2, 3])
    array([0, 3])
    """
    return plain(run(activation.relu, numbers("relu", x)))


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, else ``negative_slope`` · x.

    >>> scratch.leaky_relu([-2, 3], 0.1)
    array([-0.2,  3. ])
    """
    return plain(run(activation.leaky_relu, *floats("leaky_relu", x), negative_slope=negative_slope))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, from −1 to 1.

    >>> scratch.tanh(0.0), scratch.tanh(100.0)
    (np.float64(0.0), np.float64(1.0))
    """
    return plain(run(elementary.tanh, *floats("tanh", x)))


def identity(x: Any) -> Any:
    """x, in an array of its own: the activation of a last layer whose numbers may be any.

    >>> scratch.identity([1, 2])
    array([1, 2])
    """
    return plain(run(movement.copy, numbers("identity", x)))


identity_func = identity


def softmax(x: Any, axis: int = -1) -> Any:
    """Probabilities: exp(xᵢ) / Σ exp(xⱼ) along ``axis``, the last, so that each row adds up to 1.

    The largest x is subtracted first, which changes nothing but keeps exp from overflowing.
    Raises ShapeError where there is nothing along ``axis``.

    >>> scratch.softmax([1000, 1000])
    array([0.5, 0.5])
    """
    layer = Softmax(axis)
    layer.name = "softmax"
    return layer.forward(x)
