"""Forward: a program as the text of one function, and of the operations that it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from glassnet.codegen import call, comment, sources, view
from glassnet.codegen.expressions import needs_source
from glassnet.export.batch import Rows, in_words
from glassnet.export.errors import ExportError
from glassnet.export.shorten import expression, one_line, shortened
from glassnet.ops.dtypes import Array
from glassnet.ops.linear import linear
from glassnet.ops.record import Op
from glassnet.ops.reduction import mean
from glassnet.ops.selection import where
from glassnet.ops.shapes import written
from glassnet.program.passes.rewriting import finished, with_inputs
from glassnet.program.program import Program, Var

WIDTH = 106
COLUMN = 62  # where comments begin, at the furthest

# What a textbook writes where glassnet's own function has cases that a network does not need.
TEXTBOOK = {
    linear: "def linear(x, weight, bias):\n    return x @ weight.T + bias",
    mean: "def mean(x, dim=None, keepdim=False):\n    return x.mean(axis=dim, keepdims=keepdim)",
    where: "def where(condition, a, b):\n    return np.where(condition, a, b)",
}
WITHOUT_BIAS = "def linear(x, weight, bias=None):\n    return x @ weight.T"


@dataclass(frozen=True)
class Text:
    """Source in three parts: modules to import, constants and functions, and the lines within forward."""

    imports: list[str]
    operations: list[str]
    lines: list[str]


@cache
def can_be_written(op: Op) -> bool:
    """Whether the operation's own source can stand in a file; if not, it is written in core operations."""
    if op in TEXTBOOK or isinstance(op.forward, np.ufunc):
        return True
    try:
        sources([op])
    except TypeError:
        return False
    return True


def forward_text(program: Program, also: Iterable[Op] = ()) -> Text:
    """``program`` in functional style, one line an instruction, with the source of what it calls, and of ``also``."""
    needed = [i.op for i in program if not i.is_view and needs_source(i) and i.op not in TEXTBOOK]
    for op in needed:
        if not can_be_written(op):
            raise ExportError(f"{op.name} cannot be written as NumPy alone; compute that in another way")
    parts = [_part(text) for text in sources(dict.fromkeys((*needed, *also)))]
    inlined = {op.name: function for op, text in TEXTBOOK.items() if (function := one_line(text))}
    functions: dict[str, str] = {}
    for name, text in parts:
        if text.startswith("def ") and name not in inlined:
            functions[name] = shortened(text, inlined)
            if (short := one_line(functions[name])) and name not in (op.name for op in also):
                inlined[name] = short
    lines = [*_filled(program), *_lines(program, inlined)]
    used = _names_in(lines) | {op.name for op in also}
    for name, text in reversed(functions.items()):
        used |= _names_in(text.splitlines()) if name in used else set()
    rest = {name: text for name, text in parts if not text.startswith("def ") and name in used}
    return Text(
        [text for text in rest.values() if text.startswith("import ")],
        ["\n".join(_constants(rest)), *(text for name, text in functions.items() if name in used)],
        lines,
    )


def without_names(
    program: Program, state: Mapping[str, Array], taken: Iterable[str]
) -> tuple[Program, dict[str, Array]]:
    """``program`` and its ``state`` by name, with nothing called as something that is ``taken``."""
    names = {*taken}
    everything = [*program.state, *program.constants, *(i.output for i in program)]
    other = {var: replace(var, name=f"{var.name}_") for var in everything if var.name in names}
    instructions = [with_inputs(replace(i, output=other.get(i.output, i.output)), other) for i in program]
    renamed = program.having(
        state=tuple(other.get(v, v) for v in program.state),
        constants={other.get(v, v): array for v, array in program.constants.items()},
    )
    arrays = {other.get(v, v).name: state[v.name] for v in program.state}
    return finished(renamed, instructions, other), arrays


def follows_batch(var: Var) -> bool:
    """Whether the shape of a value has the number of samples in it."""
    return any(isinstance(n, Rows) for n in var.shape)


def _part(text: str) -> tuple[str, str]:
    """The name that a piece of source defines, and the piece."""
    node = ast.parse(text).body[0]
    if isinstance(node, ast.FunctionDef):
        return node.name, text
    if isinstance(node, ast.Import):
        return node.names[0].asname or node.names[0].name, text
    assert isinstance(node, ast.Assign)
    return ast.unparse(node.targets[0]), text


def _filled(program: Program) -> Iterator[str]:
    """The lines that make the constants whose size follows the batch."""
    for var, array in program.constants.items():
        if follows_batch(var):
            yield f"{var.name} = np.full({var.shape}, {array.item()!r}, np.{var.dtype})"


def _lines(program: Program, inlined: dict[str, ast.FunctionDef]) -> list[str]:
    without_bias = one_line(WITHOUT_BIAS)
    assert without_bias is not None
    codes = []
    for i in program:
        has_bias = i.op is not linear or (len(i.inputs) > 2 and i.inputs[2] is not None)
        forms = inlined if has_bias else inlined | {"linear": without_bias}
        codes.append(f"{i.output} = {expression(view(i) if i.is_view else call(i), forms)}")
    column = min(max(map(len, codes), default=0), COLUMN)
    lines = []
    for i, code in zip(program, codes, strict=True):
        shape, named = written(i.output.shape), code.startswith(f"{i.output} = {i.op.name}(")
        remark = comment(i) if named else shape  # an expression says by itself what it computes
        line = f"{code.ljust(column)}  # {in_words(remark)}"
        lines.append(line if len(line) <= WIDTH else f"{code.ljust(column)}  # {in_words(shape)}")
    return lines


def _names_in(lines: Iterable[str]) -> set[str]:
    return {n.id for n in ast.walk(ast.parse("\n".join(lines))) if isinstance(n, ast.Name)}


def _constants(rest: dict[str, str]) -> Iterator[str]:
    for text in rest.values():
        if text.startswith("import "):
            continue
        if len(text) <= 110:
            yield text
            continue
        name, _, value = text.partition(" = ")
        yield f"{name} = {_wrapped(ast.literal_eval(value))}"


def _wrapped(value: object, indent: int = 0) -> str:
    """Numbers in nested tuples, a few to a line."""
    if not isinstance(value, tuple):
        return repr(value)
    inner = " " * (indent + 4)
    if any(isinstance(part, tuple) for part in value):
        return "(\n" + "".join(f"{inner}{_wrapped(part, indent + 4)},\n" for part in value) + " " * indent + ")"
    numbers = [f"{number!r}," for number in value]
    lines = [" ".join(numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
    return "(\n" + "".join(f"{inner}{line}\n" for line in lines) + " " * indent + ")"
