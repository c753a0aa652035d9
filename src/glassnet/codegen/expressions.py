"""Calls: one instruction as one expression of NumPy."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from glassnet.ops import indexing, linear, movement, reduction, selection
from glassnet.ops.record import Op
from glassnet.program.program import Instruction, Operand, Var

Params = Mapping[str, Any]


def call(instruction: Instruction, out: str = "", tersely: bool = False) -> str:
    """The call that computes an instruction, into ``out`` if that is given.

    ``tersely``: without the name of that argument, which NumPy takes 0.05 µs to read.
    """
    op, params = instruction.op, instruction.params
    inputs = [operand(x) for x in instruction.inputs]
    if op in _METHODS:
        axis = [] if params.get("dim") is None else [f"axis={params['dim']!r}"]
        keep = ["keepdims=True"] if params.get("keepdim") else []
        into = [f"out={out}"] if out else []
        return f"{inputs[0]}.{_METHODS[op]}({', '.join([*axis, *keep, *into])})"
    if op in _COPIED:
        value = _COPIED[op](inputs, instruction)
        if not out:
            return value
        return f"{out}[...] = {inputs[0] if op in (movement.cast, movement.copy) else value}"
    if op is selection.where:
        return _choice(inputs, out) if out else f"np.where({', '.join(inputs)}).astype(np.{instruction.output.dtype})"
    name = "np.dot" if _is_dot(instruction) else function_name(op)
    can_be_terse = isinstance(op.forward, np.ufunc) and op.forward not in (np.maximum, np.minimum)  # deprecated there
    into = [] if not out else [out] if tersely and can_be_terse else [f"out={out}"]
    return f"{name}({', '.join([*inputs, *keywords(op, params), *into])})"


def _is_dot(instruction: Instruction) -> bool:
    """Whether it is a product of two matrices, which np.dot begins 0.3 µs sooner than np.matmul.

    It wants memory in order for its result: that of a program's own values is, state may be anything.
    """
    matrices = all(isinstance(x, Var) and len(x.shape) == 2 for x in instruction.inputs)
    kinds = {(x.dtype.kind, x.dtype) for x in (*instruction.reads, instruction.output)}
    return instruction.op is linear.matmul and matrices and len(kinds) == 1 and not instruction.into


def _choice(inputs: list[str], out: str) -> str:
    condition, a, b = inputs
    if out == b:
        return f"np.copyto({out}, {a}, where={condition})"
    if out == a:
        return f"np.copyto({out}, {b}, where=~{condition})"
    return f"{out}[...] = {b}; np.copyto({out}, {a}, where={condition})"


def update_call(instruction: Instruction) -> str:
    """The call of an update, which writes to its inputs."""
    inputs = [operand(x) for x in instruction.inputs]
    return f"{instruction.op.name}({', '.join([*inputs, *keywords(instruction.op, instruction.params)])})"


def needs_source(instruction: Instruction) -> bool:
    """Whether `call` calls a function of glassnet's, whose source has to be there."""
    op = instruction.op
    in_place = op in _METHODS or op in _COPIED or op is selection.where
    return not (instruction.is_view or in_place or isinstance(op.forward, np.ufunc))


def function_name(op: Op) -> str:
    """What the function is called in source: np.add, or the operation's name."""
    return f"np.{op.forward.__name__}" if isinstance(op.forward, np.ufunc) else op.name


def view(instruction: Instruction) -> str:
    """The expression of a view."""
    return _VIEWS[instruction.op](operand(instruction.inputs[0]), instruction)


def operand(x: Operand) -> str:
    """An input: a name, or a number."""
    return x.name if isinstance(x, Var) else spelled(x)


def spelled(value: Any) -> str:
    """Numbers, and lists of them, as source."""
    return re.sub(r"\b(inf|nan)\b", r"np.\1", repr(value))


def shape(var: Var) -> str:
    """A shape, as NumPy takes it."""
    return str(var.shape)


def keywords(op: Op, params: Params) -> list[str]:
    """The parameters that are not what they are by default."""
    defaults = _defaults(op)
    return [f"{name}={literal(value)}" for name, value in params.items() if not _is_default(value, defaults.get(name))]


def literal(value: Any) -> str:
    """A parameter's value as source."""
    if isinstance(value, np.random.Generator):
        return "generator"
    if isinstance(value, np.dtype):
        return f"np.dtype({str(value)!r})"
    if isinstance(value, tuple) and any(part is indexing.ARRAY or isinstance(part, slice) for part in value):
        return f"np.s_[{index_text(value, ['ARRAY'] * len(value))},]"
    return repr(value)


def _is_default(value: Any, default: Any) -> bool:
    return default is not inspect.Parameter.empty and type(value) in (type(default), int, float) and value == default


@cache
def _defaults(op: Op) -> dict[str, Any]:
    if isinstance(op.forward, np.ufunc):
        return {}
    return {name: p.default for name, p in inspect.signature(op.forward).parameters.items()}


def index_text(index: tuple[Any, ...], arrays: list[str]) -> str:
    """An index as it stands between brackets."""
    rest = iter(arrays)
    parts = []
    for part in index:
        if part is indexing.ARRAY:
            parts.append(next(rest))
        elif isinstance(part, slice):
            ends = ["" if n is None else str(n) for n in (part.start, part.stop, part.step)]
            parts.append(":".join(ends if part.step is not None else ends[:2]))
        else:
            parts.append("..." if part is Ellipsis else "np.newaxis" if part is None else str(part))
    return ", ".join(parts) or "..."


def _permuted(x: str, instruction: Instruction) -> str:
    dims = tuple(instruction.params["dims"])
    return f"{x}.T" if dims == tuple(range(len(dims)))[::-1] else f"{x}.transpose{dims}"


def _part(x: str, instruction: Instruction) -> str:
    index = instruction.params["index"]
    if not instruction.output.shape and Ellipsis not in index:
        index = (*index, Ellipsis)  # without it, one element is a copy
    return f"{x}[{index_text(index, [])}]"


_METHODS: dict[Op, str] = {
    reduction.sum: "sum",
    reduction.prod: "prod",
    reduction.amax: "max",
    reduction.amin: "min",
    reduction.argmax: "argmax",
    reduction.argmin: "argmin",
}

_COPIED: dict[Op, Callable[[list[str], Instruction], str]] = {
    movement.copy: lambda inputs, _i: f"{inputs[0]}.copy()",
    movement.cast: lambda inputs, i: f"{inputs[0]}.astype(np.{i.output.dtype})",
    indexing.getitem: lambda inputs, i: f"{inputs[0]}[{index_text(i.params['index'], inputs[1:])}]",
}

_VIEWS: dict[Op, Callable[[str, Instruction], str]] = {
    movement.reshape: lambda x, i: f"{x}.reshape({shape(i.output)})",
    movement.permute: _permuted,
    movement.broadcast_to: lambda x, i: f"np.broadcast_to({x}, {shape(i.output)})",
    indexing.getitem: _part,
}
