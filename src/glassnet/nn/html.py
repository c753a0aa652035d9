"""A module in a notebook: a table of its layers, what each learns, and how many numbers that is."""

from __future__ import annotations

from typing import Any

from glassnet.html import table
from glassnet.ops.shapes import written

MOST = 100  # layers; of more, the rest is counted


def module_html(module: Any) -> str:
    """A row for each module within, in the order of their names; one that comes again says where it came first."""
    rows: list[list[str]] = []
    first: dict[int, str] = {}
    for path, inner in module.named_modules(remove_duplicate=False):
        depth = path.count(".") + 1 if path else 0
        name = "  " * (depth - 1) + path.rpartition(".")[2] if path else ""
        described = f"{type(inner).__name__}({inner.extra_repr()})"
        if id(inner) in first:
            rows.append([name, described, f"same as {first[id(inner)]}", ""])
            continue
        first[id(inner)] = path
        own = dict(inner.named_parameters(recurse=False))
        shapes = ", ".join(f"{key} {written(p.shape)}" for key, p in own.items())
        count = sum(p.numel() for p in own.values())
        rows.append([name, described, shapes, f"{count:,}" if count else ""])
    total = sum(p.numel() for p in module.parameters())
    learned = sum(p.numel() for p in module.parameters() if p.requires_grad)
    caption = f"{type(module).__name__}: {total:,} parameters" + (f", {learned:,} learned" if learned < total else "")
    caption += "" if module.training else ", in evaluation mode"
    more = [f"… {len(rows) - MOST:,} more"] if len(rows) > MOST else []
    header = ("name", "layer", "parameters", "count")
    return table([*rows[:MOST], *more], header, caption, ("", "", "faint", "number"))
