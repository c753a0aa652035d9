"""Propagation: gradients carried back along the graph, from the youngest node to the oldest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

import numpy as np

from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.ops.arithmetic import conj
from glassnet.ops.bfloat16 import bfloat16, rounded
from glassnet.ops.dtypes import Array, float16, float32
from glassnet.ops.indexing import Index, getitem, put
from glassnet.ops.movement import cast
from glassnet.ops.record import Value
from glassnet.ops.reduction import unbroadcast
from glassnet.ops.shapes import written
from glassnet.tensor.graph import Node, VersionCounter, key_of, run_hooks
from glassnet.tensor.silence import SILENT, settings, under


def propagate(
    cotangents: Iterable[tuple[Any, Any]],
    *,
    retain_graph: bool,
    to_tensor: Callable[[Any, Any], Any] | None = None,
    targets: set[Any] | None = None,
) -> dict[Any, Any]:
    """Carry gradients from ``cotangents``, pairs of a tensor and its gradient, back through the graph.

    Gradients are arrays; with ``to_tensor(array, parent)``, which makes a tensor of a value and what its gradient
    goes on to, they are tensors with a graph of their own. Gives the gradient of every leaf, or, with ``targets`` (see
    `key_of`), of the targets alone, computing nothing that does not lead to one. Nodes are freed on the way unless
    ``retain_graph``.

    Hooks run under the settings that NumPy had when it was called, rules in silence.

    Raises GradientError if a node was freed before or a value it needs was changed since.
    """
    gradients: dict[Any, Any] = {}  # accumulated so far
    for tensor, gradient in cotangents:
        accumulate(gradients, key_of(tensor), gradient)
    order = _topological_order(gradients)
    needed = None if targets is None else _descendants(targets, order)
    results: dict[Any, Any] = {}
    outside = settings.get()
    before = settings.set(SILENT)
    try:
        for node in order:
            g = gradients.pop(node, None)
            if g is None:
                continue
            is_target = targets is not None and node in targets
            through: Callable[..., None] = propagate_through
            if type(g) is Parts:
                g = g.whole() if is_target or node.hooks else g.alone(node.op.part)
            if node.hooks:
                g = under(outside, run_hooks, node.hooks, g)
                if hasattr(node.hooks[-1], "through"):
                    through = partial(node.hooks[-1].through, outside)
            if is_target:
                results[node] = g
            if mode.tracer is not None:
                mode.tracer.deriving(node.output)
            through(node, g, gradients, to_tensor, needed)
            if not retain_graph:
                node.free()
    finally:
        settings.reset(before)
    for leaf, g in gradients.items():
        if targets is None or leaf in targets:
            results[leaf] = run_hooks(leaf.hooks, g.whole() if type(g) is Parts else g)
            if leaf.hooks and to_tensor is None:
                results[leaf] = results[leaf].copy()  # hooks may hold on to what they saw or gave
    return results


class Parts:
    """The gradient of something of which parts were taken: zeros, but where one was.

    Of one part alone, the zeros are made when somebody asks for them. The gradients of further ones are added in
    place, so a loop over the steps of a sequence takes time in proportion to its length, not to the square of it.
    """

    __slots__ = ("_g", "_index", "_shape", "_whole")

    def __init__(self, g: Array, index: Index, shape: tuple[int, ...]) -> None:
        self._g, self._index, self._shape = g, index, shape
        self._whole: Array | None = None

    def whole(self) -> Array:
        """All of it, in memory of its own."""
        if self._whole is None:
            self._whole = put(self._g, index=self._index, shape=self._shape)
        return self._whole

    def alone(self, index: Index | None) -> Array:
        """The gradient of the part at ``index``, if there is no other; else all of it."""
        return self._g if self._whole is None and self._index == index else self.whole()

    def add(self, other: Parts | Array) -> None:
        """Add another gradient, of a part that nothing was added to yet, or of all."""
        y = self.whole()
        if isinstance(other, Parts):
            y[other._index] += other._g
        else:
            y += other

    @classmethod
    def of(cls, whole: Array) -> Parts:
        """One that begins with a copy of all."""
        parts = cls(whole, (), whole.shape)
        parts._whole = np.array(whole)
        return parts


def propagate_through(
    node: Node,
    g: Any,
    gradients: dict[Any, Any],
    to_tensor: Callable[[Any, Any], Any] | None,
    needed: set[Any] | None,
) -> None:
    """Add to ``gradients`` those of a node's inputs, given ``g``, that of its output."""
    op, y, values, parents = node.op, node.output, node.values, node.parents
    assert parents is not None  # _topological_order has seen to it
    if to_tensor is not None:
        y = to_tensor(y, node)
        values = [to_tensor(v, p) for v, p in zip(values, parents, strict=True)]
    is_upstream = op.shared is None
    is_part = op is getitem and len(values) == 1 and to_tensor is None
    conjugates = op.holomorphic and y.dtype.kind == "c" and not is_part
    if conjugates:
        g = conj(g)
    if op.elementwise and y.dtype == float16:  # in float32, so that the gradients alone are rounded
        g, y, *values = (cast(v, dtype=float32) if getattr(v, "dtype", None) == float16 else v for v in (g, y, *values))
    written_since = _written_since(node)
    for which, parent in enumerate(parents):
        if parent is None or type(parent) is VersionCounter or (needed is not None and parent not in needed):
            continue
        rule = op.rule(which)
        if rule is None:
            continue
        if written_since:
            _check_unchanged(node, which, written_since)
        if is_part:
            accumulate(gradients, parent, Parts(g, node.params["index"], values[0].shape))
            return
        if not is_upstream:
            g, is_upstream = op.upstream(g, y, *values, **node.params), True
        is_node = isinstance(parent, Node)
        gradient = rule(g, y, *values, **node.params)
        if conjugates:
            gradient = conj(gradient)
        gradient = unbroadcast(gradient, parent.output if is_node else parent.array)
        if not is_node and to_tensor is None and is_shared(gradient, g, values):
            gradient = gradient.copy()  # a leaf's gradient is its own, to change in place
        accumulate(gradients, parent, gradient)
        if mode.tracer is not None and isinstance(gradients[parent], Value):
            mode.tracer.derived(parent.output if is_node else parent, gradients[parent])


