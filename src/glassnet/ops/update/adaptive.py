"""Adagrad, RMSprop, Adadelta: every weight with a step size of its own, from the size of its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sqrt
from glassnet.ops.update.common import (
    Options,
    average,
    average_square,
    blocks,
    direction,
    new_average,
    new_average_square,
    new_direction,
    update,
)


def _adagrad(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    sum: Array,
    *,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Array:
    pieces = blocks(param, grad, sum)
    step += 1
    rate = float(lr) / (1 + (float(step) - 1) * lr_decay)
    for w, g, total, scratch, spare in pieces:
        g = direction(w, g, weight_decay, maximize, spare)
        total += np.multiply(g, g, out=scratch)
        np.sqrt(total, out=scratch)
        scratch += eps
        np.divide(g, scratch, out=scratch)
        scratch *= rate
        w -= scratch
    return param


def _adagrad_expand(options: Options, param: Any, grad: Any, lr: Any, step: Any, sum: Any) -> Any:
    g = new_direction(param, grad, options.weight_decay, options.maximize)
    total = sum + g * g
    rate = lr / (1 + step * options.lr_decay)
    return param - rate * (g / (sqrt(total) + options.eps)), step + 1.0, total


adagrad_update = update(
    "adagrad_update",
    _adagrad,
    _adagrad_expand,
    "s ← s + g², W ← W − lr·g/(√s + ε), where g = ∂L/∂W; with lr/(1 + (t − 1)·lr_decay) for lr",
)


def _rmsprop(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    square_avg: Array,
    momentum_buffer: Array | None = None,
    grad_avg: Array | None = None,
    momentum_now: Any = None,
    *,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    maximize: bool = False,
) -> Array:
    pieces = blocks(param, grad, square_avg, momentum_buffer, grad_avg)
    momentum = momentum if momentum_now is None else float(momentum_now)
    step += 1
    lr = float(lr)
    for w, g, v, b, m, scratch, spare in pieces:
        g = direction(w, g, weight_decay, maximize, spare)
        average_square(v, g, alpha, scratch)
        if m is None:
            np.sqrt(v, out=scratch)
        else:  # the average square less the squared average: the variance
            average(m, g, alpha, scratch)
            np.multiply(m, m, out=scratch)
            np.sqrt(np.subtract(v, scratch, out=scratch), out=scratch)
        scratch += eps
        np.divide(g, scratch, out=scratch)
        if b is None:
            scratch *= lr
        else:
            b *= momentum
            b += scratch
            np.multiply(b, lr, out=scratch)
        w -= scratch
    return param


def _rmsprop_expand(
    options: Options, param: Any, grad: Any, lr: Any, step: Any, square_avg: Any, momentum_buffer: Any, grad_avg: Any
) -> Any:
    g = new_direction(param, grad, options.weight_decay, options.maximize)
    v = new_average_square(square_avg, g, options.alpha)
    m = None if grad_avg is None else new_average(grad_avg, g, options.alpha)
    scaled = g / (sqrt(v if m is None else v - m * m) + options.eps)
    b = None if momentum_buffer is None else options.momentum * momentum_buffer + scaled
    return param - lr * (scaled if b is None else b), step + 1.0, v, b, m


rmsprop_update = update(
    "rmsprop_update",
    _rmsprop,
    _rmsprop_expand,
    "v ← α·v + (1 − α)·g², W ← W − lr·g/(√v + ε), where g = ∂L/∂W; centered: v − m² for v, with "
    "m ← α·m + (1 − α)·g; with momentum μ: b ← μ·b + g/(√v + ε), W ← W − lr·b",
)


def _adadelta(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    square_avg: Array,
    acc_delta: Array,
    *,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Array:
    pieces = blocks(param, grad, square_avg, acc_delta)
    step += 1
    lr = float(lr)
    for w, g, v, u, change, scratch in pieces:
        g = direction(w, g, weight_decay, maximize, change)
        average_square(v, g, rho, scratch)
        np.sqrt(np.add(v, eps, out=scratch), out=scratch)
        np.divide(g, scratch, out=change)
        change *= np.sqrt(np.add(u, eps, out=scratch), out=scratch)
        average_square(u, change, rho, scratch)
        change *= lr
        w -= change
    return param


def _adadelta_expand(
    options: Options, param: Any, grad: Any, lr: Any, step: Any, square_avg: Any, acc_delta: Any
) -> Any:
    g = new_direction(param, grad, options.weight_decay, options.maximize)
    v = new_average_square(square_avg, g, options.rho)
    change = sqrt(acc_delta + options.eps) / sqrt(v + options.eps) * g
    return param - lr * change, step + 1.0, v, new_average_square(acc_delta, change, options.rho)


adadelta_update = update(
    "adadelta_update",
    _adadelta,
    _adadelta_expand,
    "v ← ρ·v + (1 − ρ)·g², Δ = √(u + ε)/√(v + ε)·g, u ← ρ·u + (1 − ρ)·Δ², W ← W − lr·Δ, where g = ∂L/∂W",
)
