"""Snapshot: what a function has changed, put back as it was: when it turns out that it cannot be recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from glassnet.optim.optimizer import Optimizer
from glassnet.tensor import Tensor
from glassnet.trace.guard_sources import CONTAINERS, contents_saved


class Snapshot:
    """How everything was that a function may change. What is large is copied only when it is about to change."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], Any]] = []

    def __call__(self) -> None:
        """Put everything back."""
        for step in reversed(self._steps):
            step()

    def keep(self, step: Callable[[], Any]) -> None:
        """Remember a step that puts something back."""
        self._steps.append(step)

    def keep_tensors(self, tensors: Iterable[Tensor]) -> None:
        """Remember the gradients of tensors, and whether they require any."""
        for tensor in tensors:
            self._keep_tensor(tensor, tensor.grad, tensor._requires_grad)

    def _keep_tensor(self, tensor: Tensor, gradient: Tensor | None, followed: bool) -> None:
        def put_back() -> None:
            tensor.grad, tensor._requires_grad = gradient, followed

        self.keep(put_back)

    def keep_attributes(self, owner: Any) -> None:
        """Remember which attributes an object has."""
        attributes = dict(vars(owner))
        inside = [contents_saved(held) for held in attributes.values() if isinstance(held, CONTAINERS)]

        def put_back() -> None:
            vars(owner).clear()
            vars(owner).update(attributes)
            for put_contents_back in inside:
                put_contents_back()

        self.keep(put_back)

    def keep_options(self, optimizer: Optimizer) -> None:
        """Remember an optimizer's options, and what it remembers of which parameter."""
        self.keep_attributes(optimizer)
        state = {parameter: dict(held) for parameter, held in optimizer.state.items()}
        groups = [(group, dict(group)) for group in optimizer.param_groups]

        def put_back() -> None:
            optimizer.param_groups[:] = [group for group, _ in groups]
            optimizer.state.clear()
            optimizer.state.update(state)
            for group, options in groups:
                group.clear()
                group.update(options)

        self.keep(put_back)
