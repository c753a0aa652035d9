"""ASGD: gradient descent whose rate decays, and the average of the weights that it passes through."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import maximum, pow
from glassnet.ops.dtypes import Array
from glassnet.ops.selection import eq, where
from glassnet.ops.update.common import Options, blocks, direction, new_direction, update


def _asgd(
    param: Array,
    grad: Array,
    lr: Any,
    step: Any,
    eta: Any,
    mu: Any,
    ax: Array,
    *,
    lambd: float = 1e-4,
    alpha: float = 0.75,
    t0: float = 1e6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Array:
    pieces = blocks(param, grad, ax)
    step += 1
    rate, share, lr, t = float(eta), float(mu), float(lr), float(step)
    for w, g, mean, scratch, spare in pieces:
        g = direction(w, g, weight_decay, maximize, spare)
        w *= 1 - lambd * rate
        w -= np.multiply(g, rate, out=scratch)
        if share == 1:
            mean[...] = w
        else:
            np.subtract(w, mean, out=scratch)
            scratch *= share
            mean += scratch
    eta[...] = lr / (1 + lambd * lr * t) ** alpha
    mu[...] = 1 / max(1.0, t - t0)
    return param


def _asgd_expand(options: Options, param: Any, grad: Any, lr: Any, step: Any, eta: Any, mu: Any, ax: Any) -> Any:
    t = step + 1.0
    g = new_direction(param, grad, options.weight_decay, options.maximize)
    w = param * (1.0 - options.lambd * eta) - eta * g
    mean = where(eq(mu, 1.0), w, ax + mu * (w - ax))
    new_eta = lr / pow(1.0 + options.lambd * lr * t, options.alpha)
    return w, t, new_eta, 1.0 / maximum(t - options.t0, 1.0), mean


asgd_update = update(
    "asgd_update",
    _asgd,
    _asgd_expand,
    "W ← W·(1 − λ·η) − η·g, where g = ∂L/∂W; a ← a + μ·(W − a); then η ← lr/(1 + λ·lr·t)^α, μ ← 1/max(1, t − t₀)",
)
