"""Hooks of nodes, and the node of a leaf: what `Node.register_hook` and `Node.next_functions` need.

A node's own hooks are one entry of its ``hooks``, the last: `through` takes the place of the plain step of
`glassnet.tensor.propagation.propagate`, so that a node without any costs nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, GradientError, ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor import graph, propagation
from glassnet.tensor.backward import RemovableHandle, add_to_grad
from glassnet.tensor.dispatch import State, wrap
from glassnet.tensor.graph import Node, changes
from glassnet.tensor.silence import under

Hook = Callable[..., Any]
Gradients = tuple[Any, ...]  # arrays or tensors, None where there is none


class NodeHooks:
    """The hooks of one node, those that come before its gradients are computed and those that come after."""

    rank = 2

    def __init__(self) -> None:
        self.before: dict[object, Hook] = {}
        self.after: dict[object, Hook] = {}

    def __call__(self, g: Any) -> None:
        """Nothing, when the hooks of the tensor are called: these are for what comes then."""

    def through(
        self,
        outside: Any,
        node: Node,
        g: Any,
        gradients: dict[Any, Any],
        to_tensor: Callable[[Any, Any], Any] | None,
        needed: set[Any] | None,
    ) -> None:
        """Add to ``gradients`` those of the node's inputs, after the hooks have seen and replaced them.

        Hooks run under ``outside``, the settings of NumPy.
        """
        parents, asked = node.parents or (), places(node)
        none = (type(None), graph.VersionCounter)
        ways = [i for i in asked if type(parents[i]) not in none and (needed is None or parents[i] in needed)]
        if not ways:
            return
        came = under(outside, self.prepared, _separate(g))
        apart = _Apart()
        if any(x is not None for x in came):
            propagation.propagate_through(node, _together(g, came), apart, to_tensor, needed)
        computed = dict(zip(sorted(ways), apart.each, strict=False))  # of nothing, if nothing came
        inputs = tuple(map(computed.get, asked))
        replaced = under(outside, self.finished, inputs, came)
        for i, before, after in zip(asked, inputs, replaced, strict=True):
            if after is None:
                continue
            if to_tensor is None and (after is not before or not isinstance(parents[i], Node)):
                after = np.array(after)  # hooks may hold on to what they saw or gave
            propagation.accumulate(gradients, parents[i], after)

    def prepared(self, gradients: Gradients) -> Gradients:
        """The gradients that have come, after the hooks of before."""
        for hook in list(self.before.values()):
            gradients = _replaced(hook, gradients, hook(_shown(gradients)))
        return gradients

    def finished(self, inputs: Gradients, outputs: Gradients) -> Gradients:
        """The gradients that go on, after the hooks of after."""
        for hook in list(self.after.values()):
            inputs = _replaced(hook, inputs, hook(_shown(inputs), _shown(outputs)))
        return inputs


class AccumulateGrad(Node):
    """The end of the graph at a leaf, ``variable``: gradients are added to its ``grad``.

    There is one for a leaf, as long as somebody, a node whose ``next_functions`` were asked for too, holds it; and so
    long its hooks are called. Its grad_outputs are the one gradient, which is then added; its grad_inputs are none.

    >>> x = glassnet.ones(2, requires_grad=True)
    >>> y = x * 3
    >>> (leaf, _), _ = y.grad_fn.next_functions
    >>> leaf.variable is x
    True
    >>> handle = leaf.register_prehook(lambda grad_outputs: (grad_outputs[0].clamp(max=1),))
    >>> y.sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """

    __slots__ = ("variable",)

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.parents = ()
        self.values = []
        self.params = {}
        self.output = variable.array
        self.time = 0
        self.version = None
        self.hooks = None

    def name(self) -> str:
        """What PyTorch calls it.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> (x * 3).grad_fn.next_functions[0][0].name()
        'torch::autograd::AccumulateGrad'
        """
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    def accumulate(self, gradient: Any) -> None:
        """Add ``gradient``, an array or a tensor, to the ``grad`` of the leaf, with the hooks before and after."""
        hooks = _hooks_of(self)
        (came,) = hooks.prepared((gradient,))
        if came is not None:
            add_to_grad(self.variable, came if isinstance(came, State) else np.array(came))
        hooks.finished((), (came,))


def places(node: Node) -> list[int]:
    """The inputs that have a derivative, in the order of PyTorch's node; a number that comes first is none there."""
    op, values = node.op, node.values
    found = [
        which
        for which, parent in enumerate(node.parents or ())
        if op.rule(which) is not None and (parent is not None or (which > 0 and values[which] is not None))
    ]
    return [2, 0, 1] if op.name == "linear" and found == [0, 1, 2] else found


