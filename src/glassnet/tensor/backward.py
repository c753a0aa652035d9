"""Backward: the gradients of tensors, from the graph that made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import numpy as np

from glassnet.errors import DtypeError, GradientError, ShapeError
from glassnet.observer import mode
from glassnet.ops.arithmetic import add
from glassnet.ops.bfloat16 import bfloat16, rounded
from glassnet.ops.movement import copy, stack
from glassnet.ops.shapes import written
from glassnet.tensor.dispatch import State, apply, follow, wrap, write
from glassnet.tensor.graph import Node, changes, key_of
from glassnet.tensor.propagation import propagate

T = TypeVar("T", bound=State)
Tensors = Any  # one tensor, or a sequence of them


def several(x: Any) -> tuple[Any, ...]:
    """Several things as a tuple, such as a list or the values of a dict; one as a tuple of it."""
    return tuple(x) if isinstance(x, Iterable) and not isinstance(x, State) else (x,)


def backward(
    tensors: Tensors,
    grad_tensors: Tensors | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add to ``.grad`` of every leaf the gradient of ``tensors``, weighted by ``grad_tensors``.

    ``grad_tensors`` may be left out for tensors of one element. ``retain_graph`` keeps what a
    second backward would need; ``create_graph`` makes gradients that can be differentiated
    again; ``inputs`` restricts the work to these tensors.

    Raises GradientError where there is no gradient to compute, ShapeError where a gradient's
    shape is not its tensor's.

    >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    >>> glassnet.autograd.backward((x**2).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    chosen = None if inputs is None else several(inputs)
    with _following(create_graph):
        computed = _compute(tensors, grad_tensors, retain_graph, create_graph, chosen)
        if chosen is None:
            for leaf, gradient in computed.items():
                accumulate(leaf, gradient)
        else:
            for x in chosen:
                if key_of(x) in computed:
                    accumulate(x, own(computed[key_of(x)]))


def gradients(
    outputs: Tensors,
    inputs: T | Sequence[T],
    grad_outputs: Tensors | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[T | None, ...]:
    """The gradients of ``outputs`` with respect to each of ``inputs``, leaving ``.grad`` alone.

    Raises GradientError for an input the outputs do not depend on, unless ``allow_unused``, which
    gives None for it, or ``materialize_grads``, which gives zeros. With ``is_grads_batched``, ``grad_outputs`` have a
    dimension more, first, and so have the gradients: one of each. ``only_inputs`` is always so.

    >>> x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    >>> glassnet.autograd.grad((x**2).sum(), x)
    (tensor([2., 4.]),)
    """
    if not only_inputs:
        raise ValueError("grad: gradients of the inputs alone are computed; for those of all leaves: backward()")
    if allow_unused is False and materialize_grads:
        raise ValueError("grad: materialize_grads gives zeros for what is unused; leave allow_unused=False away")
    if is_grads_batched:
        options = (True, create_graph, True, allow_unused, False, materialize_grads)
        rows = [gradients(outputs, inputs, row, *options) for row in _rows(grad_outputs)]
        return tuple(None if column[0] is None else apply(stack, *column) for column in zip(*rows, strict=True))
    chosen = several(inputs)
    for i, x in enumerate(chosen):
        if not x.requires_grad:
            raise GradientError(f"grad: input {i} does not require a gradient; call requires_grad_() on it first")
    with _following(create_graph):
        computed = _compute(outputs, grad_outputs, retain_graph, create_graph, chosen)
    results = [computed.get(key_of(x)) for x in chosen]
    for i, result in enumerate(results):
        if result is None and materialize_grads:
            results[i] = np.zeros_like(chosen[i].array)
        elif result is None and not allow_unused:
            raise GradientError(
                f"grad: the outputs do not depend on input {i}, of shape {written(chosen[i].shape)}; "
                "leave it out, or pass allow_unused=True to get None for it"
            )
    return tuple(wrap(np.array(r, order="C")) if isinstance(r, np.ndarray | np.generic) else r for r in results)


def _rows(grad_outputs: Tensors | None) -> Iterator[Any]:
    """Each of several gradients to start from, where every tensor of ``grad_outputs`` is a row of them."""
    starts = several(grad_outputs)
    for i in range(len(starts[0])):
        yield [x[i] for x in starts]


def _compute(
    outputs: Tensors,
    weights: Tensors | None,
    retain_graph: bool | None,
    create_graph: bool,
    targets: tuple[Any, ...] | None,
) -> dict[Any, Any]:
    tensors = several(outputs)
    for x in (*tensors, *(targets or ())):
        follow(x)
    starts = (None,) * len(tensors) if weights is None else several(weights)
    if len(starts) != len(tensors):
        raise ValueError(f"expected a gradient for each of the {len(tensors)} tensors, got {len(starts)}")
    as_tensors = create_graph or mode.tracer is not None
    cotangents = [(t, _cotangent(t, g, as_tensors)) for t, g in zip(tensors, starts, strict=True)]
    return propagate(
        cotangents,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        to_tensor=_to_tensor if as_tensors else None,
        targets=None if targets is None else {key_of(t) for t in targets},
    )


@contextmanager
def _following(enabled: bool) -> Iterator[None]:
    before, mode.grad = mode.grad, enabled
    try:
        with nullcontext() if mode.tracer is None else mode.tracer.backward():
            yield
    finally:
        mode.grad = before


def _cotangent(tensor: Any, gradient: Any, as_tensors: bool) -> Any:
    """What backward starts from at ``tensor``: ``gradient``, or 1."""
    if not tensor.requires_grad:
        raise GradientError(
            "backward: this tensor requires no gradient: nothing it was computed from has requires_grad=True "
            "(or it was computed under no_grad(), by a compiled function, or detached)"
        )
    if gradient is None:
        if tensor.array.size != 1:
            raise GradientError(
                f"backward: expected a tensor of one element, such as a loss, got shape {written(tensor.shape)}; "
                "take .sum() or .mean() of it, or pass the gradient to start from"
            )
        if tensor.dtype.kind == "c":
            raise GradientError(
                f"backward: expected a real number, such as a loss, got one of {tensor.dtype}; take its size, x.abs(), "
                "or x.real, or pass the gradient to start from"
            )
        gradient = np.ones_like(tensor.array)
    elif not hasattr(gradient, "shape"):
        raise DtypeError(f"backward: expected the gradient to start from as a tensor, got {type(gradient).__name__}")
    elif gradient.shape != tensor.shape:
        raise ShapeError(
            f"backward: the gradient to start from must have the tensor's shape, {written(tensor.shape)}, got "
            f"{written(gradient.shape)}"
        )
    if as_tensors:
        return gradient if isinstance(gradient, State) else wrap(np.array(gradient, tensor.dtype))
    return np.array(gradient.array if isinstance(gradient, State) else gradient, tensor.dtype)


def _to_tensor(value: Any, parent: Any) -> Any:
    """A value as a tensor whose gradient goes on to ``parent``: a node, or a leaf, which it is."""
    if isinstance(parent, State):
        return parent
    if not isinstance(parent, Node):
        return wrap(value) if isinstance(value, np.ndarray) else value
    tensor = wrap(value)
    tensor.node, tensor.version, tensor._requires_grad = parent, parent.version, True
    return tensor


def own(gradient: Any) -> Any:
    """``gradient``, if an array, in memory of its own."""
    return gradient if isinstance(gradient, State) else np.array(gradient)


def _laid_out(gradient: Any, tensor: Any) -> Any:
    """``gradient``, an array, in memory as the ``tensor`` lies there, if that is a leaf; else in order."""
    array = np.asarray(gradient)
    if tensor.node is not None or 0 in tensor.array.strides:
        return np.asarray(array, order="C")
    if array.strides == tensor.array.strides:
        return array
    like = np.empty_like(tensor.array, array.dtype)
    if like.strides == array.strides:
        return array
    np.copyto(like, array)
    return like


def accumulate(leaf: Any, gradient: Any) -> None:
    """Add ``gradient``, an array of its own or a tensor, to ``leaf.grad``."""
    accumulator = None if leaf._accumulator is None or leaf.node is not None else leaf._accumulator()
    if accumulator is None or not accumulator.hooks:
        add_to_grad(leaf, gradient)
    else:
        accumulator.accumulate(gradient)


def add_to_grad(leaf: Any, gradient: Any) -> None:
    """Add ``gradient`` to ``leaf.grad``, whatever hooks the node of the leaf has."""
    _add(leaf, gradient)
    if leaf.accumulated_hooks:
        for hook in list(leaf.accumulated_hooks.values()):
            if hook(leaf) is not None:
                raise RuntimeError("a hook after the gradient was added must return None; it may change leaf.grad")


def _add(leaf: Any, gradient: Any) -> None:
    if mode.tracer is not None:
        mode.tracer.accumulating(leaf)
        if leaf.grad is not None and not gradient.requires_grad and not leaf.grad.requires_grad:
            write(leaf.grad, add, leaf.grad, gradient)  # in place, as below
            return
    if isinstance(gradient, State):
        leaf.grad = apply(copy, gradient) if leaf.grad is None else leaf.grad + gradient
    elif leaf.grad is None:
        leaf.grad = wrap(_laid_out(gradient, leaf))
    elif leaf.grad.requires_grad:
        leaf.grad = leaf.grad + wrap(np.asarray(gradient))
    else:
        total = leaf.grad.array
        np.add(total, gradient, out=total)
        if total.dtype is bfloat16:
            total[...] = rounded(total)


class RemovableHandle:
    """What registering a hook gives: `remove` takes the hook away again."""

    def __init__(self, hooks: Any, key: Any) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook away; nothing happens if it is gone already."""
        if isinstance(self._hooks, dict):
            self._hooks.pop(self._key, None)
        elif self._key in self._hooks:
            self._hooks.remove(self._key)
        changes.tell()

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
