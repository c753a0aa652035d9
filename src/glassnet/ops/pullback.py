"""Derivatives from an expansion: what an operation is made of is recorded, then gone through backwards.

The first derivative of an operation is written by hand, where a person reads it. That of a ``…_backward`` operation,
which only a second derivative asks for, need not be: its expansion has one. An expansion runs on `Recorded` values,
which note each operation carried out on them; numbers, arrays and tensors are carried inside, so what is found this
way is again numbers, or can be traced and differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from glassnet.ops.arithmetic import add, div, mul, neg, pow, sub
from glassnet.ops.elementary import abs
from glassnet.ops.indexing import getitem
from glassnet.ops.linear import matmul
from glassnet.ops.record import Op, Rule, Value
from glassnet.ops.reduction import unbroadcast
from glassnet.ops.selection import ge, gt, le, lt


class _Step(NamedTuple):
    op: Op
    inputs: tuple[Any, ...]
    params: dict[str, Any]
    output: Recorded


def _operator(op: Op) -> Callable[[Any, Any], Any]:
    return lambda a, b: op(a, b)


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    return lambda a, b: op(b, a)


class Recorded(Value):
    """A value on which operations are noted, in order, in ``steps``."""

    __slots__ = ("steps", "value")
    __array_ufunc__ = None  # array + recorded: NumPy leaves it to __radd__

    def __init__(self, value: Any, steps: list[_Step]) -> None:
        self.value = value
        self.steps = steps

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what it carries."""
        return tuple(self.value.shape)

    @property
    def dtype(self) -> Any:
        """The dtype of what it carries."""
        return self.value.dtype

    def operate(self, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Recorded:
        """Carry out ``op`` on what ``inputs`` carry, and note it."""
        result = Recorded(op(*map(carried, inputs), **params), self.steps)
        self.steps.append(_Step(op, inputs, params, result))
        return result

    __add__ = __radd__ = _operator(add)
    __mul__ = __rmul__ = _operator(mul)
    __sub__, __rsub__ = _operator(sub), _reflected(sub)
    __truediv__, __rtruediv__ = _operator(div), _reflected(div)
    __pow__, __matmul__ = _operator(pow), _operator(matmul)
    __lt__, __le__ = _operator(lt), _operator(le)
    __gt__, __ge__ = _operator(gt), _operator(ge)

    def __abs__(self) -> Any:
        return abs(self)

    def __neg__(self) -> Any:
        return neg(self)

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index=index if isinstance(index, tuple) else (index,))


def carried(x: Any) -> Any:
    """What a `Recorded` carries; anything else is itself."""
    return x.value if isinstance(x, Recorded) else x


def pullback(expand: Callable[..., Any], g: Any, inputs: tuple[Any, ...], which: int, params: dict[str, Any]) -> Any:
    """The gradient of input ``which`` of ``expand(*inputs, **params)``, when ``g`` is that of its result.

    Zeros where the result does not depend on it. Reverse accumulation: A. Griewank and A. Walther, Evaluating
    Derivatives, 2008, chapter 3.
    """
    steps: list[_Step] = []
    source = Recorded(inputs[which], steps)
    result = expand(*inputs[:which], source, *inputs[which + 1 :], **params)
    gradients = {id(result): g}
    for step in reversed(steps):
        upstream = gradients.pop(id(step.output), None)
        if upstream is None:
            continue
        values = tuple(map(carried, step.inputs))
        upstream = step.op.upstream(upstream, step.output.value, *values, **step.params)
        for position, x in enumerate(step.inputs):
            rule = step.op.rule(position) if isinstance(x, Recorded) else None
            if rule is not None:
                gradient = unbroadcast(rule(upstream, step.output.value, *values, **step.params), x)
                before = gradients.get(id(x))
                gradients[id(x)] = gradient if before is None else before + gradient
    found = gradients.get(id(source))
    return inputs[which] * 0 if found is None else found


def rules_of(expand: Callable[..., Any], inputs: int) -> tuple[Rule, ...]:
    """A rule for each of so many inputs of the operation that ``expand`` expands, found by differentiating that."""
    return tuple(_rule_of(expand, which) for which in range(inputs))


def _rule_of(expand: Callable[..., Any], which: int) -> Rule:
    def rule(g: Any, _y: Any, *inputs: Any, **params: Any) -> Any:
        return pullback(expand, g, inputs, which, params)

    return rule
