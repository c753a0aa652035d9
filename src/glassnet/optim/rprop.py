"""Rprop: every weight with a step size of its own, from signs alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.ops.update import rprop_update
from glassnet.optim.checks import OPTIONS, Allowed, is_number, is_pair
from glassnet.optim.optimizer import COUNT, Optimizer, Params, Rate, Slot, options

Pair = tuple[float, float]


def _are_etas(value: Any) -> bool:
    return _are_two_numbers(value) and 0 < value[0] < 1 < value[1]


def _are_two_numbers(value: Any) -> bool:
    return is_pair(value) and all(map(is_number, value))


class Rprop(Optimizer):
    """Steps of which only the sign is that of the gradient; their sizes grow while it stays, and shrink when it turns.

    Each weight has a step size s of its own, which begins at ``lr``: s ← etas[1]·s where the gradient has the sign it
    had, etas[0]·s where it has turned (that step is left out), from step_sizes[0] to step_sizes[1]. W ← W − s·sign(g).
    It is for gradients of all samples: those of small batches turn by chance.

    Raises ValueError unless 0 < etas[0] < 1 < etas[1].

    Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm" (1993).

    >>> w = nn.Parameter(glassnet.tensor([1.0, -2.0]))
    >>> optimizer = optim.Rprop([w], lr=0.5)
    >>> (w * w).sum().backward()  # ∂L/∂w = 2·w
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -1.5000])
    """

    update = rprop_update
    slots = (COUNT, Slot("prev"), Slot("step_size", lambda _param, group: float(group["lr"])))
    allowed: ClassVar[Mapping[str, Allowed]] = {
        **OPTIONS,
        "etas": Allowed(_are_etas, "two etas, one above 0 and below 1, one above 1", "(0.5, 1.2) is usual"),
        "step_sizes": Allowed(_are_two_numbers, "the least and the largest step size", "(1e-6, 50) is usual"),
    }

    def __init__(
        self,
        params: Params,
        lr: Rate = 1e-2,
        etas: Pair = (0.5, 1.2),
        step_sizes: Pair = (1e-6, 50),
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, options(locals()))
