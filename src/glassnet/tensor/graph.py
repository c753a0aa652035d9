"""The graph: what was computed from what, and how gradients travel back along it.

Every operation on a tensor that requires a gradient leaves a `Node` with the time it was made. A node is younger than
all it was computed from, so nodes sorted from the youngest to the oldest are in topological order: each comes after
everything that used its result. That is the whole of backpropagation, with no recursion, so a network may be as deep
as memory allows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterable
from functools import cache, partial
from itertools import count
from typing import Any, TypeVar

import numpy as np

from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.ops.arithmetic import conj
from glassnet.ops.dtypes import Array, float16, float32
from glassnet.ops.indexing import Index, getitem, put
from glassnet.ops.movement import cast
from glassnet.ops.record import Op, Spec, Value
from glassnet.ops.reduction import unbroadcast
from glassnet.ops.shapes import written
from glassnet.tensor.silence import SILENT, settings, under
from glassnet.threads import loaded

T = TypeVar("T")
LARGE = 1 << 14  # bytes: from here on, memory that no rule reads is let go
_NOTHING = bytes(16)
_HOOKS = "glassnet.tensor.node_hooks"  # few scripts need it

tick = count(1).__next__


class Changes:
    """When something was last set that compiled functions depend on: an attribute of a module, requires_grad.

    ``last`` is another number each time, whichever threads set something at once. It is told afterwards: who has seen
    the number before has not seen the change.
    """

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = 0

    def tell(self) -> None:
        """Something has been set."""
        self.last = tick()


changes = Changes()


class VersionCounter:
    """When a piece of memory was last written to; shared by all tensors that look into it."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        self.written = 0


class Node:
    """One operation that happened: its record, the values of its inputs then, and its output.

    ``parents`` are what gradients go on to: for each input, the node that had made it then, or
    the input itself if it was a leaf. In the place of a tensor that required no gradient is the
    `VersionCounter` of its memory, None in that of anything else.

    Output and inputs are kept as arrays, not as tensors, which may be given a new history and so
    come to hold this node: no reference goes in a circle, and the graph of a step is freed the
    moment its loss is. Large ones among them that no rule reads are let go at once: their place is
    taken by an array that has their shape alone.

    >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    >>> (x**2).sum().grad_fn.parents
    (<PowBackward0 object at 0x...>,)
    """

    __slots__ = (
        "__weakref__",
        "_metadata",
        "_next",
        "call",
        "hooks",
        "label",
        "op",
        "output",
        "params",
        "parents",
        "spared",
        "time",
        "values",
        "version",
    )
    _metadata: dict[Any, Any]
    _next: tuple[tuple[Any, int], ...]
    call: tuple[Callable[[], Any], int]  # of a result of a Function: the node of the call, and which result it is
    label: str
    spared: bool  # set where the output is a copy of what has been written over since

    def __init__(self, op: Op, inputs: tuple[Any, ...], values: list[Any], params: dict[str, Any], output: Any) -> None:
        self.op = op
        self.parents: tuple[Any, ...] | None = tuple(map(_parent, inputs))
        self.values = values
        self.params = params
        self.output = output
        self.time = tick()
        self.version: VersionCounter | None = None
        self.hooks: list[Callable[[Any], Any]] | None = None

    def __repr__(self) -> str:
        from glassnet.tensor.node_names import full_name

        return f"<{full_name(self)} object at {id(self):#x}>"

    def name(self) -> str:
        """What PyTorch calls it.

        >>> (glassnet.ones(2, requires_grad=True) * 3).grad_fn.name()
        'MulBackward0'
        """
        from glassnet.tensor.node_names import node_name  # few scripts print one

        return node_name(self)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Where gradients go on to: for each input its node, an `AccumulateGrad` for a leaf, or None; and a number.

        The number is 0, but for a `glassnet.autograd.Function` of several results: which of them the input is. Inputs
        that have no derivative, such as indices, are left out; those of a linear layer are bias, input and weight, as
        PyTorch's are. Nothing is left once backward has freed the node, unless it was asked before.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> (x * 3).grad_fn.next_functions[0][0].variable is x
        True
        """
        if not hasattr(self, "_next"):
            if self.parents is None:
                return ()
            self._next = loaded(_HOOKS).next_of(self)  # which has hooks as long as this
        return self._next

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dict for notes of your own.

        >>> y = glassnet.ones(2, requires_grad=True) * 3
        >>> y.grad_fn.metadata["from"] = "the first layer"
        >>> y.grad_fn.metadata
        {'from': 'the first layer'}
        """
        if not hasattr(self, "_metadata"):
            self._metadata = {}
        return self._metadata

    def register_hook(self, fn: Callable[..., Any]) -> Any:
        """Call ``fn(grad_inputs, grad_outputs)`` when backward has been here; a tuple it returns replaces grad_inputs.

        Both are tuples: the gradients that go on, one for each input, None where it needs none, and the gradient that
        came. Gives a handle, whose ``remove()`` takes the hook away.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> y = x * 3
        >>> handle = y.grad_fn.register_hook(lambda grad_inputs, grad_outputs: print(grad_inputs, grad_outputs))
        >>> y.sum().backward()
        (tensor([3., 3.]), None) (tensor([1., 1.]),)
        """
        return loaded(_HOOKS).registered(self, fn, "after")

    def register_prehook(self, fn: Callable[..., Any]) -> Any:
        """Call ``fn(grad_outputs)`` before backward goes through here; a tuple it returns replaces grad_outputs.

        >>> x = glassnet.ones(2, requires_grad=True)
        >>> y = x * 3
        >>> handle = y.grad_fn.register_prehook(lambda grad_outputs: (grad_outputs[0] * 10,))
        >>> y.sum().backward()
        >>> x.grad
        tensor([30., 30.])
        """
        return loaded(_HOOKS).registered(self, fn, "before")

    def let_go(self) -> None:
        """Keep of results, this one and those it was computed from, only what a rule reads."""
        if not _is_read(self.op, 0):
            self.output = _of_shape_alone(self.output)
        for i, parent in enumerate(self.parents or ()):
            if isinstance(parent, Node) and not _is_read(self.op, i + 1):
                self.values[i] = _of_shape_alone(self.values[i])

    def free(self) -> None:
        """Let go of the values that backward needed; what needs none of them, such as a sum, it can go through again.

        Of a node that did need some, the shape and dtype of the output are left.
        """
        if self.op.remembers:
            self.parents = None
            self.values = []
            self.output = Spec(np.shape(self.output), self.output.dtype)
        else:
            self.values = [_of_shape_alone(x) if getattr(x, "nbytes", 0) >= LARGE else x for x in self.values]


