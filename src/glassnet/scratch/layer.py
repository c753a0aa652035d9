"""One class makes a layer of any operation, and the layers that are one operation each.

``forward`` computes the operation and keeps its inputs and output; ``backward`` takes ``dout``, the gradient
of the loss by the layer's output, and gives the gradient by its input, or, of several inputs, a
tuple of them. Both numbers come from the operation's record: its ``forward`` and its ``vjp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from glassnet.errors import GradientError, RangeError, ShapeError
from glassnet.ops import activation, arithmetic, elementary, linear, movement, reduction, registry, softmax
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.ops.reduction import unbroadcast
from glassnet.ops.shapes import normalize_dim, written
from glassnet.scratch.arrays import inputs_of, numbers, plain, run, same_shape
from glassnet.tensor.propagation import is_shared


class Layer:
    """An operation as a layer with ``forward`` and ``backward`` on arrays.

    ``op`` is a record of `glassnet.ops` or its name, ``options`` its parameters:
    ``Layer("leaky_relu", negative_slope=0.2)``. ``params`` and ``grads`` are empty: an operation
    has inputs and nothing to learn. ``name`` is what errors call the layer.

    Arrays are kept, not copied: do not change them in place between forward and backward.

    >>> layer = scratch.Layer("square")
    >>> layer.forward([1, 2, 3]), layer.backward([1, 1, 1])
    (array([1., 4., 9.]), array([2., 4., 6.]))
    """

    def __init__(self, op: Op | str, **options: Any) -> None:
        self.op = _named(op) if isinstance(op, str) else op
        if not isinstance(self.op, Op):
            raise TypeError(f"Layer: expected an operation of glassnet.ops or its name, got {type(op).__name__}")
        self.name = f"Layer({self.op.name})" if type(self) is Layer else type(self).__name__
        self.options = options
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.inputs: tuple[Any, ...] | None = None
        self.out: Array | None = None

    def __repr__(self) -> str:
        return f"<{self.name}: {self.op.formula}>"

    def forward(self, *inputs: Any) -> Any:
        """The result of the operation on ``inputs``: numbers, lists or arrays.

        Inputs that have a derivative become floating (float64, unless they are floating already).
        Raises ShapeError where they do not fit, DtypeError for what is no number.
        """
        arrays = inputs_of(self.name, self.op, inputs)
        self.out = run(self.op, *arrays, **self.options)
        self.inputs = arrays
        return plain(self.out)

    def backward(self, dout: Any = 1.0) -> Any:
        """The gradient by the input, or a tuple, one an input, None where there is no derivative.

        ``dout`` has the shape of the output. Raises GradientError before `forward` was called, or
        for an operation without a derivative.
        """
        g = self._upstream(dout)
        assert self.inputs is not None
        gradients = tuple(self._gradient(i, g) for i in range(len(self.inputs)))
        return gradients[0] if len(gradients) == 1 else gradients

    def gradient_of(self, which: int, dout: Any = 1.0) -> Any:
        """The gradient by input ``which`` alone: nothing is computed for the others."""
        return self._gradient(which, self._upstream(dout))

    @np.errstate(all="ignore")
    def _upstream(self, dout: Any) -> Any:
        if self.out is None:
            raise GradientError(f"{self.name}: call forward before backward, which needs the values it saw")
        if not self.op.differentiable or self.out.dtype.kind != "f":
            raise GradientError(f"{self.name}: {self.op.name} has no derivative here: it is flat but for its jumps")
        g = numbers(self.name, dout)
        same_shape(self.name, "dout", g, "the output", self.out)
        assert self.inputs is not None
        return self.op.upstream(g.astype(self.out.dtype, copy=False), self.out, *self.inputs, **self.options)

    @np.errstate(all="ignore")
    def _gradient(self, which: int, g: Any) -> Any:
        assert self.inputs is not None
        x, rule = self.inputs[which], self.op.rule(which)
        if x is None or rule is None:
            return None
        gradient = unbroadcast(rule(g, self.out, *self.inputs, **self.options), x)
        if is_shared(gradient, g, list(self.inputs)):
            gradient = np.array(gradient)  # the caller may change it in place
        return plain(np.asarray(gradient))


def _named(name: str) -> Op:
    if name not in registry:
        close = get_close_matches(name, registry)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "sorted(glassnet.ops.registry) names all"
        raise ValueError(f"Layer: there is no operation {name!r:.80}; {hint}")
    return registry[name]


# arithmetic: the nodes of a computational graph -----------------------------------------------------


class Add(Layer):
    """x + y. Backward passes ``dout`` on to both: (dx, dy).

    >>> layer = scratch.Add()
    >>> float(layer.forward(2, 3)), layer.backward(10.0)
    (5.0, (np.float64(10.0), np.float64(10.0)))
    """

    def __init__(self) -> None:
        super().__init__(arithmetic.add)


class Mul(Layer):
    """x · y. Backward multiplies ``dout`` by the other input: (dout·y, dout·x).

    >>> layer = scratch.Mul()
    >>> layer.forward([2, 3], [4, 5]), layer.backward([1, 1])
    (array([ 8., 15.]), (array([4., 5.]), array([2., 3.])))
    """

    def __init__(self) -> None:
        super().__init__(arithmetic.mul)


class Div(Layer):
    """x / y. Backward: (dout/y, −dout·x/y²).

    >>> layer = scratch.Div()
    >>> layer.forward([6, 8], [2, 4]), layer.backward([1, 1])
    (array([3., 2.]), (array([0.5 , 0.25]), array([-1.5, -0.5])))
    """

    def __init__(self) -> None:
        super().__init__(arithmetic.div)


class Exp(Layer):
    """eˣ, which is its own derivative.

    >>> layer = scratch.Exp()
    >>> layer.forward([0, 0]), layer.backward([1, 2])
    (array([1., 1.]), array([1., 2.]))
    """

    def __init__(self) -> None:
        super().__init__(elementary.exp)


class Log(Layer):
    """The natural logarithm; its derivative is 1/x.

    >>> layer = scratch.Log()
    >>> layer.forward([1, 1]), layer.backward([1, 2])
    (array([0., 0.]), array([1., 2.]))
    """

    def __init__(self) -> None:
        super().__init__(elementary.log)


class Sum(Layer):
    """The sum over ``axis`` (None: over all). Backward repeats ``dout`` to every element.

    >>> layer = scratch.Sum(axis=0)
    >>> layer.forward([[1, 2], [3, 4]]), layer.backward([10, 20])
    (array([4., 6.]), array([[10., 20.],
           [10., 20.]]))
    """

    def __init__(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> None:
        super().__init__(reduction.sum, dim=axis, keepdim=keepdims)


class Repeat(Layer):
    """``n`` copies along ``axis``, where x has one: [1, 3] becomes [n, 3]. Backward adds them up.

    Raises ShapeError where the size of x along ``axis`` is not 1.

    >>> layer = scratch.Repeat(2)
    >>> layer.forward([[1, 2]]), layer.backward([[10, 20], [1, 1]])
    (array([[1., 2.],
           [1., 2.]]), array([[11., 21.]]))
    """

    def __init__(self, n: int, axis: int = 0) -> None:
        super().__init__(movement.broadcast_to)
        if n < 1:
            raise RangeError(f"{self.name}: expected 1 copy or more, got n={n}")
        self.n = n
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """``n`` copies of x."""
        shape = list(numbers(self.name, x).shape)
        axis = normalize_dim(self.name, self.axis, len(shape))
        if not shape or shape[axis] != 1:
            raise ShapeError(
                f"{self.name}: expected x of size 1 along axis {self.axis}, got {written(shape)}; give it such an "
                f"axis: np.expand_dims(x, {self.axis})"
            )
        shape[axis] = self.n
        self.options = {"shape": tuple(shape)}
        return super().forward(x)


class MatMul(Layer):
    """The matrix product x·W, of [n, in] and [in, out]. Backward: (dout·Wᵀ, xᵀ·dout).

    >>> layer = scratch.MatMul()
    >>> layer.forward([[1, 2]], [[3], [4]]), layer.backward([[10]])
    (array([[11.]]), (array([[30., 40.]]), array([[10.],
           [20.]])))
    """

    def __init__(self) -> None:
        super().__init__(linear.matmul)


# activation -------------------------------------------------------------------------------------------


class Identity(Layer):
    """x itself: the activation of the last layer where any number may come out.

    >>> scratch.Identity().forward([1, 2])
    array([1., 2.])
    """

    def __init__(self) -> None:
        super().__init__(movement.copy)


class Sigmoid(Layer):
    """y = 1 / (1 + e⁻ˣ). Backward: dout · y · (1 − y).

    >>> layer = scratch.Sigmoid()
    >>> layer.forward([0, 0]), layer.backward([1, 4])
    (array([0.5, 0.5]), array([0.25, 1.  ]))
    """

    def __init__(self) -> None:
        super().__init__(activation.sigmoid)


class Relu(Layer):
    """max(0, x). Backward lets ``dout`` through where x > 0.

    >>> layer = scratch.Relu()
    >>> layer.forward([-2, 3]), layer.backward([10, 10])
    (array([0., 3.]), array([ 0., 10.]))
    """

    def __init__(self) -> None:
        super().__init__(activation.relu)


class LeakyRelu(Layer):
    """x where x > 0, else ``negative_slope`` · x.

    >>> layer = scratch.LeakyRelu(0.1)
    >>> layer.forward([-2, 3]), layer.backward([10, 10])
    (array([-0.2,  3. ]), array([ 1., 10.]))
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__(activation.leaky_relu, negative_slope=negative_slope)


class Tanh(Layer):
    """y = tanh x. Backward: dout · (1 − y²).

    >>> layer = scratch.Tanh()
    >>> layer.forward([0, 0]), layer.backward([1, 2])
    (array([0., 0.]), array([1., 2.]))
    """

    def __init__(self) -> None:
        super().__init__(elementary.tanh)


class Softmax(Layer):
    """exp(xᵢ) / Σ exp(xⱼ) along ``axis``. Backward: y · (dout − Σ dout·y).

    >>> layer = scratch.Softmax()
    >>> layer.forward([0, 0]), layer.backward([1, 0])
    (array([0.5, 0.5]), array([ 0.25, -0.25]))
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__(softmax.softmax, dim=axis)
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Probabilities, in the shape of x. Raises ShapeError where there is nothing along ``axis``."""
        shape = numbers(self.name, x).shape
        if shape and shape[normalize_dim(self.name, self.axis, len(shape))] == 0:
            raise ShapeError(
                f"{self.name}: expected at least one number along axis {self.axis}, got shape {written(shape)}"
            )
        return super().forward(x)
