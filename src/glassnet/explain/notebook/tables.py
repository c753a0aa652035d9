"""HTML for notebooks: small tables that stand by themselves and take the colours around them, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glassnet.text import escaped

_STYLE = """
.glassnet-table { border-collapse: collapse; font-size: 90%; }
.glassnet-table caption { text-align: left; caption-side: top; padding: 2px 0 6px; color: inherit; }
.glassnet-heat caption { white-space: nowrap; max-width: 0; }
.glassnet-table th, .glassnet-table td { border: 1px solid rgba(128, 128, 128, .35); padding: 2px 8px;
  text-align: left; background: none; color: inherit; font-weight: normal; white-space: pre; }
.glassnet-table thead th, .glassnet-table .title th { font-weight: 600; }
.glassnet-table .number { text-align: right; font-variant-numeric: tabular-nums; font-family: monospace; }
.glassnet-table .faint { opacity: .65; }
""".strip()


def table(
    rows: Iterable[Sequence[str] | str], header: Sequence[str] = (), caption: str = "", classes: Sequence[str] = ()
) -> str:
    """A table of texts, which are escaped. A row that is one text is a title over the whole width.

    ``classes`` are those of the columns: "number" is set to the right, "faint" is dimmed.
    """
    width = max(len(header), 1)
    lines = [f"<style>{_STYLE}</style>", '<table class="glassnet-table">']
    if caption:
        lines.append(f"<caption>{escaped(caption)}</caption>")
    if header:
        lines.append("<thead><tr>" + "".join(f"<th>{escaped(text)}</th>" for text in header) + "</tr></thead>")
    lines.append("<tbody>")
    for row in rows:
        if isinstance(row, str):
            lines.append(f'<tr class="title"><th colspan="{width}">{escaped(row)}</th></tr>')
            continue
        kinds = [*classes, *[""] * len(row)]
        cells = (f"<td{_class(kind)}>{escaped(text)}</td>" for text, kind in zip(row, kinds, strict=False))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def heat_table(rows: Iterable[Sequence[tuple[str, float]]], caption: str) -> str:
    """A table of numbers as texts, each with a shade from −1 (blue) to 1 (red) behind it."""
    head = '<table class="glassnet-table glassnet-heat">'
    lines = [f"<style>{_STYLE}</style>", head, f"<caption>{escaped(caption)}</caption>"]
    for row in rows:
        cells = (f'<td class="number"{_shade(share)}>{escaped(text)}</td>' for text, share in row)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</table>"])


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _shade(share: float) -> str:
    if not share:
        return ""
    colour = "214, 39, 40" if share > 0 else "31, 119, 180"
    return f' style="background: rgba({colour}, {0.45 * min(abs(share), 1.0):.2f})"'
