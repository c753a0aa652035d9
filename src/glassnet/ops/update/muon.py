"""Muon: the momentum of a matrix, made orthogonal: no direction of its step is longer than another."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import maximum
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sqrt
from glassnet.ops.linear import matmul
from glassnet.ops.movement import transpose_last
from glassnet.ops.reduction import sum as sum_of
from glassnet.ops.shapes import shape_of
from glassnet.ops.update.common import Options, average, new_average, update

Coefficients = tuple[float, float, float]


def size_of_step(shape: tuple[int, ...], adjust: str | None) -> float:
    """By what the learning rate is multiplied for a matrix of ``shape``, so that steps of all are alike."""
    rows, columns = shape
    if adjust == "match_rms_adamw":
        return float(0.2 * max(rows, columns) ** 0.5)
    return float(max(1.0, rows / columns) ** 0.5)


def orthogonal(x: Array, coefficients: Coefficients, steps: int, eps: float) -> Array:
    """``x`` with singular values of about 1, by steps of Newton and Schulz: a·x + b·(x·xᵀ)·x + c·(x·xᵀ)²·x each."""
    a, b, c = coefficients
    is_tall = x.shape[0] > x.shape[1]
    x = x.T if is_tall else x
    x = x / max(float(np.sqrt((x * x).sum())), eps)
    for _ in range(steps):
        squared = x @ x.T
        x = a * x + (b * squared + c * squared @ squared) @ x
    return x.T if is_tall else x


def _muon(
    param: Array,
    grad: Array,
    lr: Any,
    momentum_buffer: Array,
    momentum_now: Any = None,
    *,
    weight_decay: float = 0.1,
    momentum: float = 0.95,
    nesterov: bool = True,
    ns_coefficients: Coefficients = (3.4445, -4.775, 2.0315),
    eps: float = 1e-7,
    ns_steps: int = 5,
    adjust_lr_fn: str | None = None,
) -> Array:
    momentum = momentum if momentum_now is None else float(momentum_now)
    average(momentum_buffer, grad, momentum, np.empty_like(grad))
    step = grad + momentum * (momentum_buffer - grad) if nesterov else momentum_buffer
    step = orthogonal(step, ns_coefficients, ns_steps, eps)
    param *= 1 - float(lr) * weight_decay
    param -= float(lr) * size_of_step(param.shape, adjust_lr_fn) * step
    return param


def _muon_expand(options: Options, param: Any, grad: Any, lr: Any, momentum_buffer: Any) -> Any:
    buffer = new_average(momentum_buffer, grad, options.momentum)
    x = grad + options.momentum * (buffer - grad) if options.nesterov else buffer
    a, b, c = options.ns_coefficients
    rows, columns = shape = shape_of(param)
    if rows > columns:
        x = transpose_last(x)
    x = x / maximum(sqrt(sum_of(x * x)), options.eps)
    for _ in range(options.ns_steps):
        squared = matmul(x, transpose_last(x))
        x = a * x + matmul(b * squared + c * matmul(squared, squared), x)
    if rows > columns:
        x = transpose_last(x)
    param = param * (1.0 - lr * options.weight_decay)
    return param - lr * size_of_step(shape, options.adjust_lr_fn) * x, buffer


muon_update = update(
    "muon_update",
    _muon,
    _muon_expand,
    "b ← μ·b + (1 − μ)·g, W ← W − lr·λ·W, W ← W − lr·s·O, where g = ∂L/∂W, O is b (nesterov: (1 − μ)·g + μ·b) with "
    "its singular values made about 1, s = √max(1, rows/columns)",
)
