"""Algebraic simplification: x·1 is x, −(−x) is x, the sum of n equal numbers is n times one.

``y = x * 2; z = y * 3`` becomes ``z = x * 6``, once dead-code elimination has removed ``y``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from glassnet.ops.arithmetic import add, div, mul, neg, pow, sub
from glassnet.ops.dtypes import bool_
from glassnet.ops.indexing import getitem, put
from glassnet.ops.layers.recurrence import BACKWARD
from glassnet.ops.movement import broadcast_to, cast, concatenate, copy, permute, reshape
from glassnet.ops.record import Op
from glassnet.ops.reduction import mean, sum
from glassnet.program.passes.rewriting import changing_values, finished, has_same_type, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var

Made = Mapping[Var, Instruction]  # which instruction made a value
Rule = Callable[[Instruction, Made], Instruction | None]  # a simpler instruction, or None
Rules = Mapping[Op, tuple[Rule, ...]]


def simplify(program: Program, more_rules: Rules = MappingProxyType({})) -> Program:
    """Replace instructions by their inputs, or by cheaper ones, where algebra allows it.

    The values are the same within rounding. ``more_rules`` are those of an engine, for operations that `RULES`
    has none for.
    """
    rules = {**RULES, **more_rules}
    made: dict[Var, Instruction] = {}
    stands_for: dict[Var, Operand] = {}
    kept: list[Instruction] = []
    changing = changing_values(program)
    for instruction in program.instructions:
        instruction = _simplest(with_inputs(instruction, stands_for), rules, made, changing)
        equal = _equal_input(instruction)
        if equal is not None and not instruction.into and equal not in changing:
            stands_for[instruction.output] = equal
        else:
            made[instruction.output] = instruction
            kept.append(instruction)
    return finished(program, kept, stands_for)


def _simplest(instruction: Instruction, rules: Rules, made: Made, changing: set[Var]) -> Instruction:
    for _ in range(8):  # each rule makes it simpler; a few in a row at most
        for rule in rules.get(instruction.op, ()):
            simpler = rule(instruction, made)
            if simpler is not None and _means_the_same(simpler, instruction, changing):
                instruction = simpler
                break
        else:
            return instruction
    return instruction


def _means_the_same(simpler: Instruction, instruction: Instruction, changing: set[Var]) -> bool:
    """Whether the two have results of one kind, and values that change are read neither later nor through a view."""
    if simpler.op.view and not instruction.op.view and (instruction.into or changing & set(simpler.reads)):
        return False
    return has_same_type(simpler, instruction) and changing & set(simpler.reads) <= set(instruction.reads)


def _equal_input(instruction: Instruction) -> Var | None:
    """The input that the result is equal to, if there is one."""
    op, x = instruction.op, instruction.inputs[0] if instruction.inputs else None
    other = instruction.inputs[1] if len(instruction.inputs) > 1 else None
    equal: Any = None
    if (op in (mul, div, pow) and _is(other, 1)) or (op in (add, sub) and _is(other, 0)):
        equal = x
    elif (op is mul and _is(x, 1)) or (op is add and _is(x, 0)):
        equal = other
    elif op in (reshape, broadcast_to, cast, copy) or (op is permute and _in_order(instruction)):
        equal = x
    if isinstance(equal, Var) and (equal.shape, equal.dtype) == (instruction.output.shape, instruction.output.dtype):
        return equal
    return None


def _is(x: Operand, number: int) -> bool:
    return not isinstance(x, Var) and x is not None and not isinstance(x, bool) and x == number


def _in_order(instruction: Instruction) -> bool:
    return tuple(instruction.params["dims"]) == tuple(range(len(instruction.output.shape)))


def _made_by(x: Operand, op: Op, made: Made) -> Instruction | None:
    instruction = made.get(x) if isinstance(x, Var) else None
    return instruction if instruction is not None and instruction.op is op else None


def _number_first(instruction: Instruction) -> tuple[float, Var] | None:
    """(number, value) of a product of the two, in whichever order."""
    a, b = instruction.inputs
    if isinstance(a, Var) and isinstance(b, int | float):
        return b, a
    if isinstance(b, Var) and isinstance(a, int | float):
        return a, b
    return None


def product_of_product(instruction: Instruction, made: Made) -> Instruction | None:
    """(x·a)·b is x·(a·b), and (x/a)·b is x·(b/a), for numbers a and b."""
    parts = _number_first(instruction)
    if parts is None:
        return None
    number, value = parts
    inner = _made_by(value, mul, made)
    inner_parts = _number_first(inner) if inner is not None else None
    if inner_parts is not None:
        return replace(instruction, inputs=(inner_parts[1], number * inner_parts[0]))
    quotient = _made_by(value, div, made)
    if quotient is not None and isinstance(quotient.inputs[1], int | float):
        return replace(instruction, inputs=(quotient.inputs[0], number / quotient.inputs[1]))
    return None


def double_negative(instruction: Instruction, made: Made) -> Instruction | None:
    """−(−x) is x·1, which is x."""
    inner = _made_by(instruction.inputs[0], neg, made)
    return replace(instruction, op=mul, inputs=(inner.inputs[0], 1)) if inner is not None else None


def permute_of_permute(instruction: Instruction, made: Made) -> Instruction | None:
    """Two orders, one after the other, are one order."""
    inner = _made_by(instruction.inputs[0], permute, made)
    if inner is None:
        return None
    first, second = inner.params["dims"], instruction.params["dims"]
    return replace(instruction, inputs=inner.inputs, params={"dims": tuple(first[d] for d in second)})


def reshape_of_reshape(instruction: Instruction, made: Made) -> Instruction | None:
    """Of two shapes, one after the other, the last counts."""
    inner = _made_by(instruction.inputs[0], reshape, made)
    return replace(instruction, inputs=inner.inputs) if inner is not None else None


def sum_of_broadcast(instruction: Instruction, made: Made) -> Instruction | None:
    """The sum of n times the same is n times it."""
    inner = _made_by(instruction.inputs[0], broadcast_to, made)
    if inner is None or not isinstance(inner.inputs[0], Var):
        return None
    before, after = inner.inputs[0], inner.output
    if len(before.shape) != len(after.shape) or instruction.output.shape != before.shape:
        return None
    times = math.prod(n for n, m in zip(after.shape, before.shape, strict=True) if n != m)
    return replace(instruction, op=mul, inputs=(before, times), params={})


def without_broadcast(instruction: Instruction, made: Made) -> Instruction | None:
    """An elementwise operation broadcasts by itself: its inputs need not be broadcast first."""
    for position, x in enumerate(instruction.inputs):
        inner = _made_by(x, broadcast_to, made)
        if inner is not None:
            inputs = (*instruction.inputs[:position], inner.inputs[0], *instruction.inputs[position + 1 :])
            simpler = replace(instruction, inputs=inputs)
            if any(isinstance(i, Var) for i in inputs) and has_same_type(simpler, instruction):
                return simpler
    return None


def without_cast(instruction: Instruction, made: Made) -> Instruction | None:
    """A product with a mask needs no mask of numbers: bool counts as 0 and 1."""
    for position, x in enumerate(instruction.inputs):
        inner = _made_by(x, cast, made)
        if inner is not None and isinstance(inner.inputs[0], Var) and inner.inputs[0].dtype == bool_:
            inputs = (*instruction.inputs[:position], inner.inputs[0], *instruction.inputs[position + 1 :])
            return replace(instruction, inputs=inputs)
    return None


def sum_of_one(instruction: Instruction, made: Made) -> Instruction | None:
    """The sum, or the mean, of one number is that number, in another shape."""
    (x,) = instruction.inputs
    if not isinstance(x, Var) or math.prod(x.shape) != math.prod(instruction.output.shape):
        return None
    return replace(instruction, op=reshape, params={"shape": instruction.output.shape})


def part_of_a_row(instruction: Instruction, made: Made) -> Instruction | None:
    """What is taken out of values put one after another is one of them, where it is no more and no less."""
    inner = _made_by(instruction.inputs[0], concatenate, made)
    index = instruction.params["index"]
    if inner is None or len(inner.output.shape) != 1 or len(index) != 1 or not isinstance(index[0], slice):
        return None
    begin, end, step = index[0].indices(inner.output.shape[0])
    place = 0
    for part in inner.reads:
        if (place, place + part.shape[0], 1) == (begin, end, step):
            return replace(instruction, op=reshape, inputs=(part,), params={"shape": part.shape})
        place += part.shape[0]
    return None


def gradient_of_the_last_plane(instruction: Instruction, made: Made) -> Instruction | None:
    """A loop back through time takes the gradient of the last plane by itself, without zeros for the others."""
    inner = _made_by(instruction.inputs[0], put, made)
    if inner is None or len(inner.inputs) > 1 or inner.params["index"] != (-1,):
        return None
    g, steps = inner.reads[0], instruction.reads[1]
    is_whole = g.shape == steps.shape[1:] == inner.output.shape[1:]
    return replace(instruction, inputs=(g, *instruction.inputs[1:])) if is_whole else None


RULES: Rules = {
    mul: (product_of_product, without_broadcast, without_cast),
    add: (without_broadcast,),
    sub: (without_broadcast,),
    div: (without_broadcast,),
    neg: (double_negative,),
    permute: (permute_of_permute,),
    reshape: (reshape_of_reshape,),
    getitem: (part_of_a_row,),
    sum: (sum_of_one, sum_of_broadcast),
    mean: (sum_of_one,),
    **dict.fromkeys(BACKWARD, (gradient_of_the_last_plane,)),
}
