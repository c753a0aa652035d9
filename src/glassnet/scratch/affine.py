"""Affine: the layer whose weights are learned. Also called fully connected, dense, or linear."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.scratch.arrays import floats, numbers
from glassnet.scratch.layer import Add, MatMul


class Affine:
    """x·W + b, with W [in, out] and b [out] or [1, out].

    ``params`` is [W, b]: the arrays given, if they are floating and of one dtype, and else float64
    copies. ``grads`` holds the gradients of the last backward, written into the same two arrays each
    time.

    >>> layer = scratch.Affine([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [10.0, 20.0])
    >>> layer.forward([1, 2, 3])
    array([14., 25.])
    >>> layer.backward([1, 0]), layer.grads[1]
    (array([1., 0., 1.]), array([1., 0.]))
    """

    def __init__(self, W: Any, b: Any) -> None:
        W, b = floats("Affine", W, b)
        if W.ndim != 2 or b.shape not in (W.shape[1:], (1, *W.shape[1:])):
            raise ShapeError(
                f"Affine: expected W [in, out] and b [out] or [1, out], got {written(W.shape)} and {written(b.shape)}"
            )
        self.params: list[Array] = [W, b]
        self.grads: list[Array] = [np.zeros(p.shape, p.dtype) for p in (W, b)]
        self._product, self._sum = MatMul(), Add()
        self._product.name = self._sum.name = "Affine"

    def __repr__(self) -> str:
        return f"<Affine: {written(self.params[0].shape)}>"

    def forward(self, x: Any) -> Any:
        """x·W + b: [in] gives [out], [n, in] gives [n, out]. Raises ShapeError for another last axis."""
        W, b = self.params
        x = numbers("Affine", x)
        if x.shape[-1:] != W.shape[:1]:
            hint = ""
            if x.ndim > 1 and x[0].size == len(W):
                hint = "; flatten each sample first: x.reshape(len(x), -1)"
            elif x.shape[:1] == W.shape[:1]:
                hint = "; its first axis would fit: x.T"
            raise ShapeError(
                f"Affine: expected x whose last axis is {len(W)} (W is {written(W.shape)}), got "
                f"{written(x.shape)}{hint}"
            )
        return self._sum.forward(self._product.forward(x, W), b)

    def backward(self, dout: Any) -> Any:
        """The gradient by x, dout·Wᵀ; those by W, xᵀ·dout, and b, Σ dout, are put into ``grads``."""
        dproduct, db = self._sum.backward(dout)
        dx, dW = self._product.backward(dproduct)
        self.grads[0][...] = dW
        self.grads[1][...] = db
        return dx

    def gradients(self, dout: Any) -> tuple[Array, Array]:
        """The gradients by W and b alone, as new arrays: all that a first layer needs."""
        dproduct = self._sum.gradient_of(0, dout)
        return self._product.gradient_of(1, dproduct), self._sum.gradient_of(1, dout)
