"""Whether a dict that was read from a file is an `Encoding` as JSON, before anything relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.files.schema import (
    Kind,
    Misfit,
    an_object,
    anything,
    described,
    filled,
    flag,
    items,
    named,
    number,
    one_of,
    record,
    text,
    whole,
)  # fmt: skip
from glassnet.tables.cells import TableError
from glassnet.tables.recipe import DATE_PARTS, DATES

FORMAT = 1  # raised when an encoding changes in a way that older versions would misread
_LARGEST, _SMALLEST = 1e155, 1e-170  # of numbers whose squares can be added up


def check(data: Any) -> None:
    """Raise TableError, with the place, if ``data`` is not what `Encoding.to_json` gives."""
    if isinstance(data, Mapping) and whole(FORMAT + 1).test(data.get("format")):
        raise TableError(
            f"the encoding of the table is of format {described(data['format'])}, and this glassnet reads up to "
            f"{FORMAT}; install a newer one: pip install --upgrade glassnet"
        )
    try:
        ENCODING.check(data, "encoding")
        _check_chosen(TARGETS, "task", data["target"], "target")
        for i, column in enumerate(data["columns"]):
            _check_chosen(KINDS, "kind", column, f"columns[{i}]")
            if column["kind"] != "category":
                values = len(column["parts"]) if column["kind"] == "date" else 1
                for name in ("mean", "scale"):
                    items(anything, values, values).check(column[name], f"columns[{i}].{name}")
        names = [data["target"]["name"], *(column["name"] for column in data["columns"]), *data["ignored"]]
        items(text, different=True).check(names, "names")
    except Misfit as error:
        problem = f"the encoding of the table is broken: its {error}"
        raise TableError(problem, "use the original file, or train again") from None


def _check_chosen(known: Mapping[str, Kind], by: str, data: Any, place: str) -> None:
    record({by: one_of(*known)}, others=True).check(data, place)
    known[data[by]].check(data, place)


# What an encoding is made of.
ENCODING = record(
    {
        "kind": one_of("table"),
        "format": one_of(FORMAT),
        "target": an_object,
        "columns": items(an_object, 1),
        "ignored": named(text),
    }
)
_QUANTITY = number(least=-_LARGEST, most=_LARGEST, expected="a number")
_SCALE = number(least=_SMALLEST, most=_LARGEST, expected="a number above 0")
_DECIMAL = one_of(".", ",")
TARGETS = {
    "classification": record(
        {"name": text, "task": text, "classes": items(filled, 2, different=True), "decimal": one_of(".", ",", "")}
    ),
    "regression": record({"name": text, "task": text, "mean": _QUANTITY, "scale": _SCALE, "decimal": _DECIMAL}),
}
_COLUMN = {"name": text, "kind": text, "missing": flag}
_STANDARD = {**_COLUMN, "mean": items(_QUANTITY, 1), "scale": items(_SCALE, 1)}
KINDS = {
    "number": record({**_STANDARD, "decimal": _DECIMAL}),
    "boolean": record(_STANDARD),
    "date": record(
        {
            **_STANDARD,
            "format": one_of(*DATES, expected="a form of dates"),
            "parts": items(one_of(*DATE_PARTS), 1, different=True),
        }
    ),
    "category": record({**_COLUMN, "values": items(text, 1, different=True)}),
}
