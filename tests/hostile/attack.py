"""An attack: a reader's good folder, damaged by chance, and the command that reads it."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.hostile.child import attempt
from tests.hostile.good import GOOD, command, files
from tests.hostile.places import PLACES, put
from tests.hostile.readers import READERS, Command, Reader
from tests.hostile.verdict import problems, snapshot


class Failure(NamedTuple):
    """What is wrong, with an input by its number; `python -m tests.hostile` repeats it."""

    reader: str
    seed: str
    number: int
    what: str
    problem: str

    def __str__(self) -> str:
        again = f"python -m tests.hostile --only '{self.reader}' --seed {self.seed} --first {self.number} --count 1"
        return f"{self.problem}\n    {self.what}\n    again: {again}"


class Attacks:
    """Attacks on ``readers`` in a scratch ``folder``, with inputs that ``seed`` decides."""

    def __init__(self, folder: Path, seed: str) -> None:
        self.folder, self.seed = folder, seed
        self.cpu: dict[str, float] = {}
        self.slowest: tuple[float, str] = (0.0, "")
        self.largest: tuple[int, str] = (0, "")
        self._good: dict[str, Path] = {}

    def good(self, name: str) -> Path:
        """The good folder of that name, made when it is asked for."""
        if name not in self._good:
            self._good[name] = self.folder / name
            self._good[name].mkdir()
            GOOD[name](self._good[name])
        return self._good[name]

    def run(self, reader: Reader, number: int) -> Failure | None:
        """The attack of that number on ``reader``."""
        random = Random(f"{self.seed} {reader.name} {number}")
        good, case = self.good(reader.good), self.folder / "case"
        shutil.rmtree(case, ignore_errors=True)
        outside = case / "outside"
        outside.mkdir(parents=True)
        work = case / "work"
        shutil.copytree(good, work)
        told = reader.command(random)
        target = work / reader.file
        if not reader.mutations:
            how = "as it is"
        elif number < len(PLACES):  # the first inputs are no file, but something in its place
            how = put(target, outside, number)
        else:
            way = random.choice(reader.mutations)
            how = way.__name__
            target.write_bytes(way(target.read_bytes(), random, list(files(good).values())))
        what = f"{reader.file}: {how}; {' '.join(told.words)[:300]!r}"
        before = snapshot(case)
        outcome = attempt(partial(run_told, told), work, prepare=partial(_home, outside))
        self.cpu[reader.name] = self.cpu.get(reader.name, 0.0) + outcome.cpu
        self.slowest = max(self.slowest, (outcome.cpu, f"{reader.name} {number}, {what}"))
        self.largest = max(self.largest, (outcome.memory, f"{reader.name} {number}, {what}"))
        problem = next(problems(outcome, told, work, before, snapshot(case)), None)
        if problem is None and outcome.code == 0:
            problem = next(self._unusable(told, work), None)
        return problem and Failure(reader.name, self.seed, number, what, problem)

    def _unusable(self, told: Command, work: Path) -> Iterator[str]:
        """What was written is tried: an exported file's self-test, a saved run."""
        if "*" in told.writes:
            return
        tried = {"export": ("m.py", "--self-test"), "train": ("show", "latest")}.get(told.words[0])
        if tried is not None and told.writes:
            done = attempt(partial(run_told, Command(tried)), work)
            if done.code or done.signal:
                yield f"it succeeded, and {' '.join(tried)} ends with {done.code}: {done.err[:300]}"


def _home(folder: Path) -> None:
    os.environ["HOME"] = str(folder)


def run_told(told: Command) -> None:
    """Be the program that ``told`` names."""
    if not (told.words[0].endswith(".py") and os.path.isfile(told.words[0])):  # a word by chance may end so, too
        command(*told.words)
        return
    sys.argv = list(told.words)
    runpy.run_path(told.words[0], run_name="__main__")


def shares(count: int, readers: tuple[Reader, ...] = READERS) -> dict[Reader, int]:
    """How many of ``count`` inputs each reader gets: at least one, and ``count`` in all."""
    total = sum(reader.share for reader in READERS)
    return {reader: max(1, -(-count * reader.share // total)) for reader in readers}
