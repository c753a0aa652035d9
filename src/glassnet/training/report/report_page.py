"""The page: the sections of a report in one HTML file that needs nothing else."""

from __future__ import annotations

from os import PathLike

from glassnet.files import replace_file
from glassnet.training.report.confusion import confusion
from glassnet.training.report.content import Report
from glassnet.training.report.curves import training
from glassnet.training.report.first_layer import first_layer
from glassnet.training.report.forecast import forecast
from glassnet.training.report.markup import Html, join, shortened, tag
from glassnet.training.report.mistakes import mistakes
from glassnet.training.report.style import STYLE
from glassnet.training.report.validation_results import headline, regression


def write_report(path: str | PathLike[str], report: Report) -> None:
    """Write ``report`` as one HTML file, which opens without a network; the same report gives the same bytes.

    Raises OSError where it cannot be written; then a file that was there is as it was.
    """
    replace_file(path, page(report).encode())


def page(report: Report) -> str:
    """``report`` as HTML."""
    predicted = report.predicted
    if predicted is not None and not len(predicted):
        predicted = None
    classified, regressed = report.task == "classification", report.task == "regression"
    sections = [
        _section("training", "Training", training(report.history)),
        _section("classes", "Which class was taken for which",
                 confusion(report.actual, predicted, report.classes) if predicted is not None and classified else []),
        _section("forecast", "The forecast", [] if report.forecast is None else forecast(report, report.forecast)),
        _section("predictions", "Predicted against actual",
                 regression(report, predicted) if predicted is not None and regressed else []),
        _section("mistakes", "The worst mistakes", mistakes(report, predicted) if predicted is not None else []),
        _section("weights", "The first layer", first_layer(report)),
        _section("facts", "The run", [_facts(report)] if report.facts else []),
        _section("command", "Do it again", [_command(report.command)] if report.command else []),
    ]  # fmt: skip
    title = shortened(report.title, 200)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    date = report.facts.get("date")
    data = report.facts.get("data", "").partition("\n")[0]
    top = tag("header", tag("h1", title), tag("p", data) if data else "",
              tag("p", f"A {report.task} by glassnet" + (f", {date}" if date else "")), headline(report))  # fmt: skip
    foot = tag("footer", "Written by glassnet. This file holds everything it shows.")
    return "<!DOCTYPE html>\n" + tag("html", head, tag("body", top, tag("main", *sections), foot), lang="en") + "\n"


def _section(name: str, title: str, content: list[Html]) -> Html:
    if not content:
        return Html()
    return tag("section", tag("h2", title, id=name), join(*content), aria_labelledby=name)


def _command(command: str) -> Html:
    """A command line that is broken between its options only."""
    first, *options = command.split(" --")
    parts = [part for option in options for part in (" ", tag("span", f"--{option}"))]
    return tag("pre", tag("code", tag("span", first), *parts))


def _facts(report: Report) -> Html:
    pairs = [part for name, words in report.facts.items() for part in (tag("dt", name), tag("dd", str(words)))]
    return tag("dl", *pairs, class_="facts")
