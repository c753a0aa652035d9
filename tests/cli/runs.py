"""What is in a run folder, for tests to look at."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from glassnet import no_grad


def rows(folder: Path) -> list[dict[str, float]]:
    """The history."""
    with open(folder / "history.csv", newline="") as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def config(folder: Path) -> dict[str, Any]:
    """The configuration."""
    return json.loads((folder / "config.json").read_text())


def tree(folder: Path) -> list[str]:
    """Everything below ``folder``."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def accuracy(model: Any, part: Any) -> float:
    """The share of samples that ``model`` is right about."""
    with no_grad():
        predicted = model(part.inputs).numpy().argmax(1)
    return float((predicted == part.targets.numpy()).mean())
