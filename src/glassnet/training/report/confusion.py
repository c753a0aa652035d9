"""The confusion matrix: which class was taken for which; of many classes, the ones that say most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.training.report.curves import scrolled
from glassnet.training.report.markup import Html, shortened, tag
from glassnet.training.report.numbers import percent

FEW = 20  # classes that have a row and a column each
WORST = 20  # rows shown of more


def confusion(actual: Array, predicted: Array, classes: Sequence[str]) -> list[Html]:
    """What the section on classes says."""
    size = len(classes)
    # only the pairs that occur: the matrix of very many classes has no room
    pairs, counts = np.unique(actual * size + predicted, return_counts=True)
    there, said = np.bincount(actual, minlength=size), np.bincount(predicted, minlength=size)
    right = np.bincount(actual[actual == predicted], minlength=size)
    absent = int((there == 0).sum())
    told = _matrix if size <= FEW else _worst
    section = told(classes, pairs, counts, there, said, right)
    if absent:
        words = f"{absent} of {size} classes {'has' if absent == 1 else 'have'} no held-out sample, and so no recall."
        section.append(tag("p", words, class_="note"))
    return section


def _matrix(classes: Sequence[str], pairs: Array, counts: Array, there: Array, said: Array, right: Array) -> list[Html]:
    size = len(classes)
    matrix = np.zeros(size * size, np.int64)
    matrix[pairs] = counts
    names = [shortened(name, 24) for name in classes]
    upright = " upright" if max(map(len, names)) > 3 and size > 3 else ""
    corner = tag("th", tag("span", "true ↓ predicted →"), scope="col", class_="corner")
    head = [tag("th", tag("span", name), scope="col", title=full if full != name else None)
            for name, full in zip(names, (shortened(c, 200) for c in classes), strict=True)]  # fmt: skip
    rows = []
    for true, row in enumerate(matrix.reshape(size, size).tolist()):
        cells = [_cell(n, int(there[true]), names[true], names[j], right=j == true) for j, n in enumerate(row)]
        recall = tag("td", _share(int(right[true]), int(there[true])), class_="share")
        rows.append(tag("tr", tag("th", names[true], scope="row"), *cells, recall))
    foot = [tag("td", _share(int(r), int(s)), class_="share") for r, s in zip(right, said, strict=True)]
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


def _worst(classes: Sequence[str], pairs: Array, counts: Array, there: Array, said: Array, right: Array) -> list[Html]:
    size = len(classes)
    recall = np.where(there > 0, right / np.maximum(there, 1), np.inf)
    order = [int(c) for c in np.lexsort((np.arange(size), -there, recall))[:WORST] if there[c]]
    rows = [_words(classes[c], f"{there[c]:,}", percent(int(right[c]), int(there[c])),
                   percent(int(right[c]), int(said[c]))) for c in order]  # fmt: skip
    mistakes = pairs // size != pairs % size
    pairs, counts = pairs[mistakes], counts[mistakes]
    first = np.lexsort((pairs, -counts))[:WORST]
    taken = [_words(classes[int(pairs[i]) // size], classes[int(pairs[i]) % size], f"{counts[i]:,}") for i in first]
    words = f"{size:,} classes are too many for a matrix: here are the {len(order)} of lowest recall"
    section = [
        tag("p", words + (f", and the {len(taken)} most frequent mistakes of {len(pairs):,} kinds." if taken else "."),
            class_="lead"),
        scrolled(_listed(rows, "class", "samples", "recall", "precision"), "classes of lowest recall"),
    ]  # fmt: skip
    if taken:
        section.append(scrolled(_listed(taken, "true", "predicted", "samples"), "most frequent mistakes"))
    return [tag("div", *section, class_="stack")]


def _words(name: str, *cells: str) -> Html:
    return tag("tr", tag("th", shortened(name), scope="row"), *(tag("td", shortened(cell)) for cell in cells))


def _listed(rows: Sequence[Html], *head: str) -> Html:
    names = tag("tr", *(tag("th", name, scope="col") for name in head))
    return tag("table", tag("thead", names), tag("tbody", *rows), class_="numbers")
