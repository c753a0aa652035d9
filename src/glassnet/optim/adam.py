"""Adam, AdamW, Adamax, NAdam, RAdam and SparseAdam: steps along a running average, scaled for every weight."""

from __future__ import annotations

from glassnet.ops.update import adam_update, adamax_update, nadam_update, radam_update, sparse_adam_update
from glassnet.optim.optimizer import COUNT, Group, Optimizer, Params, Rate, Slot, options

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
        lr: Rate = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
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
        lr: Rate = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )


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
        lr: Rate = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
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
        lr: Rate = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, options(locals()))


class RAdam(Optimizer):
    """`Adam` that takes plain steps along the average gradient until the average of squares can be relied on.

    An average over few gradients varies much: scaled by it, the first steps of Adam are of any length, which
    a warm-up of the learning rate is to hold down. RAdam needs none: it scales once the average rests on more than
    5 gradients, and by a factor that grows to 1.

    Liu et al., "On the variance of the adaptive learning rate and beyond" (2020).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.RAdam([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([0., 0.])
    """

    update = radam_update
    slots = (COUNT, Slot("exp_avg"), Slot("exp_avg_sq"))

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(
            params, options(locals(), "lr", "betas", "eps", "weight_decay", "maximize", "foreach", "capturable")
        )


class SparseAdam(Optimizer):
    """`Adam` for tables of which each step uses few rows: rows whose gradient is 0 are left as they are.

    It is for `nn.Embedding` with ``sparse=True``, whose gradient PyTorch keeps as the rows that were used. Here
    every gradient is whole, and a row counts as used where it has a number that is not 0.

    >>> table = nn.Embedding(4, 2, sparse=True)
    >>> optimizer = optim.SparseAdam(table.parameters())
    >>> before = table.weight.detach().clone()
    >>> table(glassnet.tensor([2, 2])).sum().backward()
    >>> optimizer.step()
    >>> (table.weight != before).any(dim=1)
    tensor([False, False,  True, False])
    """

    update = sparse_adam_update
    slots = (COUNT, Slot("exp_avg"), Slot("exp_avg_sq"))

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, options(locals()))

    def check_group(self, group: Group) -> None:
        """As for every optimizer; also, parameters are real."""
        super().check_group(group)
        if any(param.is_complex() for param in group["params"]):
            raise ValueError("SparseAdam: expected real parameters, got complex ones; use Adam")
