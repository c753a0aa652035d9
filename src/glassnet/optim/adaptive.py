"""Adagrad, RMSprop and Adadelta: every weight with a step size of its own."""

from __future__ import annotations

from glassnet.ops.update import adadelta_update, adagrad_update, rmsprop_update
from glassnet.optim.optimizer import COUNT, Optimizer, Params, Slot


class Adagrad(Optimizer):
    """Steps scaled by the root of the sum of all squared gradients so far.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011). In step t the learning rate is lr/(1 + (t − 1)·lr_decay).
    """

    update = adagrad_update
    slots = (COUNT, Slot("sum", lambda _param, group: group["initial_accumulator_value"]))

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)


class RMSprop(Optimizer):
    """Steps scaled by the root of a running average of squared gradients.

    Hinton, lecture 6 of "Neural networks for machine learning" (2012); ``centered``, by their
    variance: Graves, "Generating sequences with recurrent neural networks" (2013).
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
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)


class Adadelta(Optimizer):
    """Steps scaled by the ratio of the usual size of changes to the usual size of gradients.

    Zeiler, "ADADELTA: an adaptive learning rate method" (2012).
    """

    update = adadelta_update
    slots = (COUNT, Slot("square_avg"), Slot("acc_delta"))

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)
