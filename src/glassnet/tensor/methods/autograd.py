"""Gradients as methods: x.backward(), and hooks that see gradients as they are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from glassnet.errors import GradientError
from glassnet.tensor.backward import RemovableHandle, Tensors, accumulate, backward, own
from glassnet.tensor.dispatch import follow, wrap
from glassnet.tensor.graph import RetainGrad, changes, hook_to, key_of
from glassnet.tensor.methods.creation import Creation


class Autograd(Creation):
    """Methods that compute gradients, or see them computed."""

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensors | None = None,
    ) -> None:
        """Add to ``.grad`` of every leaf its gradient of this tensor; see `glassnet.autograd.backward`.

        >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
        >>> (x**2).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        backward(self, None if gradient is None else (gradient,), retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable[[Self], Self | None]) -> RemovableHandle:
        """Call ``hook`` with this tensor's gradient when it is computed; what it returns replaces it.

        >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda g: 10 * g)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        follow(self)
        if not self._requires_grad:
            raise GradientError("register_hook: this tensor requires no gradient, so its hook would never be called")

        def called(g: Any) -> Any:
            if not isinstance(g, np.ndarray | np.generic):
                return hook(g)
            result = hook(wrap(np.asarray(g)))
            return None if result is None else result.array

        return self._register(called)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Self], None]) -> RemovableHandle:
        """Call ``hook`` with this tensor, a leaf, whenever a backward pass has added to its ``grad``.

        A step of an optimizer may be made there, and the gradient let go at once. Raises GradientError for a tensor
        that is no leaf, or requires no gradient.

        >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda x: print(x.grad))
        >>> (x**2).sum().backward()
        tensor([2., 4.])
        """
        follow(self)
        if not self._requires_grad or self.node is not None:
            why = "is no leaf, and keeps no gradient" if self.node is not None else "requires no gradient"
            raise GradientError(f"register_post_accumulate_grad_hook: this tensor {why}; use register_hook, or a leaf")
        if self.accumulated_hooks is None:
            self.accumulated_hooks = {}
        key = object()
        self.accumulated_hooks[key] = hook
        changes.tell()
        return RemovableHandle(self.accumulated_hooks, key)

    def retain_grad(self) -> None:
        """Keep this tensor's gradient in ``.grad``, although it is not a leaf.

        >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 3
        >>> y.retain_grad()
        >>> (y**2).sum().backward()
        >>> y.grad
        tensor([ 6., 12.])
        """
        follow(self)
        if not self._requires_grad:
            raise GradientError("retain_grad: this tensor requires no gradient")
        if self.node is None:
            return
        if not any(isinstance(hook, RetainGrad) for hook in self.node.hooks or ()):
            self._register(RetainGrad(self, lambda x, g: accumulate(x, own(g))))

    def _register(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        return RemovableHandle(hook_to(key_of(self), hook), hook)
