"""Layers that differ between training and use: dropout and batch normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import GradientError, RangeError, ShapeError
from glassnet.ops import arithmetic, elementary, reduction, sampling
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.random import Generator, chosen
from glassnet.scratch.arrays import floats, run
from glassnet.scratch.layer import Layer, Mul


class Dropout:
    """In training, sets each element to 0 with probability ``dropout_ratio`` and divides the rest by 1 − that.

    This keeps the mean, so nothing has to be done in use, as in PyTorch. (Scaling in use instead of in
    training trains the same network with weights of another size.)
    Draws from glassnet's generator (`glassnet.manual_seed`) unless given one. ``mask`` holds what
    the last forward multiplied by. N. Srivastava et al., 2014.

    >>> layer = scratch.Dropout(0.5)
    >>> np.unique(layer.forward(np.ones(1000)))
    array([0., 2.])
    """

    def __init__(self, dropout_ratio: float = 0.5, *, generator: Generator | None = None) -> None:
        if not 0 <= dropout_ratio <= 1:
            raise RangeError(f"Dropout: expected a ratio from 0 to 1, got {dropout_ratio}; 0.5 is usual")
        self.dropout_ratio = dropout_ratio
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.mask: Array | None = None
        self._generator = generator
        self._product = Mul()
        self._product.name = "Dropout"

    def forward(self, x: Any, train_flg: bool = True) -> Any:
        """x thinned out, or x itself (in an array of its own) with ``train_flg=False``."""
        (x,) = floats("Dropout", x)
        kept = 1 - self.dropout_ratio
        if train_flg and kept < 1:
            drawn = run(sampling.bernoulli, shape=x.shape, dtype=x.dtype, generator=chosen(self._generator), p=kept)
            self.mask = run(arithmetic.mul, drawn, 1 / kept if kept else 0.0)
        else:
            self.mask = np.ones_like(x)
        return self._product.forward(x, self.mask)

    def backward(self, dout: Any) -> Any:
        """dout where x was kept, scaled alike."""
        return self._product.gradient_of(0, dout)


class BatchNormalization:
    """γ·(x − mean)/√(variance + eps) + β, mean and variance over the batch (S. Ioffe and C. Szegedy, 2015).

    x is [n, D] or, of any more dimensions, taken as n rows of D = all the rest; ``gamma`` and
    ``beta`` are [D] (a number for all). ``running_mean`` and ``running_var``, which forward uses
    with ``train_flg=False``, start at 0 and 1 and after each batch become
    momentum · old + (1 − momentum) · batch. The variance is Σ(x − mean)²/n in both places.

    ``params`` is [gamma, beta] and ``grads`` their gradients, written into the same arrays.

    >>> layer = scratch.BatchNormalization(gamma=1.0, beta=0.0)
    >>> layer.forward([[1.0], [3.0]]).round(2)
    array([[-1.],
           [ 1.]])
    """

    def __init__(
        self,
        gamma: Any,
        beta: Any,
        momentum: float = 0.9,
        running_mean: Any = None,
        running_var: Any = None,
        *,
        eps: float = 1e-5,
    ) -> None:
        if not 0 <= momentum <= 1:
            raise RangeError(f"BatchNormalization: expected a momentum from 0 to 1, got {momentum}; 0.9 is usual")
        gamma, beta = floats("BatchNormalization", gamma, beta)
        self.params: list[Array] = [gamma, beta]
        self.grads: list[Array] = [np.zeros_like(gamma), np.zeros_like(beta)]
        self.momentum = momentum
        self.eps = eps
        self.running_mean: Array | None = None if running_mean is None else floats("running_mean", running_mean)[0]
        self.running_var: Array | None = None if running_var is None else floats("running_var", running_var)[0]
        self._mean = Layer(reduction.mean, dim=0)
        self._center = Layer(arithmetic.sub)
        self._variance = Layer(reduction.var, dim=0, correction=0)
        self._root = Layer(elementary.sqrt)
        self._scale, self._gain, self._shift = Layer(arithmetic.div), Layer(arithmetic.mul), Layer(arithmetic.add)
        self._shape: tuple[int, ...] | None = None
        self._trained = False

    def forward(self, x: Any, train_flg: bool = True) -> Any:
        """x normalised, in its own shape. Raises ShapeError where there is no batch, or γ or β do not fit."""
        (x,) = floats("BatchNormalization", x)
        if x.ndim < 2 or not len(x):
            raise ShapeError(
                f"BatchNormalization: expected a batch [n, D] of at least one sample, got {written(x.shape)}"
            )
        rows = x.reshape(len(x), -1)
        gamma, beta = self.params
        arrays = {"gamma": gamma, "beta": beta, "running_mean": self.running_mean, "running_var": self.running_var}
        for name, array in arrays.items():
            if array is not None and array.shape not in ((), rows.shape[1:]):
                raise ShapeError(
                    f"BatchNormalization: expected {name} of shape {written(rows.shape[1:])} for x {written(x.shape)}, "
                    f"one number a feature, got {written(array.shape)}"
                )
        mean, variance = self._statistics(rows, train_flg)
        self._shape, self._trained = x.shape, train_flg
        root = self._root.forward(variance + self.eps)
        normal = self._scale.forward(self._center.forward(rows, mean), root)
        y = self._shift.forward(self._gain.forward(normal, gamma), beta)
        return y.reshape(x.shape)

    def _statistics(self, rows: Array, train_flg: bool) -> tuple[Any, Any]:
        if self.running_mean is None:
            self.running_mean = np.zeros_like(rows[0])
        if self.running_var is None:
            self.running_var = np.ones_like(rows[0])
        if not train_flg:
            return self.running_mean, self.running_var
        mean, variance = self._mean.forward(rows), self._variance.forward(rows)
        m = self.momentum
        self.running_mean = m * self.running_mean + (1 - m) * mean
        self.running_var = m * self.running_var + (1 - m) * variance
        return mean, variance

    def backward(self, dout: Any) -> Any:
        """The gradient by x, which in training also flows through the mean and the variance."""
        if self._shape is None:
            raise GradientError("BatchNormalization: call forward before backward, which needs the values it saw")
        (dout,) = floats("BatchNormalization", dout)
        if dout.shape != self._shape:
            raise ShapeError(
                f"BatchNormalization: expected dout of the shape of the output, {written(self._shape)}, got "
                f"{written(dout.shape)}"
            )
        dgain, dbeta = self._shift.backward(dout.reshape(len(dout), -1))
        dnormal, dgamma = self._gain.backward(dgain)
        self.grads[0][...] = dgamma
        self.grads[1][...] = dbeta
        dcenter, droot = self._scale.backward(dnormal)
        dx, dmean = self._center.backward(dcenter)
        if self._trained:
            dx += self._mean.backward(dmean)
            dx += self._variance.backward(self._root.backward(droot))
        return dx.reshape(self._shape)
