"""What a notebook shows: the HTML of tensors, modules, programs and explanations.

`glassnet.notebook` is the hook by which their classes ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.explain.checkup import Checkup
from glassnet.explain.draw import Picture
from glassnet.explain.notebook.explanations import checkup_html, element_html, page_html, picture_html
from glassnet.explain.notebook.summaries import module_html, program_html, tensor_html
from glassnet.explain.walkthrough import Element, Opened, Walkthrough
from glassnet.nn.module import Module
from glassnet.program.program import Program
from glassnet.tensor import Tensor

WRITERS: dict[type, Callable[[Any], str]] = {
    Tensor: tensor_html,
    Module: module_html,
    Program: program_html,
    Walkthrough: lambda walkthrough: page_html(walkthrough.page),
    Opened: lambda opened: page_html(opened.page),
    Element: element_html,
    Checkup: checkup_html,
    Picture: picture_html,
}


def html(value: object) -> str:
    """The HTML of a value of one of these classes, or of a subclass. Raises TypeError for any other."""
    for base, write in WRITERS.items():
        if isinstance(value, base):
            return write(value)
    raise TypeError(f"expected a {', '.join(base.__name__ for base in WRITERS)}, got {type(value).__name__}")
