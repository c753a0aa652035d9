"""Which public names PyTorch 2.13 has, by module: read from a file, so that PyTorch need not be there."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def listed(text: str) -> dict[str, list[str]]:
    """The names of each module: lines ``module:``, each followed by indented lines of names."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.endswith(":"):
            found[line[:-1]] = names = []
        else:
            names += line.split()
    return found


@cache
def public_names() -> dict[str, list[str]]:
    """The names of each module that scripts use."""
    return {module: names for module, names in _file().items() if module != "modules"}


def is_module(name: str) -> bool:
    """Whether PyTorch has a module of this name."""
    return name in _file()["modules"] or name in _file()


@cache
def _file() -> dict[str, list[str]]:
    return listed(files(__package__).joinpath("public_names.txt").read_text("utf-8"))
