"""ASGD: gradient descent, and the average of the weights on its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from glassnet.ops.update import asgd_update
from glassnet.optim.checks import OPTIONS, Allowed, is_number
from glassnet.optim.optimizer import COUNT, Optimizer, Params, Rate, Slot, options


class ASGD(Optimizer):
    """Gradient descent whose rate decays, which keeps the average of the weights from step ``t0`` on.

    W ← W·(1 − lambd·η) − η·g, with η = lr/(1 + lambd·lr·t)^alpha in the step after step t. The average of the weights
    is ``state[W]["ax"]``: use it in their place once trained, as it lies nearer to the minimum than any of them.

    Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.ASGD([w], lr=0.25, lambd=0.0, t0=1)
    >>> for _ in range(4):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()  # ∂L/∂w = 2·w
    ...     optimizer.step()
    >>> w.detach(), optimizer.state[w]["ax"]
    (tensor([ 0.0625, -0.1250]), tensor([ 0.0938, -0.1875]))
    """

    update = asgd_update
    slots = (
        COUNT,
        Slot("eta", lambda _param, group: float(group["lr"]), scalar=True),
        Slot("mu", 1.0, scalar=True),
        Slot("ax"),
    )
    allowed: ClassVar[Mapping[str, Allowed]] = {
        **OPTIONS,
        "alpha": Allowed(is_number, "a number as alpha, the power of the decay", "0.75 is usual"),
        "lambd": Allowed(is_number, "a number as lambd, the decay", "1e-4 is usual"),
        "t0": Allowed(is_number, "a number as t0, the step from which weights are averaged", "1e6 is usual"),
    }

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, options(locals()))
