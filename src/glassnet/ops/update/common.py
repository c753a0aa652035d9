"""What all updates share: going through memory in blocks, the shape rule, weight decay, averages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.arithmetic import real
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import shape_of, written

BLOCK = 1 << 17
"""How many elements are updated at a time: few enough to stay in a core's cache between passes."""

Options = SimpleNamespace
"""The options of an update: ``options.weight_decay``."""

Pieces = Iterable[tuple[Any, ...]]
Shapes = Callable[[tuple[int, ...]], Iterable[tuple[int, ...] | None]]


def blocks(param: Array, *others: Array | None) -> Pieces:
    """The arrays, block by block, each time with two scratch arrays of the block's shape.

    An update makes up to a dozen passes over its arrays. A large parameter would be read from memory
    each time; block by block, the passes find it in the cache. None stays None. Complex numbers are
    two: first come their real parts, then the imaginary ones. Raises ValueError, before anything is
    written, unless all are of one shape and dtype.
    """
    shape, dtype = param.shape, param.dtype
    for x in others:
        if x is not None and (x.shape != shape or (x.dtype is not dtype and x.dtype != dtype)):
            raise ValueError(f"expected arrays of shape {shape} and dtype {dtype}, got {x.shape} and {x.dtype}")
    if dtype.kind == "c":
        imag = (None if x is None else x.imag for x in others)
        real = (None if x is None else x.real for x in others)
        return (*blocks(param.real, *real), *blocks(param.imag, *imag))
    if param.size <= BLOCK:
        return ((param, *others, np.empty(shape, dtype), np.empty(shape, dtype)),)
    return _cut(param, *others)


def _cut(param: Array, *others: Array | None) -> Iterator[tuple[Any, ...]]:
    rows = max(1, BLOCK * len(param) // param.size)
    scratch, spare = np.empty_like(param[:rows]), np.empty_like(param[:rows])
    for i in range(0, len(param), rows):
        n = min(rows, len(param) - i)
        yield (*(None if x is None else x[i : i + n] for x in (param, *others)), scratch[:n], spare[:n])


def update(
    name: str,
    forward: Callable[..., Array],
    expand: Callable[..., Any],
    formula: str,
    state_shapes: Shapes = lambda shape: (shape,),
) -> Op:
    """The record of an update. The signature of ``forward`` states all of it, once.

    Its positional arguments are ``param, grad, lr``, then the state, and last, if the update has a
    momentum, ``momentum_now``: where a schedule moves the momentum, the number to use in place of
    the option ``momentum``, or of the first of ``betas``. Its keyword-only arguments are the
    options, with their defaults.

    ``expand(options, param, grad, lr, *state)`` gets every option as an attribute of ``options``,
    the momentum already replaced, and every input: None for state that is not kept.

    ``state_shapes`` are those that the state of a parameter of some shape may have, besides that of one number.
    """
    signature = inspect.signature(forward)
    inputs = [p.name for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]

    def shape(param: Any, grad: Any, _lr: Any, *state: Any, **_options: Any) -> Spec:
        return _fitting(name, param, grad, state, state_shapes)

    def decomposed(*arguments: Any, **chosen: Any) -> Any:
        call = signature.bind(*arguments, **chosen)
        call.apply_defaults()
        options, values = Options(**call.kwargs), dict(zip(inputs, call.args, strict=True))
        momentum = values.pop("momentum_now", None)
        if momentum is not None and "betas" in call.kwargs:
            options.betas = (momentum, options.betas[1])
        elif momentum is not None:
            options.momentum = momentum
        if values["param"].dtype.kind == "c":
            return _by_parts(expand, options, list(values.values()))
        return expand(options, *values.values())

    writes = tuple(i for i, x in enumerate(inputs) if x not in ("grad", "lr", "momentum_now"))
    return register(Op(name, forward, (None,) * len(inputs), shape, formula, decomposed, writes=writes))


def _by_parts(expand: Callable[..., Any], options: Options, values: list[Any]) -> tuple[Any, ...]:
    """The new values of complex numbers: those of their real parts and of their imaginary ones, put together."""
    from glassnet.ops.functions.complex_numbers import complex_of, imag

    def of_part(part: Callable[[Any], Any]) -> Any:
        return expand(options, *(part(x) if _is_complex(x) else x for x in values))

    pairs = zip(of_part(real), of_part(imag), values[:1] + values[3:], strict=True)
    return tuple(complex_of(x, y) if _is_complex(old) else x for x, y, old in pairs)


def _is_complex(x: Any) -> bool:
    return x is not None and not isinstance(x, int | float) and x.dtype.kind == "c"


def _fitting(name: str, param: Any, grad: Any, state: tuple[Any, ...], shapes: Shapes) -> Spec:
    if shape_of(grad) != shape_of(param):
        raise ShapeError(
            f"{name}: expected a gradient of the parameter's shape {written(shape_of(param))}, got "
            f"{written(shape_of(grad))}; if .grad was set by hand, give it that shape"
        )
    if grad.dtype != param.dtype:
        raise DtypeError(
            f"{name}: expected a gradient of the parameter's dtype {param.dtype}, got {grad.dtype}; convert it: "
            "p.grad = p.grad.to(p.dtype)"
        )
    for x in state:
        if x is not None and shape_of(x) and shape_of(x) not in shapes(shape_of(param)):
            raise ShapeError(
                f"{name}: expected state of the parameter's shape {written(shape_of(param))}, got "
                f"{written(shape_of(x))}; if the parameter was given another shape, make a new optimizer"
            )
        if x is not None and shape_of(x) and x.dtype != param.dtype:
            raise DtypeError(
                f"{name}: expected state of the parameter's dtype {param.dtype}, got {x.dtype}; if the parameter was "
                "converted, make a new optimizer"
            )
    return Spec(shape_of(param), param.dtype)


# What several updates have in common: in place on arrays, and as new values for decompositions ------


def direction(w: Array, g: Array, weight_decay: float, maximize: bool, spare: Array) -> Array:
    """What to step against: ∂L/∂W, or −∂L/∂W to climb, plus weight_decay·W."""
    if weight_decay != 0:
        np.multiply(w, weight_decay, out=spare)
        return np.subtract(spare, g, out=spare) if maximize else np.add(spare, g, out=spare)
    return np.negative(g, out=spare) if maximize else g


def new_direction(w: Any, g: Any, weight_decay: float, maximize: bool) -> Any:
    """As `direction`, as new values."""
    g = -g if maximize else g
    return g + weight_decay * w if weight_decay != 0 else g


def average(m: Array, g: Array, beta: float, scratch: Array) -> None:
    """m ← m + (1 − β)·(g − m), a running average of g."""
    np.subtract(g, m, out=scratch)
    scratch *= 1 - beta
    m += scratch


def new_average(m: Any, g: Any, beta: float) -> Any:
    """As `average`, as new values."""
    return m + (1 - beta) * (g - m)


def average_square(v: Array, g: Array, beta: float, scratch: Array) -> None:
    """v ← β·v + (1 − β)·g², a running average of g²."""
    v *= beta
    np.multiply(g, g, out=scratch)
    scratch *= 1 - beta
    v += scratch


def new_average_square(v: Any, g: Any, beta: float) -> Any:
    """As `average_square`, as new values."""
    return beta * v + (1 - beta) * (g * g)
