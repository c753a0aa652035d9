"""Writing: a page as text for a terminal, as Markdown, and as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

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


STYLE = """
.glassnet-walk { font: 13px/1.5 system-ui, sans-serif; max-width: 76em; color: inherit }
.glassnet-walk summary { cursor: pointer; padding: 2px 0 }
.glassnet-walk details details { margin-left: 1.2em; border-top: 1px solid rgba(128, 128, 128, .3) }
.glassnet-walk code, .glassnet-walk pre { font: 12px/1.45 ui-monospace, monospace; background: none; color: inherit }
.glassnet-walk pre { margin: 0; white-space: pre-wrap }
.glassnet-walk table { border-collapse: collapse; margin: 2px 0 8px 1.2em }
.glassnet-walk th, .glassnet-walk td { text-align: left; vertical-align: top; padding: 1px 12px 1px 0; color: inherit;
  background: none }
.glassnet-walk th { font-weight: normal; opacity: .7 }
.glassnet-walk .kind { opacity: .6 }
"""


def as_html(page: Page) -> str:
    """A collapsible table that needs nothing else; its colours are those around it, light or dark."""
    parts = [f'<div class="glassnet-walk"><style>{STYLE}</style>', f"<p><b>{escape(page.title)}</b><br>"]
    parts.append("<br>".join(map(escape, page.lines)) + "</p>")
    for section in page.sections:
        parts.append(f"<details open><summary><b>{escape(section.title)}</b> ({len(section.rows)})</summary>")
        parts += [_html_of(row) for row in section.rows]
        parts.append("</details>")
    return "\n".join([*parts, "</div>"])


def as_folded(parts: Iterable[tuple[str, list[str]]]) -> str:
    """Titles, each with lines of text that fold away under it."""
    found = [f'<div class="glassnet-walk"><style>{STYLE}</style>']
    for title, lines in parts:
        text = f"<pre>{escape(chr(10).join(lines))}</pre>"
        summary = f"<summary><b>{escape(title)}</b></summary>"
        found.append(f"<details open>{summary}{text}</details>" if lines else f"<p>{escape(title)}</p>")
    return "\n".join([*found, "</div>"])


def _html_of(row: Row) -> str:
    name, kind, call = escape(row.name), escape(row.kind), escape(row.call)
    aside = f' <span class="kind">{escape(row.aside)}</span>' if row.aside else ""
    head = f'{row.number}. <code><b>{name}</b> <span class="kind">{kind}</span> = {call}</code>{aside}'
    cells = "".join(
        f"<tr><th>{escape(label)}</th><td><pre>{escape(chr(10).join(text))}</pre></td></tr>"
        for label, text in (("formula", (row.formula,)), *row.numbers)
    )
    return f"<details><summary>{head}</summary><table>{cells}</table></details>"
