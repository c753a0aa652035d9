"""How a column becomes numbers, found from its cells: its recipe, a dict that JSON can hold.

- ``{"name", "kind": "number", "decimal": "." or ",", "mean": [m], "scale": [s], "missing": bool}``
- ``{"name", "kind": "boolean", "mean": [m], "scale": [s], "missing": bool}``
- ``{"name", "kind": "date", "format": "%Y-%m-%d", "parts": ["month", …], "mean": […], "scale": […], "missing": bool}``
- ``{"name", "kind": "category", "values": ["blue", "red"], "missing": bool}``

``missing``: cells were missing in training, so one more feature says where a cell is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from glassnet.tables.cells import TableError
from glassnet.tables.columns import NO_NUMBER, date_of, first_row, number_of, text_of, values_of

Recipe = dict[str, Any]

MOST = 100  # categories of a column that get a feature; the rest are "another one"
PROSE = 3  # words of a cell on average, from which a column of mostly different cells is text
ENOUGH = 0.95  # of the cells must be numbers for a column of numbers; the rest are taken as missing
YES_AND_NO = ({"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"on", "off"})
DATE_PARTS = ("days", "year", "month", "day", "weekday", "hour")
# Dates are taken as written: no zones, no guessing within a column. 05/06/2024 is May 6 unless the column has a 13/….
_DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y. %m. %d", "%Y. %m. %d.", "%Y년 %m월 %d일", "%m/%d/%Y", "%d/%m/%Y"),
    *("%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_MONTHS = ("%Y-%m", "%Y/%m", "%Y년 %m월")
YEARS = "%Y"  # of a column that is said to hold dates: others of such numbers are numbers
DATES = (*(day + time for time in ("", " %H:%M", " %H:%M:%S") for day in _DAYS), *_MONTHS, YEARS)
COUNTERS = ("", "#", "id", "index", "no", "no.", "row", "unnamed: 0")  # columns that only number the rows


class ColumnRecipe(NamedTuple):
    """The recipe of a column, or why the column is ignored, and notes."""

    recipe: Recipe | None
    why: str = ""
    notes: tuple[str, ...] = ()


def recipe_of(name: str, cells: Sequence[Any], rows: Sequence[int]) -> ColumnRecipe:
    """The recipe of the column ``name`` with these ``cells``; errors call the rows by the numbers in ``rows``.

    Raises TableError for a number that is infinite, or too large to compute with.
    """
    texts = [text_of(cell) for cell in cells]
    counts = Counter(filter(None, texts))
    if not counts:
        return ColumnRecipe(None, "empty")
    if len(counts) == 1:
        return ColumnRecipe(None, f"the same in every row ({next(iter(counts))!r:.40})")
    kind = _kind(counts)
    if not kind:
        return _category(name, texts, counts)
    if kind["kind"] == "number" and name.strip().casefold() in COUNTERS and _each_its_own(texts, counts):
        return ColumnRecipe(None, "a number of its own for each row")
    result = _standardised({"name": name, **kind}, texts, rows)
    return result if result.recipe is None else result._replace(notes=tuple(_readings(result.recipe, counts)))


def feature_names(recipe: Mapping[str, Any]) -> Iterator[str]:
    """The names of the features that a column becomes, in order."""
    name = recipe["name"]
    if recipe["kind"] == "category":
        yield from (f"{name} = {value}" for value in recipe["values"])
    elif recipe["kind"] == "date":
        yield from (f"{name}: {part}" for part in recipe["parts"])
    else:
        yield name
    if recipe["missing"]:
        yield f"{name} is missing"


def decimal_of(counts: Mapping[str, int], enough: float = ENOUGH) -> str:
    """The decimal mark of the texts, "." or ","; "" if they are not numbers."""
    for decimal in (".", ","):
        if _share(counts, partial(_is_number, decimal=decimal)) >= enough:
            return decimal
    return ""


def standard(values: np.ndarray) -> tuple[list[float], list[float]]:
    """The mean and the standard deviation of each column of numbers, nan left out; inf if they are too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.nanmean(values, axis=0).tolist(), np.nanstd(values, axis=0).tolist()


def _kind(counts: Mapping[str, int]) -> Recipe:
    """The kind of a column whose texts are these, and how they are read; empty for a category."""
    if {text.casefold() for text in counts} in YES_AND_NO:
        return {"kind": "boolean"}
    if decimal := decimal_of(counts):
        return {"kind": "number", "decimal": decimal}
    likely = [text for text in counts if re.search(r"\d{4}", text)][:5]  # those with a year
    forms = [form for form in DATES if any(_is_date(text, form) and not _is_date(text, DATES[0]) for text in likely)]
    if likely:
        shares = {form: _share(counts, partial(_is_date, form=form)) for form in (DATES[0], *forms)}
        form = max(shares, key=lambda form: shares[form])
        if shares[form] >= ENOUGH:
            return {"kind": "date", "format": form, "parts": list(DATE_PARTS)}
    return {}


