"""Functions of one number, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.explain.plots.axes import COLOURS, axes, labelled, name_of
from glassnet.explain.plots.fonts import legible
from glassnet.explain.symbolic import named_function
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor, apply
from glassnet.tensor.creation import from_numpy

Function = Callable[[Tensor], Tensor]
POINTS = 1001


@legible
def activation(
    *functions: Function | Op | str, derivative: bool = False, domain: tuple[float, float] = (-5.0, 5.0), ax: Any = None
) -> Any:
    """Draw functions of one number over ``domain``, each with its ``derivative`` (dashed) if wanted.

    A function is one of tensors (``F.relu``, ``nn.GELU()``, one of your own), an operation, or the name
    of one in `glassnet.functional` (``"sigmoid"``). The derivative is autograd's. Gives the axes back.

    >>> from glassnet.explain import plots
    >>> ax = plots.activation(F.relu, "gelu", derivative=True)
    >>> [line.get_label() for line in ax.lines[2:]]
    ['relu', 'relu′', 'gelu', 'gelu′']
    """
    low, high = domain
    if not functions or not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"activation: expected one function or more and a domain (low, high), got {domain}")
    x = np.linspace(low, high, POINTS)
    curves = [(name, *values(name, f, x)) for name, f in map(function_of, functions)]  # before anything is drawn
    ax = axes(ax)
    ax.axhline(0, color="0.75", linewidth=0.8, zorder=0)
    ax.axvline(0, color="0.75", linewidth=0.8, zorder=0)
    for number, (name, y, slope) in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        ax.plot(x, y, color=colour, label=name, linewidth=2)
        if derivative:
            ax.plot(x, slope, color=colour, label=f"{name}′", linewidth=1.6, linestyle="--")
    alone = len(curves) == 1 and not derivative
    return labelled(ax, title=curves[0][0] if alone else "", x="x", legend=not alone)


def function_of(f: Function | Op | str) -> tuple[str, Function]:
    """A name and a function of one tensor. Raises ValueError, which lists what is near, for an unknown name."""
    if isinstance(f, Op):
        return f.name, lambda x: apply(f, x)
    if not isinstance(f, str):
        return name_of(f), f
    return f, named_function(f)


def values(name: str, f: Function, x: Array) -> tuple[Array, Array]:
    """f(x) and f′(x) for each number of ``x``. Raises ValueError for what is not of each number by itself."""
    tensor = from_numpy(x).requires_grad_()
    state = get_rng_state()
    y = f(tensor)
    if not isinstance(y, Tensor) or y.shape != tensor.shape:
        got = f"shape {list(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"{name}: expected a function of each number by itself, [{x.size}] to [{x.size}], got {got}")
    set_rng_state(state)  # the same noise
    of_some = f(from_numpy(x[: len(x) // 2]))
    if not np.allclose(of_some.numpy(), y.detach().numpy()[: len(x) // 2], equal_nan=True):
        raise ValueError(
            f"{name}: expected a function of each number by itself; what this one gives for a number depends on the "
            f"others, so that it has no curve. Draw it of one of its inputs: lambda x: {name}(…)"
        )
    if not y.requires_grad:  # flat, like a step
        return y.numpy(), np.zeros_like(x)
    y.sum().backward()
    gradient = tensor.grad
    assert gradient is not None
    return y.detach().numpy(), gradient.numpy()
