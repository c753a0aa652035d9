"""The graph of a picture: boxes and the arrows between them, whatever they were read from."""

from __future__ import annotations

from dataclasses import dataclass, field

from glassnet.errors import GlassnetError

MOST = 500  # boxes of one picture


class DrawError(GlassnetError, ValueError):
    """Something that there is no picture of."""


@dataclass
class Arrow:
    """A value on its way into a box: from which box, and what is written above and below the line."""

    source: str
    value: str = ""
    gradient: str = ""
    name: str = ""


@dataclass
class Box:
    """An operation, a module or a leaf (an input, a parameter, a number), with the arrows into it."""

    key: str
    lines: list[str]  # the first is its name
    kind: str  # "operation", "module", "leaf", or "end": where a result leaves
    arrows: list[Arrow] = field(default_factory=list)
    hint: str = ""


@dataclass
class Graph:
    """Boxes in an order in which each comes after all that it has arrows from."""

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
