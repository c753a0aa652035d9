"""The graph: what was computed from what. How gradients travel back along it is in `propagation`.

Every operation on a tensor that requires a gradient leaves a `Node` with the time it was made. A node is younger than
all it was computed from, so nodes sorted from the youngest to the oldest are in topological order: each comes after
everything that used its result. That is the whole of backpropagation, with no recursion, so a network may be as deep
as memory allows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any, TypeVar

import numpy as np

from glassnet.ops.record import Op, Spec, Value
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

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_"):
            return loaded("glassnet.tensor.saved_values").saved(self, name.removeprefix("_saved_"))
        raise AttributeError(f"{type(self).__name__!r:.80} object has no attribute {name!r:.80}", name=name, obj=self)

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


def key_of(tensor: Any) -> Any:
    """What gradients of ``tensor`` are accumulated under: its node, or itself if it is a leaf."""
    return tensor if tensor.node is None else tensor.node


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