def _readings(recipe: Recipe, counts: Mapping[str, int]) -> Iterator[str]:
    """Notes about cells that mean something else in another country."""
    name = recipe["name"]
    if recipe["kind"] == "number":
        decimal = recipe["decimal"]
        place = "before the decimals" if decimal == "," else "between the thousands"
        example = next((text for text in counts if "," in text and _is_number(text, decimal)), "")
        if example:
            yield f"{name}: a comma is taken to stand {place}: {example!r} is {number_of(example, decimal):.12g}"
    elif recipe["kind"] == "date" and recipe["format"].startswith("%m"):
        day, month = "%m" + recipe["format"][2:3] + "%d", "%d" + recipe["format"][2:3] + "%m"
        if _share(counts, partial(_is_date, form=recipe["format"].replace(day, month))) >= ENOUGH:
            example = next(text for text in counts if _is_date(text, recipe["format"]))
            when = date_of(example, recipe["format"])
            yield f"{name}: the month is taken to come before the day: {example!r} is {when:%Y-%m-%d}"


def _is_number(text: str, decimal: str) -> bool:
    value = number_of(text, decimal)
    return value == value  # nan is not


def _is_date(text: str, form: str) -> bool:
    return date_of(text, form) is not None


def _share(counts: Mapping[str, int], fits: Callable[[str], bool]) -> float:
    """The share of the cells that fit, of those that are not missing; 0 if it is below `ENOUGH`."""
    there = {text: n for text, n in counts.items() if text.casefold() not in NO_NUMBER}
    bound = (1 - ENOUGH) * sum(there.values())
    unfit = 0
    for text, n in there.items():
        unfit += 0 if fits(text) else n
        if unfit > bound:  # most columns of text are known for that after a few cells
            return 0
    return 1 - unfit / max(1, sum(there.values())) if there else 0


def _standardised(recipe: Recipe, texts: Sequence[str], rows: Sequence[int]) -> ColumnRecipe:
    """The recipe with the mean and scale of each of its values; without those that are the same in every row."""
    known = {text: values_of(text, recipe) for text in dict.fromkeys(texts)}
    raw = np.array([known[text] for text in texts])
    if np.isinf(raw).any():
        infinite = [text for text in known if np.isinf(known[text]).any()]
        where = first_row(texts, infinite, rows)
        raise TableError(f"{where}: expected finite numbers in {recipe['name']!r}, got {infinite[0]!r:.40}; correct it")
    mean, scale = standard(raw)
    if not np.isfinite([*mean, *scale]).all():
        raise TableError(f"expected numbers in {recipe['name']!r} that can be added up, got ones of 1e154 and beyond")
    kept = [i for i, s in enumerate(scale) if s > 0 and np.ptp(raw[~np.isnan(raw[:, i]), i]) > 0]
    if not kept:
        return ColumnRecipe(None, "the same in every row")
    recipe |= {"mean": [mean[i] for i in kept], "scale": [scale[i] for i in kept]}
    if recipe["kind"] == "date":
        recipe["parts"] = [recipe["parts"][i] for i in kept]
    return ColumnRecipe({**recipe, "missing": bool(np.isnan(raw).any())})


def _category(name: str, texts: Sequence[str], counts: Mapping[str, int]) -> ColumnRecipe:
    if _each_its_own(texts, counts):
        return ColumnRecipe(None, "text, another in every row")
    is_prose = sum(len(text.split()) for text in counts) >= PROSE * len(counts)
    if (is_prose or len(counts) > MOST) and len(counts) > sum(counts.values()) / 2:
        return ColumnRecipe(None, f"text, {len(counts):,} different ones in {sum(counts.values()):,} rows")
    often = sorted(counts, key=lambda text: (-counts[text], text))[:MOST]
    notes: tuple[str, ...] = ()
    if len(counts) > MOST:
        notes = (f"{name}: of {len(counts):,} categories the {MOST} most frequent are told apart, the rest is one",)
    recipe = {"name": name, "kind": "category", "values": sorted(often), "missing": not all(texts)}
    return ColumnRecipe(recipe, notes=notes)


def _each_its_own(texts: Sequence[str], counts: Mapping[str, int]) -> bool:
    return len(counts) == len([text for text in texts if text])
