"""Gradient clipping; parameters as one vector."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from glassnet.autograd import no_grad
from glassnet.errors import GradientError, ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.creation import zeros
from glassnet.tensor.joining import cat, stack

Tensors = Tensor | Iterable[Tensor]


def _several(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensors) -> list[Tensor]:
    return [p.grad for p in _several(parameters) if p.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of ``tensors`` together, as a tensor of no dimensions.

    ``norm_type`` p means (Σ|x|ᵖ)^(1/p), and inf the largest |x|. ``foreach`` changes nothing here. Raises
    GradientError if the norm is NaN or infinite and ``error_if_nonfinite``.

    >>> nn.utils.get_total_norm([glassnet.tensor([3.0]), glassnet.tensor([4.0])])
    tensor(5.)
    """
    norm_type = float(norm_type)
    norms = [t.norm(norm_type) for t in _several(tensors)]
    if not norms:
        return zeros(())
    total = stack(norms).norm(norm_type) if len(norms) > 1 else norms[0]
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise GradientError(
            f"the norm of the gradients is {total.item()}, so there is nothing to scale them to; look for a NaN or an "
            "infinity in the data or the loss, or pass error_if_nonfinite=False"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients of ``parameters`` by max_norm / total_norm where that is below 1.

    Raises ValueError for a negative ``max_norm``.

    >>> w = nn.Parameter(glassnet.zeros(2))
    >>> w.grad = glassnet.tensor([3.0, 4.0])
    >>> nn.utils.clip_grads_with_norm_([w], 1.0, glassnet.tensor(10.0))
    >>> w.grad
    tensor([0.3000, 0.4000])
    """
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: expected max_norm of 0 or more, got {max_norm}")
    factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
    for gradient in _gradients(parameters):
        gradient.mul_(factor)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients of all ``parameters`` so that their norm together is at most ``max_norm``.

    Returns the norm they had. Arguments and errors are those of `get_total_norm`.

    R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, 2013.

    >>> w = nn.Parameter(glassnet.zeros(2))
    >>> w.grad = glassnet.tensor([3.0, 4.0])
    >>> nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    tensors = _several(parameters)
    total = get_total_norm(_gradients(tensors), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(tensors, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Bring every element of the gradients of ``parameters`` into ± ``clip_value``.

    Raises ValueError for a negative ``clip_value``.

    >>> w = nn.Parameter(glassnet.zeros(2))
    >>> w.grad = glassnet.tensor([3.0, 4.0])
    >>> nn.utils.clip_grad_value_([w], 3.5)
    >>> w.grad
    tensor([3.0000, 3.5000])
    """
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: expected clip_value of 0 or more, got {clip_value}")
    for gradient in _gradients(parameters):
        gradient.clamp_(-clip_value, clip_value)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all ``parameters``, one after another.

    >>> nn.utils.parameters_to_vector([glassnet.ones(2, 1), glassnet.zeros(1)])
    tensor([1., 1., 0.])
    """
    return cat([p.reshape(-1) for p in parameters])


@no_grad()
def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Copy the elements of ``vec`` into ``parameters``, one after another.

    Raises ShapeError, and changes nothing, if their number is not that of the parameters' elements.

    >>> w = nn.Parameter(glassnet.zeros(2, 1))
    >>> nn.utils.vector_to_parameters(glassnet.tensor([1.0, 2.0]), [w])
    >>> w.tolist()
    [[1.0], [2.0]]
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a tensor, got {type(vec).__name__}")
    tensors = list(parameters)
    total = sum(p.numel() for p in tensors)
    if vec.shape != (total,):
        raise ShapeError(
            f"vector_to_parameters: expected a vector of {total} elements, as many as the parameters have, got shape "
            f"{written(vec.shape)}"
        )
    start = 0
    for p in tensors:
        p.copy_(vec[start : start + p.numel()].reshape(p.shape))
        start += p.numel()
