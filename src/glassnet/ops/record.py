"""The record: everything glassnet knows about one operation, in one place.

An operation is data, not code scattered over a class hierarchy: how to compute it (`forward`),
its derivative (`vjp`), the shape it gives (`shape`), what a person calls it (`formula`) and what
it is made of (`expand`). Eager mode, autograd, compiled programs and explanations all read the
same record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import CO_VARARGS
from types import MappingProxyType
from typing import Any, Literal

from numpy import ufunc

from glassnet.ops.dtypes import Array, Dtype

Rule = Callable[..., Any]
Cast = Literal["common", "number", "difference", "comparison", "float", "equal"]
Kind = Literal["", "activation"]


class Value:
    """What an operation can act on besides arrays and numbers; `Tensor` is one.

    An operation called on arrays runs its `forward`. Called on a Value, it asks the Value to apply
    it. That is why one derivative serves twice: given arrays it computes numbers, given tensors it
    builds a graph that can be traced and differentiated again.
    """

    __slots__ = ()

    def operate(self, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Carry out ``op`` on ``inputs``, of which this Value is one."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Spec:
    """A shape and a dtype: what is known of a value before it is computed."""

    shape: tuple[int, ...]
    dtype: Dtype


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One operation.

    ``forward(*arrays, **params)`` computes it in plain NumPy: the text a learner would write. It takes
    ``out=None``, memory for the result, where it is a ufunc, or where that was measured to be worth it.

    ``vjp`` has one rule an input: ``rule(g, y, *inputs, **params)`` is the gradient of that input
    when ``g`` is the gradient of the output ``y`` (a vector-Jacobian product). One rule an input
    means that what nobody asks for is never computed. An argument named with a leading underscore
    is used for its shape and dtype at most, so its values need not survive until backward.
    ``None`` in place of a rule: the result does not depend smoothly on that input. `variadic`
    operations have one rule, told by ``which`` the input that it is asked for.

    ``shared(g, y, *inputs, **params)`` computes what several rules need (the statistics of a batch, the one loop back
    through time). It runs once a backward pass, and what it gives is handed to every rule in the place of ``g``.

    ``part``: the index of a part of the result. Where no other part has a gradient, the derivative takes that of this
    one in the place of the whole one's, which would be zeros otherwise.

    Broadcasting and dtype casts are undone once, in autograd, never in a rule.

    ``shape(*specs, **params)`` gives the `Spec` of the result, or raises a ShapeError that says
    what was expected, what came, and the likely fix.

    ``formula`` is for people. For elementwise operations it is also for SymPy, in the names of
    ``forward``'s arguments, and tests hold it against ``forward`` and ``vjp``.

    ``expand(*inputs, **params)`` writes a named operation in primitive ones; primitive operations have none.

    ``inline``: a program is better off with its decomposition, which computes the same in a call or two, or whose parts
    the backward pass needs as well.

    ``cast`` says what happens to inputs of different dtypes: "common" casts them to their common
    dtype, "number" too but refuses bool, "difference" refuses it in any of them, "comparison" finds one that holds
    every number, "float" casts to their common floating dtype; "equal" refuses to mix, None takes them as they are.

    ``in_order``: in eager mode the result lies in order in memory, however the inputs do; that of other operations lies
    as `forward` leaves it, an elementwise one's as its inputs do.

    ``free_result``: the result may be changed in place before backward, as in PyTorch, whose derivative does not read
    it; that the one here does is nobody's concern: what it was is copied before (see `write`).

    ``view``: the result may share memory with the first input. ``in_place``: ``out`` may be the
    first input itself, as it may for every elementwise operation that takes ``out``. ``writes``: the
    positions of inputs that are changed in place (optimizer updates).

    ``kind``: what a person would call it, where a reader cares: "activation".

    How NumPy source writes it, where that is not a call of ``forward`` by name: ``method``, the method of an
    array that takes ``axis`` and ``keepdims`` (x.sum(axis=0)); or ``source(output, *inputs, **params)``, the text
    for inputs that are texts, ``output`` being the result's shape and dtype (``x.reshape(2, 3)``).

    ``textbook``: ``forward`` as a textbook writes it, where ``forward`` itself is written for speed.

    Of complex numbers, the gradient is the conjugate of the derivative times ``g``; autograd conjugates, so that a rule
    says the derivative. Rules of results that are complex and not ``holomorphic`` say the gradient itself, and so do
    those of results that are real. ``complex_too``: whether an operation that casts takes complex numbers.

    ``differentiable``: whether a gradient flows back to any input. ``takes_out``: whether ``forward`` does.
    ``remembers``: whether the derivative reads values, which must be kept until backward has been there.
    """

    name: str
    forward: Callable[..., Array]
    vjp: tuple[Rule | None, ...]
    shape: Callable[..., Spec]
    formula: str
    expand: Callable[..., Any] | None = None
    cast: Cast | None = None
    elementwise: bool = False
    variadic: bool = False
    view: bool = False
    in_order: bool = False
    free_result: bool = False
    in_place: bool = False
    writes: tuple[int, ...] = ()
    inline: bool = False
    kind: Kind = ""
    method: str = ""
    source: Callable[..., str] | None = None
    textbook: Callable[..., Array] | None = None
    shared: Rule | None = None
    part: tuple[Any, ...] | None = None
    holomorphic: bool = True
    complex_too: bool = False
    differentiable: bool = field(init=False)
    takes_out: bool = field(init=False)
    remembers: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "differentiable", any(rule is not None for rule in self.vjp))
        code = getattr(self.forward, "__code__", None)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
        object.__setattr__(self, "takes_out", isinstance(self.forward, ufunc) or "out" in names)
        which = range(len(self.vjp))
        reads = any(self.reads(i, position) for i in which for position in range(len(self.vjp) + 1))
        object.__setattr__(self, "remembers", self.shared is not None or reads)

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """Carry the operation out on arrays, or, if any input is a `Value`, through it."""
        for x in inputs:
            if isinstance(x, Value):
                return x.operate(self, inputs, params)
        return self.forward(*inputs, **params)

    def __repr__(self) -> str:
        return f"<op {self.name}: {self.formula}>"

    def rule(self, which: int) -> Rule | None:
        """The derivative with respect to input ``which``, or None where there is none."""
        if self.variadic:
            return self.vjp[0] and partial(self.vjp[0], which=which)
        return self.vjp[which] if which < len(self.vjp) else None

    def upstream(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
        """What the rules are handed: ``g``, or what `shared` makes of it."""
        return g if self.shared is None else self.shared(g, y, *inputs, **params)

    def reads(self, which: int, position: int) -> bool:
        """Whether the rule of input ``which`` reads the values of (y, *inputs)[position]."""
        rule = self.vjp[0 if self.variadic else which]
        return rule is not None and (
            _reads(rule, position) or (self.shared is not None and _reads(self.shared, position))
        )

    def symbolic(self, *inputs: Any, derivative: str | None = None, **params: Any) -> Any:
        """The formula as a SymPy expression, or its derivative; see `glassnet.ops.formula.symbols.symbolic`."""
        from glassnet.ops.formula.symbols import symbolic  # SymPy is an extra

        return symbolic(self, *inputs, derivative=derivative, **params)

    @property
    def primitive(self) -> bool:
        """Whether this is one of the primitive operations, which all the others expand to."""
        return self.expand is None


def _reads(rule: Rule, position: int) -> bool:
    """Whether a rule reads the values of (y, *inputs)[position]: those it names without a leading underscore."""
    code = rule.__code__
    names = code.co_varnames[1 : code.co_argcount]
    if position < len(names):
        return not names[position].startswith("_")
    takes_rest = code.co_flags & CO_VARARGS
    return bool(takes_rest) and not code.co_varnames[code.co_argcount + code.co_kwonlyargcount].startswith("_")


_registry: dict[str, Op] = {}
registry: Mapping[str, Op] = MappingProxyType(_registry)


def register(op: Op) -> Op:
    """Add ``op`` to the registry, where tests, engines and exporters find it, and return it.

    Raises ValueError for a name that is taken, or a forward without a text of its own to stand in source.
    """
    if op.forward.__name__ == "<lambda>":
        raise ValueError(f"{op.name}: expected forward as a def, got a lambda, whose text cannot stand in source")
    if op.name in _registry:
        raise ValueError(f"an operation named {op.name!r:.80} is registered already")
    _registry[op.name] = op
    return op


def primitive_ops() -> Iterator[Op]:
    """The primitive operations, in the order in which they were registered."""
    return (op for op in _registry.values() if op.primitive)
