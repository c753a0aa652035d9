"""Plant every fault in a copy of the tree, one at a time, and run the tests until one fails.

First the quick tests named beside the fault, then all quick ones, then all. Words after the command choose the faults
that have one of them in the name. Ends with 1 where a fault was not caught, or where more than one in ten was caught by
slow tests alone; with 2 where one cannot be planted, or the tests fail without any.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.planted import FAULTS, SOURCE, Fault

ROOT = Path(__file__).parents[2]
QUICK = ("-m", "not slow", "--hypothesis-profile=quick")
LEFT_OUT = (".git", ".venv", "__pycache__", ".*cache*", "runs", "build", "dist", "htmlcov")
MISSED_BY_QUICK = 0.1


class Tree:
    """The copy, in which pytest is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "glassnet"
        shutil.copytree(ROOT, self.folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        if (ROOT.parent / "shared").is_dir():  # data that some tests read
            (folder / "shared").symlink_to(ROOT.parent / "shared")

    def failing(self, *options: str) -> str | None:
        """The first test that fails, or None."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *options]
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "src")}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return None
        failed = re.search(r"^(?:FAILED|ERROR|SUBFAILED\S*) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
        if failed is None:
            raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return failed[1]


def caught(tree: Tree, fault: Fault) -> tuple[str, str]:
    """Which tests caught it, and the first of these."""
    path = tree.folder / SOURCE / fault.file
    right = path.read_text(encoding="utf-8")
    path.write_text(fault.planted(tree.folder), encoding="utf-8")
    try:
        for tests, options in (
            ("quick, near", (*QUICK, *fault.near)),
            ("quick", (*QUICK, "-n", "2", "--dist", "worksteal")),
            ("slow", ("-n", "2", "--dist", "worksteal")),
        ):
            test = tree.failing(*options)
            if test is not None:
                return tests, test
        return "none", ""
    finally:
        path.write_text(right, encoding="utf-8")


def main(*words: str) -> int:
    """The exit code."""
    faults = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
    try:
        for fault in faults:
            fault.planted(ROOT)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder).resolve())
        near = sorted({path for fault in faults for path in fault.near})
        without = tree.failing(*QUICK, "-n", "2", "--dist", "worksteal", *near)
        if without is not None:
            print(f"without a fault, {without} fails", file=sys.stderr)
            return 2
        counts = {"quick, near": 0, "quick": 0, "slow": 0, "none": 0}
        for fault in faults:
            tests, test = caught(tree, fault)
            counts[tests] += 1
            print(f"{tests:18}  {fault.name}  {test}", flush=True)
    print(", ".join(f"{tests}: {count}" for tests, count in counts.items()))
    return int(counts["none"] > 0 or counts["slow"] > MISSED_BY_QUICK * len(faults))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
