"""CONTRIBUTING is true: its examples run, each recipe in a process of its own, and the files it names are there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.shares import one_in
from tests.test_docs import blocks

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

RECIPES: dict[str, str] = defaultdict(str)
for block in blocks(PAGE):
    if block.kind == "python":
        RECIPES[block.more] += block.text


def test_there_is_a_recipe_for_each_kind_of_addition() -> None:
    assert list(RECIPES) == ["operation", "layer", "engine", "exporter", "source", "check"]


@pytest.mark.parametrize("recipe", one_in(3, RECIPES))
def test_a_recipe_works(recipe: str, tmp_path: Path) -> None:
    script = tmp_path / "recipe.py"
    script.write_text(RECIPES[recipe], encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_files_it_names_are_there() -> None:
    named = {name.rstrip("…") for name in re.findall(r"`((?:src|tests|docs)/[\w/.…]+)`", PAGE) if "NAME" not in name}
    assert len(named) > 12
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing
