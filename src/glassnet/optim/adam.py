"""Adam, AdamW, Adamax and NAdam: steps along a running average, scaled for every weight."""

from __future__ import annotations

from glassnet.ops.update import adam_update, adamax_update, nadam_update
from glassnet.optim.optimizer import COUNT, Optimizer, Params, Slot, options

Betas = tuple[float, float]


class Adam(Optimizer):
    """Steps along a running average of the gradient, scaled by the root of one of its square.

    m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², W ← W − lr·m̂/(√v̂ + eps), where m̂ = m/(1 − β₁ᵗ)
    and v̂ = v/(1 − β₂ᵗ) correct for averages that start at 0. ``amsgrad`` takes the largest v so far.
    ``weight_decay``·W is added to the gradient, or, with ``decoupled_weight_decay``, subtracted from
    the weights (see `AdamW`).

    Kingma and Ba, "Adam: a method for stochastic optimization" (2015); ``amsgrad``: Reddi, Kale
    and Kumar, "On the convergence of Adam and beyond" (2018).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.Adam([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -1.5000])
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
        super().__init__(params, options(locals()))


class AdamW(Adam):
    """`Adam` whose weight decay does not pass through the scaling: W shrinks by lr·weight_decay·W.

    Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.AdamW([w], lr=0.5, weight_decay=0.1)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.4500, -1.4000])
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

    u ← max(β₂·u, |g| + eps), W ← W − lr/(1 − β₁ᵗ)·m/u, with m as in `Adam`.

    Kingma and Ba, "Adam: a method for stochastic optimization" (2015), section 7.

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.Adamax([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -1.5000])
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
        super().__init__(params, options(locals()))


class NAdam(Optimizer):
    """`Adam` with Nesterov's momentum, which grows to β₁ along a schedule.

    The momentum of step t is β₁·(1 − 0.96^(t·momentum_decay)/2).

    Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.NAdam([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.4718, -1.4718])
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
        super().__init__(params, options(locals()))
