"""The forecast of a series in time, beside what came and what a simple rule would have said."""

from __future__ import annotations

from glassnet.ops.dtypes import Array
from glassnet.training.report import charts
from glassnet.training.report.content import Forecast, Report
from glassnet.training.report.markup import Html, shortened, tag


def forecast(report: Report, series: Forecast) -> list[Html]:
    """The section on a forecast: three curves over what was held out and the window before."""
    name = shortened(report.target_name, 24)
    curves = [
        _curve("actual", "only", series.actual),
        _curve("forecast", "held-out", series.predicted),
        _curve(series.beside, "beside", series.baseline),
    ]
    legend = [tag("span", curve.name, class_=f"key {curve.style}") for curve in curves]
    figure = tag(
        "figure",
        tag("figcaption", tag("strong", name), tag("span", *legend, class_="legend")),
        charts.lines(curves, name, shortened(series.steps, 80)),
    )
    steps = "1 step" if series.horizon == 1 else f"{series.horizon:,} steps"
    lead = f"What was held out, from the window before it on, and forecasts of {steps}, one after the other."
    return [tag("p", lead, class_="lead"), tag("div", figure, class_="grid-of-charts")]


def _curve(name: str, style: str, values: Array) -> charts.Curve:
    """The numbers of a curve; where there are fewer than there are steps, the last ones have none."""
    return charts.Curve(name, style, range(1, len(values) + 1), values.tolist())
