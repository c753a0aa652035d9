"""What holds for the house as a whole: what it loads, how long that takes, and what it never uses."""

from __future__ import annotations

import ast
import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import grimp
import pytest

import glassnet

SOURCE = Path(glassnet.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
FOREIGN = ("safetensors", "typer", "rich", "matplotlib", "sklearn", "torch", "pandas", "PIL")


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCE.parent), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_import_loads_numpy_and_itself_alone():
    code = """
import sys, numpy
before = set(sys.modules)
import glassnet
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""
    loaded = set(run(code).split())
    assert "glassnet" in loaded
    assert not loaded & set(FOREIGN)
    of_numpy = {"numpy", "cython_runtime", *(name for name in loaded if name.startswith("_cython"))}
    assert loaded - {"glassnet"} - of_numpy <= sys.stdlib_module_names


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="how much freed memory is kept is said to glibc")
def test_memory_of_a_step_is_there_for_the_next_one():
    """Pages given back to the system and asked for again: each has to be filled with zeros first."""
    code = """
import resource
import numpy as np
import glassnet
def step():
    arrays = [np.ones(n << 20, np.uint8) for n in (5, 8, 3, 9, 6)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    assert int(run(code)) < 100
    assert int(run(code.replace("import glassnet", ""))) > 1000


# What `import glassnet` may load besides NumPy's own modules: a whole process of it takes about 1.25 times one of
# `import numpy` (`make bench`), and may take 1.5. A name that is missing here costs time in every process: import it
# where it is used. Each room's number is of its modules, itself included.
STANDARD = {"__future__", "copy", "dataclasses", "threading"}
ROOMS = {
    "": 1,
    "trace": 1,
    "autograd": 3,
    "errors": 1,
    "notebook": 1,
    "observer": 1,
    "ops": 22,
    "random": 1,
    "tensor": 30,
    "threads": 1,
    "version": 1,
}


def test_import_loads_what_every_script_uses_and_no_more():
    before, after = run("import sys, numpy; print(*sys.modules); import glassnet; print(*sys.modules)").splitlines()
    loaded = set(after.split()) - set(before.split())
    assert {name for name in loaded if name.partition(".")[0] in sys.stdlib_module_names} <= STANDARD
    assert not {name for name in loaded if name.startswith("numpy.random")}, "a third of the time that is left"

    rooms = Counter((f"{name}.").split(".")[1] for name in loaded if name.partition(".")[0] == "glassnet")
    assert not rooms.keys() - ROOMS.keys(), (
        "a room that is used later is loaded later: see _ROOMS in glassnet/__init__.py"
    )
    too_many = {room: number for room, number in rooms.items() if number > ROOMS[room]}
    assert not too_many, "is each of these modules needed by every script?"


PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


AT_THE_TOP = {
    ".editorconfig", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "README.ko.md", "README.md", "pyproject.toml",
}  # fmt: skip


def test_nothing_that_an_example_wrote_was_committed_at_the_top():
    git = shutil.which("git")
    listed = git and subprocess.run(
        [git, "ls-files"], cwd=SOURCE.parents[1], capture_output=True, text=True, check=False
    )
    if not listed or listed.returncode or "pyproject.toml" not in listed.stdout.splitlines():
        pytest.skip("not a clone")
    assert {name for name in listed.stdout.splitlines() if "/" not in name} == AT_THE_TOP


def test_no_pickle():
    """Not imported, and not by the back door of NumPy's."""
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if not any(word in text for word in PICKLES):  # nor is allow_pickle in it
            continue
        for node in ast.walk(ast.parse(text)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), f"{path}, line {node.value.lineno}: allow_pickle"
                assert node.value.value is False, f"{path}, line {node.value.lineno}: allow_pickle"
            roots = {name.partition(".")[0] for name in names}
            assert not roots & PICKLES, path


# File names that stand in several rooms, because they are of one subject there.
OF_ONE_SUBJECT = {
    "activation", "adafactor", "adam", "adaptive", "asgd", "attention", "avg_pooling", "channels", "checks",
    "classification", "confusion", "convolution", "creation", "ctc", "curves", "dataset", "distance", "dropout",
    "elementwise", "embeddings", "errors", "fractional_pooling", "grid_sampling", "hooks", "indexing",
    "interpolation", "latex", "linear", "loss", "margin", "max_pooling", "muon", "normalization", "padding",
    "pooling", "printing", "recurrence", "reduction", "rprop", "sampler", "sampling", "sgd", "shrinkage",
    "signs", "softmax", "special", "standalone", "text", "torchvision", "trigonometric", "unfolding",
}  # fmt: skip


def test_a_file_name_means_one_thing():
    engines = SOURCE / "engines"  # which are made alike: a name that stands in several of them counts once
    places = {(path.stem, engines if engines in path.parents else path) for path in MODULES if path.stem != "__init__"}
    names = Counter(name for name, _ in places)
    shared = {name for name, number in names.items() if number > 1}
    assert shared == OF_ONE_SUBJECT


def test_imports_go_in_no_circle():
    """Counting imports in functions, and those for annotations alone: nothing is read before what it needs."""
    graph = grimp.build_graph("glassnet", cache_dir=None, exclude_type_checking_imports=False)
    needs = {name: graph.find_upstream_modules(name) for name in graph.modules}
    rounds = {name: {other for other in needs[name] if name in needs[other]} for name in needs}
    circles = {
        frozenset(member.removeprefix("glassnet.") for member in {name} | others)
        for name, others in rounds.items()
        if others
    }
    assert circles == set()


def test_everything_offered_is_there():
    for module in (glassnet, glassnet.autograd, glassnet.ops):
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"{module.__name__}.{name}"


def test_what_the_pages_name_is_there_without_an_import_of_its_own():
    run("import glassnet; glassnet.explain.plots.curves, glassnet.tables.read_table, glassnet.datasets.load_digits")


def test_no_room_takes_the_place_of_a_function():
    """A module that is loaded is set in its package, whatever is there."""
    code = """
import glassnet, importlib, pkgutil
offered = {name: vars(glassnet)[name] for name in glassnet.__all__ if name in vars(glassnet)}
for module in pkgutil.iter_modules(glassnet.__path__):
    if module.name not in ("__main__", "cli"):
        importlib.import_module(f"glassnet.{module.name}")
print(*(name for name, value in offered.items() if vars(glassnet)[name] is not value))
"""
    assert run(code).split() == []


def test_the_package_says_that_it_is_typed():
    assert (SOURCE / "py.typed").exists()
