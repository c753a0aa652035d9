"""Optimizers: ``update(params, grads)`` makes one step, changing the arrays in place.

``params`` and ``grads`` are dictionaries with the same keys (`TwoLayerNet`) or lists of one length
(`Affine`). The state of a parameter is kept under its key or position, so several layers are
updated together, ``update(a.params + b.params, a.grads + b.grads)``. The steps are those of
`glassnet.optim` and PyTorch, from the same operations.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.ops.update import adagrad_update, adam_update, rmsprop_update, sgd_update
from glassnet.scratch.arrays import numbers, run

Arrays = MutableMapping[str, Array] | Sequence[Array]


class Optimizer:
    """What all optimizers share. ``lr``, the learning rate, may be changed between updates."""

    op: Op
    slots: tuple[str, ...] = ()
    """The state of each parameter: "step" is a counter, any other name an array of its shape."""

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.state: dict[Any, list[Array]] = {}
        self._met: dict[Any, Array] = {}
        self._check("lr", lr, 0, np.inf)

    def _check(self, what: str, value: Any, least: float, most: float) -> None:
        if not least <= value < most:
            raise RangeError(
                f"{type(self).__name__}: expected {what} of {least:g} or more"
                f"{'' if most == np.inf else f' and less than {most:g}'}, got {what}={value}"
            )

    def options(self) -> dict[str, Any]:
        """The options of the operation that makes the step."""
        return {}

    def update(self, params: Any, grads: Any) -> None:
        """One step of every parameter, in place. All is checked before anything is changed.

        Raises ShapeError where a gradient is missing or of another shape than its parameter,
        DtypeError for parameters that cannot hold fractions, ValueError for another array in place
        of one that has a state.
        """
        self._check("lr", self.lr, 0, np.inf)
        pairs = self._pairs(params, grads)
        for key, p, g in pairs:
            if key not in self.state:
                self.state[key] = [np.zeros(()) if slot == "step" else np.zeros_like(p) for slot in self.slots]
                if self.slots:
                    self._met[key] = p
            run(self.op, p, g, self.lr, *self.state[key], **self.options())

    def _pairs(self, params: Any, grads: Any) -> list[tuple[Any, Array, Array]]:
        name = type(self).__name__
        parameters, gradients = _keyed(name, "params", params), _keyed(name, "grads", grads)
        if parameters.keys() != gradients.keys():
            raise ShapeError(
                f"{name}: expected a gradient for each parameter: {list(parameters)}, got gradients for "
                f"{list(gradients)}"
            )
        pairs = []
        for key, p in parameters.items():
            if not isinstance(p, np.ndarray) or p.dtype.kind != "f" or not p.flags.writeable:
                got = p.dtype if isinstance(p, np.ndarray) else type(p).__name__
                raise DtypeError(
                    f"{name}: expected parameter {key!r:.80} to be a floating array that can be changed in place, got "
                    f"{got}; make it one: np.array(p, dtype=float)"
                )
            g = numbers(name, gradients[key])
            known = [x for x, slot in zip(self.state.get(key, ()), self.slots, strict=False) if slot != "step"]
            if g.shape != p.shape or any(x.shape != p.shape for x in known):
                raise ShapeError(
                    f"{name}: expected a gradient of the shape of parameter {key!r:.80}, {written(p.shape)}, got "
                    f"{written(g.shape)}; for another network, make another optimizer; {_TOGETHER}"
                )
            if key in self._met and not _same_memory(p, self._met[key]):
                raise ValueError(
                    f"{name}: expected parameter {key!r:.80} to be the array of the first update, got another one; "
                    f"change it in place: p[...] = values; for another network, make another optimizer; {_TOGETHER}"
                )
            pairs.append((key, p, g.astype(p.dtype, copy=False)))
        return pairs


_TOGETHER = "several layers go together: update(a.params + b.params, a.grads + b.grads)"


def _same_memory(p: Array, q: Array) -> bool:
    return bool(p.ctypes.data == q.ctypes.data and p.strides == q.strides)  # a new view of the same array


def _keyed(name: str, what: str, arrays: Any) -> dict[Any, Any]:
    if isinstance(arrays, Mapping):
        return dict(arrays)
    if isinstance(arrays, list | tuple):
        return dict(enumerate(arrays))
    raise TypeError(f"{name}: expected {what} to be a dictionary or a list of arrays, got {type(arrays).__name__}")


class SGD(Optimizer):
    """W ← W − lr·∂L/∂W.

    >>> W = np.array([1.0, 2.0])
    >>> scratch.SGD(lr=0.1).update([W], [np.array([10.0, 10.0])])
    >>> W
    array([0., 1.])
    """

    op = sgd_update

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)


class Momentum(Optimizer):
    """b ← momentum·b + ∂L/∂W, W ← W − lr·b: the velocity b builds up over the steps (B. Polyak, 1964).

    >>> W, optimizer = np.array([1.0]), scratch.Momentum(lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.update([W], [np.array([1.0])])
    >>> W.round(6)  # 1 − 0.1 − 0.1·(0.9 + 1)
    array([0.71])
    """

    op = sgd_update
    slots = ("momentum_buffer",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = momentum
        self._check("momentum", momentum, 0, 1)

    def options(self) -> dict[str, Any]:
        """The momentum."""
        return {"momentum": self.momentum}


class Nesterov(Momentum):
    """`Momentum` that looks ahead: W ← W − lr·(∂L/∂W + momentum·b) (Y. Nesterov, 1983).

    >>> W = np.array([1.0])
    >>> scratch.Nesterov(lr=0.1).update([W], [np.array([1.0])])
    >>> W  # 1 − 0.1·(1 + 0.9)
    array([0.81])
    """

    def options(self) -> dict[str, Any]:
        """The momentum, and that it looks ahead."""
        return {"momentum": self.momentum, "nesterov": True}


class AdaGrad(Optimizer):
    """h ← h + g², W ← W − lr·g/√h, where g = ∂L/∂W: what moved much moves less (J. Duchi et al., 2011).

    >>> W = np.array([1.0, 1.0])
    >>> scratch.AdaGrad(lr=0.1).update([W], [np.array([2.0, 200.0])])
    >>> W
    array([0.9, 0.9])
    """

    op = adagrad_update
    slots = ("step", "sum")

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)


class RMSprop(Optimizer):
    """`AdaGrad` that forgets: h ← decay_rate·h + (1 − decay_rate)·g² (T. Tieleman and G. Hinton, 2012).

    >>> W = np.array([1.0, 1.0])
    >>> scratch.RMSprop(lr=0.1, decay_rate=0.75).update([W], [np.array([2.0, 200.0])])
    >>> W.round(6)
    array([0.8, 0.8])
    """

    op = rmsprop_update
    slots = ("step", "square_avg")

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        super().__init__(lr)
        self.decay_rate = decay_rate
        self._check("decay_rate", decay_rate, 0, 1)

    def options(self) -> dict[str, Any]:
        """The rate of decay."""
        return {"alpha": self.decay_rate}


class Adam(Optimizer):
    """Running averages of the gradient and of its square, corrected for starting at 0 (D. Kingma and J. Ba, 2015).

    >>> W = np.array([1.0, 1.0])
    >>> scratch.Adam(lr=0.1).update([W], [np.array([2.0, 200.0])])
    >>> W.round(6)
    array([0.9, 0.9])
    """

    op = adam_update
    slots = ("step", "exp_avg", "exp_avg_sq")

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        super().__init__(lr)
        self.beta1 = beta1
        self.beta2 = beta2
        self._check("beta1", beta1, 0, 1)
        self._check("beta2", beta2, 0, 1)

    def options(self) -> dict[str, Any]:
        """The rates of decay of both averages."""
        return {"betas": (self.beta1, self.beta2)}
