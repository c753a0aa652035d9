"""Adagrad, RMSprop and Adadelta: every weight with a step size of its own."""

from __future__ import annotations

from glassnet.ops.update import adadelta_update, adagrad_update, rmsprop_update
from glassnet.optim.optimizer import COUNT, Optimizer, Params, Rate, Slot, options


class Adagrad(Optimizer):
    """Steps scaled by the root of the sum of all squared gradients so far.

    s ← s + g², W ← W − lr·g/(√s + eps), with lr/(1 + (t − 1)·lr_decay) for lr in step t. The sums
    start at ``initial_accumulator_value``.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.Adagrad([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -1.5000])
    """

    update = adagrad_update
    slots = (COUNT, Slot("sum", lambda _param, group: group["initial_accumulator_value"]))

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, options(locals(), "lr", "lr_decay", "eps"))


class RMSprop(Optimizer):
    """Steps scaled by the root of a running average of squared gradients.

    v ← alpha·v + (1 − alpha)·g², W ← W − lr·g/(√v + eps). ``centered`` takes the variance of the
    gradients in place of v; with ``momentum``, the scaled gradients are summed up as in `SGD`.

    Tieleman and Hinton, lecture 6 of "Neural networks for machine learning" (2012); ``centered``:
    Graves, "Generating sequences with recurrent neural networks" (2013).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.RMSprop([w], lr=0.05)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -1.5000])
    """

    update = rmsprop_update
    slots = (
        COUNT,
        Slot("square_avg"),
        Slot("momentum_buffer", only_if="momentum"),
        Slot("grad_avg", only_if="centered"),
    )

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, options(locals(), "lr", "momentum", "alpha", "eps", "centered"))


class Adadelta(Optimizer):
    """Steps scaled by the ratio of the usual size of changes to the usual size of gradients.

    v ← rho·v + (1 − rho)·g², Δ = √(u + eps)/√(v + eps)·g, u ← rho·u + (1 − rho)·Δ², W ← W − lr·Δ.

    Zeiler, "ADADELTA: an adaptive learning rate method" (2012).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.Adadelta([w], eps=0.01)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.6877, -1.6848])
    """

    update = adadelta_update
    slots = (COUNT, Slot("square_avg"), Slot("acc_delta"))

    def __init__(
        self,
        params: Params,
        lr: Rate = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, options(locals(), "lr", "rho", "eps", "weight_decay", "maximize", "capturable"))
