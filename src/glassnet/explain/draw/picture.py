"""The picture: a graph as SVG, as DOT (Graphviz) or as Mermaid text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glassnet.explain.draw.boxes import DrawError, Graph
from glassnet.explain.draw.layout import CURVE, LOOP, Place, Route, content_height, laid_out
from glassnet.explain.draw.small_images import GAP, Strip
from glassnet.explain.draw.svg import LINE, Canvas
from glassnet.files import replace_file
from glassnet.notebook import repr_html


@dataclass(frozen=True)
class Picture:
    """What `draw` gives: shown in a notebook, written by `save`, and available as text.

    ``graph`` is None for a neuron diagram, which has no text form.

    >>> picture = glassnet.draw(nn.Linear(2, 3), glassnet.ones(4, 2))
    >>> picture.save("picture.svg")
    >>> print(picture.mermaid)
    flowchart LR
      n0(["x"])
    ...
    """

    canvas: Canvas
    graph: Graph | None = None

    @property
    def svg(self) -> str:
        """The picture as SVG, which stands by itself."""
        return self.canvas.svg()

    @property
    def dot(self) -> str:
        """The graph in the language of Graphviz."""
        return as_dot(self._graph("DOT"))

    @property
    def mermaid(self) -> str:
        """The graph in the language of Mermaid, which Markdown pages show."""
        return as_mermaid(self._graph("Mermaid"))

    def save(self, path: str | Path) -> None:
        """Write the picture to a file: .svg, .dot or .mmd (Mermaid). Raises ValueError for another ending."""
        forms: dict[str, Callable[[Picture], str]] = {
            ".svg": lambda p: p.svg,
            ".dot": lambda p: p.dot,
            ".mmd": lambda p: p.mermaid,
        }
        form = forms.get(Path(path).suffix.lower())
        if form is None:
            raise DrawError(f"save: expected a file that ends in {', '.join(forms)}, got {str(path)!r:.80}")
        replace_file(path, form(self).encode())

    _repr_html_ = repr_html

    def __repr__(self) -> str:
        return f"<picture of {self.canvas.title}: picture.save('picture.svg') writes it>"

    def _graph(self, form: str) -> Graph:
        if self.graph is None:
            raise DrawError(f"a neuron diagram has no {form}; the graph has: glassnet.draw(model, x).{form.lower()}")
        return self.graph


def drawn(graph: Graph) -> Picture:
    """The graph as a picture."""
    layout = laid_out(graph)
    canvas = Canvas(graph.title)
    for route in layout.routes:
        _draw_route(canvas, route, layout.labels)
    for place in layout.places:
        _draw_box(canvas, place)
    return Picture(canvas, graph)


def _draw_box(canvas: Canvas, place: Place) -> None:
    box = place.box
    assert box is not None
    if box.kind == "end":
        return
    height = place.height - (2 * LOOP if box.loop else 0)
    top, middle = place.y - height / 2, place.x + place.width / 2
    if box.loop:
        _draw_loop(canvas, place, top, box.loop)
    canvas.box(place.x, top, place.width, height, box.kind, 14 if box.kind == "leaf" else 5)
    y = place.y - (content_height(box) - LINE) / 2
    for number, line in enumerate(box.lines):
        style = "strong" if number == 0 else "faint"
        canvas.text(middle, y, line, style, "middle", hint=box.hint)
        y += LINE
    for strip in box.strips:
        y = _draw_strip(canvas, strip, middle, y)


def _draw_strip(canvas: Canvas, strip: Strip, middle: float, y: float) -> float:
    """Small images below a line of text that would be at ``y``, and their captions; gives where the next line is."""
    top, x = y - LINE / 2 + GAP, middle - strip.width / 2 + strip.left
    for number, name in enumerate(strip.rows):
        row = strip.images[0].height / len(strip.rows)
        canvas.text(x - GAP, top + (number + 0.5) * row, name, "faint", "end")
    for image in strip.images:
        canvas.image(x, top, image.width, image.height, image.uri, image.hint)
        for number, name in enumerate(strip.columns):
            column = image.width / len(strip.columns)
            canvas.upright(x + (number + 0.5) * column, top + image.height + GAP, name, "faint")
        x += image.width + GAP
    y = top + strip.height + GAP + LINE / 2
    for caption in strip.captions:
        canvas.text(middle, y, caption, "faint", "middle")
        y += LINE
    return y


def _draw_loop(canvas: Canvas, place: Place, top: float, text: str) -> None:
    """From the right of a box over its top back to its left: what a step leaves, the next one takes."""
    left, right, height = place.x + 16, place.x + place.width - 16, top - 18
    canvas.path(f"M{right:.1f} {top:.1f} C{right + 8:.1f} {height:.1f} {right - 8:.1f} {height:.1f} {right - 24:.1f} "
                f"{height:.1f} L{left + 24:.1f} {height:.1f} C{left + 8:.1f} {height:.1f} {left - 8:.1f} {height:.1f} "
                f"{left:.1f} {top - 6:.1f}", "edge")  # fmt: skip
    canvas.path(f"M{left:.1f} {top:.1f} l-4 -8 h8 z", "head")
    canvas.text(place.x + place.width / 2, height - 10, text, "value", "middle", hint="the loop over time")


def _draw_route(canvas: Canvas, route: Route, labels: list[float]) -> None:
    source, *passed, target = route.places
    x, y = source.x + source.width, source.y
    path = [f"M{x:.1f} {y:.1f}"]
    for place in [*passed, target]:
        start = labels[place.column]
        height = target.port(route.number) if place is target else place.y
        path.append(f"L{start - CURVE:.1f} {y:.1f}")  # straight past wider boxes of the column, then the bend
        middle = start - CURVE / 2
        path.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {height:.1f} {start:.1f} {height:.1f}")
        y = height
    end = target.x
    arrow_head = target.box is not None and target.box.kind != "end"
    path.append(f"L{end - (6 if arrow_head else 0):.1f} {y:.1f}")
    canvas.path(" ".join(path), "edge")
    if arrow_head:
        canvas.path(f"M{end:.1f} {y:.1f} l-8 -4 v8 z", "head")
    start = labels[target.column]
    hint = route.arrow.name
    if route.arrow.value:
        canvas.text(start + 4, y - 9, route.arrow.value, "value", hint=hint)
    if route.arrow.gradient:
        canvas.text(start + 4, y + 10, route.arrow.gradient, "gradient", hint=hint and f"∂/∂{hint}")


# as text ------------------------------------------------------------------------------------------


def as_dot(graph: Graph) -> str:
    """The graph in DOT: values above gradients on the arrows."""
    shapes = {"leaf": "ellipse", "operation": "box", "module": "box3d", "end": "point"}
    lines = [f"digraph {_quoted(graph.title)} {{", "  rankdir=LR;", '  node [fontname="monospace"];']
    names = {box.key: f"n{i}" for i, box in enumerate(graph.boxes)}
    lines += [f"  {names[box.key]} [shape={shapes[box.kind]}, label={_quoted(*box.lines)}];" for box in graph.boxes]
    for box in graph.boxes:
        if box.loop:
            lines.append(f"  {names[box.key]} -> {names[box.key]} [label={_quoted(box.loop)}];")
        for arrow in box.arrows:
            texts = [text for text in (arrow.value, arrow.gradient) if text]
            label = f" [label={_quoted(*texts)}]" if texts else ""
            lines.append(f"  {names[arrow.source]} -> {names[box.key]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(*lines: str) -> str:
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'


def as_mermaid(graph: Graph) -> str:
    """The graph in Mermaid: a flowchart from left to right."""
    forms: dict[str, tuple[str, str]] = {
        "leaf": ("([", "])"),
        "operation": ("[", "]"),
        "module": ("[[", "]]"),
        "end": ("((", "))"),
    }
    names = {box.key: f"n{i}" for i, box in enumerate(graph.boxes)}
    lines = ["flowchart LR"]
    for box in graph.boxes:
        before, after = forms[box.kind]
        lines.append(f"  {names[box.key]}{before}{_entities(*box.lines)}{after}")
    for box in graph.boxes:
        if box.loop:
            lines.append(f"  {names[box.key]} -->|{_entities(box.loop)}| {names[box.key]}")
        for arrow in box.arrows:
            texts = [text for text in (arrow.value, arrow.gradient) if text]
            label = f"|{_entities(*texts)}|" if texts else ""
            lines.append(f"  {names[arrow.source]} -->{label} {names[box.key]}")
    return "\n".join(lines) + "\n"


def _entities(*lines: str) -> str:
    def entity(match: re.Match[str]) -> str:
        return f"#{ord(match[0])};"

    return '"' + "<br/>".join(re.sub(r'["<>#&|`]', entity, line) or " " for line in lines) + '"'
