"""The worst mistakes: where the network was wrong and surest, or furthest from the target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.explain.png import extent, picture
from glassnet.ops.dtypes import Array
from glassnet.training.report.content import Report
from glassnet.training.report.curves import scrolled
from glassnet.training.report.formats import number, percent
from glassnet.training.report.markup import Html, shortened, tag

MOST = 18
COLUMNS = 6  # of a row; more would be too many to read


def mistakes(report: Report, predicted: Array) -> list[Html]:
    """The section on mistakes; nothing if there are no samples to show."""
    if report.images is None and report.rows is None:
        return []
    order = worst(report, predicted)
    if not order:
        return [tag("p", "None: every held-out sample is right.", class_="lead")]
    section = [tag("p", _words(report, predicted, len(order)), class_="lead")]
    if report.images is not None:
        low, high = extent(report.images[order])
        section.append(tag("ul", *(_picture(report, predicted, i, low, high) for i in order), class_="pictures"))
    if report.rows is not None:
        section += _rows(report, report.rows, predicted, order)
    return section


def worst(report: Report, predicted: Array) -> list[int]:
    """Which samples are shown, the worst first. Of equal ones the first comes first."""
    actual = report.actual
    if report.task == "regression":
        size = np.nan_to_num(np.abs(predicted - actual), nan=np.inf, posinf=np.inf)
        order = np.argsort(-size, kind="stable")[:MOST]
        return [int(i) for i in order if size[i] > 0]
    wrong: Array = np.flatnonzero(predicted != actual)
    sure = report.sure(wrong)
    if sure is not None:
        wrong = wrong[np.argsort(-np.nan_to_num(sure), kind="stable")]
    return [int(i) for i in wrong[:MOST]]


def _words(report: Report, predicted: Array, shown: int) -> str:
    total = len(predicted)
    if report.task == "regression":
        return f"The {shown} of {total:,} held-out samples whose prediction is furthest off, the furthest first."
    wrong = int((predicted != report.actual).sum())
    how = "the surest first" if report.sure([]) is not None else "in their order"
    if wrong == shown:
        return f"All {wrong:,} mistakes in {total:,} held-out samples, {how}."
    return f"{shown} of {wrong:,} mistakes in {total:,} held-out samples, {how}."


def _compared(report: Report, predicted: Array, i: int) -> tuple[str, str, str]:
    """The target of sample ``i``, the answer of the network, and how sure it is or how far off, as three texts."""
    if report.task == "regression":
        true, guess = float(report.actual[i]), float(predicted[i])
        return number(true), number(guess), number(guess - true)
    of_sample = report.sure(i)
    sure = math.nan if of_sample is None else float(of_sample)
    names = [shortened(report.classes[int(c)], 28) for c in (report.actual[i], predicted[i])]
    return names[0], names[1], percent(sure, 1) if math.isfinite(sure) else ""


def _picture(report: Report, predicted: Array, i: int, low: float, high: float) -> Html:
    assert report.images is not None
    true, guess, how = _compared(report, predicted, i)
    source = picture(report.images[i], low, high)
    about = f"held-out sample {i}: {true}, predicted {guess}"
    words = [tag("b", true), " read as ", tag("b", guess, class_="bad")]
    if report.task == "regression":
        words = [tag("b", true), " predicted ", tag("b", guess, class_="bad")]
    note = f"{how} off" if report.task == "regression" else (how and f"{how} sure")
    caption = tag("figcaption", tag("span", *words), tag("small", note) if note else "")
    return tag("li", tag("figure", tag("img", src=source, alt=about), caption))


def _rows(report: Report, rows: Sequence[Mapping[str, Any]], predicted: Array, order: Sequence[int]) -> list[Html]:
    every = list(dict.fromkeys(str(key) for key in rows[order[0]]))
    named = [name for name in every if name != report.target_name]
    columns, why = _columns(report, named)
    how = "off by" if report.task == "regression" else "sure"
    heads = ["row", f"true {report.target_name}", "predicted"]
    if report.task == "regression" or report.sure([]) is not None:
        heads.append(how)
    of_words = {name: "words" for name in columns if isinstance(rows[order[0]].get(name), str)}
    head = [tag("th", shortened(name), scope="col", class_=of_words.get(name)) for name in (*heads, *columns)]
    numbers = range(1, len(rows) + 1) if report.row_numbers is None else report.row_numbers
    body = []
    for i in order:
        true, guess, sure = _compared(report, predicted, i)
        row = {str(key): value for key, value in rows[i].items()}
        cells = [tag("td", true), tag("td", guess, class_="bad"), *([tag("td", sure)] if how in heads else [])]
        cells += [tag("td", _cell(row.get(name)), class_=of_words.get(name)) for name in columns]
        body.append(tag("tr", tag("th", f"{numbers[i]:,}", scope="row"), *cells))
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body), class_="numbers rows")
    note = f"“row” counts the {'held-out rows' if report.row_numbers is None else 'rows of the table'} from 1."
    if len(columns) < len(named):
        note += f" {len(columns)} of {len(named):,} columns are shown: {why}."
    return [scrolled(table, "worst mistakes"), tag("p", note, class_="note")]


def _columns(report: Report, named: Sequence[str]) -> tuple[list[str], str]:
    """The columns that are shown, in their order, and why these."""
    if len(named) <= COLUMNS:
        return list(named), ""
    if report.first_layer is None or len(report.feature_names) != report.first_layer.shape[1]:
        return list(named[:COLUMNS]), "the first"
    size = np.nan_to_num(np.abs(report.first_layer)).mean(0).tolist()
    owners = owners_of(report.feature_names, named)
    matter = dict.fromkeys(named, -1.0)
    for owner, weight in zip(owners, size, strict=True):
        if owner is not None:
            matter[owner] = max(matter[owner], weight)
    kept = sorted(named, key=lambda name: -matter[name])[:COLUMNS]
    return [name for name in named if name in kept], "those with the largest weights in the first layer"


def owners_of(features: Sequence[str], columns: Sequence[str]) -> list[str | None]:
    """The column that each feature belongs to: the longest one that its name begins with; None if there is none.

    "colour = red" belongs to "colour". In the order of names, a name stands between what it begins with and what
    begins with it, so one walk through all of them finds every owner: the stack holds the beginnings of where it is.
    """
    names = [*((name, False, -1) for name in columns), *((name, True, i) for i, name in enumerate(features))]
    owners: list[str | None] = [None] * len(features)
    beginnings: list[str] = []
    for name, is_feature, place in sorted(names):
        while beginnings and not name.startswith(beginnings[-1]):
            beginnings.pop()
        if is_feature:
            owners[place] = beginnings[-1] if beginnings else None
        else:
            beginnings.append(name)
    return owners


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return "missing"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number) and not isinstance(value, complex | np.complexfloating):
        return number(float(value)) if isinstance(value, float | np.floating) else str(value)
    return shortened(value)
