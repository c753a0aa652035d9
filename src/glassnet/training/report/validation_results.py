"""The results on the held-out samples: the numbers that count, and what a regression predicted."""

from __future__ import annotations

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.training.report import charts
from glassnet.training.report.content import Report
from glassnet.training.report.formats import number, percent
from glassnet.training.report.markup import Html, shortened, tag

POINTS = 2000  # of a scatter plot
FURTHEST = 200  # of them the ones furthest off


def headline(report: Report) -> Html | str:
    """The numbers that count, large: "97.8 % right: 352 of 360"."""
    predicted = report.predicted
    if predicted is None or not len(predicted):
        return ""
    measured = _regression(report, predicted) if report.task == "regression" else _classification(report, predicted)
    tiles = [tag("div", tag("dt", name), tag("dd", tag("strong", value), tag("small", note)))
             for name, value, note in measured]  # fmt: skip
    return tag("dl", *tiles, class_="tiles")


def _classification(report: Report, predicted: Array) -> list[tuple[str, str, str]]:
    actual, total = report.actual, len(predicted)
    right = int((predicted == actual).sum())
    often = np.bincount(actual).argmax()
    guess = percent(int((actual == often).sum()), total)
    return [
        ("held-out accuracy", percent(right, total), f"{right:,} of {total:,} right"),
        ("mistakes", f"{total - right:,}", f"in {total:,} samples"),
        ("by guessing", guess, f"always “{shortened(report.classes[int(often)], 24)}”"),
    ]


def _regression(report: Report, predicted: Array) -> list[tuple[str, str, str]]:
    actual = report.actual
    residuals = predicted - actual
    with np.errstate(all="ignore"):
        squares, around = float((residuals**2).sum()), float(((actual - actual.mean()) ** 2).sum())
        rmse, mae = (squares / len(actual)) ** 0.5, float(np.abs(residuals).mean())
        deviation = (around / len(actual)) ** 0.5
    name = shortened(report.target_name, 24)
    measured = [
        ("root mean squared error", number(rmse), f"in units of {name}; always the mean: {number(deviation)}"),
        ("mean absolute error", number(mae), f"of {len(actual):,} held-out samples"),
    ]
    if report.forecast is not None:
        error = number(report.forecast.error)
        measured.append(("without a network", error, f"mean absolute error of {report.forecast.beside}"))
    if around > 0:
        share = "of the variance explained; 1 is perfect, 0 is the mean"
        measured.insert(0, ("held-out R²", number(1 - squares / around), share))
    return measured


def regression(report: Report, predicted: Array) -> list[Html]:
    """Predicted against actual, and how far off."""
    actual, name = report.actual, shortened(report.target_name, 24)
    drawable = (np.abs(predicted) < charts.HUGE) & (np.abs(actual) < charts.HUGE)
    a, p = actual[drawable], predicted[drawable]
    if not len(a):
        return [tag("p", "No prediction is a finite number.", class_="note")]
    kept = _kept(np.abs(p - a))
    figures = [
        tag("figure", tag("figcaption", tag("strong", "predicted against actual"),
            tag("span", tag("span", "a perfect prediction", class_="key diagonal-key"), class_="legend")),
            charts.scatter(a[kept], p[kept], name)),
        tag("figure", tag("figcaption", tag("strong", "how far off"),
            tag("span", "predicted − actual", class_="legend")),
            charts.histogram(p - a, f"residual of {name}")),
    ]  # fmt: skip
    section = [tag("div", *figures, class_="grid-of-charts")]
    if len(kept) < len(a):
        words = f"{len(kept):,} of {len(a):,} samples have a point: the {FURTHEST} furthest off, and others at even "
        section.append(tag("p", words + "distances. The histogram counts all.", class_="note"))
    if len(a) < len(actual):
        words = f"Infinite or not a number, and so without a point: {len(actual) - len(a):,} of {len(actual):,}."
        section.append(tag("p", words, class_="note"))
    return section


def _kept(off: Array) -> Array:
    """Which samples have a point: all of few, of many the furthest off and others at even distances."""
    if len(off) <= POINTS:
        return np.arange(len(off))
    order = np.argsort(-off, kind="stable")
    rest = np.sort(order[FURTHEST:])
    even = rest[np.linspace(0, len(rest) - 1, POINTS - FURTHEST).astype(np.int64)]
    return np.sort(np.concatenate([order[:FURTHEST], even]))
