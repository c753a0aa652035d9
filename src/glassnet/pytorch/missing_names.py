"""What a script asks of PyTorch that glassnet does not have, found by reading it and the local modules it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from glassnet.files import read_bytes
from glassnet.pytorch.answered import PACKAGES, inner_of, is_answered, sources_of
from glassnet.pytorch.missing import explained
from glassnet.pytorch.running.notebook_cells import code_of, without_magics
from glassnet.pytorch.stand_in import StandIn


class Missing(NamedTuple):
    """A name that is asked for and is not there."""

    file: str
    line: int
    problem: str


def file_of(script: str, module: bool) -> Path | None:
    """The file of a script, or of what ``python -m`` would run; None if there is none."""
    if not module:
        return Path(script) if Path(script).is_file() else None
    for name in (f"{script}.__main__", script):
        try:
            spec = find_spec(name)
        except ModuleNotFoundError:
            continue
        if spec is not None and spec.origin is not None and Path(spec.origin).is_file():
            return Path(spec.origin)
    return None


def missing_in(path: Path) -> list[Missing]:
    """What the script at ``path`` and the modules beside it ask for in vain, in the order of the lines.

    Raises OSError for a file that cannot be read, FileError for what is no file, SyntaxError where
    it is not Python.
    """
    found: list[Missing] = []
    waiting, seen = [path], {path.resolve()}
    while waiting:
        file = waiting.pop(0)
        tree = _tree(file)
        reader = _Reader(str(file))
        reader.visit(tree)
        found += sorted(dict.fromkeys(reader.missing), key=lambda one: one.line)
        for other in _local(tree, file, path.parent):
            if other.resolve() not in seen:
                seen.add(other.resolve())
                waiting.append(other)
    return found


def _tree(file: Path) -> ast.Module:
    if file.suffix != ".ipynb":
        return ast.parse(read_bytes(file), str(file))
    return ast.parse("\n".join(without_magics(source, str(file)) for source in code_of(file)), str(file))


def _local(tree: ast.Module, file: Path, folder: Path) -> Iterator[Path]:
    """The files beside the script that a file imports."""
    for node in ast.walk(tree):
        names: list[tuple[Path, str]] = []
        if isinstance(node, ast.Import):
            names = [(folder, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = file.parents[node.level - 1] if node.level else folder
            module = node.module or ""
            names = [(start, module), *((start, f"{module}.{alias.name}".strip(".")) for alias in node.names)]
        for start, name in names:
            place = start.joinpath(*name.split("."))
            yield from (p for p in (place.with_suffix(".py"), place / "__init__.py") if name and p.is_file())


class _Reader(ast.NodeVisitor):
    """Follows the names by which a file knows PyTorch's modules, and looks up what it asks of them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.missing: list[Missing] = []
        self._known: dict[str, Any] = {}  # what a name in the file stands for: a stand-in, a class

    def visit_Import(self, node: ast.Import) -> None:
        """``import torch.nn as nn``."""
        for alias in node.names:
            if alias.name.partition(".")[0] in PACKAGES:
                module = self._module(alias.name, node)
                if alias.asname and module is not None:
                    self._known[alias.asname] = module
                elif not alias.asname:
                    first = alias.name.partition(".")[0]
                    self._known[first] = _stand_in(first)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """``from torch.nn import functional as F``."""
        if node.level or (node.module or "").partition(".")[0] not in PACKAGES:
            return
        module = self._module(node.module or "", node)
        for alias in node.names if module is not None else ():
            if alias.name != "*":
                value = self._attribute(module, alias.name, node)
                if value is not None:
                    self._known[alias.asname or alias.name] = value

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """``torch.nn.Linear``, or what is asked of anything else."""
        if self._value(node) is None:
            self.generic_visit(node)

    def _value(self, node: ast.expr) -> Any:
        """What an expression stands for, if that is known before anything runs."""
        if isinstance(node, ast.Name):
            return self._known.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        owner = self._value(node.value)
        if isinstance(owner, StandIn) or (
            isinstance(owner, type) and owner.__module__.startswith(("glassnet", "torch"))
        ):
            return self._attribute(owner, node.attr, node)
        return None

    def _attribute(self, owner: Any, name: str, node: ast.stmt | ast.expr) -> Any:
        if isinstance(owner, StandIn):
            if name in vars(owner):  # __version__
                return vars(owner)[name]
            found = [] if name in inner_of(owner.__name__) else owner.found(name)
            if found:
                return found[0]  # None, as torch.version.cuda, too
            module = _stand_in(f"{owner.__name__}.{name}")
            if module is not None:
                return module
        elif hasattr(owner, name):
            return getattr(owner, name)
        self._report(explained(owner.__name__, name, dir(owner)), node)
        return None

    def _module(self, name: str, node: ast.stmt) -> ModuleType | None:
        module = _stand_in(name)
        if module is None:
            outer, _, inner = name.rpartition(".")
            self._report(explained(outer, inner, inner_of(outer)), node)
        return module

    def _report(self, problem: str, node: ast.stmt | ast.expr) -> None:
        self.missing.append(Missing(self.file, node.lineno, problem))


def _stand_in(name: str) -> StandIn | None:
    """The module ``name`` of PyTorch's, if it is answered; nothing is installed for it."""
    return StandIn(name, sources_of(name)) if is_answered(name) else None
