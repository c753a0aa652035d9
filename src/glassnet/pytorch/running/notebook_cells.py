"""The code of a notebook: its cells, without what only a notebook understands."""

from __future__ import annotations

import ast
import linecache
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from glassnet.files import PathLike, parsed_json, read_bytes
from glassnet.pytorch.notes import said_once

_OTHER_LANGUAGES = ("%%bash", "%%sh", "%%html", "%%javascript", "%%latex", "%%writefile", "%%markdown", "%%script")


class Cell(NamedTuple):
    """The code of a cell: its statements, and the expression it ends with, if it does, whose value is shown."""

    body: CodeType
    last: CodeType | None


def cells_of(path: str) -> list[Cell]:
    """The code cells of the notebook at ``path``. Raises what `code_of` raises, and SyntaxError."""
    return [_compiled(source, f"<cell {n} of {Path(path).name}>") for n, source in enumerate(code_of(path), 1)]


def code_of(path: PathLike) -> list[str]:
    """The texts of its code cells. Raises OSError, FileError, and ValueError where it is no notebook."""
    notebook = parsed_json(read_bytes(path))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError(f"{path}: expected a notebook of format 4, whose cells are a list under 'cells'")
    return ["".join(cell.get("source", "")) for cell in cells if cell.get("cell_type") == "code"]


def _compiled(source: str, name: str) -> Cell:
    source = without_magics(source, name)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for tracebacks
    tree = ast.parse(source, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = compile(ast.Expression(tree.body.pop().value), name, "eval", dont_inherit=True)  # type: ignore[attr-defined]
    return Cell(compile(tree, name, "exec", dont_inherit=True), last)


def without_magics(source: str, name: str) -> str:
    """``source`` with the lines that only a notebook understands, %magics and !commands, as comments."""
    if source.lstrip().startswith(_OTHER_LANGUAGES):
        said_once(f"{name} is no Python, and is left out")
        return ""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        start = line.lstrip()
        if start.startswith(("%", "!")) or (start.startswith("?") or start.rstrip().endswith("?")):
            indent = line[: len(line) - len(start)]
            lines[i] = f"{indent}pass  # {start}"
            if start.startswith("!"):
                said_once(f"{name}: left out: {start.strip():.60}")
    return "\n".join(lines)
