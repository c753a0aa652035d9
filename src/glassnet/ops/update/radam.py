"""RAdam: Adam, whose scaling begins once the average of squares rests on gradients enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import maximum, pow
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import sqrt
from glassnet.ops.selection import gt, where
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

Betas = tuple[float, float]


def _radam(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    exp_avg: Array,
    exp_avg_sq: Array,
    momentum_now: Any = None,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> Array:
    beta1, beta2 = betas if momentum_now is None else (float(momentum_now), betas[1])
    pieces = blocks(param, grad, exp_avg, exp_avg_sq)
    step += 1
    t, lr = float(step), float(lr)
    rate = lr / (1 - beta1**t)
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    is_scaled = length > 5  # gradients, of which the average of squares is as good as a plain one
    if is_scaled:
        certainty = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        rate *= (certainty * (1 - beta2**t)) ** 0.5
    shrink = 1 - lr * weight_decay if decoupled_weight_decay else 1.0
    decay = 0.0 if decoupled_weight_decay else weight_decay
    for w, g, m, v, scratch, spare in pieces:
        if shrink != 1:
            w *= shrink
        g = direction(w, g, decay, maximize, spare)
        average(m, g, beta1, scratch)
        average_square(v, g, beta2, scratch)
        if is_scaled:
            np.sqrt(v, out=scratch)
            scratch += eps
            np.divide(m, scratch, out=scratch)
            scratch *= rate
        else:
            np.multiply(m, rate, out=scratch)
        w -= scratch
    return param


def _radam_expand(options: Options, param: Any, grad: Any, lr: Any, step: Any, exp_avg: Any, exp_avg_sq: Any) -> Any:
    beta1, beta2 = options.betas
    t = step + 1.0
    g = new_direction(param, grad, 0.0 if options.decoupled_weight_decay else options.weight_decay, options.maximize)
    m = new_average(exp_avg, g, beta1)
    v = new_average_square(exp_avg_sq, g, beta2)
    if options.decoupled_weight_decay:
        param = param * (1.0 - lr * options.weight_decay)
    change = lr / (1.0 - pow(beta1, t)) * m
    longest = 2 / (1 - beta2) - 1
    if longest > 5:  # else no average is ever long enough
        forgotten = pow(beta2, t)
        length = longest - 2.0 * t * forgotten / (1.0 - forgotten)
        certainty = (length - 4.0) * (length - 2.0) * (longest / ((longest - 4) * (longest - 2))) / length
        scale = sqrt(maximum(certainty, 0.0) * (1.0 - forgotten)) / (sqrt(v) + options.eps)
        change = where(gt(length, 5.0), scale * change, change)
    return param - change, t, m, v


radam_update = update(
    "radam_update",
    _radam,
    _radam_expand,
    "m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², W ← W − lr·m̂ while ρ ≤ 5, then W ← W − lr·r·m̂/(√v̂ + ε), "
    "where g = ∂L/∂W, m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), ρ∞ = 2/(1 − β₂) − 1, ρ = ρ∞ − 2·t·β₂ᵗ/(1 − β₂ᵗ), "
    "r² = (ρ − 4)·(ρ − 2)·ρ∞/((ρ∞ − 4)·(ρ∞ − 2)·ρ); decoupled weight decay λ: first W ← W − lr·λ·W",
)
