"""The hook by which a notebook shows a value as HTML.

Tensors, modules and programs stand below `glassnet.explain.notebook`, which writes their HTML, and imports run
downward only. So the classes ask this hook, and `glassnet/__init__.py`, which stands above all, says what it calls.
"""

from __future__ import annotations

from collections.abc import Callable

writer: Callable[[object], str] = repr


def repr_html(value: object) -> str:
    """The HTML of a value. A class that has one takes this function as its method ``_repr_html_``."""
    return writer(value)
