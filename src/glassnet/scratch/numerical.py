"""Numerical derivatives by central differences: for any function, known only by its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.scratch.arrays import floats, plain


def _step(x: Any, h: float | None) -> Any:
    """How far to go to either side: the error of rounding, ε/h, and that of the difference, h², in balance."""
    if h is not None:
        if not h > 0:
            raise RangeError(f"numerical differences: expected h above 0, got {h}; 1e-4 is usual in float64")
        return np.full_like(x, h)
    return np.cbrt(np.finfo(x.dtype).eps) * np.maximum(1, np.abs(x))


def numerical_diff(f: Callable[[Any], Any], x: Any, h: float | None = None) -> Any:
    """The slope of ``f``, a function of one number, at ``x``: (f(x + h) − f(x − h)) / 2h.

    Where ``x`` is an array, f is applied to all of it and must work element by element; the result
    is one slope an element. ``h`` is chosen by the precision of x unless given.

    >>> float(scratch.numerical_diff(lambda x: x**2, 3.0).round(6))
    6.0
    """
    (x,) = floats("numerical_diff", x)
    step = _step(x, h)
    above, below = x + step, x - step
    high, low = floats("numerical_diff", f(plain(above)), f(plain(below)))
    rise = high - low
    if rise.shape != x.shape:
        raise ShapeError(
            f"numerical_diff: expected a function that gives one number for each of x {written(x.shape)}, got "
            f"{written(rise.shape)}; of one number of many, numerical_gradient is the slope"
        )
    return plain(np.asarray(rise / (above - below)))


def numerical_gradient(f: Callable[[Array], Any], x: Any, h: float | None = None) -> Any:
    """The gradient of ``f``, one number of an array of any shape: its slope in each element of ``x``.

    Central differences, each element moved by ±h while the others stay (two calls of f each), so
    slow, but right for any smooth function. A floating array is moved in place, so that ``f`` may
    also look at it without taking it from its argument (``lambda _: net.loss(x, t)``), and is as
    it was when this returns or raises. A list, whole numbers or a read-only array become a copy,
    which f then has to take from its argument.

    Raises ShapeError where ``f`` gives more than one number.

    >>> scratch.numerical_gradient(lambda x: (x**2).sum(), [3.0, 4.0]).round(6)
    array([6., 8.])
    """
    (array,) = floats("numerical_gradient", x)
    if not array.flags.writeable:
        array = np.array(array)
    steps = _step(array, h)
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        original = array[index]
        try:
            array[index] = original + steps[index]
            right, above = array[index], _value(f, array)
            array[index] = original - steps[index]
            left, below = array[index], _value(f, array)
        finally:
            array[index] = original
        gradient[index] = (above - below) / (right - left)
    return plain(gradient)


def _value(f: Callable[[Array], Any], x: Array) -> Any:
    (y,) = floats("numerical_gradient", f(x))
    if y.size != 1:
        raise ShapeError(
            f"numerical_gradient: expected a function that gives one number, such as a loss, got shape "
            f"{written(y.shape)}; take its sum or mean"
        )
    return y.reshape(())[()]


def gradient_descent(
    f: Callable[[Array], Any],
    init_x: Any,
    lr: float = 0.01,
    step_num: int = 100,
    return_path: bool = False,
) -> Any:
    """Where ``step_num`` steps x ← x − lr·(numerical gradient of f) lead from ``init_x``, which stays as it is.

    With ``return_path``, the pair of that and of all points on the way, [step_num + 1, *shape of x].
    Raises RangeError where the steps run away: the learning rate is too large for f.

    >>> scratch.gradient_descent(lambda x: (x**2).sum(), [3.0, 4.0], lr=0.1).round(6)
    array([0., 0.])
    """
    if not lr >= 0:
        raise RangeError(f"gradient_descent: expected a learning rate of 0 or more, got lr={lr}")
    (x,) = floats("gradient_descent", init_x)
    x = np.array(x)
    path = [x.copy()]
    for i in range(step_num):
        x -= lr * numerical_gradient(f, x)
        if not np.isfinite(x).all():
            raise RangeError(f"gradient_descent: step {i + 1} left the finite numbers; a smaller lr than {lr} may help")
        path.append(x.copy())
    return (x, np.stack(path)) if return_path else x
