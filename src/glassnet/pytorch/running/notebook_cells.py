"""The code of a notebook: its cells, without what only a notebook understands."""

from __future__ import annotations

import ast
import io
import linecache
import re
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from glassnet.files import PathLike, parsed_json, read_bytes
from glassnet.pytorch.notes import said_once

_OTHER_LANGUAGES = ("%%bash", "%%sh", "%%html", "%%javascript", "%%latex", "%%markdown", "%%script")
_GIVEN = re.compile(r"(\w+)\s*=\s*[!%].*")  # files = !ls
_TIMED = re.compile(r"%time\s+(.+)")


Recognise = Callable[[ast.Module, str, ast.Module], object]


class Cell(NamedTuple):
    """The code of a cell: its statements, and the expression it ends with, if it does, whose value is shown."""

    body: CodeType
    last: CodeType | None


def cells_of(path: str, recognise: Recognise | None = None) -> list[Cell]:
    """The code cells of the notebook at ``path``. Raises what `code_of` raises, and SyntaxError.

    ``recognise`` is given the tree of each cell, its name, and that of all.
    """
    names = {f"<cell {n} of {Path(path).name}>": source for n, source in enumerate(code_of(path), 1)}
    trees = {name: _parsed(source, name) for name, source in names.items()}
    if recognise is not None:
        whole = ast.Module([statement for tree in trees.values() for statement in tree.body], [])
        for name, tree in trees.items():
            recognise(tree, name, whole)
    return [_compiled(tree, name, names[name].rstrip().endswith(";")) for name, tree in trees.items()]


def code_of(path: PathLike) -> list[str]:
    """The texts of its code cells. Raises OSError, FileError, and ValueError where it is no notebook."""
    notebook = parsed_json(read_bytes(path))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError(f"{path}: expected a notebook of format 4, whose cells are a list under 'cells'")
    return ["".join(cell.get("source", "")) for cell in cells if cell.get("cell_type") == "code"]


def _parsed(source: str, name: str) -> ast.Module:
    source = without_magics(source, name)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for tracebacks
    return ast.parse(source, name)


def _compiled(tree: ast.Module, name: str, is_silent: bool) -> Cell:
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not is_silent:
        last = compile(ast.Expression(tree.body.pop().value), name, "eval", dont_inherit=True)  # type: ignore[attr-defined]
    return Cell(compile(tree, name, "exec", dont_inherit=True), last)


def without_magics(source: str, name: str) -> str:
    """``source`` without what only a notebook understands: %magics and !commands become comments.

    Code in a magic (``%time fit()``) stays, and ``%%writefile`` writes its file, which later cells import.
    """
    head, _, rest = source.lstrip().partition("\n")
    if head.startswith("%%writefile"):
        return _written(head.split()[1:], rest)
    if head.startswith(_OTHER_LANGUAGES):
        said_once(f"{name} is no Python, and is left out")
        return ""
    lines, open_lines = source.split("\n"), ""
    for i, line in enumerate(lines):
        if not open_lines:  # else the line goes on with a statement, and % divides, or stands in a text
            line = lines[i] = _without_magic(line, name)
        open_lines += f"{line}\n"
        if not _goes_on(open_lines):
            open_lines = ""
    return "\n".join(lines)


def _without_magic(line: str, name: str) -> str:
    """A line that begins a statement."""
    start = line.lstrip()
    indent = line[: len(line) - len(start)]
    if given := _GIVEN.fullmatch(start):
        said_once(f"{name}: left out: {start.strip():.60}")
        return f"{indent}{given[1]} = []  # {start}"
    if timed := _TIMED.fullmatch(start):
        return f"{indent}{timed[1]}"
    if start.startswith("!"):
        said_once(f"{name}: left out: {start.strip():.60}")
    is_help = start.startswith("?") or (start.rstrip().endswith("?") and "#" not in start)
    return f"{indent}pass  # {start}" if start.startswith(("%", "!")) or is_help else line


def _goes_on(text: str) -> bool:
    """Whether the statement that ``text`` begins goes on in the next line."""
    if text.endswith("\\\n"):
        return True
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text).readline):
            pass
    except tokenize.TokenError:  # the text ended within brackets or a string
        return True
    except SyntaxError:
        pass  # Python will say so of the whole
    return False


def _written(arguments: list[str], text: str) -> str:
    """The code that does what ``%%writefile [-a] path`` does with the ``text`` below it."""
    mode = "a" if arguments[:1] == ["-a"] else "w"
    return f"with open({arguments[-1]!r}, {mode!r}) as _file:\n    _file.write({text!r})"
