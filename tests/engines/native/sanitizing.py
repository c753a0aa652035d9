"""The tests of the native engine once more, with C that watches itself: ``python -m tests.engines.native.sanitizing``.

AddressSanitizer sees what is read or written beyond a value, UndefinedBehaviorSanitizer what C leaves open, and
ThreadSanitizer what two threads touch at once. Each stops the tests at the first fault.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
TESTS = ("tests/engines/native", "tests/engines/test_table.py", "tests/compilation/test_epochs.py")
NOT_HERE = " and not ".join(("", "compiler", "library_cache", "sanitizers"))  # they are about other processes


class Sanitizer(NamedTuple):
    """Flags of the compiler, the libraries that have to be there before Python's own memory is, and a plugin."""

    flags: str
    libraries: tuple[str, ...]
    options: dict[str, str]
    plugin: str = ""
    selected: str = ""


SANITIZERS = {
    "address": Sanitizer(
        "-fsanitize=address,undefined -fno-sanitize-recover=all",
        ("libasan.so", "libubsan.so"),
        {"ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"},  # Python leaves memory to the system at its end
        plugin="tests.engines.native.poisoned",
    ),
    "thread": Sanitizer(
        "-fsanitize=thread", ("libtsan.so",), {"TSAN_OPTIONS": "halt_on_error=1:exitcode=66"}, selected="thread"
    ),
}


def missing(name: str) -> str:
    """What is not here that a sanitizer needs; "" where nothing is missing."""
    if sys.platform != "linux" or shutil.which("gcc") is None:
        return "sanitizers are run with gcc on Linux"
    lacking = [library for library in SANITIZERS[name].libraries if not _found(library)]
    if not lacking and name == "thread" and shutil.which("setarch") is None:
        return "setarch is not here"
    return f"gcc has no {lacking[0]} here" if lacking else ""


def sanitized(name: str, command: Sequence[str], cache: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with a ``command``, so that what the native engine compiles is watched. Its libraries are kept in
    ``cache``."""
    kind = SANITIZERS[name]
    # addresses of a program that are drawn anew each time leave ThreadSanitizer no room for its notes
    fixed = ["setarch", "-R"] if name == "thread" else []
    environment = {
        **os.environ,
        **kind.options,
        "CC": f"gcc -g {kind.flags}",
        "LD_PRELOAD": " ".join(map(_found, kind.libraries)),
        "XDG_CACHE_HOME": str(cache),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    return subprocess.run(
        [*fixed, sys.executable, *command], cwd=ROOT, env=environment, text=True, capture_output=True, check=False
    )


def _found(library: str) -> str:
    path = subprocess.run(["gcc", f"-print-file-name={library}"], capture_output=True, text=True, check=False).stdout
    return path.strip() if os.path.isabs(path.strip()) else ""


def main() -> int:
    """Run the tests with each sanitizer; the exit code is that of the first that fails."""
    for name, kind in SANITIZERS.items():
        if why := missing(name):
            print(f"== {name}: not run: {why}")
            continue
        print(f"== {name} sanitizer", flush=True)
        command = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "", *TESTS]
        command += ["-k", f"{kind.selected or 'native'}{NOT_HERE}", *(["-p", kind.plugin] if kind.plugin else [])]
        with tempfile.TemporaryDirectory() as cache:
            done = sanitized(name, command, Path(cache))
        print(done.stdout[-4000:], done.stderr[-8000:])
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
