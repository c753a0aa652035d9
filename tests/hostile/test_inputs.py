"""3,000 mutated inputs: each ends in one message and exit code 1 or 2, or is answered; and nothing else happens.

`HOSTILE_COUNT` and `HOSTILE_SEED` ask for more of them, or others.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.attack import shares
from tests.hostile.good import GOOD
from tests.hostile.readers import READERS

ROOT = Path(__file__).parents[2]
COUNT = int(os.environ.get("HOSTILE_COUNT") or 3000)
SEED = os.environ.get("HOSTILE_SEED") or "0"


def attack(*words: object) -> subprocess.CompletedProcess[str]:
    """`python -m tests.hostile`, as anyone can run it."""
    pytest.importorskip("pandas")
    pytest.importorskip("PIL.Image")
    command = [sys.executable, "-m", "tests.hostile", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)


def attacked(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """How many inputs there were, and how many failed."""
    told = re.search(r"^(\d+) inputs, seed .*: (\d+) failed;", done.stdout, re.MULTILINE)
    assert told, done.stdout[-3000:] + done.stderr[-3000:]
    return int(told[1]), int(told[2])


@pytest.mark.slow("thousands of inputs")
@pytest.mark.parametrize("good", GOOD)
def test_every_input_is_refused_in_one_message_or_answered(good: str) -> None:
    readers = tuple(reader for reader in READERS if reader.good == good)
    count = COUNT if len(readers) > 1 else sum(shares(COUNT, readers).values())  # that of one alone is its own
    done = attack("--count", count, "--seed", SEED, *(word for reader in readers for word in ("--only", reader.name)))
    print(done.stdout[-2000:])
    number, failed = attacked(done)
    assert failed == 0, done.stdout
    assert number * sum(reader.share for reader in READERS) >= COUNT * sum(reader.share for reader in readers)