def accumulate(gradients: dict[Any, Any], key: Any, gradient: Any) -> None:
    """Add ``gradient`` to what there is of it so far."""
    so_far = gradients.get(key)
    if so_far is None:
        gradients[key] = gradient
    elif type(so_far) is Parts:
        so_far.add(gradient)
    elif type(gradient) is Parts:
        gradients[key] = Parts.of(so_far)
        gradients[key].add(gradient)
    else:
        total = so_far + gradient
        gradients[key] = rounded(total) if total.dtype is bfloat16 else total


def is_shared(gradient: Any, g: Any, values: list[Any]) -> bool:
    """Whether ``gradient`` may be in memory of others: of ``g``, one array or several, or of the inputs."""
    givers = (*g, *values) if isinstance(g, tuple) else (g, *values)
    return gradient.base is not None or any(gradient is x for x in givers)


def _written_since(node: Node) -> list[tuple[int, int]]:
    """Of (output, *inputs), which ones' memory was written to since ``node`` was made, and when: mostly none."""
    found = []
    for position, watched in enumerate((node, *(node.parents or ()))):
        version = watched if type(watched) is VersionCounter else getattr(watched, "version", None)
        if version is not None and version.written >= node.time:
            found.append((position, version.written))
    return found


def _check_unchanged(node: Node, which: int, written_since: list[tuple[int, int]]) -> None:
    for position, time in written_since:
        if not node.op.reads(which, position) or (position == 0 and hasattr(node, "spared")):
            continue
        # written at the node's own time: by the node itself, in place, which gave the result and lost the input
        if time > node.time or position > 0:
            what = "its result" if position == 0 else f"its input {position}"
            value = node.output if position == 0 else node.values[position - 1]
            raise GradientError(
                f"the derivative of {node.op.name} needs {what}, of shape {written(value.shape)}, which was changed "
                "in place; use an operation that makes a new tensor (x = x + 1 for x += 1), "
                "or change a copy: x.clone()"
            )


def _topological_order(outputs: Collection[Any]) -> list[Node]:
    """All nodes that ``outputs`` were computed from, each before those that it was computed from itself."""
    stack = [output for output in outputs if isinstance(output, Node)]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if node.parents is None:
            raise GradientError(_said_of_freed(node, node in outputs))
        for parent in node.parents:
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.time, reverse=True)


def _said_of_freed(node: Node, is_output: bool) -> str:
    if is_output:
        return (
            f"backward a second time: the values that the derivative of {node.op.name} needs were freed by the first; "
            "call the first one with retain_graph=True, or compute the loss again"
        )
    return (
        "backward a second time: it has come to what an earlier one went through and freed, a result of "
        f"{node.op.name} of shape {written(node.output.shape)}. If that is a state carried over from an earlier step, "
        "detach it: h = h.detach(). If two losses come from one forward pass, call backward of their sum, or the first "
        "one with retain_graph=True"
    )


def _descendants(targets: set[Any], order: list[Node]) -> set[Any]:
    """The targets, and the nodes of ``order``, a topological one, that were computed from one."""
    descendants = set(targets)
    for node in reversed(order):
        if any(parent in descendants for parent in node.parents or ()):
            descendants.add(node)
    return descendants
