"""Operations of your own: a class with a forward and a backward, which autograd calls as it calls its own.

What happens in ``forward`` is not followed; its results get nodes whose rule is ``backward``. Results of one call
have one node between them and the inputs, which waits until the gradients of all of them have come.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from glassnet.autograd.modes import enable_grad, no_grad, set_grad_enabled
from glassnet.errors import GradientError
from glassnet.observer import mode
from glassnet.ops.record import Op, Spec
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import Node, version_of


class FunctionCtx:
    """What ``forward`` keeps for ``backward``: tensors by save_for_backward, anything else as an attribute.

    >>> class Square(glassnet.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * g
    >>> x = glassnet.tensor([3.0], requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor([6.])
    """

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._saved: tuple[Any, ...] = ()
        self._versions: tuple[int, ...] = ()
        self._flat: tuple[Any, ...] = ()
        self._materializes = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or results, to be had as ``ctx.saved_tensors`` in ``backward``."""
        self._saved = tensors
        self._versions = tuple(0 if x is None else version_of(x).written for x in tensors)

    save_for_forward = save_for_backward

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were kept. Raises GradientError for one that was changed in place since."""
        saved = tuple(x.tensor() if isinstance(x, _SavedResult) else x for x in self._saved)
        for x, version in zip(saved, self._versions, strict=True):
            if x is not None and version_of(x).written != version:
                raise GradientError(
                    f"a tensor of shape {tuple(x.shape)} that was saved for backward was changed in place since; "
                    "save a copy: ctx.save_for_backward(x.clone())"
                )
        return saved

    saved_variables = saved_tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs ``forward`` has changed in place; that is known without."""

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which results have no gradient."""
        self._flat = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether the gradient of a result that was not used is zeros (the default), or None."""
        self._materializes = value


class _SavedResult:
    """A result that was saved. Its node leads to the one of the call, which leads here: to hold either is a circle."""

    def __init__(self, result: Tensor, number: int) -> None:
        self._array, self._version, self._number = result.array, version_of(result), number
        none: tuple[Callable[[], Any], int] = (lambda: None), 0
        found: tuple[Callable[[], Any], int] = getattr(result.node, "call", none)
        self._call, self._which = found

    def tensor(self) -> Tensor:
        """The result again, by a node of its own: the other is gone where nobody has kept the result."""
        result, call = wrap(self._array), self._call()
        result.version = self._version
        if call is not None:
            _give_history(result, call, self._which, self._number)
        return result


class Function:
    """An operation with a ``backward`` of your own: see `FunctionCtx` for an example; ``apply`` calls it.

    ``forward(ctx, *args)`` computes with tensors; ``backward(ctx, *grads)`` gives a gradient, or None, for each
    argument. ``setup_context(ctx, inputs, output)`` may keep what backward needs, and ``forward`` is then without ctx.
    ``backward`` is differentiable where what it does is.

    >>> class Clip(glassnet.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x.clamp(-1, 1)
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return g  # straight through
    >>> x = glassnet.tensor([3.0], requires_grad=True)
    >>> Clip.apply(x).backward()
    >>> x.grad
    tensor([1.])
    """

    @staticmethod
    def forward(*args: Any, **named: Any) -> Any:
        """The results, from the arguments."""
        raise NotImplementedError("a Function needs a static method forward(ctx, …)")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The gradient of each argument, from those of the results."""
        raise NotImplementedError("a Function needs a static method backward(ctx, …) where a gradient is asked of it")

    @classmethod
    def apply(cls, *args: Any, **named: Any) -> Any:
        """Call ``forward``, and have ``backward`` called when the gradient comes back."""
        if mode.tracer is not None:
            mode.tracer.custom(cls.__name__, args)
        ctx = FunctionCtx()
        ctx.needs_input_grad = tuple(isinstance(x, Tensor) and x.requires_grad for x in args)
        with no_grad():
            if hasattr(cls, "setup_context"):
                output = cls.forward(*args, **named)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args, **named)
        results = output if isinstance(output, tuple) else (output,)
        if mode.grad and any(ctx.needs_input_grad):
            results = tuple(_own(x, args) for x in results)
            _attach(cls, ctx, args, results)
            number = len(results)
            ctx._saved = tuple(_SavedResult(x, number) if _is_among(x, results) else x for x in ctx._saved)
        return results if isinstance(output, tuple) else results[0]


def _own(result: Any, args: tuple[Any, ...]) -> Any:
    """``result`` as a tensor that may be given a history: not an argument itself, unless it was changed in place."""
    with no_grad():
        return result.view_as(result) if any(result is x for x in args) and isinstance(result, Tensor) else result


class _Gradients:
    """The gradients of the results of one call, those that have come so far; they add up as one gradient does."""

    base = None

    def __init__(self, by_result: dict[int, Any], output: Any, number: int) -> None:
        self.by_result = by_result
        self.output = output  # of the node of the call
        self.number = number  # of results
        self.shape, self.dtype = output.shape, output.dtype

    def __add__(self, other: _Gradients) -> _Gradients:
        merged = dict(self.by_result)
        for which, g in other.by_result.items():
            merged[which] = merged[which] + g if which in merged else g
        return _Gradients(merged, self.output, self.number)

    def separate(self) -> tuple[Any, ...]:
        """One for each result, None where none has come."""
        return tuple(map(self.by_result.get, range(self.number)))

    def of(self, gradients: tuple[Any, ...]) -> _Gradients:
        """Others in their place."""
        return _Gradients({i: g for i, g in enumerate(gradients) if g is not None}, self.output, self.number)


def _attach(kind: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], results: tuple[Any, ...]) -> None:
    """Give each result a node that leads to the one of the call, and that one the gradients of ``backward``."""
    specs = [Spec(x.array.shape, x.array.dtype) if isinstance(x, Tensor) else None for x in results]

    def shared(g: Any, _y: Any, *_inputs: Any) -> tuple[Any, ...]:
        return _gradients_of(kind, ctx, g.by_result, specs, args)

    rules = tuple(_rule(i) if isinstance(x, Tensor) else None for i, x in enumerate(args))
    name = f"{kind.__name__}Backward"
    call = Op(name, np.copy, rules, shape=_no_shape, formula=name, shared=shared)
    output = next(x.array for x in results if isinstance(x, Tensor))
    node = Node(call, args, [x.array if isinstance(x, Tensor) else x for x in args], {}, output)
    for which, result in enumerate(results):
        if not isinstance(result, Tensor) or result.array.dtype.kind not in "fc" or _is_among(result, ctx._flat):
            continue
        _give_history(result, node, which, len(results))


def _give_history(result: Tensor, call: Node, which: int, number: int) -> None:
    """Give result ``which`` of ``number`` a node that leads to the one of the call."""
    name = call.op.name
    of_result = Op(name, np.copy, (_result_rule(which, number),), shape=_no_shape, formula=name)
    own = Node(of_result, (), [], {}, result.array)
    own.parents = (call,)
    own.values = [call.output]
    own.call = weakref.ref(call), which
    result.node, result._requires_grad = own, True
    if result.version is not None:
        own.version = result.version


def _gradients_of(
    kind: type[Function],
    ctx: FunctionCtx,
    came: dict[int, Any],
    specs: list[Spec | None],
    args: tuple[Any, ...],
) -> tuple[Any, ...]:
    are_tensors = any(isinstance(g, Tensor) for g in came.values())
    grads: list[Any] = []
    for which, spec in enumerate(specs):
        g = came.get(which)
        if g is None and spec is not None and ctx._materializes:
            g = np.zeros(spec.shape, spec.dtype)
        grads.append(wrap(np.asarray(g)) if g is not None and not isinstance(g, Tensor) else g)
    with enable_grad() if are_tensors and mode.grad else set_grad_enabled(False):
        given = kind.backward(ctx, *grads)
    given = given if isinstance(given, tuple) else (given,)
    if len(given) < len(args) or any(g is not None for g in given[len(args) :]):
        raise GradientError(
            f"{kind.__name__}.backward: expected a gradient, or None, for each of the {len(args)} arguments of "
            f"forward, got {len(given)}"
        )
    pairs = zip(given, args, strict=False)
    return tuple(g if g is None or are_tensors else g.array for g in (_checked(g, x) for g, x in pairs))


def _checked(g: Any, x: Any) -> Any:
    if g is None and isinstance(x, Tensor):
        return wrap(np.zeros(x.array.shape, x.array.dtype))
    if isinstance(g, Tensor) and isinstance(x, Tensor) and g.dtype != x.dtype:
        return g.to(x.dtype)
    return g


def _rule(which: int) -> Any:
    def rule(g: Any, _y: Any, *_inputs: Any) -> Any:
        return g[which]

    return rule


def _result_rule(which: int, number: int) -> Any:
    def rule(g: Any, _y: Any, _call: Any) -> Any:
        return _Gradients({which: g}, _call, number)

    return rule


def _no_shape(*_: Any) -> Spec:
    raise NotImplementedError


def _is_among(x: Any, those: tuple[Any, ...]) -> bool:
    return any(x is y for y in those)


def once_differentiable(fn: Any) -> Any:
    """A ``backward`` whose gradients are not differentiated again: GradientError where that is asked.

    >>> class Double(glassnet.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...
    ...     @staticmethod
    ...     @glassnet.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return g * 2
    """

    @wraps(fn)
    def called(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            given = fn(ctx, *grads)
        if not (mode.grad and any(isinstance(g, Tensor) and g.requires_grad for g in grads)):
            return given
        several = given if isinstance(given, tuple) else (given,)
        return tuple(_Once.apply(g, *grads) if isinstance(g, Tensor) else g for g in several)

    return called


class _Once(Function):
    """A gradient as it is, whose own derivative is refused."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, *grads: Any) -> Tensor:
        return gradient.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise GradientError(
            "backward: this gradient came from a Function whose backward is marked once_differentiable, and is to be "
            "differentiated again; leave the mark away, and compute with tensors alone in that backward"
        )
