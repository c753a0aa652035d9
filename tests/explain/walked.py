"""A small network, walked through, and all that walking through it must leave alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import glassnet as gn
from glassnet import nn, optim
from glassnet.explain.walkthrough import Walkthrough, walkthrough
from glassnet.nn import functional as F


class Net(nn.Module):
    """Small enough for every number of it to be written out."""

    def __init__(self, inside: Callable[[Any], Any] = gn.sigmoid) -> None:
        super().__init__()
        self.fc1 = nn.Linear(2, 3)
        self.fc2 = nn.Linear(3, 2)
        self.inside = inside

    def forward(self, x: Any) -> Any:
        return self.fc2(self.inside(self.fc1(x)))


def batch() -> tuple[Any, Any]:
    return gn.randn(4, 2), gn.tensor([0, 1, 1, 0])


def walked(optimizer: bool = False) -> Walkthrough:
    model = Net()
    return walkthrough(model, *batch(), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1) if optimizer else None)


def everything(model: Any, optimizer: Any) -> list[Any]:
    found = [p.array.copy() for p in (*model.parameters(), *model.buffers())]
    found += [None if p.grad is None else p.grad.array.copy() for p in model.parameters()]
    found += [m.training for m in model.modules()]
    found.append(repr(gn.get_rng_state()))
    if optimizer is not None:
        found += [sorted(held) for held in optimizer.state.values()]
        found += [t.array.copy() for held in optimizer.state.values() for t in held.values()]
        found.append(optimizer.stepped)
    return found
