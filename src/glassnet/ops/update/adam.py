"""Adam, Adamax, NAdam: a running average of the gradient, scaled by one of its size."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import maximum, pow
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import abs, sqrt
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


def _adam(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    exp_avg: Array,
    exp_avg_sq: Array,
    max_exp_avg_sq: Array | None = None,
    momentum_now: Any = None,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> Array:
    beta1, beta2 = betas if momentum_now is None else (float(momentum_now), betas[1])
    pieces = blocks(param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq)
    step += 1
    rate = float(lr) / (1 - beta1 ** float(step))
    correction = (1 - beta2 ** float(step)) ** 0.5
    shrink = 1 - float(lr) * weight_decay if decoupled_weight_decay else 1.0
    decay = 0.0 if decoupled_weight_decay else weight_decay
    for w, g, m, v, largest, scratch, spare in pieces:
        if shrink != 1:
            w *= shrink
        g = direction(w, g, decay, maximize, spare)
        average(m, g, beta1, scratch)
        average_square(v, g, beta2, scratch)
        if largest is not None:
            v = np.maximum(largest, v, out=largest)
        np.sqrt(v, out=scratch)
        scratch /= correction
        scratch += eps
        np.divide(m, scratch, out=scratch)
        scratch *= rate
        w -= scratch
    return param


def _adam_expand(
    options: Options, param: Any, grad: Any, lr: Any, step: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any
) -> Any:
    beta1, beta2 = options.betas
    t = step + 1.0
    g = new_direction(param, grad, 0.0 if options.decoupled_weight_decay else options.weight_decay, options.maximize)
    m = new_average(exp_avg, g, beta1)
    v = new_average_square(exp_avg_sq, g, beta2)
    largest = None if max_exp_avg_sq is None else maximum(max_exp_avg_sq, v)
    size = sqrt(v if largest is None else largest) / sqrt(1.0 - pow(beta2, t))
    if options.decoupled_weight_decay:
        param = param * (1.0 - lr * options.weight_decay)
    return param - lr / (1.0 - pow(beta1, t)) * (m / (size + options.eps)), t, m, v, largest


adam_update = update(
    "adam_update",
    _adam,
    _adam_expand,
    "m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², W ← W − lr·m̂/(√v̂ + ε), where g = ∂L/∂W, "
    "m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ); amsgrad: the largest v so far for v; "
    "decoupled weight decay λ: first W ← W − lr·λ·W",
)


def _adamax(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    exp_avg: Array,
    exp_inf: Array,
    momentum_now: Any = None,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Array:
    beta1, beta2 = betas if momentum_now is None else (float(momentum_now), betas[1])
    pieces = blocks(param, grad, exp_avg, exp_inf)
    step += 1
    rate = float(lr) / (1 - beta1 ** float(step))
    for w, g, m, u, scratch, spare in pieces:
        g = direction(w, g, weight_decay, maximize, spare)
        average(m, g, beta1, scratch)
        np.absolute(g, out=scratch)
        scratch += eps
        u *= beta2
        np.maximum(u, scratch, out=u)
        np.divide(m, u, out=scratch)
        scratch *= rate
        w -= scratch
    return param


def _adamax_expand(options: Options, param: Any, grad: Any, lr: Any, step: Any, exp_avg: Any, exp_inf: Any) -> Any:
    beta1, beta2 = options.betas
    t = step + 1.0
    g = new_direction(param, grad, options.weight_decay, options.maximize)
    m = new_average(exp_avg, g, beta1)
    u = maximum(beta2 * exp_inf, abs(g) + options.eps)
    return param - lr / (1.0 - pow(beta1, t)) * (m / u), t, m, u


adamax_update = update(
    "adamax_update",
    _adamax,
    _adamax_expand,
    "m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g| + ε), W ← W − lr/(1 − β₁ᵗ)·m/u, where g = ∂L/∂W",
)


def _nadam(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    mu_product: Any,
    exp_avg: Array,
    exp_avg_sq: Array,
    momentum_now: Any = None,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> Array:
    beta1, beta2 = betas if momentum_now is None else (float(momentum_now), betas[1])
    pieces = blocks(param, grad, exp_avg, exp_avg_sq)
    step += 1
    t, lr = float(step), float(lr)
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
    next_mu = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
    mu_product *= mu
    product = float(mu_product)
    grad_rate = lr * (1 - mu) / (1 - product)
    average_rate = lr * next_mu / (1 - product * next_mu)
    correction = 1 - beta2**t
    shrink = 1 - lr * weight_decay if decoupled_weight_decay else 1.0
    decay = 0.0 if decoupled_weight_decay else weight_decay
    for w, g, m, v, size, spare in pieces:
        if shrink != 1:
            w *= shrink
        g = direction(w, g, decay, maximize, spare)
        average(m, g, beta1, size)
        average_square(v, g, beta2, size)
        np.sqrt(np.divide(v, correction, out=size), out=size)
        size += eps
        np.divide(g, size, out=spare)
        spare *= grad_rate
        w -= spare
        np.divide(m, size, out=spare)
        spare *= average_rate
        w -= spare
    return param


def _nadam_expand(
    options: Options, param: Any, grad: Any, lr: Any, step: Any, mu_product: Any, exp_avg: Any, exp_avg_sq: Any
) -> Any:
    beta1, beta2 = options.betas
    t = step + 1.0
    mu = beta1 * (1.0 - 0.5 * pow(0.96, t * options.momentum_decay))
    next_mu = beta1 * (1.0 - 0.5 * pow(0.96, (t + 1.0) * options.momentum_decay))
    product = mu_product * mu
    g = new_direction(param, grad, 0.0 if options.decoupled_weight_decay else options.weight_decay, options.maximize)
    m = new_average(exp_avg, g, beta1)
    v = new_average_square(exp_avg_sq, g, beta2)
    size = sqrt(v / (1.0 - pow(beta2, t))) + options.eps
    if options.decoupled_weight_decay:
        param = param * (1.0 - lr * options.weight_decay)
    param = param - lr * (1.0 - mu) / (1.0 - product) * (g / size)
    return param - lr * next_mu / (1.0 - product * next_mu) * (m / size), t, product, m, v


nadam_update = update(
    "nadam_update",
    _nadam,
    _nadam_expand,
    "m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², "
    "W ← W − lr·((1 − μₜ)·g/(1 − Πμ) + μₜ₊₁·m/(1 − μₜ₊₁·Πμ))/(√v̂ + ε), where g = ∂L/∂W, "
    "v̂ = v/(1 − β₂ᵗ), μₜ = β₁·(1 − 0.96^(t·momentum_decay)/2), Πμ = μ₁·…·μₜ",
)
