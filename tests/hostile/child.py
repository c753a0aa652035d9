"""One attempt: a function run in a forked child under limits, and what became of it.

A fork costs a hundredth of what a new process would: the parent has imported everything once. No limit is one of
the clock: CPU-seconds and memory are counted by the system, and a child that waits for something that never comes is
known by its sleeping while its CPU time stands still.
"""

from __future__ import annotations

import fcntl
import gc
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

CPU = 10  # seconds
MEMORY = 10**9  # bytes that may be used, the interpreter's own included
ADDRESSES = 3 * 10**9  # bytes that may be asked for beyond those of the parent: a guard of the machine, no test
OUTPUT = 2**20  # bytes that are printed; a child that prints more waits, and counts as one that hangs
FILE = 2**28  # bytes of one file
ASLEEP = 20  # looks at a child, a second apart, all of which find it asleep with no CPU time used between them
EXIT_OF_A_CRASH = 70


class Outcome(NamedTuple):
    """What became of an attempt. ``signal`` is 0 unless one ended it; ``hung`` if it waited for what never comes."""

    code: int
    signal: int
    hung: bool
    out: str
    err: str
    cpu: float
    memory: int


def attempt(act: Callable[[], Any], folder: Path, *, prepare: Callable[[], Any] | None = None) -> Outcome:
    """Run ``act`` in a child in ``folder``; ``prepare`` is called there first."""
    sys.stdout.flush()
    sys.stderr.flush()
    pipes = [os.pipe() for _ in ("out", "err")]
    for _, end in pipes:
        fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, OUTPUT)
    gc.freeze()  # so that a collection in a child does not write to, and so copy, all that the parent has
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of threads: those of pytest hold nothing that a child uses
        pid = os.fork()
    if pid == 0:
        _become(act, folder, *(end for _, end in pipes), prepare)
    for _, end in pipes:
        os.close(end)
    watch = _Watch(pid)
    _, status, used = os.wait4(pid, 0)
    watch.end()
    texts = []
    for end, _ in pipes:
        with open(end, "rb") as file:
            texts.append(file.read().decode(errors="surrogateescape"))
    code = os.waitstatus_to_exitcode(status)
    return Outcome(
        max(code, 0), max(-code, 0), watch.hung, *texts, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    )


def _become(act: Callable[[], Any], folder: Path, out: int, err: int, prepare: Callable[[], Any] | None) -> None:
    """Be the child; never returns."""
    code = EXIT_OF_A_CRASH
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for handle, number in ((nothing, 0), (out, 1), (err, 2)):
            os.dup2(handle, number)
        _forget_pytest()
        os.chdir(folder)
        _limit()
        if prepare is not None:
            prepare()
        code = _exit_code(act)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(code)


def _forget_pytest() -> None:
    """Have the streams and the filters of warnings that a process of its own would have."""
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        mode, errors = ("r", "strict") if number == 0 else ("w", "backslashreplace")
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors=errors, closefd=False))
    warnings.resetwarnings()
    for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", kind)


def _limit() -> None:
    addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for what, value in (
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_AS, addresses + ADDRESSES),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def _exit_code(act: Callable[[], Any]) -> int:
    """The exit code of a process that would do ``act`` alone, as Python has it."""
    try:
        act()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


class _Watch:
    """Looks at a child each second, and kills it once it has been asleep for `ASLEEP` looks."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._last: tuple[str, ...] = ()
        self._asleep = 0
        self.hung = False
        self._before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, 1, 1)

    def end(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _look(self, *_: object) -> None:
        try:
            fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        state, used = fields[0], (fields[11], fields[12])
        self._asleep = self._asleep + 1 if state == "S" and used == self._last else 0
        self._last = used
        if self._asleep >= ASLEEP:
            self.hung = True
            os.kill(self._pid, signal.SIGKILL)
