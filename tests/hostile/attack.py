"""An attack: a reader's good folder, damaged by chance, the command that reads it, and what is wrong with what it did."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.hostile.child import MEMORY, Outcome, attempt
from tests.hostile.good import GOOD, command, files
from tests.hostile.places import put
from tests.hostile.readers import READERS, Command, Reader

PLACED = 0.06  # of the inputs are no file, but something in its place
LONGEST = 2_000  # bytes of a message
LONGEST_OUTPUT = 100_000  # of what is printed
SHOWN = 600  # characters of a message in a report


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
        told = random.choice(reader.commands)
        target = work / reader.file
        if random.random() < PLACED:
            how = put(target, outside, random)
        else:
            way = random.choice(reader.mutations)
            how = way.__name__
            target.write_bytes(way(target.read_bytes(), random, list(files(good).values())))
        what = f"{reader.file}: {how}; {' '.join(told.words)}"
        before = snapshot(case)
        outcome = attempt(partial(_do, told), work, prepare=partial(_home, outside))
        self.cpu[reader.name] = self.cpu.get(reader.name, 0.0) + outcome.cpu
        self.slowest = max(self.slowest, (outcome.cpu, f"{reader.name} {number}, {what}"))
        self.largest = max(self.largest, (outcome.memory, f"{reader.name} {number}, {what}"))
        problem = next(problems(outcome, told, work, before, snapshot(case)), None)
        return problem and Failure(reader.name, self.seed, number, what, problem)


def _home(folder: Path) -> None:
    import os

    os.environ["HOME"] = str(folder)


def _do(told: Command) -> None:
    if not told.words[0].endswith(".py"):
        command(*told.words)
        return
    sys.argv = list(told.words)
    runpy.run_path(told.words[0], run_name="__main__")


def snapshot(folder: Path) -> dict[str, object]:
    """What is at every path below ``folder``: its kind, and what it holds."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if path.is_symlink():
            held: object = str(path.readlink())
        elif path.is_file():
            held = path.read_bytes() if path.stat().st_size < 2**27 else path.stat().st_size
        else:
            held = None
        found[str(path.relative_to(folder))] = (mode, held)
    return found


# what is wrong --------------------------------------------------------------------------------------------


def problems(
    outcome: Outcome, told: Command, work: Path, before: dict[str, object], after: dict[str, object]
) -> Iterator[str]:
    """What is wrong with the outcome, each as a sentence."""
    yield from wrong_end(outcome)
    yield from wrong_text(outcome, told.words[0])
    yield from wrong_files(outcome, told, before, after)
    if outcome.code == 0:
        yield from wrong_answer(outcome, told, work)


def wrong_end(outcome: Outcome) -> Iterator[str]:
    """It ended otherwise than with 0, 1 or 2; or it took too much."""
    if outcome.hung:
        yield "it waits for what never comes"
    elif outcome.signal:
        yield f"ended by signal {outcome.signal} after {outcome.cpu:.1f} CPU-seconds: {_shown(outcome.err)}"
    if outcome.code not in (0, 1, 2):
        yield f"exit code {outcome.code}: {_shown(outcome.err)}"
    if "Traceback" in outcome.err:
        yield f"a traceback: {_shown(outcome.err)}"
    if outcome.memory > MEMORY:
        yield f"{outcome.memory / 1e9:.2f} GB of memory; it ended with {outcome.code}: {_shown(outcome.err)}"


def wrong_text(outcome: Outcome, program: str) -> Iterator[str]:
    """What it printed is not one printable message and nothing else, or not one after a success."""
    if (
        outcome.code
        and not outcome.err.startswith(("glassnet: ", f"{program}: ", "self-test failed: ", "usage: "))
        and "needs" not in outcome.err.partition("\n")[0]
    ):
        yield f"no message, or something before it: {_shown(outcome.err)!r}"
    notes = program.endswith(".py") and outcome.code == 0  # an exported file tells there what it filled in
    if (
        outcome.err.count("glassnet: ") > 1
        or "Warning" in outcome.err
        or (outcome.err and not outcome.code and not notes)
    ):
        yield f"more than one message: {_shown(outcome.err)!r}"
    if len(outcome.err.encode(errors="surrogatepass")) > LONGEST:
        yield f"a message of {len(outcome.err)} characters: {_shown(outcome.err)}"
    if len(outcome.out) > LONGEST_OUTPUT:
        yield f"{len(outcome.out)} characters of output"
    for text in (outcome.err, outcome.out):
        bad = {c for c in text if not (c.isprintable() or c in "\n\t")}
        if bad:
            yield f"characters that are not printed as text, {sorted(bad)[:5]}: {_shown(text)!r}"
    if (
        outcome.code
        and outcome.out
        and "Traceback" not in outcome.err
        and "usage" not in outcome.err
        and not outcome.out.isprintable()
        and len(outcome.out) > LONGEST
    ):
        yield f"much output before an error: {_shown(outcome.out)!r}"


def wrong_files(outcome: Outcome, told: Command, before: dict[str, object], after: dict[str, object]) -> Iterator[str]:
    """It changed what it must not, or left something behind."""
    changed = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    may = told.writes if outcome.code == 0 or (outcome.code == 1 and told.fails_too) else ()
    beyond = [path for path in changed if not any(fnmatch(path, f"work/{pattern}") for pattern in may)]
    if beyond:
        yield f"exit code {outcome.code}, and it changed {', '.join(beyond)[:300]}: {_shown(outcome.err)}"
    left = [path for path in after if path.endswith((".tmp", ".lock")) and path not in before]
    if left:
        yield f"it left {', '.join(left)[:300]}"


def wrong_answer(outcome: Outcome, told: Command, work: Path) -> Iterator[str]:
    """It succeeded, and what it printed or wrote is no answer."""
    verb = told.words[0]
    if verb in ("predict", "evaluate") and re.search(r"\bnan\b", outcome.out):
        yield f"an answer that is no number: {_shown(outcome.out)}"
    written = [work / name for name in told.writes if (work / name).is_file()]
    if verb == "predict" and "--out" in told.words and not (written and written[0].stat().st_size):
        yield "success, and nothing was written"
    if any(
        path.suffix == ".csv"
        and re.search(r",(nan|)(,|$)", path.read_text("utf-8"), re.MULTILINE) is not None
        and verb == "predict"
        and "houses" not in told.words[2]
        for path in written
    ):
        yield "an answer in the file that is no number"
    if verb == "export":
        done = attempt(partial(_do, Command(("m.py", "--self-test"))), work)
        if done.code or done.signal:
            yield f"the exported file's self-test ends with {done.code}: {_shown(done.err)}"
    if verb == "train" and told.writes:
        done = attempt(partial(command, "show", "latest"), work)
        if done.code or done.signal:
            yield f"the run that was saved cannot be shown: {_shown(done.err)}"


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 3]} … {text[-SHOWN * 2 // 3 :]}"


def shares(count: int, readers: tuple[Reader, ...] = READERS) -> dict[Reader, int]:
    """How many of ``count`` inputs each reader gets: at least one, and ``count`` in all."""
    total = sum(reader.share for reader in READERS)
    return {reader: max(1, -(-count * reader.share // total)) for reader in readers}


Progress = Callable[[Failure | None], None]
