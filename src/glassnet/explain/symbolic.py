"""A function of numbers as a SymPy expression, put together of the formulas of its operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from math import prod
from typing import Any

import glassnet.functional as functional
from glassnet.nn.module import Module
from glassnet.ops import selection
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import input_names
from glassnet.ops.formula.symbols import (
    SymbolError,
    differentiated,
    in_plain_symbols,
    in_real_numbers,
    is_truth,
    loaded_sympy,
    plain_number,
    real_number,
)
from glassnet.ops.movement import broadcast_to, cast, copy, reshape
from glassnet.ops.record import Op
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.tensor import Tensor
from glassnet.tensor.creation import tensor
from glassnet.trace.trace import trace

SAME = (broadcast_to, cast, copy, reshape)  # of a single number: it stays what it is
LOGICAL = {
    **dict.fromkeys((selection.logical_and, selection.bitwise_and), "And"),
    **dict.fromkeys((selection.logical_or, selection.bitwise_or), "Or"),
    **dict.fromkeys((selection.logical_xor, selection.bitwise_xor), "Xor"),
    **dict.fromkeys((selection.logical_not, selection.bitwise_not), "Not"),
}
"""What joins truths, by SymPy's name."""


def symbolic(
    function: Callable[..., Any] | Op | str, *inputs: Any, derivative: str | None = None, **params: Any
) -> Any:
    """The SymPy expression of a function of numbers, or its ``derivative`` with respect to the input of that name.

    ``function`` is one of tensors, each element by itself: ``F.sigmoid``, ``nn.GELU()``, one of your own; or an
    operation, or the name of a function of `glassnet.functional`. It is called once, with tensors of one number
    and ``params``, and traced. ``inputs`` are expressions or numbers to take the places of its inputs, which else
    are symbols of their names (x for the one that PyTorch calls ``input``); a parameter of a module that is one
    number is a symbol, too.

    Raises SymbolError for a function that does not act on each number by itself, TraceError for one that
    cannot be traced (docs/footguns.md), TypeError for unknown names of inputs and for what is not a function,
    ValueError for the name of an unknown function.

    >>> glassnet.symbolic(lambda x: x * x.exp())
    x*exp(x)
    """
    loaded_sympy()
    if isinstance(function, str):
        function = named_function(function)
    if isinstance(function, type) or not callable(function):
        got = f"the class {function.__name__}" if isinstance(function, type) else type(function).__name__
        raise TypeError(f"symbolic: expected a function such as F.sigmoid, or its name, got {got}")
    if isinstance(function, Op):
        return function.symbolic(*inputs, derivative=derivative, **params)
    if params:
        function = partial(function, **params)
    names = _names(function, len(inputs))
    if derivative is not None and derivative not in names:
        raise TypeError(f"symbolic: expected the name of an input, {' or '.join(names)}, got {derivative!r:.80}")
    program, _, result = trace(function, *(tensor(0.5) for _ in names), gradients=False)
    if not isinstance(result, Tensor):
        raise SymbolError(f"symbolic: expected a function that gives one tensor, got {type(result).__name__}")
    expression = _expression(program, names)
    if derivative is not None:
        expression = differentiated(expression, derivative)
    evaluate = all(i.op.differentiable for i in program)
    return in_plain_symbols(expression, dict(zip(names, inputs, strict=False)), evaluate)


def named_function(name: str) -> Callable[..., Any]:
    """The function of `glassnet.functional` of that name. Raises ValueError, with what is near, if there is none."""
    function: Any = getattr(functional, name, None)
    if inspect.isfunction(function):
        return function
    near = get_close_matches(name, [n for n, v in vars(functional).items() if inspect.isfunction(v)], n=3)
    guess = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(
        f"expected the name of a function of glassnet.functional, such as sigmoid, got {name!r:.80}{guess}"
    )


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the inputs, of which ``count`` are given: those that have to be, and as many more as are."""
    parameters = inspect.signature(function.forward if isinstance(function, Module) else function).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = sum(p.default is p.empty for p in positional)
    names = ["x" if p.name in ("self", "input") else p.name for p in positional][: max(needed, count)]
    if not names:
        raise TypeError("symbolic: expected a function of one input or more, got one without")
    if len(names) < count:
        raise TypeError(f"symbolic: expected at most {len(names)} inputs ({', '.join(names)}), got {count}")
    return names


def _expression(program: Program, names: list[str]) -> Any:
    """What the program gives, in symbols for real numbers."""
    for var in (*program.state, *program.constants):
        if prod(var.shape) != 1:
            raise SymbolError(f"symbolic: expected parameters and constants of one number, got {var} {list(var.shape)}")
    known = {var.name: real_number(name) for var, name in zip(program.inputs, names, strict=True)}
    known |= {var.name: real_number(var.name.removeprefix("model_")) for var in program.state}
    known |= {var.name: _number(array) for var, array in program.constants.items()}
    for instruction in program:
        known[instruction.output.name] = _result(instruction, [_operand(x, known) for x in instruction.inputs])
    return _operand(program.outputs[0], known)


def _operand(x: Operand, known: dict[str, Any]) -> Any:
    return known[x.name] if isinstance(x, Var) else plain_number(x)


def _number(array: Array) -> Any:
    """0.1 for the float32 next to it."""
    return plain_number(float(str(array.reshape(())[()])) if array.dtype.kind == "f" else array.item())


def _result(instruction: Instruction, inputs: list[Any]) -> Any:
    op = instruction.op
    if op in LOGICAL and instruction.output.dtype.kind == "b":
        return getattr(loaded_sympy(), LOGICAL[op])(*map(_as_truth, inputs))
    inputs = [x if op is selection.where and position == 0 else _as_number(x) for position, x in enumerate(inputs)]
    if op in SAME and instruction.output.dtype.kind == "f":
        return inputs[0]
    formula = in_real_numbers(op, **instruction.params)
    with loaded_sympy().evaluate(op.differentiable):
        return formula.xreplace({real_number(name): x for name, x in zip(input_names(op), inputs, strict=True)})


def _as_truth(x: Any) -> Any:
    return x if is_truth(x) else loaded_sympy().Ne(x, 0)


def _as_number(x: Any) -> Any:
    return loaded_sympy().Piecewise((1, x), (0, True)) if is_truth(x) else x
