"""The first layer's weights as pictures: what each of its units looks for in an image."""

from __future__ import annotations

import numpy as np

from glassnet.explain.png import picture, weights
from glassnet.ops.dtypes import Array
from glassnet.training.report.content import Report
from glassnet.training.report.formats import number
from glassnet.training.report.markup import Html, tag

MOST = 64


def first_layer(report: Report) -> list[Html]:
    """The section on the first layer; nothing if its inputs are no picture."""
    if report.first_layer is None or not report.image_shape or not len(report.first_layer):
        return []
    matrix = np.asarray(report.first_layer, np.float64)
    matrix = np.where(np.isfinite(matrix), matrix, 0.0)
    order = np.argsort(-np.abs(matrix).max(1), kind="stable")[:MOST]
    # the scale is one for all, so that a faint picture is a weak unit; a few giants may not blank the rest
    largest = float(np.quantile(np.abs(matrix), 0.999)) or float(np.abs(matrix).max())
    shape = tuple(int(n) for n in report.image_shape)
    units = [_unit(int(unit), matrix[unit], shape, largest) for unit in sorted(order.tolist())]
    lead = f"What each of the {len(matrix):,} units weighs, pixel by pixel."
    if len(units) < len(matrix):
        lead = f"What each unit weighs, pixel by pixel: the {len(units)} of {len(matrix):,} with the largest weights."
    colours = tag(
        "p",
        tag("span", f"−{number(largest)}"), tag("span", class_="scale", role="img", aria_label="blue to orange"),
        tag("span", f"+{number(largest)}"),
        class_="colours",
    )  # fmt: skip
    in_colour = len(shape) == 3 and shape[0] == 3
    key = tag("p", "Grey is 0; red, green and blue above it are positive weights of that channel.", class_="note")
    return [tag("p", lead, class_="lead"), key if in_colour else colours, tag("ul", *units, class_="pictures units")]


def _unit(unit: int, row: Array, shape: tuple[int, ...], largest: float) -> Html:
    if len(shape) == 3 and shape[0] == 3:
        source = picture(row.reshape(shape).transpose(1, 2, 0), -largest, largest)
    else:
        source = weights(row.reshape(shape[-2:]), largest)
    return tag("li", tag("img", src=source, alt=f"weights of unit {unit}", title=f"unit {unit}"))
