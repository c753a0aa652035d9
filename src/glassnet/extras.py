"""Packages that glassnet does not need by itself, imported where they are used; each is brought by an extra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glassnet.errors import GlassnetError

# What is imported: what people call it, and the extra that brings it.
PACKAGES = {
    "click": ("typer", "cli"),
    "matplotlib": ("Matplotlib", "plot"),
    "pandas": ("pandas", "tables"),
    "PIL": ("Pillow", "images"),
    "pyarrow": ("pyarrow", "tables"),
    "rich": ("rich", "cli"),
    "sympy": ("SymPy", "symbols"),
    "typer": ("typer", "cli"),
}


class MissingExtra(GlassnetError, ModuleNotFoundError):
    """A package that is not installed. ``name`` is the package, ``extra`` what ``pip install`` is told to bring it."""

    def __init__(self, name: str, purpose: str) -> None:
        label, self.extra = PACKAGES[name]
        message = f'{label} is needed to {purpose}, and is not installed: pip install "glassnet[{self.extra}]"'
        super().__init__(message, name=name)


@contextmanager
def needed_to(purpose: str) -> Iterator[None]:
    """Within, a package that cannot be imported is MissingExtra, which says what it was for and how to install it.

    >>> with needed_to("draw"):
    ...     import matplotlib
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if isinstance(error, MissingExtra) or package not in PACKAGES:
            raise
        raise MissingExtra(package, purpose) from None
