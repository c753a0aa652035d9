"""Every parser refuses by an error of its own, or takes what it is given, whatever that is."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import formats, trees
from tests.hostile.mutations import TABLE, Mutation
from tests.hostile.parsers import Parser, parsers, tried

ROOT = Path(__file__).parents[2]
WAYS: dict[str, tuple[Mutation, ...]] = {
    "JSON": (*TABLE, *(trees.json_tree,) * 20),
    "config": (*TABLE, *(trees.json_tree,) * 20),
    "settings": (*TABLE, *(trees.toml_tree,) * 20),
    "npy": (*TABLE, *formats.NPY),
    "IDX": (*TABLE, *formats.IDX),
    "tensors": (*TABLE, *formats.SAFETENSORS),
    "model": (*TABLE, *formats.SAFETENSORS),
}
NAMES = (
    "JSON",
    "config",
    "settings",
    "table",
    "numbers",
    "series",
    "text",
    "npy",
    "IDX",
    "tensors",
    "model",
    "formula",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For files."""
    return tmp_path_factory.mktemp("parsers")


@pytest.fixture(scope="module")
def known(folder: Path) -> dict[str, Parser]:
    """The parsers."""
    return parsers(folder)


def test_the_names_are_those_of_the_parsers(known: dict[str, Parser]) -> None:
    assert tuple(known) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_good_bytes_are_taken(name: str, known: dict[str, Parser], folder: Path) -> None:
    assert tried(known[name], known[name].good, folder) is None


@pytest.mark.slow("hundreds of inputs")
@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_refused_by_an_error_of_ours_or_taken(name: str, known: dict[str, Parser], folder: Path) -> None:
    @settings(max_examples=3 * settings.default.max_examples)
    @given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
    def refused_or_taken(data: bytes) -> None:
        tried(known[name], data, folder)

    refused_or_taken()


@pytest.mark.slow("hundreds of inputs")
@pytest.mark.parametrize("name", NAMES)
def test_damaged_bytes_are_refused_by_an_error_of_ours_or_taken(
    name: str, known: dict[str, Parser], folder: Path
) -> None:
    goods = [parser.good for parser in known.values()]

    @settings(max_examples=10 * settings.default.max_examples)
    @given(st.integers(0, 2**64), st.sampled_from(WAYS.get(name, TABLE)))
    def refused_or_taken(seed: int, way: Mutation) -> None:
        tried(known[name], way(known[name].good, Random(seed), goods), folder)

    refused_or_taken()


@pytest.mark.slow("a fuzzer's search")
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs atheris, which is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_a_search_for_new_branches_finds_no_other_error(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.hostile.fuzz", name, "-runs=3000", "-seed=1", "-max_len=600"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 3000 runs" in done.stderr