def edge_to(key: Any) -> tuple[Any, int]:
    """Where gradients of ``key``, a node or a leaf, go: PyTorch's node, and which of its results they are of.

    That is None where there is none, an `AccumulateGrad` for a leaf, and for a result of a `glassnet.autograd.Function`
    the node of the call. A node whose class is asked for has one of its own, called as PyTorch's is.
    """
    if isinstance(key, Node):
        call, which = getattr(key, "call", (None, 0))
        if type(key) is Node:
            key.__class__ = _class_called(key.name())
        return (key if call is None else call() or key), which
    is_leaf = key is not None and type(key) is not VersionCounter
    return (loaded(_HOOKS).accumulator_of(key) if is_leaf else None), 0


@cache
def _class_called(name: str) -> type[Node]:
    """The class of nodes of this name, which ``type(y.grad_fn).__name__`` is read for."""
    return type(name, (Node,), {"__slots__": (), "__module__": "builtins", "__doc__": Node.__doc__})


def labelled(tensor: T, name: str) -> T:
    """``tensor``, whose node is to be called after the function ``name``, not after its last operation."""
    node = tensor.node  # type: ignore[attr-defined]  # a State, which is above this file
    if node is not None:
        node.label = name
    return tensor


@cache
def _is_read(op: Op, position: int) -> bool:
    """Whether any rule reads the values of (y, *inputs)[position]."""
    return any(op.reads(which, position) for which in range(len(op.vjp)))


def _of_shape_alone(x: Any) -> Any:
    """An array of the shape and dtype of ``x``, all of whose elements are one zero."""
    return np.ndarray(x.shape, x.dtype, _NOTHING, strides=(0,) * x.ndim)


def _parent(x: Any) -> Any:
    if not isinstance(x, Value):
        return None
    tensor: Any = x
    if tensor._requires_grad:
        return tensor if tensor.node is None else tensor.node  # key_of, without the call: each operation comes here
    return version_of(tensor)


def version_of(tensor: Any) -> VersionCounter:
    """The version of the memory ``tensor`` looks into."""
    version: VersionCounter | None = tensor.version
    if version is None:
        version = tensor.version = VersionCounter()
        if tensor.node is not None:
            tensor.node.version = version
    return version


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


def key_of(tensor: Any) -> Any:
    """What gradients of ``tensor`` are accumulated under: its node, or itself if it is a leaf."""
    return tensor if tensor.node is None else tensor.node


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
        _accumulate(gradients, key_of(tensor), gradient)
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
            through: Callable[..., None] = _propagate_through
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


class RetainGrad:
    """The hook behind retain_grad: it sees the gradient after all others, and goes where its tensor goes."""

    rank = 1

    def __init__(self, tensor: Any, accumulate: Callable[[Any, Any], None]) -> None:
        self._tensor = weakref.ref(tensor)  # a strong one would go in a circle
        self._accumulate = accumulate

    def __call__(self, g: Any) -> None:
        """Add ``g`` to what the tensor, if it is there yet, has kept."""
        tensor = self._tensor()
        if tensor is not None:
            self._accumulate(tensor, g)


def run_hooks(hooks: list[Callable[[Any], Any]] | None, g: Any) -> Any:
    """``g`` after every hook has seen it, and replaced it if it returned something."""
    for hook in hooks or ():
        changed = hook(g)
        g = g if changed is None else changed
    return g


def hook_to(holder: Any, hook: Callable[[Any], Any]) -> list[Callable[[Any], Any]]:
    """Add ``hook`` to those of a node or a leaf, before those of a higher rank; gives the list of them all."""
    if holder.hooks is None:
        holder.hooks = []
    hooks: list[Callable[[Any], Any]] = holder.hooks
    later = (place for place, other in enumerate(hooks) if _rank(other) > _rank(hook))
    hooks.insert(next(later, len(hooks)), hook)  # sort() would fail where another thread adds one meanwhile
    changes.tell()
    return hooks


def _rank(hook: Callable[[Any], Any]) -> int:
    rank: int = getattr(hook, "rank", 0)
    return rank


def _propagate_through(
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
            _accumulate(gradients, parent, Parts(g, node.params["index"], values[0].shape))
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
        _accumulate(gradients, parent, gradient)
        if mode.tracer is not None and isinstance(gradients[parent], Value):
            mode.tracer.derived(parent.output if is_node else parent, gradients[parent])


def _accumulate(gradients: dict[Any, Any], key: Any, gradient: Any) -> None:
    so_far = gradients.get(key)
    if so_far is None:
        gradients[key] = gradient
    elif type(so_far) is Parts:
        so_far.add(gradient)
    elif type(gradient) is Parts:
        gradients[key] = Parts.of(so_far)
        gradients[key].add(gradient)
    else:
        gradients[key] = so_far + gradient


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
