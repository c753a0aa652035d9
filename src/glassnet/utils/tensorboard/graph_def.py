"""A network as a graph that TensorBoard draws: its operations, each within the layer it happened in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.graph import Node, tick
from glassnet.utils.tensorboard import protobuf

_FLOAT, _PRODUCER = 1, 22


def graph_def(model: Module, inputs: Any) -> bytes:
    """The graph of ``model`` for ``inputs``, a tensor or a tuple of them (tensorflow/core/framework/graph.proto)."""
    given = inputs if isinstance(inputs, tuple | list) else (inputs,)
    placed = [x.detach() for x in given]
    for x in placed:
        if x.is_floating_point():
            x.requires_grad = True
    with _times_of(model) as times:
        output = model(*placed)
    names: dict[int, str] = {id(x): f"input/{number}" for number, x in enumerate(placed)}
    owners = {id(parameter): path for path, parameter in model.named_parameters()}
    nodes = [_node(names[id(x)], "IO Node", [], x.shape) for x in placed]
    root = type(model).__name__
    ends = [each.grad_fn for each in _tensors(output) if each.grad_fn is not None]
    for number, node in enumerate(_in_order(ends)):
        path = _place(times, node.time)
        names[id(node)] = "/".join([root, *path.split(".")] if path else [root]) + f"/{node.op.name}_{number}"
        sources = []
        for parent in node.parents or ():
            if isinstance(parent, Tensor) and id(parent) not in names:
                whole = owners.get(id(parent), f"constant_{len(names)}")
                names[id(parent)] = "/".join([root, *whole.split(".")])
                nodes.append(_node(names[id(parent)], "Parameter", [], parent.shape))
            if id(parent) in names:
                sources.append(names[id(parent)])
        nodes.append(_node(names[id(node)], node.op.name, sources, np.shape(node.output)))
    nodes += [_node(f"output/{n}", "IO Node", [names[id(end)]], np.shape(end.output)) for n, end in enumerate(ends)]
    return b"".join(protobuf.data(1, node) for node in nodes) + protobuf.data(4, protobuf.whole(1, _PRODUCER))


@contextmanager
def _times_of(model: Module) -> Iterator[list[tuple[int, int, str]]]:
    """When each module within ``model`` began and ended, by the clock of the graph, with its path."""
    times: list[tuple[int, int, str]] = []
    begun: list[int] = []
    handles = []
    for path, module in model.named_modules():
        if path:
            handles.append(module.register_forward_pre_hook(lambda *_: begun.append(tick())))
            handles.append(
                module.register_forward_hook(lambda *_, path=path: times.append((begun.pop(), tick(), path)))
            )
    try:
        yield times
    finally:
        for handle in handles:
            handle.remove()


def _place(times: list[tuple[int, int, str]], when: int) -> str:
    """The path of the innermost module that ran ``when`` an operation happened."""
    within = [(begin, path) for begin, end, path in times if begin < when < end]
    return max(within)[1] if within else ""


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return [tensor for each in inner for tensor in _tensors(each)]


def _in_order(ends: list[Node]) -> list[Node]:
    """The nodes that lead to ``ends``, the oldest first."""
    found: dict[int, Node] = {}
    waiting = list(ends)
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting += [parent for parent in node.parents or () if isinstance(parent, Node)]
    return sorted(found.values(), key=lambda node: node.time)


def _node(name: str, kind: str, sources: list[str], shape: Any) -> bytes:
    sizes = b"".join(protobuf.data(2, protobuf.whole(1, size)) for size in shape)
    shapes = protobuf.data(7, sizes)  # of an attribute: a shape
    attribute = protobuf.text(1, "_output_shapes") + protobuf.data(2, protobuf.data(1, shapes))
    parts = [protobuf.text(1, name), protobuf.text(2, kind), *(protobuf.text(3, source) for source in sources)]
    return b"".join(parts) + protobuf.data(5, attribute)
