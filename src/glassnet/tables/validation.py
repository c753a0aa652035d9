"""Whether a dict that was read from a file is an `Encoding` as JSON, before anything relies on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from glassnet.tables.cells import TableError
from glassnet.tables.recipe import DATE_PARTS, DATES

FORMAT = 1  # raised when an encoding changes in a way that older versions would misread

Check = Callable[[Any], bool]


def check(data: Any) -> None:
    """Raise TableError, with the place, if ``data`` is not what `Encoding.to_json` gives."""
    if isinstance(data, Mapping) and _is_whole(data.get("format")) and data["format"] > FORMAT:
        raise TableError(
            f"the encoding of the table is of format {data['format']}, and this glassnet reads up to {FORMAT}; "
            "install a newer one: pip install --upgrade glassnet"
        )
    _check_parts("encoding", data, ENCODING)
    _check_parts("target", data["target"], TARGETS[_choice("target", data["target"], "task", TARGETS)])
    for i, column in enumerate(data["columns"]):
        place = f"columns[{i}]"
        kind = _choice(place, column, "kind", KINDS)
        _check_parts(place, column, COLUMN | KINDS[kind])
        if kind != "category":
            values = len(column["parts"]) if kind == "date" else 1
            if not len(column["mean"]) == len(column["scale"]) == values:
                raise _broken(place, f"a mean and a scale for each of {values}", column["mean"])
    names = [data["target"]["name"], *(column["name"] for column in data["columns"])]
    if len(set(names)) < len(names) or set(names) & set(data["ignored"]):
        raise _broken("columns", "different names", names)


def _check_parts(place: str, data: Any, parts: Mapping[str, tuple[str, Check]]) -> None:
    if not isinstance(data, Mapping) or set(data) != set(parts):
        raise _broken(place, f"an object of {', '.join(parts)}", data)
    for name, (expected, fits) in parts.items():
        if not fits(data[name]):
            raise _broken(f"{place}.{name}", expected, data[name])


def _choice(place: str, data: Any, name: str, known: Mapping[str, Any]) -> str:
    value = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(value, str) or value not in known:
        raise _broken(f"{place}.{name}", f"one of {', '.join(known)}", value)
    return value


def _broken(place: str, expected: str, value: Any) -> TableError:
    return TableError(
        f"the encoding of the table is broken: expected {expected} as its {place}, got {value!r:.60}; "
        "use the original file, or train again"
    )


def _is_text(x: Any) -> bool:
    return isinstance(x, str)


def _is_flag(x: Any) -> bool:
    return isinstance(x, bool)


def _is_whole(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def _is_number(x: Any) -> bool:
    try:
        return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)
    except OverflowError:  # a whole number with more digits than a float can be
        return False


def _is_scale(x: Any) -> bool:
    return _is_number(x) and x > 0


def _is_one_of(*choices: Any) -> Check:
    return lambda x: any(type(x) is type(choice) and x == choice for choice in choices)


def _is_list_of(fits: Check, at_least: int = 1, different: bool = True) -> Check:
    def are(x: Any) -> bool:
        return (
            isinstance(x, list)
            and len(x) >= at_least
            and all(map(fits, x))
            and (not different or len(set(x)) == len(x))
        )

    return are


# What an encoding is made of: for each part, what it has to be, in words and as a test.
ENCODING: dict[str, tuple[str, Check]] = {
    "kind": ('"table"', _is_one_of("table")),
    "format": (str(FORMAT), _is_one_of(FORMAT)),
    "target": ("an object", lambda x: isinstance(x, Mapping)),
    "columns": ("a list of objects", _is_list_of(lambda x: isinstance(x, Mapping), different=False)),
    "ignored": ("texts by name", lambda x: isinstance(x, Mapping) and all(map(_is_text, [*x, *x.values()]))),
}
_DECIMAL = ('"." or ","', _is_one_of(".", ","))
_TEXTS = _is_list_of(_is_text)
TARGETS: dict[str, dict[str, tuple[str, Check]]] = {
    "classification": {
        "name": ("a text", _is_text),
        "task": ("a task", _is_text),
        "classes": ("two or more different texts", _is_list_of(_is_text, 2)),
        "decimal": ('".", "," or ""', _is_one_of(".", ",", "")),
    },
    "regression": {
        "name": ("a text", _is_text),
        "task": ("a task", _is_text),
        "mean": ("a number", _is_number),
        "scale": ("a number above 0", _is_scale),
        "decimal": _DECIMAL,
    },
}
COLUMN: dict[str, tuple[str, Check]] = {
    "name": ("a text", _is_text),
    "kind": ("a kind", _is_text),
    "missing": ("true or false", _is_flag),
}
_STANDARD: dict[str, tuple[str, Check]] = {
    "mean": ("a list of numbers", _is_list_of(_is_number, different=False)),
    "scale": ("a list of numbers above 0", _is_list_of(_is_scale, different=False)),
}
KINDS: dict[str, dict[str, tuple[str, Check]]] = {
    "number": {"decimal": _DECIMAL, **_STANDARD},
    "boolean": _STANDARD,
    "date": {
        "format": ("a form of dates", _is_one_of(*DATES)),
        "parts": (f"some of {', '.join(DATE_PARTS)}", _is_list_of(_is_one_of(*DATE_PARTS))),
        **_STANDARD,
    },
    "category": {"values": ("different texts", _TEXTS)},
}
