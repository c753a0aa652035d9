"""Gradient checks: derivatives against slopes by finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.errors import GradientError
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, gradients
from glassnet.tensor.creation import tensor

_OTHERS = {
    "nondet_tol", "check_undefined_grad", "check_grad_dtypes", "check_batched_grad", "check_batched_forward_grad",
    "check_forward_ad", "check_backward_ad", "check_fwd_over_rev", "check_rev_over_rev", "gen_non_contig_grad_outputs",
    "fast_mode", "masked",
}  # fmt: skip


class GradientMismatch(GradientError):
    """A derivative that is not the slope of its function.

    >>> x = glassnet.ones(1, dtype=glassnet.float64, requires_grad=True)
    >>> glassnet.autograd.gradcheck(lambda x: x * x.detach(), x)
    Traceback (most recent call last):
    glassnet.autograd.GradientMismatch: gradcheck: ...
    """

    __module__ = "glassnet.autograd"  # where it is found, and named in a traceback


def gradcheck(
    function: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    raise_exception: bool = True,
    **others: Any,
) -> bool:
    """Whether the gradients of ``function`` are its slopes, element by element.

    ``inputs`` is a tensor or a tuple; those that require a gradient are checked and must be
    float64. Every output element is compared, against the slope by central differences
    (f(x + eps) − f(x − eps)) / 2 eps. Raises GradientMismatch, which names the input and the index
    where the two differ by more than atol + rtol·|slope|, or with raise_exception=False gives False.
    PyTorch's other options, such as ``fast_mode`` and ``nondet_tol``, are taken: the check is the whole one.

    Raises TypeError for inputs that are not float64, and an option that there is not.

    >>> x = glassnet.tensor([1.0, 2.0], dtype=glassnet.float64, requires_grad=True)
    >>> glassnet.autograd.gradcheck(lambda x: x**3, x)
    True
    """
    unknown = others.keys() - _OTHERS
    if unknown:
        raise TypeError(
            f"gradcheck: there is no option {min(unknown)!r:.40}; expected eps, atol, rtol, raise_exception"
        )
    tensors = tuple(inputs) if isinstance(inputs, Sequence) else (inputs,)
    for number, x in enumerate(tensors):
        if isinstance(x, Tensor) and x.requires_grad and x.dtype != np.float64:
            raise TypeError(
                f"gradcheck: input {number} must be float64 (differences of {x.dtype} have too few digits); use "
                "x.detach().double().requires_grad_()"
            )
    if not any(isinstance(x, Tensor) and x.requires_grad for x in tensors):
        raise ValueError("gradcheck: expected at least one input that requires a gradient, got none")
    try:
        for number, x in enumerate(tensors):
            if isinstance(x, Tensor) and x.requires_grad:
                _check_input(function, tensors, number, eps, atol, rtol)
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
    tensors = tuple(inputs) if isinstance(inputs, Sequence) else (inputs,)
    generator = np.random.default_rng(0)
    weights = [
        tensor(generator.standard_normal(y.shape), dtype=np.float64, requires_grad=True)
        for y in _outputs(function, tensors)
    ]

    def first_derivative(*arguments: Any) -> tuple[Tensor, ...]:
        xs, ws = arguments[: len(tensors)], arguments[len(tensors) :]
        checked = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
        derivatives = gradients(_outputs(function, xs), checked, ws, create_graph=True, allow_unused=True)
        return tuple(g for g in derivatives if g is not None and g.requires_grad)

    return gradcheck(first_derivative, (*tensors, *weights), **options)


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
            cotangent = np.zeros(y.shape, y.dtype)
            cotangent[place] = 1
            (gradient,) = gradients(y, x, tensor(cotangent, dtype=y.dtype), retain_graph=True, allow_unused=True)
            analytical = np.zeros(x.shape) if gradient is None else gradient.array
            slope = slopes[which][(..., *place)]
            wrong = ~(np.abs(analytical - slope) <= atol + rtol * np.abs(slope))
            if wrong.any():
                index = tuple(int(i) for i in np.argwhere(wrong)[0])
                raise GradientMismatch(
                    f"gradcheck: the gradient with respect to input {number} at index {list(index)} is wrong: for "
                    f"output {which} at {list(place)} it is {analytical[index]:.8g}, but the slope there is "
                    f"{slope[index]:.8g}"
                )


def _numerical_jacobian(function: Callable[..., Any], inputs: tuple[Any, ...], number: int, eps: float) -> list[Array]:
    """For each output, its slope in each element of input ``number``: shape [*input, *output]."""
    array = inputs[number].array
    if not array.size:
        return [np.zeros(array.shape + y.shape) for y in _outputs(function, inputs)]
    columns: list[list[Array]] = []
    for index in np.ndindex(array.shape):
        x = array[index]
        array[index] = x + eps
        above = [y.array.copy() for y in _outputs(function, inputs)]
        array[index] = x - eps
        below = [y.array.copy() for y in _outputs(function, inputs)]
        array[index] = x
        columns.append([(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)])
    return [np.stack(parts).reshape(array.shape + parts[0].shape) for parts in zip(*columns, strict=True)]
