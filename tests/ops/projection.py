"""A check of derivatives by random projection, to any order.

A function of many numbers is made one of a single number t: its output, weighted by random w, at
x + t·v for a random direction v. The slope of that in t, by central differences, must be the
gradient times v. One projection sees every element of a gradient at once; and since the gradient
is itself a function (of x and w), the same check of it is a check of second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet import tensor
from glassnet.autograd import grad

Function = Callable[..., Any]

STEP = 5e-4  # the error of the five-point difference is about STEP⁴, and 1e-16 / STEP of rounding


def check(function: Function, inputs: Sequence[np.ndarray], order: int = 2, rtol: float = 1e-7) -> None:
    """Hold the gradients of ``function``, of float64 tensors, against its slopes.

    AssertionError names the order and the input whose gradient is off by more than ``rtol``.
    """
    _check(function, list(inputs), order, 1, rtol, np.random.default_rng(0))


def _check(
    function: Function, inputs: list[np.ndarray], orders: int, order: int, rtol: float, rng: np.random.Generator
) -> None:
    if orders == 0:
        return
    leaves = _leaves(inputs)
    outputs = _tensors(function(*leaves))
    weights = [_signed(rng, y.shape) for y in outputs]
    gradients = _gradients(outputs, leaves, weights)
    size = sum(float(np.abs(y.array * w).sum()) for y, w in zip(outputs, weights, strict=True))
    for which, (x, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        assert gradient.shape == x.shape, f"order {order}, input {which}: gradient of {gradient.shape}, not {x.shape}"
        direction = _signed(rng, x.shape)
        slope = _slope(function, inputs, which, direction, weights)
        products = gradient * direction
        scale = max(np.abs(products).sum(), abs(slope))
        found = products.sum()
        assert abs(found - slope) <= rtol * scale + 1e-11 * (1 + size), (
            f"order {order}, input {which}: along a random direction the gradient gives {found:.12g}, "
            f"but the slope is {slope:.12g}"
        )
    n = len(inputs)

    def first_derivative(*tensors: Any) -> tuple[Any, ...]:
        xs, ws = tensors[:n], tensors[n:]
        found = grad(_tensors(function(*xs)), xs, ws, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    _check(first_derivative, [*inputs, *weights], orders - 1, order + 1, rtol, rng)


def _signed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers from 0.5 to 1 in size, so that no element goes unseen, of either sign."""
    return np.asarray(rng.uniform(0.5, 1.0, shape) * rng.choice([-1, 1], shape))


def _tensors(result: Any) -> tuple[Any, ...]:
    """The outputs that can have a gradient."""
    results = tuple(result) if isinstance(result, tuple | list) else (result,)
    return tuple(y for y in results if y.requires_grad)


def _leaves(arrays: Sequence[np.ndarray]) -> list[Any]:
    return [tensor(x, requires_grad=True) for x in arrays]


def _gradients(outputs: Sequence[Any], leaves: Sequence[Any], weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of each leaf; zeros where the outputs do not depend on it."""
    found = grad(outputs, leaves, weights, allow_unused=True) if outputs else [None] * len(leaves)
    return [np.zeros(x.shape) if g is None else g.array for x, g in zip(leaves, found, strict=True)]


def _slope(
    function: Function,
    inputs: list[np.ndarray],
    which: int,
    direction: np.ndarray,
    weights: Sequence[np.ndarray],
) -> float:
    """The slope in t of the weighted output where input ``which`` is x + t·direction."""

    def at(t: float) -> list[np.ndarray]:
        moved = [x + t * direction if i == which else x for i, x in enumerate(inputs)]
        return [y.array * w for y, w in zip(_tensors(function(*_leaves(moved))), weights, strict=True)]

    def difference(t: float) -> float:
        return float(sum((above - below).sum() for above, below in zip(at(t), at(-t), strict=True)))

    return (8 * difference(STEP) - difference(2 * STEP)) / (12 * STEP)
