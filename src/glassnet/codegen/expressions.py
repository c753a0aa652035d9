"""Expressions: one instruction as one expression of NumPy."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from glassnet.ops import indexing
from glassnet.ops.record import Op
from glassnet.program.program import Instruction, Operand, Var
from glassnet.random import Generator

Params = Mapping[str, Any]


def call(instruction: Instruction) -> str:
    """The expression that computes an instruction: ``a + b``, ``x.sum(axis=0)``, ``gelu(x)``."""
    op = instruction.op
    if op.source is not None:
        return op.source(instruction.output, *map(operand, instruction.inputs), **instruction.params)
    return method_call(instruction) if op.method else function_call(instruction)


def method_call(instruction: Instruction, *more: str) -> str:
    """The call of an array's method, ``x.sum(axis=0)``, with ``more`` arguments after its own."""
    op, params = instruction.op, instruction.params
    has_axis = params.get("dim") is not None and any(x.shape for x in instruction.reads)
    axis = [f"axis={params['dim']!r}"] if has_axis else []
    keep = ["keepdims=True"] if params.get("keepdim") else []
    return f"{operand(instruction.inputs[0])}.{op.method}({', '.join([*axis, *keep, *more])})"


def function_call(instruction: Instruction, *more: str) -> str:
    """The call of an operation's function by name, np.add or gelu, with ``more`` arguments after its own."""
    op = instruction.op
    name = f"np.{op.forward.__name__}" if isinstance(op.forward, np.ufunc) else op.name
    arguments = [operand(x) for x in instruction.inputs] + keywords(op, instruction.params)
    return f"{name}({', '.join([*arguments, *more])})"


def needs_source(op: Op) -> bool:
    """Whether `call` calls a function of glassnet's, whose source has to be there."""
    return op.source is None and not op.method and not isinstance(op.forward, np.ufunc)


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
    if isinstance(value, np.random.Generator | Generator):
        return "generator"
    if isinstance(value, np.dtype):
        return f"np.dtype({str(value)!r})"
    if isinstance(value, tuple) and any(part is indexing.ARRAY or isinstance(part, slice) for part in value):
        return f"np.s_[{indexing.index_text(value, ['ARRAY'] * len(value))},]"
    return spelled(value) if isinstance(value, float) else repr(value)


def _is_default(value: Any, default: Any) -> bool:
    return default is not inspect.Parameter.empty and type(value) in (type(default), int, float) and value == default


@cache
def _defaults(op: Op) -> dict[str, Any]:
    if isinstance(op.forward, np.ufunc):
        return {}
    return {name: p.default for name, p in inspect.signature(op.forward).parameters.items()}
