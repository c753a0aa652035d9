"""What is in a run folder, for tests to look at."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from glassnet import no_grad
from glassnet.cli.app import app


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


def trained(runs: Path, words: tuple[object, ...]) -> Path:
    """The folder in ``runs`` of a run that nothing came between."""
    result = CliRunner().invoke(app, [*map(str, words), "--out", str(runs)])
    assert result.exit_code == 0, result.output
    return runs / f"{words[1]}-001"


def assert_learned_the_same(run: Path, whole: Path) -> None:
    """See that two runs have the same network and history, to the last bit."""
    for name in ("model.safetensors", "history.csv"):
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name


def accuracy(model: Any, part: Any) -> float:
    """The share of samples that ``model`` is right about."""
    with no_grad():
        predicted = model(part.inputs).numpy().argmax(1)
    return float((predicted == part.targets.numpy()).mean())
