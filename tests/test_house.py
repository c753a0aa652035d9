"""What holds for the house as a whole: what it loads, how long that takes, and what it never uses."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

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


def test_import_takes_under_twice_as_long_as_numpy_s(tmp_path):
    """The one test of time, asked for by the design: best of several, taking turns."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONPATH": str(SOURCE.parent)}

    def seconds(statement: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
        return time.perf_counter() - start

    statements = ("pass", "import numpy", "import glassnet")
    for statement in statements:
        seconds(statement)  # fills the cache of bytecode
    best = [min(times) for times in zip(*([seconds(s) for s in statements] for _ in range(7)), strict=True)]
    python, numpy, house = best
    assert house - python < 2 * (numpy - python), f"python {python:.3f} s, numpy {numpy:.3f} s, glassnet {house:.3f} s"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_pickle(path):
    """Not imported, and not by the back door of NumPy's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False, f"line {node.value.lineno}: allow_pickle"
        roots = {name.partition(".")[0] for name in names}
        assert not roots & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def test_everything_offered_is_there():
    for module in (glassnet, glassnet.autograd, glassnet.ops):
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"{module.__name__}.{name}"


def test_the_package_says_that_it_is_typed():
    assert (SOURCE / "py.typed").exists()
