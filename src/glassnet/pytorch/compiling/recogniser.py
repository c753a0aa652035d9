"""The recogniser: from now on the scripts and modules of the user's are loaded with their training steps recognised."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from glassnet.pytorch.compiling.recognised_step import RecognisedStep
from glassnet.pytorch.compiling.rewritten_script import STEPS, rewritten
from glassnet.pytorch.compiling.training_steps import TrainingStep
from glassnet.trace.refusals import is_users_file


def recognised(tree: ast.Module, file: str, whole: ast.Module | None = None) -> ast.Module:
    """``tree``, of the file of that name, with its training steps recognised; a cell is part of a ``whole``."""
    steps = builtins.__dict__.setdefault(STEPS, [])  # where every file finds it

    def add(step: TrainingStep) -> int:
        steps.append(RecognisedStep(step, file))
        return len(steps) - 1

    if any(isinstance(part, ast.Attribute) and part.attr == "grad" for part in ast.walk(tree)):
        RecognisedStep.copies_gradients = True
    return rewritten(tree, tree if whole is None else whole, add)


class _Loader(SourceFileLoader):
    """Loads a file of the user's; what is rewritten is not kept in ``__pycache__``."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        if not any(word in source for word in (b"backward", b"grad")):  # it neither derives nor reads gradients
            return super().get_code(fullname)
        tree = recognised(ast.parse(source, path), path)
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """As Python finds it, to be loaded by `_Loader` where it is the user's."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader and is_users_file(str(spec.origin)):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def recognise_imports() -> None:
    """From now on, what the program imports of the user's own is recognised too."""
    finders = sys.meta_path
    finders.insert(finders.index(PathFinder) if PathFinder in finders else len(finders), _Finder())
