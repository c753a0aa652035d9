"""The course of training: a chart for each number that was kept, and a table of the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from glassnet.training.report import charts
from glassnet.training.report.formats import SYMBOLS, evenly, number
from glassnet.training.report.markup import Html, shortened, tag

PARTS = {"train": "training", "": "", "val": "held out"}  # beginnings of names, and what they are called
ROWS = 12  # of the table of epochs
CHARTS = 12

History = Sequence[Mapping[str, float]]


def training(history: History) -> list[Html]:
    """The section on training; nothing without epochs."""
    if not history:
        return []
    groups = grouped(history)
    figures = [_figure(history, name, keys) for name, keys in list(groups.items())[:CHARTS]]
    section: list[Html] = []
    if figures:
        section.append(tag("div", *figures, class_="grid-of-charts"))
    if len(groups) > CHARTS:
        section.append(tag("p", f"{CHARTS} of {len(groups)} numbers have a chart.", class_="note"))
    if len(history) == 1:
        section.append(tag("p", "One epoch: a point each, no curve.", class_="note"))
    if len(history) > charts.MOST:
        words = f"{len(history):,} epochs: the curves go through the lowest and the highest number of each stretch."
        section.append(tag("p", words, class_="note"))
    strange = sorted({key for epoch in history for key, value in epoch.items() if not math.isfinite(value)})
    if strange:
        names = ", ".join(shortened(name) for name in strange[:8])
        section.append(tag("p", f"Some numbers are infinite or not a number, and leave a gap: {names}.", class_="note"))
    return [*section, _table(history, [key for keys in groups.values() for key in keys])]


def grouped(history: History) -> dict[str, list[str]]:
    """The names of the history's numbers, by what they measure: {"loss": ["train_loss", "val_loss"], …}."""
    groups: dict[str, list[str]] = {}
    for key in dict.fromkeys(key for epoch in history for key in epoch if key != "epoch"):
        groups.setdefault(_split(key)[1], []).append(key)
    return groups


def _split(key: str) -> tuple[str, str]:
    for part in PARTS:
        if part and key.startswith(part + "_"):
            return part, key[len(part) + 1 :]
    return "", key


def _epochs(history: History) -> list[float]:
    return [float(epoch.get("epoch", place)) for place, epoch in enumerate(history, 1)]


def _figure(history: History, name: str, keys: Sequence[str]) -> Html:
    curves = []
    for key in keys:
        part = _split(key)[0] or ("train" if len(keys) > 1 else "")
        values = [float(epoch.get(key, math.nan)) for epoch in history]
        style = "only" if len(keys) == 1 else ("held-out" if part == "val" else "training")
        curves.append(charts.Curve(PARTS[part] or _spelled(name), style, _epochs(history), values))
    legend = [tag("span", curve.name, class_=f"key {curve.style}") for curve in curves if len(curves) > 1 or part]
    title = tag("figcaption", tag("strong", _spelled(name)), tag("span", *legend, class_="legend"))
    return tag("figure", title, charts.lines(curves, _spelled(name)))


def _spelled(name: str) -> str:
    return shortened(" ".join(SYMBOLS.get(word, word) for word in name.split("_")))


def heading(key: str) -> str:
    """What a number of the history is called: "held-out loss" is ``val_loss``."""
    part, name = _split(key)
    return f"held-out {_spelled(name)}" if part == "val" else _spelled(key)


def _table(history: History, keys: Sequence[str]) -> Html:
    shown = evenly(len(history), ROWS)
    keys = keys[:CHARTS]
    head = tag("tr", tag("th", "epoch", scope="col"), *(tag("th", heading(key), scope="col") for key in keys))
    rows = [
        tag("tr", tag("th", number(_epochs(history)[place]), scope="row"),
            *(tag("td", number(float(history[place][key])) if key in history[place] else "–") for key in keys))
        for place in shown
    ]  # fmt: skip
    summary = f"The numbers of {'every epoch' if len(history) <= ROWS else f'{len(shown)} of {len(history):,} epochs'}"
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="numbers")
    return tag("details", tag("summary", summary), scrolled(table, summary))


def scrolled(table: Html, label: str) -> Html:
    """``table`` in a frame of its own that scrolls where the page is narrower."""
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)