def next_of(node: Node) -> tuple[tuple[Any, int], ...]:
    """Where gradients go on to; of a loss, which is the mean of others, where they go on to from there."""
    parents = node.parents or ()
    inner = parents[0] if len(parents) == 1 and hasattr(node, "label") and node.op.name in ("mean", "sum") else None
    if isinstance(inner, Node) and inner.name() == node.name():
        return inner.next_functions
    return tuple(graph.edge_to(parents[which]) for which in places(node))


def accumulator_of(leaf: Any) -> AccumulateGrad:
    """The node of a leaf: the one that somebody holds, or a new one."""
    node: AccumulateGrad | None = None if leaf._accumulator is None else leaf._accumulator()
    if node is None:
        node = AccumulateGrad(leaf)
        leaf._accumulator = weakref.ref(node, lambda _: changes.tell())  # that its hooks are no more
    return node


def hooks_of(leaf: Any) -> tuple[Hook, ...]:
    """The hooks of the node of a leaf."""
    node = leaf._accumulator()
    hooks = _hooks_of(node) if node is not None and node.hooks else NodeHooks()
    return (*hooks.before.values(), *hooks.after.values())


def registered(node: Node, hook: Hook, when: str) -> RemovableHandle:
    """Have ``hook`` called at ``node``, "before" or "after"; gives the handle that takes it away."""
    if not callable(hook):
        raise TypeError(f"a hook is a function of gradients, got {hook!r:.80}")
    hooks: dict[object, Hook] = getattr(_hooks_of(node), when)
    key = object()
    hooks[key] = hook
    changes.tell()
    return RemovableHandle(hooks, key)


def _hooks_of(node: Node) -> NodeHooks:
    """The hooks of its own that ``node`` has, from now on if it had none."""
    found = next((hook for hook in node.hooks or () if isinstance(hook, NodeHooks)), None)
    if found is None:
        graph.hook_to(node, found := NodeHooks())
    return found


class _Apart(dict[Any, Any]):
    """In the place of gradients that add up: each of them as it came."""

    def __init__(self) -> None:
        super().__init__()
        self.each: list[Any] = []

    def get(self, _key: Any, _default: Any = None) -> Any:
        """Nothing to add to."""
        return None

    def __setitem__(self, key: Any, gradient: Any) -> None:
        super().__setitem__(key, gradient)
        self.each.append(gradient.whole() if type(gradient) is propagation.Parts else gradient)


def _separate(g: Any) -> Gradients:
    """The gradients that came to a node: one, but for a `glassnet.autograd.Function` of several results."""
    return g.separate() if hasattr(g, "separate") else (g,)


def _together(g: Any, gradients: Gradients) -> Any:
    return g.of(gradients) if hasattr(g, "separate") else gradients[0]


def _shown(gradients: Gradients) -> Gradients:
    return tuple(g if g is None or isinstance(g, State) else wrap(np.asarray(g)) for g in gradients)


def _replaced(hook: Hook, gradients: Gradients, given: Any) -> Gradients:
    """``gradients``, or what the hook gave in their place, if that fits."""
    if given is None:
        return gradients
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(given, tuple):
        raise TypeError(
            f"hook {name}: expected a tuple of gradients, or None to leave them, got {type(given).__name__}"
        )
    if len(given) != len(gradients):
        raise GradientError(
            f"hook {name}: expected {len(gradients)} gradients, as many as it was given, got {len(given)}"
        )
    return tuple(_checked(name, which, *pair) for which, pair in enumerate(zip(gradients, given, strict=True)))


def _array(gradient: Any) -> Any:
    return gradient.array if isinstance(gradient, State) else gradient


def _checked(name: str, which: int, before: Any, given: Any) -> Any:
    if given is None:
        return None
    if not isinstance(given, State):
        raise TypeError(f"hook {name}: gradient {which} must be a tensor or None, got {type(given).__name__}")
    if before is None:
        raise GradientError(f"hook {name}: there is no gradient {which} to replace; give None there")
    if given.shape != before.shape:
        raise ShapeError(
            f"hook {name}: gradient {which} has shape {written(before.shape)}, what replaces it must have it too, got "
            f"{written(given.shape)}"
        )
    if given.dtype != before.dtype:
        raise DtypeError(
            f"hook {name}: gradient {which} is {_array(before).dtype}, what replaces it must be so too, got "
            f"{given.array.dtype}; use .to(gradient.dtype)"
        )
    return given if isinstance(before, State) else given.array
