"""Writing: a page as text for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.explain.walkthrough.layout import COLUMNS, columns, wrapped
from glassnet.explain.walkthrough.page import Page, Row


def as_text(page: Page, width: int = COLUMNS) -> str:
    """For a terminal of ``width`` columns."""
    lines = [line for text in (page.title, *page.lines) for line in wrapped(text, "", "    ", width)]
    for section in page.sections:
        lines += ["", f"{section.title} ".ljust(width, "─")]
        for row in section.rows:
            lines += _text_of(row, width)
    return "\n".join(lines)


def _text_of(row: Row, width: int) -> Iterator[str]:
    head = f"{row.number:3}  "
    yield from wrapped(
        f"{row.name} {row.kind} = {row.call}" + f"  ({row.aside})" * bool(row.aside), head, " " * 9, width
    )
    yield from wrapped(row.formula, " " * 7, " " * 9, width)
    longest = max(columns(label) for label, _ in row.numbers)
    for label, numbers in row.numbers:
        for n, text in enumerate(numbers):
            start = label if n == 0 else ""
            start = f"       {start}{' ' * (longest - columns(start))}  "
            yield from wrapped(text, start, " " * (columns(start) + 2), width)


def as_markdown(page: Page) -> str:
    """Tables, one a phase."""
    parts = [f"## {page.title}", *page.lines]
    for section in page.sections:
        rows = ["| | result | formula | numbers |", "|---:|---|---|---|"]
        for row in section.rows:
            numbers = "<br>".join(f"{label}: {' / '.join(text)}" for label, text in row.numbers)
            cells = (row.number, f"`{row.name}` {row.kind}<br>`{row.call}`", row.formula, numbers)
            rows.append("| " + " | ".join(_in_cell(str(cell)) for cell in cells) + " |")
        parts += [f"### {section.title}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
