"""The confusion matrix: which class was taken for which; of many classes, the worst."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.explain.confusion import MANY, class_counts, confusion_matrix, lowest_recall, worst_confusions
from glassnet.ops.dtypes import Array
from glassnet.training.report.curves import scrolled
from glassnet.training.report.formats import percent
from glassnet.training.report.markup import Html, shortened, tag

WORST = 20  # rows shown of more classes than a matrix has room for


def confusion(actual: Array, predicted: Array, classes: Sequence[str]) -> list[Html]:
    """The section on classes."""
    size = len(classes)
    section = (_matrix if size <= MANY else _worst)(actual, predicted, classes)
    absent = size - len(np.unique(actual))
    if absent:
        words = f"{absent} of {size} classes {'has' if absent == 1 else 'have'} no held-out sample, and so no recall."
        section.append(tag("p", words, class_="note"))
    return section


def _matrix(actual: Array, predicted: Array, classes: Sequence[str]) -> list[Html]:
    size = len(classes)
    counts = confusion_matrix(actual, predicted, size)
    right, samples, taken = np.diag(counts), counts.sum(1), counts.sum(0)
    names = [shortened(name, 24) for name in classes]
    upright = " upright" if max(map(len, names)) > 3 and size > 3 else ""
    corner = tag("th", tag("span", "true ↓ predicted →"), scope="col", class_="corner")
    head = [tag("th", tag("span", name), scope="col", title=full if full != name else None)
            for name, full in zip(names, (shortened(c, 200) for c in classes), strict=True)]  # fmt: skip
    rows = []
    for true, row in enumerate(counts.tolist()):
        cells = [_cell(n, int(samples[true]), names[true], names[j], right=j == true) for j, n in enumerate(row)]
        recall = tag("td", _share(int(right[true]), int(samples[true])), class_="share")
        rows.append(tag("tr", tag("th", names[true], scope="row"), *cells, recall))
    foot = [tag("td", _share(int(r), int(s)), class_="share") for r, s in zip(right, taken, strict=True)]
    table = tag(
        "table",
        tag("thead", tag("tr", corner, *head, tag("th", tag("span", "recall, %"), scope="col"))),
        tag("tbody", *rows),
        tag("tfoot", tag("tr", tag("th", "precision, %", scope="row"), *foot, tag("td"))),
        class_="matrix" + upright,
    )
    words = "Rows: what it is. Columns: what the network says. Recall: the part of a row that is right; precision: the "
    words += "part of a column."
    return [tag("p", words, class_="lead"), scrolled(table, "confusion matrix")]


def _share(part: int, whole: int) -> str:
    return percent(part, whole).removesuffix(" %")


def _cell(n: int, total: int, true: str, predicted: str, *, right: bool) -> Html:
    if not n:
        return tag("td", "·", class_="none")
    share = n / total
    kind = ("right" if right else "wrong") + (" strong" if share > 0.5 else "")
    hint = f"{true}, predicted as {predicted}: {n:,} of {total:,}"
    # a mistake is pale long before it is a tenth of its class: its colour goes by the root
    return tag("td", f"{n:,}", class_=kind, style=f"--share:{(share if right else share**0.5):.2f}", title=hint)


def _worst(actual: Array, predicted: Array, classes: Sequence[str]) -> list[Html]:
    """Of many classes, whose matrix would have no room: those of lowest recall, and the most frequent mistakes."""
    size = len(classes)
    counts = class_counts(actual, predicted, size)
    order = lowest_recall(counts, WORST)
    rows = [_words(classes[c], f"{counts.actual[c]:,}", percent(int(counts.right[c]), int(counts.actual[c])),
                   percent(int(counts.right[c]), int(counts.predicted[c]))) for c in order]  # fmt: skip
    confused = worst_confusions(actual, predicted, None)
    mistakes = [_words(classes[pair.true], classes[pair.predicted], f"{pair.samples:,}") for pair in confused[:WORST]]
    words = f"{size:,} classes are too many for a matrix: here are the {len(order)} of lowest recall"
    if mistakes:
        words += f", and the {len(mistakes)} most frequent mistakes of {len(confused):,} kinds"
    lowest = scrolled(_listed(rows, "class", "samples", "recall", "precision"), "classes of lowest recall")
    section = [tag("p", f"{words}.", class_="lead"), lowest]
    if mistakes:
        section.append(scrolled(_listed(mistakes, "true", "predicted", "samples"), "most frequent mistakes"))
    return [tag("div", *section, class_="stack")]


def _words(name: str, *cells: str) -> Html:
    return tag("tr", tag("th", shortened(name), scope="row"), *(tag("td", shortened(cell)) for cell in cells))


def _listed(rows: Sequence[Html], *head: str) -> Html:
    names = tag("tr", *(tag("th", name, scope="col") for name in head))
    return tag("table", tag("thead", names), tag("tbody", *rows), class_="numbers")
