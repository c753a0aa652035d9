"""torch.autograd.graph: contexts for what is kept until backward, which here stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from typing import Any, NamedTuple

from glassnet.tensor import Tensor
from glassnet.tensor.graph import Node, edge_to, key_of

__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks", "get_gradient_edge",
    "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip


class GradientEdge(NamedTuple):
    """The node that a tensor's gradient goes to, and which of its results the tensor is."""

    node: Any
    output_nr: int


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The node that its gradient goes to. Raises RuntimeError where it requires none."""
    if not tensor.requires_grad:
        raise RuntimeError("get_gradient_edge: expected a tensor that requires a gradient")
    return GradientEdge(*edge_to(key_of(tensor)))


class _Context(ContextDecorator):
    """A context without effect."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class save_on_cpu(_Context):
    """Within, what backward needs is kept on the CPU, as everywhere."""


class allow_mutation_on_saved_tensors(_Context):
    """Without effect: what was changed in place before backward is an error, within as without."""


class disable_saved_tensors_hooks(_Context):
    """Without effect: there are none."""


class saved_tensors_hooks(_Context):
    """Without effect: what backward needs is kept as it is, and neither hook is called."""


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., None], *, mode: str = "all") -> Any:
    """Call ``fn`` with the gradients of ``tensors`` once all of them are computed; or, ``mode`` "any", with the first.

    Raises ValueError for another mode.
    """
    if mode not in ("all", "any"):
        raise ValueError(f'register_multi_grad_hook: expected a mode of "all" or "any", got {mode!r:.40}')
    seen: dict[int, Any] = {}

    def hook_of(i: int) -> Callable[[Any], None]:
        def called(grad: Any) -> None:
            seen[i] = grad
            if mode == "any" and len(seen) == 1:
                fn(grad)
            elif mode == "all" and len(seen) == len(tensors):
                fn([seen[k] for k in range(len(tensors))])
            if len(seen) == len(tensors):
                seen.clear()

        return called

    return _Handles([tensor.register_hook(hook_of(i)) for i, tensor in enumerate(tensors)])


class _Handles:
    """Of several hooks."""

    def __init__(self, handles: Sequence[Any]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Take all of them away."""
        for handle in self._handles:
            handle.remove()
