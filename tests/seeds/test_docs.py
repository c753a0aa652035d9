"""docs/seeds.md and its Korean twin: the code runs, every name is there, and every test is mentioned."""

from __future__ import annotations

import ast
import doctest
import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

import glassnet
import glassnet.nn.functional
import glassnet.scratch
import glassnet.utils.data
import glassnet.vision
from tests.seeds.places import ROOT

DOCS = [ROOT / "docs" / "seeds.md", ROOT / "docs" / "ko" / "seeds.md"]
SEEDS = ["000", "001", "002", "003", "004"]
ROOTS: dict[str, Any] = {
    "scratch": glassnet.scratch,
    "glassnet": glassnet,
    "nn": glassnet.nn,
    "F": glassnet.nn.functional,
    "vision": glassnet.vision,
}

each_language = pytest.mark.parametrize("path", DOCS, ids=["english", "korean"])


def code(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@each_language
def test_examples(path: Path) -> None:
    session = doctest.DocTestParser().get_doctest("\n".join(code(path)), {}, path.name, str(path), 0)
    assert len(session.examples) >= 10
    failures: list[str] = []
    doctest.DocTestRunner(verbose=False).run(session, out=failures.append)
    assert not failures, "".join(failures)


def test_both_languages_show_the_same_code_and_tests() -> None:
    assert code(DOCS[0]) == code(DOCS[1])
    english, korean = (re.findall(r"`(test_\w+)`", path.read_text(encoding="utf-8")) for path in DOCS)
    assert english == korean


@each_language
@pytest.mark.parametrize("seed", SEEDS)
def test_every_test_of_a_seed_is_in_its_table(path: Path, seed: str) -> None:
    (table,) = re.findall(rf"\| \[?[^\n]*test_{seed}\.py.*?\n\n", path.read_text(encoding="utf-8"), re.DOTALL)
    source = (ROOT / "tests" / "seeds" / f"test_{seed}.py").read_text(encoding="utf-8")
    functions = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    assert set(re.findall(r"`(test_\w+)`", table)) == {name for name in functions if name.startswith("test_")}


@each_language
def test_every_name_is_there(path: Path) -> None:
    names = re.findall(r"`((?:scratch|glassnet|nn|F|vision)(?:\.\w+)+)", path.read_text(encoding="utf-8"))
    assert len(names) > 50
    for name in names:
        root, *attributes = name.split(".")
        assert reduce(getattr, attributes, ROOTS[root]) is not None, name


@each_language
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (path.parent / target).exists(), target
