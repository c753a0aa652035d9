"""The calls in each module of the library, for tests of what may be called where."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import glassnet

SOURCE = Path(glassnet.__file__).parent


class Called(NamedTuple):
    """A call, by the ``name`` of the function ``of`` a module or an object: open, of io; "" where it is of none."""

    node: ast.Call
    name: str
    of: str


@cache
def tree_of(text: str) -> ast.Module:
    """The module of that text, parsed once for all tests."""
    return ast.parse(text)


def calls_in(text: str) -> Iterator[Called]:
    """The calls in a module."""
    for node in ast.walk(tree_of(text)):
        if isinstance(node, ast.Call):
            of_what = node.func if isinstance(node.func, ast.Attribute) else None
            name = of_what.attr if of_what else getattr(node.func, "id", "")
            yield Called(node, name, ast.unparse(of_what.value) if of_what else "")


def found_in_modules(find: Callable[[str], Iterator[str]]) -> dict[str, list[str]]:
    """What ``find`` finds in the text of each module outside `glassnet.files`, by its place."""
    texts = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    found = {place: list(find(text)) for place, text in texts.items() if not place.startswith("files/")}
    return {place: calls for place, calls in found.items() if calls}
