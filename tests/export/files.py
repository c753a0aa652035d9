"""Exported files, run: as modules within this process, and as processes that cannot import glassnet."""

from __future__ import annotations

import ast
import io
import os
import runpy
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

# these are there for the tests, and must not be for the file
ALONE = """
import runpy, sys
sys.modules |= dict.fromkeys(("glassnet", "pandas", "pyarrow", "safetensors"))
sys.path = [entry for entry in sys.path if entry]
_, path, *sys.argv[1:] = sys.argv
sys.argv[0] = path
runpy.run_path(path, run_name="__main__")
"""


def check_defined_once(path: Path) -> None:
    """What the file defines, of operations and of encoders, it defines once: a second would take the first's place."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names += [ast.unparse(target) for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert sorted(names) == sorted(set(names))


def loaded(path: Path) -> dict[str, Any]:
    """What the file defines when it is imported."""
    check_defined_once(path)
    return runpy.run_path(str(path), run_name="model")


def run(path: Path, *words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``python FILE WORDS``, in a process where nothing but NumPy can be imported and every warning is an error."""
    check_defined_once(path)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "COV_CORE_SOURCE")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, str(path), *map(str, words)],
        cwd=cwd or path.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def run_here(path: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The same within this process, for what does not depend on what else can be imported."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = [str(path), *map(str, words)]
    with chdir(path.parent), patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except SystemExit as end:
            code = end.code or 0
            if isinstance(code, str):  # what Python does with it
                print(code, file=err)
                code = 1
    return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())
