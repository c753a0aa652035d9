"""What a notebook shows of explanations: walkthroughs that fold, elements traced back, findings, pictures."""

from __future__ import annotations

from glassnet.explain.checkup import Checkup
from glassnet.explain.draw import Picture
from glassnet.explain.walkthrough import Element
from glassnet.explain.walkthrough.element import Rows, Sentence
from glassnet.explain.walkthrough.page import Page, Row
from glassnet.text import escaped

STYLE = """
.glassnet-walk { font: 13px/1.5 system-ui, sans-serif; max-width: 76em; color: inherit }
.glassnet-walk summary { cursor: pointer; padding: 2px 0 }
.glassnet-walk details details { margin-left: 1.2em; border-top: 1px solid rgba(128, 128, 128, .3) }
.glassnet-walk code, .glassnet-walk pre { font: 12px/1.45 ui-monospace, monospace; background: none; color: inherit }
.glassnet-walk pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
.glassnet-walk .rows { white-space: pre; overflow-x: auto; padding-left: 6ch }
.glassnet-walk table { border-collapse: collapse; margin: 2px 0 8px 1.2em }
.glassnet-walk th, .glassnet-walk td { text-align: left; vertical-align: top; padding: 1px 12px 1px 0; color: inherit;
  background: none }
.glassnet-walk th { font-weight: normal; opacity: .7 }
.glassnet-walk .kind { opacity: .6 }
"""


def page_html(page: Page) -> str:
    """A collapsible table that needs nothing else; its colours are those around it, light or dark."""
    parts = [f'<div class="glassnet-walk"><style>{STYLE}</style>', f"<p><b>{escaped(page.title)}</b><br>"]
    parts.append("<br>".join(map(escaped, page.lines)) + "</p>")
    for section in page.sections:
        parts.append(f"<details open><summary><b>{escaped(section.title)}</b> ({len(section.rows)})</summary>")
        parts += [_row_html(row) for row in section.rows]
        parts.append("</details>")
    return "\n".join([*parts, "</div>"])


def _row_html(row: Row) -> str:
    name, kind, call = escaped(row.name), escaped(row.kind), escaped(row.call)
    aside = f' <span class="kind">{escaped(row.aside)}</span>' if row.aside else ""
    head = f'{row.number}. <code><b>{name}</b> <span class="kind">{kind}</span> = {call}</code>{aside}'
    cells = "".join(
        f"<tr><th>{escaped(label)}</th><td><pre>{escaped(chr(10).join(text))}</pre></td></tr>"
        for label, text in (("formula", (row.formula,)), *row.numbers)
    )
    return f"<details><summary>{head}</summary><table>{cells}</table></details>"


def element_html(element: Element) -> str:
    """Titles, each with what is told below it, which folds away."""
    parts = [f'<div class="glassnet-walk"><style>{STYLE}</style>']
    for title, told in element.parts():
        text = "\n".join(map(_told_html, told))
        summary = f"<summary><b>{escaped(title)}</b></summary>"
        parts.append(f"<details open>{summary}{text}</details>" if told else f"<p>{escaped(title)}</p>")
    return "\n".join([*parts, "</div>"])


def _told_html(told: Sentence | Rows) -> str:
    """A sentence, which is broken where the page is too narrow for it, or rows, which scroll there."""
    if isinstance(told, Rows):
        return f'<pre class="rows">{escaped(chr(10).join(told.rows))}</pre>'
    start = f"padding-left: {told.indent + told.further}ch; text-indent: -{told.further}ch"
    return f'<pre style="{start}">{escaped(told.text)}</pre>'


def checkup_html(checkup: Checkup) -> str:
    """A numbered list of findings."""
    if checkup.healthy:
        return f"<p>{escaped(str(checkup))}</p>"
    items = (
        f"<li><b>{escaped(f.problem)}</b><br>evidence: {escaped(f.evidence)}<br>remedy: {escaped(f.remedy)}</li>"
        for f in checkup.findings
    )
    return f"<ol>{''.join(items)}</ol>"


def picture_html(picture: Picture) -> str:
    """The picture, which scrolls where it is wider than the page."""
    return f'<div style="overflow-x: auto">{picture.svg}</div>'
