"""SVG: shapes and text as a picture that stands by itself, legible on light and on dark.

Text is set in a font of fixed width, so that how wide it is is known wherever it is shown.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from glassnet.text import escaped, shown

SIZE = 12  # of the text, in pixels
LINE = 16  # from one line of text to the next
WIDTH = 0.62  # of a character, in sizes; fixed-width fonts have 0.6

STYLE = """
svg.glassnet { --ink: #1b1f24; --faint: #6a737d; --paper: #ffffff; --box: #f3f6fa; --edge: #8b98a5;
  --value: #0b5cad; --gradient: #b3400e; --positive: #c0392b; --negative: #2166ac; --leaf: #fff7e0; }
@media (prefers-color-scheme: dark) { svg.glassnet { --ink: #e6edf3; --faint: #9aa5b1; --paper: #0f141a;
  --box: #1c2530; --edge: #6b7a8a; --value: #79b8ff; --gradient: #ffab70; --positive: #ff7b72;
  --negative: #79b8ff; --leaf: #2c2718; } }
svg.glassnet text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink); }
svg.glassnet .paper { fill: var(--paper); }
svg.glassnet .operation { fill: var(--paper); stroke: var(--ink); }
svg.glassnet .module { fill: var(--box); stroke: var(--edge); }
svg.glassnet .leaf { fill: var(--leaf); stroke: var(--edge); }
svg.glassnet .edge { fill: none; stroke: var(--edge); stroke-width: 1.3; }
svg.glassnet .head { fill: var(--edge); }
svg.glassnet image { image-rendering: pixelated; }
svg.glassnet .frame { fill: none; stroke: var(--edge); stroke-width: 0.7; }
svg.glassnet .faint { fill: var(--faint); }
svg.glassnet .value { fill: var(--value); }
svg.glassnet .gradient { fill: var(--gradient); }
svg.glassnet .strong { font-weight: 600; }
svg.glassnet .positive { stroke: var(--positive); }
svg.glassnet .negative { stroke: var(--negative); }
svg.glassnet .neuron { fill: var(--box); stroke: var(--ink); stroke-width: 1.2; }
""".strip()


def width_of(text: str) -> float:
    """How many pixels ``text`` is wide at most. Characters of East Asia are as wide as high."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return SIZE * (WIDTH * (len(text) - wide) + 1.05 * wide)


@dataclass(frozen=True)
class TextBox:
    """The box around a text, with which tests check that no two overlap."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: TextBox) -> bool:
        """Whether they share more than an edge."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


@dataclass
class Canvas:
    """What has been drawn so far."""

    title: str
    elements: list[str] = field(default_factory=list)
    texts: list[TextBox] = field(default_factory=list)
    width: float = 0
    height: float = 0

    def _reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)

    def upright(self, x: float, y: float, text: str, style: str = "") -> None:
        """One line of text that is read from below and ends at height ``y``; its middle is at ``x``."""
        text = shown(text)
        below = y + width_of(text)
        self.texts.append(TextBox(text, x - SIZE / 2, y, x + SIZE / 2, below))
        self._reach(x + LINE / 2, below)
        right = x + SIZE * 0.35
        place = f'x="{_n(right)}" y="{_n(y)}" transform="rotate(-90 {_n(right)} {_n(y)})"'
        self.elements.append(f'<text {place} text-anchor="end" class="{style}">{escaped(text)}</text>')

    def text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start", hint: str = "") -> None:
        """One line of text, whose middle is at height ``y``; ``hint`` shows when it is pointed at."""
        text = shown(text)
        width = width_of(text)
        left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
        self.texts.append(TextBox(text, left, y - SIZE / 2, left + width, y + SIZE / 2))
        self._reach(left + width, y + LINE / 2)
        inner = escaped(text) + (f"<title>{escaped(shown(hint))}</title>" if hint else "")
        place = f'x="{_n(x)}" y="{_n(y + SIZE * 0.35)}"'
        self.elements.append(f'<text {place} text-anchor="{anchor}" class="{style}">{inner}</text>')

    def box(self, x: float, y: float, width: float, height: float, style: str, radius: float = 5) -> None:
        """A rectangle with its upper left corner at (x, y)."""
        self._reach(x + width, y + height)
        size = f'width="{_n(width)}" height="{_n(height)}"'
        self.elements.append(f'<rect x="{_n(x)}" y="{_n(y)}" {size} rx="{_n(radius)}" class="{style}"/>')

    def image(self, x: float, y: float, width: float, height: float, uri: str, hint: str = "") -> None:
        """A picture that the file holds itself, with a frame; its pixels are drawn as they are, however large."""
        place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        inner = f"<title>{escaped(shown(hint))}</title>" if hint else ""
        self.elements.append(f'<image {place} preserveAspectRatio="none" href="{uri}">{inner}</image>')
        self.box(x, y, width, height, "frame", 0)

    def circle(self, x: float, y: float, radius: float, style: str, hint: str = "") -> None:
        """A circle around (x, y)."""
        self._reach(x + radius, y + radius)
        inner = f"<title>{escaped(shown(hint))}</title>" if hint else ""
        place = f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"'
        self.elements.append(f'<circle {place} class="{style}">{inner}</circle>')

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str, width: float = 1, hint: str = "") -> None:
        """A straight line."""
        self._reach(max(x1, x2), max(y1, y2))
        inner = f"<title>{escaped(shown(hint))}</title>" if hint else ""
        ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
        self.elements.append(f'<line {ends} class="{style}" stroke-width="{_n(width)}">{inner}</line>')

    def path(self, d: str, style: str) -> None:
        """A curve in SVG's own words; it must stay within what else is drawn."""
        self.elements.append(f'<path d="{d}" class="{style}"/>')

    def svg(self, margin: float = 12) -> str:
        """The picture. It has its own size, and shrinks where there is less room."""
        width, height = self.width + 2 * margin, self.height + 2 * margin
        view = f"{_n(-margin)} {_n(-margin)} {_n(width)} {_n(height)}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="glassnet" role="img" viewBox="{view}" '
            f'width="{_n(width)}" height="{_n(height)}" style="max-width: none">'
        )
        paper = f'<rect x="{_n(-margin)}" y="{_n(-margin)}" width="100%" height="100%" class="paper"/>'
        return "\n".join([head, f"<title>{escaped(shown(self.title))}</title>", f"<style>{STYLE}</style>", paper,
                          *self.elements, "</svg>"]) + "\n"  # fmt: skip


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
