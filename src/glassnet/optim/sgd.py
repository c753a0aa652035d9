"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from glassnet.ops.update import sgd_update
from glassnet.optim.optimizer import Group, Optimizer, Params, Rate, Slot, options
from glassnet.tensor import Tensor


def _undamped(param: Tensor, group: Group) -> Any:
    """The buffer b with which momentum·b + (1 − dampening)·g is g, as in PyTorch's first step."""
    if group["dampening"] == 0:
        return 0.0
    assert param.grad is not None  # the step that asks has it
    g = -param.grad.array if group["maximize"] else param.grad.array
    return (g + group["weight_decay"] * param.array) * (group["dampening"] / group["momentum"])


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov's momentum.

    W ← W − lr·b, where b ← momentum·b + (1 − dampening)·g and g = ∂L/∂W + weight_decay·W; with
    ``nesterov``, W ← W − lr·(g + momentum·b). ``maximize`` goes up the gradient instead of down.

    Raises ValueError for ``nesterov`` without a momentum or with a dampening.

    Momentum: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964);
    Nesterov's as in Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (2013).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.SGD([w], lr=0.25)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -1.0000])
    """

    update = sgd_update
    slots = (Slot("momentum_buffer", _undamped, only_if="momentum"),)

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, options(locals()))

    def check_group(self, group: Group) -> None:
        """As for every optimizer; also, Nesterov's momentum needs a momentum above 0 and no dampening."""
        super().check_group(group)
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: expected nesterov=True with a momentum above 0 and no dampening, got "
                f"momentum={group['momentum']} and dampening={group['dampening']}; 0.9 and 0 are usual"
            )
