"""The graph of a tensor: what it was computed from, as autograd keeps it, with its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.explain.draw.boxes import Arrow, Box, DrawError, Graph, gradient_text, value_text
from glassnet.tensor import Tensor
from glassnet.tensor.graph import Node, VersionCounter
from glassnet.tensor.propagation import propagate


def graph_of_tensor(result: Tensor, names: Mapping[int, str] | None = None) -> Graph:
    """The graph of ``result``, which is left as it is: backward can still follow.

    ``names`` are those of tensors and of their arrays, by id. Raises DrawError for a tensor without a history,
    GradientError where backward has freed it.
    """
    if result.node is None:
        raise DrawError(
            "draw: this tensor was not computed from any that require a gradient, so there is nothing to draw; give "
            "requires_grad=True to what it is computed from, or draw the network: glassnet.draw(model, x)"
        )
    nodes = _oldest_first(result.node)
    gradients = propagate([(result, np.ones_like(result.array))], retain_graph=True, targets={*nodes, *_leaves(nodes)})
    boxes: dict[int, Box] = {}
    called = names or {}
    for node in nodes:
        arrows = []
        for place, (parent, value) in enumerate(zip(node.parents or (), node.values, strict=True)):
            if value is None:  # an input that was left out
                continue
            source = parent if parent is not None and type(parent) is not VersionCounter else None
            shared = value if source is None else source
            key = id(shared) if source is not None or id(value) in called else hash((id(node), place))
            if key not in boxes:
                boxes[key] = _leaf(key, source, value, called)
            gradient = gradients.get(source) if source is not None else None
            arrows.append(Arrow(str(key), value_text(value), gradient_text(gradient)))
        boxes[id(node)] = Box(str(id(node)), [node.op.name], "operation", arrows, hint=node.op.formula)
    end = Arrow(str(id(result.node)), value_text(result.node.output), gradient_text(gradients[result.node]))
    return Graph(f"the graph of {result.node.op.name}", [*boxes.values(), Box("end", [""], "end", [end])])


def _leaf(key: int, source: Any, value: Any, called: Mapping[int, str]) -> Box:
    if source is not None:
        name = called.get(id(source)) or ("parameter" if source.requires_grad else "tensor")
    else:
        name = called.get(id(value)) or ("number" if np.ndim(value) == 0 else "data")
    return Box(str(key), [name], "leaf")


def _oldest_first(last: Node) -> list[Node]:
    seen = {last}
    stack = [last]
    while stack:
        for parent in stack.pop().parents or ():
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.time)


def _leaves(nodes: list[Node]) -> set[Any]:
    return {
        p for node in nodes for p in node.parents or () if p is not None and not isinstance(p, VersionCounter | Node)
    }
