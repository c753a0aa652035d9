"""Stochastic gradient descent: a step down the gradient, with or without momentum."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.update.common import Options, blocks, direction, new_direction, update


def _sgd(
    param: Array,
    grad: Array,
    lr: Any,
    momentum_buffer: Array | None = None,
    momentum_now: Any = None,
    *,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Array:
    lr = float(lr)
    momentum = momentum if momentum_now is None else float(momentum_now)
    for w, g, b, step, spare in blocks(param, grad, momentum_buffer):
        g = direction(w, g, weight_decay, maximize, spare)
        if b is not None:
            b *= momentum
            b += g if dampening == 0 else np.multiply(g, 1 - dampening, out=step)
            if nesterov:
                np.multiply(b, momentum, out=step)
                g = np.add(g, step, out=step)
            else:
                g = b
        w -= np.multiply(g, lr, out=step)
    return param


def _sgd_expand(options: Options, param: Any, grad: Any, lr: Any, momentum_buffer: Any) -> Any:
    g = new_direction(param, grad, options.weight_decay, options.maximize)
    if momentum_buffer is None:
        return param - lr * g, None
    b = options.momentum * momentum_buffer + (1 - options.dampening) * g
    return param - lr * (g + options.momentum * b if options.nesterov else b), b


sgd_update = update(
    "sgd_update",
    _sgd,
    _sgd_expand,
    "W ← W − lr·∂L/∂W; with momentum μ: b ← μ·b + (1 − dampening)·∂L/∂W, W ← W − lr·b "
    "(nesterov: W ← W − lr·(∂L/∂W + μ·b))",
)
