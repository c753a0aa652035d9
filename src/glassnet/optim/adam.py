"""Adam, AdamW, Adamax and NAdam: steps along a running average, scaled for every weight."""

from __future__ import annotations

from glassnet.ops.update import adam_update, adamax_update, nadam_update
from glassnet.optim.optimizer import COUNT, Optimizer, Params, Slot

Betas = tuple[float, float]


class Adam(Optimizer):
    """Running averages of the gradient and of its square, both corrected for starting at 0.

    Kingma and Ba, "Adam: a method for stochastic optimization" (2015); ``amsgrad``: Reddi, Kale
    and Kumar, "On the convergence of Adam and beyond" (2018). ``weight_decay`` adds to the
    gradient, or, with ``decoupled_weight_decay``, shrinks the weights beside it (see `AdamW`).
    """

    update = adam_update
    slots = (COUNT, Slot("exp_avg"), Slot("exp_avg_sq"), Slot("max_exp_avg_sq", only_if="amsgrad"))

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)


class AdamW(Adam):
    """`Adam` whose weight decay does not pass through the scaling: W shrinks by lr·weight_decay·W.

    Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


class Adamax(Optimizer):
    """`Adam` with a decaying maximum of the gradient's size in place of the average square.

    Kingma and Ba, "Adam: a method for stochastic optimization" (2015), section 7.
    """

    update = adamax_update
    slots = (COUNT, Slot("exp_avg"), Slot("exp_inf"))

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)


class NAdam(Optimizer):
    """`Adam` with Nesterov's momentum, whose strength rises along a schedule.

    Dozat, "Incorporating Nesterov momentum into Adam" (2016).
    """

    update = nadam_update
    slots = (COUNT, Slot("mu_product", 1.0, scalar=True), Slot("exp_avg"), Slot("exp_avg_sq"))

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)
