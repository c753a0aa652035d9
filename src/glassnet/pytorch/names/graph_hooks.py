"""torch.autograd.graph: what is kept until backward, and hooks of several tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from typing import Any, NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.tensor import Tensor, propagation, wrap
from glassnet.tensor.graph import Node, _is_read, _of_shape_alone, edge_to, hook_to, key_of
from glassnet.tensor.silence import under
from glassnet.tensor.watching import leave, watch

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


_refusals: list[str] = []


class disable_saved_tensors_hooks(ContextDecorator):
    """Within, `saved_tensors_hooks` raises RuntimeError with this message."""

    def __init__(self, error_message: str) -> None:
        self._message = error_message

    def __enter__(self) -> None:
        _refusals.append(self._message)

    def __exit__(self, *_: object) -> None:
        _refusals.pop()


class saved_tensors_hooks(ContextDecorator):
    """Within, what backward needs is kept as ``pack_hook(x)``; backward computes with ``unpack_hook`` of that.

    ``unpack_hook`` must give a tensor of the shape and dtype of ``x``. Raises RuntimeError within
    `disable_saved_tensors_hooks`.

    >>> from glassnet.pytorch.names.graph_hooks import saved_tensors_hooks
    >>> x = glassnet.tensor([3.0], requires_grad=True)
    >>> with saved_tensors_hooks(lambda kept: kept.half(), lambda kept: kept.float()):
    ...     y = x**2
    >>> y.backward()
    >>> x.grad
    tensor([6.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self._packing = _Packing(pack_hook, unpack_hook)

    def __enter__(self) -> None:
        if _refusals:
            raise RuntimeError(_refusals[-1])
        watch(self._packing)

    def __exit__(self, *_: object) -> None:
        leave(self._packing)


class _Packing:
    """The watcher who packs what a node keeps, once it is there."""

    def __init__(self, pack: Callable[[Tensor], Any], unpack: Callable[[Any], Tensor]) -> None:
        self.pack, self.unpack = pack, unpack

    def operation(self, name: str, inputs: tuple[Any, ...], call: Callable[[], Any]) -> Any:
        """Pack what the rules read of the output, whose place is 0, and of the inputs."""
        result = call()
        node = getattr(result, "node", None)
        if isinstance(node, Node) and not any(isinstance(hook, _Unpacking) for hook in node.hooks or ()):
            kept = [node.output, *node.values]
            read = [i for i, x in enumerate(kept) if isinstance(x, np.ndarray) and _is_read(node.op, i)]
            with no_grad():
                packed = {i: self.pack(wrap(kept[i])) for i in read}
            hook_to(node, unpacking := _Unpacking(packed, self.unpack))
            unpacking.put(node, {i: _of_shape_alone(kept[i]) for i in read})
        return result

    def step_back(self, node: Node, g: Any, gradients: Any, call: Callable[[Any], None]) -> None:
        """Nothing to do."""
        call(gradients)


class _Unpacking:
    """The hook of a node whose values are packed: it has them back while backward goes through."""

    rank = 3  # after all others: of several that backward goes through, the last is asked

    def __init__(self, packed: dict[int, Any], unpack: Callable[[Any], Tensor]) -> None:
        self.packed, self.unpack = packed, unpack

    def __call__(self, g: Any) -> None:
        """The gradient stays as it is."""

    def put(self, node: Node, arrays: dict[int, Any]) -> None:
        """Set what the node keeps, by its place."""
        for i, array in arrays.items():
            if i == 0:
                node.output = array
            else:
                node.values[i - 1] = array

    def through(self, outside: Any, node: Node, g: Any, gradients: Any, to_tensor: Any, needed: Any) -> None:
        """Go through the node with what was packed, and let it go again."""
        with no_grad():
            arrays = {i: under(outside, self.unpack, packed).array for i, packed in self.packed.items()}
        kept = [node.output, *node.values]
        self.put(node, arrays)
        others = [hook for hook in node.hooks or () if hook is not self and hasattr(hook, "through")]
        if others:
            others[-1].through(outside, node, g, gradients, to_tensor, needed)
        else:
            propagation.propagate_through(node, g, gradients, to_tensor, needed)
        self.put(node, {i: kept[i] for i in arrays})


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
