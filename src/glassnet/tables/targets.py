"""The target: the column that a network learns, encoded as numbers, and decoded.

A target is a dict that JSON can hold:

- ``{"name", "task": "classification", "classes": ["setosa", …], "decimal": "" or "." or ","}``
- ``{"name", "task": "regression", "mean": m, "scale": s, "decimal": "." or ","}``

``decimal`` is "" for classes that are not numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tables.cells import TableError
from glassnet.tables.columns import few, first_row, number_of
from glassnet.tables.recipe import decimal_of, standard

TASKS = ("classification", "regression")
FEWEST = 5  # rows of a class: one of them is held out
SCATTERED = 4 * FEWEST  # rows: where no class has enough of so many, it is not rows that are missing
Target = dict[str, Any]


def target_of(
    name: str, texts: Sequence[str], rows: Sequence[int], task: str | None = None
) -> tuple[Target, list[str]]:
    """The target in these cells, none of which is empty, and notes.

    Without ``task``: text, yes or no, and numbers of which there are two (0 and 1) are classes; any
    other numbers are a quantity to estimate. Raises TableError for a target that cannot be learned.
    """
    if task not in (None, *TASKS):
        raise TableError(f"task: expected {' or '.join(TASKS)}, got {task!r:.40}")
    counts = Counter(texts)
    if not counts:
        raise TableError(f"the target {name!r} is missing in every row; choose another column")
    decimal = decimal_of(counts, 1)
    if not decimal and not task and decimal_of(counts):
        wrong = next(text for text in counts if number_of(text) != number_of(text))
        raise TableError(
            f"{first_row(texts, {wrong}, rows)}: expected a number in the target {name!r}, as in almost every row, got "
            f"{wrong!r:.40}; correct it, or say that these are classes: --task classification"
        )
    values = {text: number_of(text, decimal) for text in counts} if decimal else {}
    for text, value in values.items():
        if np.isinf(value):
            where = first_row(texts, {text}, rows)
            raise TableError(f"{where}: expected finite numbers in the target {name!r}, got {text!r:.40}; correct it")
    kinds = len(set(values.values())) if values else len({_label(text, "") for text in counts})
    if kinds == 1:
        raise TableError(
            f"the target {name!r} is {texts[0]!r:.40} in every row: there is nothing to learn; choose another column"
        )
    task = task or ("classification" if kinds == 2 or not decimal else "regression")
    if task == "regression":
        return _quantity(name, texts, rows, decimal, values)
    return _classes(name, texts, decimal, kinds)


def _quantity(
    name: str, texts: Sequence[str], rows: Sequence[int], decimal: str, values: Mapping[str, float]
) -> tuple[Target, list[str]]:
    if not decimal:
        wrong = next(text for text in texts if number_of(text) != number_of(text))
        raise TableError(
            f"{first_row(texts, {wrong}, rows)}: expected a number in the target {name!r}, as regression needs, got "
            f"{wrong!r:.40}; choose another column, or --task classification"
        )
    (mean,), (scale,) = standard(np.array([[values[text]] for text in texts]))
    if not np.isfinite([mean, scale]).all() or scale == 0:
        raise TableError(f"the target {name!r} holds numbers too large or too small to compute with; rescale them")
    different = sorted(set(values.values()))
    notes = []
    if len(different) <= 20 and all(value.is_integer() for value in different):
        notes.append(
            f"{name} holds {len(different)} different whole numbers: taken as a quantity (regression); "
            "to take them as classes: --task classification"
        )
    return {"name": name, "task": "regression", "mean": mean, "scale": scale, "decimal": decimal}, notes


def _classes(name: str, texts: Sequence[str], decimal: str, kinds: int) -> tuple[Target, list[str]]:
    counts = Counter(_label(text, decimal) for text in texts)
    is_scattered = len(texts) >= SCATTERED and max(counts.values()) < FEWEST
    if kinds > max(2, len(texts) / 2) or is_scattered:
        raise TableError(
            f"the target {name!r} has {kinds:,} different values in {len(texts):,} rows: too many to be classes; "
            f"choose another column{', or --task regression' if decimal else ''}"
        )
    classes = sorted(counts, key=lambda label: (number_of(label) if decimal else 0, label))
    alone = [repr(label)[:40] for label in classes if counts[label] == 1]
    notes = []
    if alone:
        one = len(alone) == 1
        notes.append(
            f"{name}: {few(alone)} {'is the class' if one else 'are classes'} of a single row{'' if one else ' each'}: "
            "too few to learn from and to test with"
        )
    return {"name": name, "task": "classification", "classes": classes, "decimal": decimal}, notes


def encode_target(target: Target, texts: Sequence[str], rows: Sequence[int]) -> Array:
    """Class numbers [n] (int64), or standardised numbers [n, 1] (float32). Raises TableError for any other cell."""
    name = target["name"]
    if target["task"] == "classification":
        known = {label.casefold(): i for i, label in enumerate(target["classes"])}
        known |= {label: i for i, label in enumerate(target["classes"])}
        labels = {text: _label(text, target["decimal"]) for text in dict.fromkeys(texts)}
        numbers = {text: known.get(label, known.get(label.casefold())) for text, label in labels.items()}
        wrong = [text for text, number in numbers.items() if number is None]
        if wrong:
            raise TableError(
                f"{first_row(texts, wrong, rows)}: expected one of the classes {few(target['classes'])} in {name!r}, "
                f"got {few([repr(text)[:40] for text in wrong])}; correct it, or train with such rows, too"
            )
        return np.array([numbers[text] for text in texts], np.int64)
    values = {text: number_of(text, target["decimal"]) for text in dict.fromkeys(texts)}
    wrong = [text for text, value in values.items() if not np.isfinite(value)]
    if wrong:
        where = first_row(texts, wrong, rows)
        raise TableError(f"{where}: expected a finite number in the target {name!r}, got {wrong[0]!r:.40}; correct it")
    quantities = np.array([values[text] for text in texts], np.float64).reshape(-1, 1)
    return np.asarray((quantities - target["mean"]) / target["scale"], np.float32)


def decode_target(target: Target, array: Array) -> Array:
    """Labels of class numbers [n] or of scores [n, classes]; or estimates in the units of the table, [n]."""
    array = np.asarray(array)
    if target["task"] == "regression":
        return np.asarray(array.astype(np.float64) * target["scale"] + target["mean"]).reshape(len(array))
    names = np.array(target["classes"], object)  # as objects: else each label is as long as the longest
    return names[array.argmax(1) if array.ndim == 2 else array]


def _label(text: str, decimal: str) -> str:
    """The class that a text names: 1 and 1.0 are the same one, if all of them are numbers."""
    value = number_of(text, decimal) if decimal else np.nan
    if not np.isfinite(value):
        return text
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
