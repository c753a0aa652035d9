"""The graph of a picture: boxes, the arrows between them, and the few characters that stand beside an arrow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.explain.draw.small_images import Strip
from glassnet.ops.shapes import written
from glassnet.text import shown

LONGEST = 100  # characters of a line
MOST = 500  # boxes of one picture
FEW = 3  # numbers that are written beside an arrow


class DrawError(GlassnetError, ValueError):
    """Something that cannot be drawn.

    >>> glassnet.draw(3)
    Traceback (most recent call last):
    glassnet.explain.draw.boxes.DrawError: draw: expected a module, a program, a compiled function, ...
    """


@dataclass
class Arrow:
    """A value on its way into a box: from which box, and what is written above and below the line."""

    source: str
    value: str = ""
    gradient: str = ""
    name: str = ""


@dataclass
class Box:
    """An operation, a module or a leaf (an input, a parameter, a number), with the arrows into it.

    In it are ``strips`` of small images; ``loop`` says how often it goes through its loop over time.
    """

    key: str
    lines: list[str]  # the first is its name
    kind: str  # "operation", "module", "leaf", or "end": where a result leaves
    arrows: list[Arrow] = field(default_factory=list)
    hint: str = ""
    strips: list[Strip] = field(default_factory=list)
    loop: str = ""

    def __post_init__(self) -> None:
        self.lines = [shown(line, LONGEST) for line in self.lines]


@dataclass
class Graph:
    """Boxes in an order in which each comes after all that it has arrows from.

    >>> x = glassnet.tensor(2.0, requires_grad=True)
    >>> graph = glassnet.draw(x * x + 1).graph
    >>> [box.lines for box in graph.boxes if box.kind == "operation"]
    [['mul'], ['add']]
    """

    title: str
    boxes: list[Box]

    def __post_init__(self) -> None:
        if len(self.boxes) > MOST:
            raise DrawError(
                f"draw: expected {MOST} boxes at most, got {len(self.boxes):,}; draw modules as boxes with a smaller "
                "depth=, or a part of the network"
            )
        there: set[str] = set()
        for box in self.boxes:
            missing = [arrow.source for arrow in box.arrows if arrow.source not in there]
            if missing or box.key in there:
                raise DrawError(f"draw: the box {box.key} comes before {missing}, or twice")
            there.add(box.key)


def value_text(value: Any) -> str:
    """A few numbers as they are, of more the shape: "0.42", "[1, 0.5]", "[64, 10]"."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number_text(array.item())
    if array.size <= FEW:
        return _listed(array)
    return written(array.shape)


def gradient_text(gradient: Any) -> str:
    """The same of a gradient; of many numbers, their mean size: "∂ 0.42", "∂ mean 3.1e-05"."""
    if gradient is None:
        return ""
    array = np.asarray(gradient)
    if array.size <= FEW:
        return f"∂ {value_text(array)}"
    with np.errstate(all="ignore"):
        return f"∂ mean {number_text(float(np.abs(array).mean()))}"


def number_text(number: float | bool) -> str:
    """At most four digits."""
    if isinstance(number, bool | int):
        return str(number)
    return f"{number:.4g}"


def _listed(array: Any) -> str:
    if array.ndim == 0:
        return number_text(array.item())
    return f"[{', '.join(map(_listed, array))}]"
