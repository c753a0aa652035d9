"""Functions and modules of glassnet as source that stands in an exported file: as they are, without types."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

from glassnet.encoders.encoder import Source
from glassnet.export.literals import double_quoted

# Modules that an exported file does without: it has no types, and what it needs of glassnet is copied.
_LEFT_OUT = {"__future__", "collections.abc", "glassnet", "types", "typing"}
_KEPT = 512  # texts that need not be made again for the next file


@lru_cache(_KEPT)
def copied(source: Source, name: str = "") -> str:
    """The source of a function, under ``name`` if one is given; of a module, after its imports; of a text, itself."""
    if isinstance(source, str):
        return source
    text = inspect.getsource(source)
    if isinstance(source, ModuleType):
        imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
        return without_types("\n".join(text.splitlines()[imports[-1].end_lineno :]).strip())
    text = without_types(text.strip())
    return text.replace(f"def {source.__name__}(", f"def {name}(", 1) if name else text


def without_types(text: str) -> str:
    """``text`` without the types in the heads of its functions and of their names; everything else stays as it is."""
    tree = ast.parse(text)
    lines = text.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and node.value is not None:  # columns are counted in bytes
            line = lines[node.lineno - 1].encode()
            lines[node.lineno - 1] = (
                line[: node.target.end_col_offset] + line[node.annotation.end_col_offset :]
            ).decode()
    for node in reversed(tree.body):
        if isinstance(node, ast.FunctionDef):
            lines[node.lineno - 1 : node.body[0].lineno - 1] = [_head(node)]
    return "\n".join(lines)


def _head(function: ast.FunctionDef) -> str:
    """The line that defines a function, without types."""
    bare = copy.deepcopy(function.args)
    for each in (*bare.posonlyargs, *bare.args, *bare.kwonlyargs, bare.vararg, bare.kwarg):
        if each is not None:
            each.annotation = None
    return f"def {function.name}({double_quoted(ast.unparse(bare))}):"


def module_of(source: Callable[..., Any] | ModuleType) -> ModuleType:
    """The module that a function is defined in; of a module, itself."""
    module = inspect.getmodule(source)
    assert module is not None  # all that is copied stands in a file
    return module


def imports_of(code: str, modules: Iterable[ModuleType]) -> set[str]:
    """The lines that import what ``code`` uses of what the ``modules`` import, glassnet's own modules left out."""
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    return {line for module in modules for name, line in _imports(module) if name in names}


@lru_cache(_KEPT)
def _imports(module: ModuleType) -> tuple[tuple[str, str], ...]:
    """The names that a module imports, each with the line that imports it."""
    return tuple(_imported(module))


def _imported(module: ModuleType) -> Iterator[tuple[str, str]]:
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, f"import {alias.name}") for alias in node.names if alias.asname is None)
        elif isinstance(node, ast.ImportFrom) and not {node.module, str(node.module).partition(".")[0]} & _LEFT_OUT:
            yield from ((alias.name, f"from {node.module} import {alias.name}") for alias in node.names)
