"""Autograd: gradients, whether they are followed, and whether a derivative is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.tensor import Tensor, backward, gradients
from glassnet.tensor.graph import Node

__all__ = [
    "GradientMismatch",
    "Node",
    "backward",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]

grad = gradients
F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether operations are being followed, so that gradients can be computed.

    >>> with glassnet.no_grad():
    ...     glassnet.is_grad_enabled()
    False
    """
    return mode.grad


class _GradMode:
    """A context, and a decorator of functions, in which operations are or are not followed."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args and callable(args[0]):
            return cls()(args[0])  # type: ignore[call-arg]  # @no_grad is @no_grad()
        return super().__new__(cls)

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(mode.grad)
        mode.grad = self._enabled

    def __exit__(self, *_: object) -> None:
        mode.grad = self._before.pop()

    def __call__(self, function: F) -> F:
        enabled = self._enabled

        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with _GradMode(enabled):
                return function(*args, **kwargs)

        return inside  # type: ignore[return-value]


class no_grad(_GradMode):
    """``with no_grad():`` or ``@no_grad``: operations are not followed; no memory, no gradients.

    >>> x = glassnet.ones(2, requires_grad=True)
    >>> with glassnet.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_GradMode):
    """``with enable_grad():`` or ``@enable_grad``: followed again, inside `no_grad`.

    >>> with glassnet.no_grad(), glassnet.enable_grad():
    ...     glassnet.is_grad_enabled()
    True
    """

    def __init__(self) -> None:
        super().__init__(True)


class inference_mode(_GradMode):
    """`no_grad` under the name that PyTorch gives to its faster form; here `no_grad` is that form.

    >>> with glassnet.inference_mode():
    ...     glassnet.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)


class set_grad_enabled(_GradMode):
    """Follow operations or not, from here on; as a context, until it ends.

    >>> with glassnet.set_grad_enabled(False):
    ...     glassnet.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._held = is_grad_enabled()
        globals()["mode"].grad = mode

    def __enter__(self) -> None:
        mode.grad = self._enabled

    def __exit__(self, *_: object) -> None:
        mode.grad = self._held

    def __call__(self, function: F) -> F:
        """A function inside which the mode is set; outside, it is at once as it was."""
        self.__exit__()
        return super().__call__(function)


class GradientMismatch(GradientError):
    """A derivative that is not the slope of its function.

    >>> x = glassnet.ones(1, dtype=glassnet.float64, requires_grad=True)
    >>> glassnet.autograd.gradcheck(lambda x: x * x.detach(), x)
    Traceback (most recent call last):
    glassnet.autograd.GradientMismatch: gradcheck: ...
    """


def gradcheck(
    function: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    raise_exception: bool = True,
) -> bool:
    """Whether the gradients of ``function`` are its slopes, element by element.

    ``inputs`` is a tensor or a tuple; those that require a gradient are checked and must be
    float64. Every output element is compared, against the slope by central differences
    (f(x + eps) − f(x − eps)) / 2 eps. Raises GradientMismatch, which names the input and the index
    where the two differ by more than atol + rtol·|slope|, or with raise_exception=False gives False.

    >>> x = glassnet.tensor([1.0, 2.0], dtype=glassnet.float64, requires_grad=True)
    >>> glassnet.autograd.gradcheck(lambda x: x**3, x)
    True
    """
    given = tuple(inputs) if isinstance(inputs, Sequence) else (inputs,)
    for number, x in enumerate(given):
        if isinstance(x, Tensor) and x.requires_grad and x.dtype != np.float64:
            raise TypeError(
                f"gradcheck: input {number} must be float64 (differences of {x.dtype} have too few digits); use "
                "x.detach().double().requires_grad_()"
            )
    if not any(isinstance(x, Tensor) and x.requires_grad for x in given):
        raise ValueError("gradcheck: expected at least one input that requires a gradient, got none")
    try:
        for number, x in enumerate(given):
            if isinstance(x, Tensor) and x.requires_grad:
                _check_input(function, given, number, eps, atol, rtol)
    except GradientMismatch:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(function: Callable[..., Any], inputs: Any, **options: Any) -> bool:
    """`gradcheck` of the gradients themselves: whether second derivatives are right.

    The gradient is taken of the outputs weighted by fixed random numbers, which are inputs too.
    Options are those of `gradcheck`.

    >>> x = glassnet.tensor([1.0, 2.0], dtype=glassnet.float64, requires_grad=True)
    >>> glassnet.autograd.gradgradcheck(lambda x: x**3, x)
    True
    """
    given = tuple(inputs) if isinstance(inputs, Sequence) else (inputs,)
    generator = np.random.default_rng(0)
    weights = [
        Tensor(generator.standard_normal(y.shape), dtype=np.float64, requires_grad=True)
        for y in _outputs(function, given)
    ]

    def first_derivative(*arguments: Any) -> tuple[Tensor, ...]:
        xs, ws = arguments[: len(given)], arguments[len(given) :]
        asked = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
        found = gradients(_outputs(function, xs), asked, ws, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None and g.requires_grad)

    return gradcheck(first_derivative, (*given, *weights), **options)


def _outputs(function: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[Tensor, ...]:
    result = function(*inputs)
    outputs = tuple(result) if isinstance(result, tuple | list) else (result,)
    return tuple(y for y in outputs if isinstance(y, Tensor) and y.requires_grad)


def _check_input(
    function: Callable[..., Any], inputs: tuple[Any, ...], number: int, eps: float, atol: float, rtol: float
) -> None:
    x = inputs[number]
    slopes = _numerical_jacobian(function, inputs, number, eps)
    for which, y in enumerate(_outputs(function, inputs)):
        for place in np.ndindex(y.shape):
            seed = np.zeros(y.shape, y.dtype)
            seed[place] = 1
            (gradient,) = gradients(y, x, Tensor(seed, dtype=y.dtype), retain_graph=True, allow_unused=True)
            found = np.zeros(x.shape) if gradient is None else gradient.array
            slope = slopes[which][(..., *place)]
            wrong = ~(np.abs(found - slope) <= atol + rtol * np.abs(slope))
            if wrong.any():
                index = tuple(int(i) for i in np.argwhere(wrong)[0])
                raise GradientMismatch(
                    f"gradcheck: the gradient with respect to input {number} at index {list(index)} is wrong: for "
                    f"output {which} at {list(place)} it is {found[index]:.8g}, but the slope there is "
                    f"{slope[index]:.8g}"
                )


def _numerical_jacobian(function: Callable[..., Any], inputs: tuple[Any, ...], number: int, eps: float) -> list[Any]:
    """For each output, its slope in each element of input ``number``: shape [*input, *output]."""
    array = inputs[number].array
    if not array.size:
        return [np.zeros(array.shape + y.shape) for y in _outputs(function, inputs)]
    columns: list[list[Any]] = []
    for index in np.ndindex(array.shape):
        held = array[index]
        array[index] = held + eps
        above = [y.array.copy() for y in _outputs(function, inputs)]
        array[index] = held - eps
        below = [y.array.copy() for y in _outputs(function, inputs)]
        array[index] = held
        columns.append([(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)])
    return [np.stack(parts).reshape(array.shape + parts[0].shape) for parts in zip(*columns, strict=True)]
