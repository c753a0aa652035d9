"""The perceptron, and logic gates made of it: AND, NAND, OR, and, with two layers, XOR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import ShapeError
from glassnet.ops import arithmetic, linear, movement
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.scratch.activation import step
from glassnet.scratch.arrays import floats, plain, run


class Perceptron:
    """1 where weights·x + bias > 0, else 0: which side of a plane x lies on (F. Rosenblatt, 1958).

    ``perceptron(x1, x2)`` takes each input by itself, numbers or arrays; ``perceptron(x)`` takes
    them along the last axis, [features] or [n, features].

    >>> gate = scratch.Perceptron([0.5, 0.5], -0.7)
    >>> int(gate(1, 1)), int(gate(1, 0))
    (1, 0)
    """

    def __init__(self, weights: Any, bias: float) -> None:
        w, b = floats("Perceptron", weights, bias)
        if w.ndim != 1 or not w.size or b.ndim:
            raise ShapeError(
                f"Perceptron: expected a list of weights, one an input, and a number for the bias, got "
                f"{written(w.shape)} and {written(b.shape)}"
            )
        self.weights: Array = w
        self.bias = float(b)

    def __repr__(self) -> str:
        return f"Perceptron({self.weights.tolist()}, {self.bias})"

    def score(self, *x: Any) -> Any:
        """weights·x + bias: 0 on the separating line, and larger the further x lies on its positive side."""
        product = run(linear.matmul, *floats("Perceptron", self._together(x), self.weights))
        return plain(run(arithmetic.add, product, self.bias))

    def __call__(self, *x: Any) -> Any:
        """0 or 1 for each x. Raises ShapeError where there are not as many inputs as weights."""
        return step(self.score(*x))

    def _together(self, x: tuple[Any, ...]) -> Array:
        n = len(self.weights)
        if len(x) == n > 1:
            return run(movement.stack, *_broadcast(floats("Perceptron", *x)), dim=-1)
        if len(x) == 1:
            rows: Array = floats("Perceptron", x[0])[0]
            if rows.shape[-1:] == (n,):
                return rows
            if n == 1:  # one weight: every element is an input
                return run(movement.reshape, rows, shape=(*rows.shape, 1))
        got = written(floats("Perceptron", x[0])[0].shape) if len(x) == 1 else f"{len(x)} inputs"
        raise ShapeError(
            f"Perceptron: expected {n} inputs, one a weight: {n} numbers or arrays, or one array [..., {n}]; got {got}"
        )


def _broadcast(arrays: tuple[Array, ...]) -> list[Array]:
    total = arrays[0]
    for x in arrays[1:]:
        total = run(arithmetic.add, total, x)  # says so where shapes do not fit
    return [run(movement.broadcast_to, x, shape=total.shape) for x in arrays]


class TwoLayerPerceptron:
    """A layer of perceptrons and one more that takes their outputs: a bent border, such as XOR's.

    ``hidden`` and ``output`` are the perceptrons themselves, called as a `Perceptron` is.

    >>> gate = scratch.TwoLayerPerceptron([scratch.NAND, scratch.OR], scratch.AND)
    >>> gate([[0, 0], [0, 1], [1, 0], [1, 1]])
    array([0, 1, 1, 0])
    """

    def __init__(self, hidden: Sequence[Perceptron], output: Perceptron) -> None:
        if len(hidden) != len(output.weights):
            raise ShapeError(
                f"TwoLayerPerceptron: expected one weight of the output for each of the {len(hidden)} hidden "
                f"perceptrons, got {len(output.weights)}"
            )
        self.hidden = tuple(hidden)
        self.output = output

    def __repr__(self) -> str:
        return f"TwoLayerPerceptron({list(self.hidden)}, {self.output})"

    def __call__(self, *x: Any) -> Any:
        """0 or 1 for each x."""
        answers = [perceptron(*x) for perceptron in self.hidden]
        return self.output(run(movement.stack, *answers, dim=-1))


AND = Perceptron([0.5, 0.5], -0.7)
NAND = Perceptron([-0.5, -0.5], 0.7)
OR = Perceptron([0.5, 0.5], -0.2)
XOR = TwoLayerPerceptron([NAND, OR], AND)
