"""Commands: other programs that are run. They end when this one does, with all that they have started."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from glassnet.threads import usable_after_fork

SAID = 2000  # letters of what a command says that are told


class CommandError(RuntimeError):
    """A command that cannot be run, is not done in time, or failed: what it said is in the message."""


class _Running:
    """The commands that run now, whichever threads wait for them."""

    def __init__(self) -> None:
        self.in_child()
        usable_after_fork(self)
        atexit.register(self.end)

    def in_child(self) -> None:
        """Those of the process that was forked are its own."""
        self.processes: set[subprocess.Popen[str]] = set()
        self.is_over = False

    def end(self) -> None:
        """End all of them; no other is begun."""
        self.is_over = True
        for process in list(self.processes):
            _kill(process)


_running = _Running()
end_all = _running.end


def output_of(command: Sequence[str], patience: float) -> str:
    """What a command prints. It gets ``patience`` seconds. Raises CommandError."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", process_group=0,  # Ctrl-C is for this program, which ends the other
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise CommandError(f"{command[0]} cannot be run: {error}") from None
    with process:
        _running.processes.add(process)
        try:
            if _running.is_over:
                _kill(process)
            printed, said = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            raise CommandError(f"{command[0]} was not done after {patience:g} seconds") from None
        finally:
            _kill(process)
            _running.processes.discard(process)
    if process.returncode:
        raise CommandError(f"{command[0]} ended with {process.returncode}:\n{said.strip()[-SAID:]}")
    return printed


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process, and those that it has started, which work for it."""
    if process.poll() is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
