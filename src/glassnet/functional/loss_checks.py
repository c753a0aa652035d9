"""What the losses share: the reduction to one number, and checks of input against target."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from glassnet.errors import GlassnetWarning, ShapeError
from glassnet.ops.record import Op
from glassnet.ops.shapes import broadcast_shapes, written
from glassnet.ops.softmax import softmax
from glassnet.tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")


def check_reduction(name: str, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise ValueError for an unknown reduction."""
    if reduction not in known:
        options = ", ".join(f'"{option}"' for option in known)
        raise ValueError(f"{name}: reduction must be one of {options}, got {reduction!r:.80}")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses themselves, their mean or their sum."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def _advice(input: Any, target: Any) -> str:
    if input.numel() == target.numel():
        for dim in range(input.ndim):
            if input.shape == (*target.shape[:dim], 1, *target.shape[dim:]):
                return f"; give the target that shape: target.unsqueeze({dim})"
        for dim in range(target.ndim):
            if target.shape == (*input.shape[:dim], 1, *input.shape[dim:]):
                return f"; give the target that shape: target.squeeze({dim})"
        return "; give the target that shape: target.reshape(input.shape)"
    return ""


def warn(message: str) -> None:
    """Warn at the line that called into glassnet, through a function or through modules."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("glassnet."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, GlassnetWarning, stacklevel=level)


def warn_unless_alike(name: str, input: Tensor, target: Tensor) -> None:
    """Warn where input and target have different shapes; ShapeError where these do not even broadcast."""
    if input.shape != target.shape:
        shape = broadcast_shapes(name, input.shape, target.shape)
        warn(
            f"{name}: the input is {written(input.shape)} but the target {written(target.shape)}, so they are repeated "
            f"to fill {written(shape)}, which is rarely intended{_advice(input, target)}"
        )


def check_alike(name: str, input: Tensor, target: Tensor) -> None:
    """Raise ShapeError unless input and target have one shape."""
    if input.shape != target.shape:
        raise ShapeError(
            f"{name}: expected a target of the shape of the input, {written(input.shape)}, got "
            f"{written(target.shape)}{_advice(input, target)}"
        )


def warn_if_made_by(op: Op, input: Tensor, message: str) -> None:
    """Warn if ``input`` is the result of ``op``, as its node in the graph says."""
    node = input.node
    if node is not None and node.op is op:
        warn(message)


def warn_if_probabilities(name: str, input: Tensor, takes: str) -> None:
    """Warn if every row of ``input`` [n, C, …] is of probabilities, where the loss ``takes`` something else."""
    x = input.array
    dim = min(x.ndim - 1, 1)
    if x.size == 0 or x.ndim == 0 or x.shape[dim] < 2 or (input.node is not None and input.node.op is softmax):
        return  # nothing to check, or warned about already
    if (x >= 0).all() and np.allclose(x.sum(dim), 1, rtol=0, atol=1e-4):
        warn(
            f"{name}: every row of the input is of probabilities (0 or more, and adding up to 1), but the loss takes "
            f"{takes}"
        )
