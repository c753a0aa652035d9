"""What a node keeps for backward, by PyTorch's names: y.grad_fn._saved_self, _saved_result, _saved_dim."""

from __future__ import annotations

from typing import Any

from glassnet.errors import GradientError
from glassnet.tensor.dispatch import State
from glassnet.tensor.graph import Node
from glassnet.tensor.tensor import wrap

# PyTorch's names of the result and of the inputs, by their place among (y, *inputs).
_PLACES = {
    **dict.fromkeys(("result", "output"), 0),
    **dict.fromkeys(("self", "input", "mat1"), 1),
    **dict.fromkeys(("other", "mat2", "target", "tensor", "weight", "index", "indices"), 2),
}
_PLACES_OF_ONE = {("pow", "exponent"): 2}  # of an operation alone
_OPTIONS = {("square", "exponent"): 2}  # of operations that are special cases of PyTorch's


def saved(node: Node, name: str) -> Any:
    """What ``node`` keeps as ``name``: an option, or a value that a derivative reads; None if nobody asks for that one.

    Raises AttributeError where no derivative reads it, GradientError once backward has freed it.
    """
    if name in node.params:
        return node.params[name]
    if (node.op.name, name) in _OPTIONS:
        return _OPTIONS[node.op.name, name]
    op, inputs = node.op, len(node.parents or node.op.vjp)
    place = _PLACES_OF_ONE.get((op.name, name), _PLACES.get(name, inputs + 1))
    readers = [which for which in range(inputs) if place <= inputs and op.reads(which, place)]
    if not readers or (place == 0 and op.free_result):
        raise AttributeError(f"{node.name()} keeps no {name!r:.80} for backward")
    if node.parents is None:
        raise GradientError(f"{node.name()}: backward has freed what it kept; read it before, or retain_graph=True")
    if not any(isinstance(node.parents[which], Node | State) for which in readers):
        return None
    if place == 0:
        return _tensor(node.output, node)
    parent = node.parents[place - 1]
    return parent if isinstance(parent, State) else _tensor(node.values[place - 1], parent)


def _tensor(value: Any, node: Any) -> Any:
    """A tensor of the array ``value`` that ``node`` has made; a number as it is."""
    if not hasattr(value, "dtype"):
        return value
    tensor = wrap(value)
    if isinstance(node, Node):
        tensor.node, tensor._requires_grad = node, True
    return tensor
