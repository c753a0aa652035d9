"""A program as the lines of one function, ``forward``, and the source of the operations that it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from glassnet.codegen import call, comment, sources
from glassnet.codegen.expressions import needs_source
from glassnet.export.copied import without_types
from glassnet.export.inference import ExportError, follows_batch, in_words
from glassnet.export.inlining import inlined, one_line
from glassnet.export.literals import WIDTH, assigned, double_quoted, in_comment
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.program.names import unused
from glassnet.program.passes.rewriting import finished, with_inputs
from glassnet.program.program import Program, Var

COLUMN = 62  # where comments begin, at the furthest


@dataclass(frozen=True)
class Text:
    """Source in three parts: modules to import, constants and functions, and the lines within forward."""

    imports: list[str]
    operations: list[str]
    lines: list[str]


@cache
def can_be_written(op: Op) -> bool:
    """Whether the operation's own source can stand in a file; if not, it is decomposed into primitives."""
    if not needs_source(op):
        return True
    if op.takes_out and op.textbook is None:  # written for speed, not to be read
        return False
    try:
        sources([op])
    except TypeError:
        return False
    return True


def forward_text(program: Program, also: Iterable[Op] = ()) -> Text:
    """``program`` in functional style, one line an instruction, with the source of what it calls, and of ``also``."""
    needed = [i.op for i in program if needs_source(i.op)]
    for op in needed:
        if not can_be_written(op):
            raise ExportError(f"{op.name} cannot be written as NumPy alone; compute that in another way")
    parts = [_Part.of(text) for text in sources(dict.fromkeys((*needed, *also)), textbook=True)]
    kept = {op.name for op in also}
    functions = {part.name: without_types(part.text) for part in parts if isinstance(part.node, ast.FunctionDef)}
    short_functions = {
        name: short for name, text in functions.items() if name not in kept and (short := one_line(text))
    }
    lines = [*_filled(program), *_lines(program, short_functions)]
    used = _names_in(lines) | kept
    for name, text in reversed(functions.items()):
        used |= _names_in(text.splitlines()) if name in used else set()
    constants = [part.constant for part in parts if isinstance(part.node, ast.Assign) and part.name in used]
    return Text(
        imports=[part.text for part in parts if isinstance(part.node, ast.Import) and part.name in used],
        operations=["\n".join(constants), *(text for name, text in functions.items() if name in used)],
        lines=lines,
    )


def without_names(program: Program, state: Mapping[str, Array], taken: Set[str]) -> tuple[Program, dict[str, Array]]:
    """``program`` and its ``state`` by name, with nothing called as something that is ``taken``."""
    everything = [*program.state, *program.constants, *(i.output for i in program)]
    used = {*taken, *(var.name for var in everything)}
    other: dict[Var, Var] = {}
    for var in everything:
        if var.name in taken:
            other[var] = replace(var, name=unused(var.name, used))
            used.add(other[var].name)
    instructions = [with_inputs(replace(i, output=other.get(i.output, i.output)), other) for i in program]
    renamed = program.having(
        state=tuple(other.get(v, v) for v in program.state),
        constants={other.get(v, v): array for v, array in program.constants.items()},
    )
    arrays = {other.get(v, v).name: state[v.name] for v in program.state}
    return finished(renamed, instructions, other), arrays


class _Part(NamedTuple):
    """A piece of source: the name that it defines, and what kind of statement it is."""

    name: str
    node: ast.stmt
    text: str

    @classmethod
    def of(cls, text: str) -> _Part:
        """The one statement in ``text``."""
        node = ast.parse(text).body[0]
        if isinstance(node, ast.FunctionDef):
            return cls(node.name, node, text)
        if isinstance(node, ast.Import):
            return cls(node.names[0].asname or node.names[0].name, node, text)
        assert isinstance(node, ast.Assign)
        return cls(ast.unparse(node.targets[0]), node, text)

    @property
    def constant(self) -> str:
        """The text of an assignment, on several lines if it is long."""
        assert isinstance(self.node, ast.Assign)
        return self.text if len(self.text) <= WIDTH else assigned(self.name, ast.literal_eval(self.node.value))


def _filled(program: Program) -> Iterator[str]:
    """The lines that make the constants whose size follows the batch."""
    for var, array in program.constants.items():
        if follows_batch(var):
            yield f"{var.name} = np.full({var.shape}, {array.item()!r}, np.{var.dtype})"


def _lines(program: Program, short_functions: Mapping[str, ast.FunctionDef]) -> list[str]:
    """A line for each instruction: an expression, and a comment: the shape, with the formula if it calls a function."""
    expressions = [inlined(call(i), short_functions) for i in program]
    codes = [f"{i.output} = {double_quoted(ast.unparse(e))}" for i, e in zip(program, expressions, strict=True)]
    column = min(max(map(len, codes), default=0), COLUMN)
    lines = []
    for i, expression, code in zip(map(in_words, program), expressions, codes, strict=True):
        shape = written(i.output.shape)
        calls_operation = isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name)
        line = f"{code.ljust(column)}  # {in_comment(comment(i)) if calls_operation else shape}"
        lines.append(line if len(line) <= WIDTH - 4 else f"{code.ljust(column)}  # {shape}")
    return lines


def _names_in(lines: Iterable[str]) -> set[str]:
    return {n.id for n in ast.walk(ast.parse("\n".join(lines))) if isinstance(n, ast.Name)}
