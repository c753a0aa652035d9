"""Random programs of views and changes in place, to be run in glassnet and in PyTorch alike."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

Function = Callable[[Any, Any], Any]

NEW: list[Function] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - 0.5 * b,
    lambda a, _: a.sin(),
    lambda a, _: (0.3 * a).exp(),
    lambda a, _: a.sigmoid(),
    lambda a, _: a**2,
    lambda a, _: a.relu(),
    lambda a, _: a.clone(),
    lambda a, _: a.cumsum(0) if a.ndim else a * 1,
    lambda a, _: a.reshape(-1) if a.ndim else a * 1,
    lambda a, _: a.sum(0) if a.ndim else a * 1,
]
VIEWS: list[Function] = [
    lambda a, _: a[0] if a.ndim else a,
    lambda a, _: a[1:] if a.ndim else a,
    lambda a, _: a[..., 1] if a.ndim and a.shape[-1] > 1 else a,
    lambda a, _: a[..., ::2] if a.ndim else a,
    lambda a, _: a[None],
    lambda a, _: a.transpose(0, -1) if a.ndim else a,
    lambda a, _: a.transpose(0, -1)[...] if a.ndim else a,
    lambda a, _: a.unsqueeze(-1),
    lambda a, _: a.flatten(),
    lambda a, _: a.squeeze(),
    lambda a, _: a.expand(2, *a.shape) if a.ndim < 3 else a,
]
IN_PLACE: list[Function] = [
    lambda a, b: a.add_(b),
    lambda a, b: a.mul_(b),
    lambda a, b: a.copy_(b),
    lambda a, _: a.mul_(1.5),
    lambda a, _: a.neg_(),
    lambda a, _: a.sigmoid_(),
    lambda a, _: a.sin_(),
    lambda a, _: a.zero_(),
    lambda a, _: a.relu_(),
    lambda a, _: a.clamp_(-0.5, 0.75),
    lambda a, b: a.__setitem__(0, b) if a.ndim else a.mul_(1.0),
    lambda a, _: a.__setitem__((..., slice(1)), 0.25) if a.ndim else a.mul_(1.0),
]
CUT: list[Function] = [lambda a, _: a.detach()]


class Step(NamedTuple):
    function: Function
    makes: bool  # a tensor, or changes one
    followed: bool
    which: tuple[float, float]  # of the tensors there are by then


def program(seed: int, *, cut: bool) -> list[Step]:
    """3 to 9 steps; with ``cut``, some of them detach, or happen under no_grad."""
    rng = np.random.default_rng(seed)
    steps = []
    for _ in range(rng.integers(3, 10)):
        kind = rng.choice(4, p=[0.35, 0.3, 0.25, 0.1])
        table = (NEW, VIEWS, IN_PLACE, IN_PLACE + CUT * 4 if cut else NEW)[kind]
        function = table[rng.integers(len(table))]
        makes = function not in IN_PLACE
        steps.append(Step(function, makes, makes or kind != 3, tuple(rng.random(2))))
    return steps


def run(steps: list[Step], start: list[Any], no_grad: Any, refusals: Any = ()) -> tuple[list[Any], list[Step]]:
    """The tensors after ``steps``, and the steps taken: those that raise ``refusals`` are left out."""
    pool, taken = list(start), []
    for step in steps:
        a, b = (pool[int(u * len(pool))] for u in step.which)
        if not step.makes and a is not b:
            b = b.clone()  # what overlaps, PyTorch may change while it reads it
        try:
            with nullcontext() if step.followed else no_grad():
                result = step.function(a, b)
        except refusals:
            continue
        taken.append(step)
        if step.makes:
            pool.append(result)
    return pool, taken


def numbers(seed: int) -> tuple[np.ndarray, np.ndarray, Callable[[Any], np.ndarray]]:
    """Where the program starts from: a leaf, a buffer; and weights for what comes of it."""
    rng = np.random.default_rng((seed, 1))
    leaf, buffer = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    return leaf, buffer, lambda t: np.asarray(rng.standard_normal(tuple(t.shape)))
