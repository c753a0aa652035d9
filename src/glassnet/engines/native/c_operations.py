"""Operations in C: an elementwise one as an expression for one element, a reduction as how it begins and goes on.

The texts are plain C; the compiler makes vectors of the loops that they stand in. Functions named ``…_`` are in
`functions.h`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from glassnet.engines.native.c_types import C_TYPES, number
from glassnet.engines.native.whole_numbers import is_of_whole_numbers, whole_expression
from glassnet.ops.dtypes import Dtype, bool_, float32, float64
from glassnet.program.program import Instruction, Var

FLOATS = (float32, float64)
SAME = ("cast", "conjugate", "copy", "reshape")  # the same numbers; a reshape that is no view moves them
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
BITWISE = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}
LOGICAL = {
    "logical_and": "({a} != 0) & ({b} != 0)",
    "logical_or": "({a} != 0) | ({b} != 0)",
    "logical_xor": "({a} != 0) ^ ({b} != 0)",
    "logical_not": "{a} == 0",
}
OF_FLOATS = {  # of floating numbers alone: an f after the name for a float
    "exp": "exp_",
    "log": "log_",
    "tanh": "tanh_",
    "erf": "erf_",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "atan": "atan",
    "floor": "floor",
    "ceil": "ceil",
    "round": "rint",
    "trunc": "trunc",
    "pow": "pow",
    "fmod": "fmod",
    "copysign": "copysign",
    "atan2": "atan2",
    "remainder": "remainder_",
    "floor_divide": "floor_divide_",
}
OWN_FORMS = {  # of operations that would lose digits near 0, or be NaN far from it, if written in simpler ones
    "log1p": "log1p_",
    "expm1": "expm1_",
    "exp2": "exp2",
    "log2": "log2",
    "log10": "log10",
    "erfc": "erfc",
    "sinh": "sinh",
    "cosh": "cosh",
    "asinh": "asinh",
    "acosh": "acosh",
    "atanh": "atanh",
    "asin": "asin",
    "acos": "acos",
}
CHECKS = {"isnan": "{a} != {a}", "isinf": "{a} - {a} != {a} - {a} && {a} == {a}", "isfinite": "{a} - {a} == {a} - {a}"}


def expression(instruction: Instruction, operands: list[str]) -> str:
    """The C expression of an elementwise operation, of ``operands`` that are names or literals.

    Only for what `is_elementwise` knows.
    """
    name, output = instruction.op.name, instruction.output
    a, b = [*operands, "", ""][:2]
    if is_of_whole_numbers(instruction):
        return whole_expression(instruction, operands)
    if name in COMPARISONS:
        return f"{a} {COMPARISONS[name]} {b}"
    if name in ARITHMETIC and output.dtype != bool_:
        numbers = iter(instruction.reads)
        a, b = (
            _as_number(text, next(numbers).dtype, output.dtype) if isinstance(x, Var) else text
            for text, x in zip(operands, instruction.inputs, strict=True)
        )
        return f"{a} {ARITHMETIC[name]} {b}"
    if name in BITWISE or (name in ("add", "mul") and output.dtype == bool_):
        return f"{a} {BITWISE.get(name, '|' if name == 'add' else '&')} {b}"
    if name in LOGICAL:
        return LOGICAL[name].format(a=a, b=b)
    if name in CHECKS:
        return CHECKS[name].format(a=a, b=b)
    if name in SAME:
        source = instruction.reads[0].dtype
        return f"{a} != 0" if output.dtype == bool_ != source else _as_number(a, source, output.dtype)
    if name == "gather":  # a is where position 0 along the dimension is
        return f"{a[:-1]} + {b}]"
    if name == "where":
        return f"{a} ? {b} : {operands[2]}"
    if name == "neg":
        return f"-{a}"
    if name == "bitwise_not":
        return f"!{a}" if output.dtype == bool_ else f"~{a}"
    if name in ("maximum", "minimum"):
        return _extreme(instruction, a, b)
    if name == "abs":
        return f"fabs{_suffix(output.dtype)}({a})"
    if name == "sign":
        return f"({a} > 0) - ({a} < 0)"
    return f"{(OF_FLOATS | OWN_FORMS)[name]}{_suffix(output.dtype)}({', '.join(operands)})"


def _as_number(text: str, source: Dtype, dtype: Dtype) -> str:
    """A number of one dtype in another. A choice of two becomes one of vectors, which a byte made a number does not."""
    if source == bool_ and dtype in FLOATS:
        return f"({text} ? {number(1, dtype)} : {number(0, dtype)})"
    return text if source == dtype else f"({C_TYPES[dtype]}){text}"


def is_elementwise(instruction: Instruction) -> bool:
    """Whether there is an expression for it."""
    name, output = instruction.op.name, instruction.output
    dtypes = [x.dtype for x in instruction.reads]
    if any(dtype not in C_TYPES for dtype in (*dtypes, output.dtype)):
        return False
    if name in COMPARISONS or name in LOGICAL or name in CHECKS or name in SAME or name in ("where", "gather"):
        return True
    if name in BITWISE or name == "bitwise_not":
        return output.dtype.kind in "biu"
    if output.dtype == bool_:
        return name in ("add", "mul")
    if name in ("maximum", "minimum") or is_of_whole_numbers(instruction):
        return True
    if name in ("add", "mul", "sub", "neg", "abs"):
        return output.dtype.kind == "f"
    return output.dtype in FLOATS and (name in OF_FLOATS or name in OWN_FORMS or name in ("div", "sign"))


def has_own_form(instruction: Instruction) -> bool:
    """Whether there is an expression for an operation that has a decomposition, too."""
    return instruction.op.name in OWN_FORMS and is_elementwise(instruction)


def _extreme(instruction: Instruction, a: str, b: str) -> str:
    """The larger or smaller of two; NaN where one of them is."""
    larger = instruction.op.name == "maximum"
    for x, literal, other in ((1, b, a), (0, a, b)):
        operand = instruction.inputs[x]
        if not isinstance(operand, Var) and operand == operand:  # a number that is no NaN
            return f"{other} {'<=' if larger else '>='} {literal} ? {literal} : {other}"
    return f"(({a} {'>=' if larger else '<='} {b}) | ({a} != {a})) ? {a} : {b}"


def _suffix(dtype: Dtype) -> str:
    return "f" if dtype == float32 else ""


def operand_type(instruction: Instruction) -> Dtype:
    """The dtype in which an elementwise operation takes its numbers."""
    name, reads = instruction.op.name, instruction.reads
    if name in COMPARISONS or name in LOGICAL or name in CHECKS or name in SAME:
        samples = [np.zeros(1, x.dtype) if isinstance(x, Var) else x for x in instruction.inputs if x is not None]
        found: Dtype = np.result_type(*samples)
        return found if found in C_TYPES else reads[0].dtype
    return instruction.output.dtype


# reductions -------------------------------------------------------------------------------------------------


class Reduction(NamedTuple):
    """How many numbers become one: ``start`` is where it begins, ``step`` what each number x does to the result y.

    ``clause`` is that by which the compiler may do several at once; ``greatest`` and ``least`` are in `functions.h`.
    """

    start: Callable[[Dtype], str]
    step: Callable[[str, str], str]
    clause: str


def _least(dtype: Dtype) -> str:
    return "-INFINITY" if dtype.kind == "f" else number(0 if dtype == bool_ else np.iinfo(dtype).min, dtype)


def _most(dtype: Dtype) -> str:
    return "INFINITY" if dtype.kind == "f" else number(1 if dtype == bool_ else np.iinfo(dtype).max, dtype)


REDUCTIONS: Mapping[str, Reduction] = {
    "sum": Reduction(lambda dtype: number(0, dtype), lambda y, x: f"{y} += {x}", "+"),
    "prod": Reduction(lambda dtype: number(1, dtype), lambda y, x: f"{y} *= {x}", "*"),
    "amax": Reduction(_least, lambda y, x: f"{y} = (({x} > {y}) | ({x} != {x})) ? {x} : {y}", "greatest"),
    "amin": Reduction(_most, lambda y, x: f"{y} = (({x} < {y}) | ({x} != {x})) ? {x} : {y}", "least"),
    "all": Reduction(lambda dtype: "1", lambda y, x: f"{y} &= {x} != 0", "&"),
    "any": Reduction(lambda dtype: "0", lambda y, x: f"{y} |= {x} != 0", "|"),
}


def is_reduction(instruction: Instruction) -> bool:
    """Whether it is a reduction that C knows, of some numbers."""
    if instruction.op.name not in REDUCTIONS or instruction.into:
        return False
    (x,) = instruction.reads
    return x.dtype in C_TYPES and instruction.output.dtype in C_TYPES and 0 not in x.shape


def is_product(instruction: Instruction) -> bool:
    """Whether it is a product of matrices of floats."""
    are_matrices = all(len(x.shape) > 1 for x in instruction.reads)
    return instruction.op.name == "matmul" and are_matrices and instruction.output.dtype in FLOATS
