"""What is wrong with an attempt: each rule that every input has to keep, as a function that yields what breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.hostile.child import MEMORY, Outcome
from tests.hostile.readers import Command

LONGEST = 2_000 + len("glassnet: ")  # bytes of a message
LONGEST_OUTPUT = 100_000  # characters of what is printed
SHOWN = 600  # characters of a message in a report
BEGINS = ("glassnet: ", "self-test failed: ", "usage: ")  # of a message; an exported file's may begin with its name
Files = dict[str, object]


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


def problems(outcome: Outcome, told: Command, work: Path, before: Files, after: Files) -> Iterator[str]:
    """What is wrong with ``outcome``, each as a sentence. ``before`` and ``after`` are all files around it."""
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
    """After a failure, it printed more than one message, or too long a one; after a success, any."""
    error = outcome.err
    is_exported = program.endswith(".py")
    if outcome.code:
        if not error.startswith((*BEGINS, program, program.removesuffix(".py"))) or error.count("\nglassnet: "):
            yield f"no message, or something beside it: {_shown(error)!r}"
        elif program != "train" and not is_exported and error.count("\n") > 1:  # only a training that failed explains
            yield f"a message of several lines: {_shown(error)!r}"
    elif error and not is_exported:  # such a file tells there what it filled in
        yield f"a success, and an error message: {_shown(error)!r}"
    if "Warning: " in error:
        yield f"a library's warning: {_shown(error)!r}"
    if len(error.encode(errors="surrogatepass")) > LONGEST:
        yield f"a message of {len(error)} characters: {_shown(error)}"
    if len(outcome.out) > LONGEST_OUTPUT:
        yield f"{len(outcome.out)} characters of output"
    for text in (error, outcome.out):
        bad = {c for c in text if not (c.isprintable() or c in "\n\t")}
        if bad and not is_exported:
            yield f"characters that are not printed as text, {sorted(bad)[:5]}: {_shown(text)!r}"


def wrong_files(outcome: Outcome, told: Command, before: Files, after: Files) -> Iterator[str]:
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
    if told.words[0] not in ("predict", "evaluate"):
        return
    if re.search(r"\bnan\b", outcome.out):
        yield f"an answer that is no number: {_shown(outcome.out)}"
    for pattern in told.writes if "*" not in told.writes else ():
        file = work / pattern
        if not (file.is_file() and file.stat().st_size):
            yield "a success, and nothing was written"
        elif file.suffix == ".csv" and re.search(rb",(nan|inf|-inf|)$", file.read_bytes(), re.MULTILINE):
            yield "an answer in the file that is no number"


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 3]} … {text[-SHOWN * 2 // 3 :]}"
