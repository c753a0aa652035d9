"""Work in the background: one thread does what nobody waits for, and at exit what it is at is broken off."""

from __future__ import annotations

import atexit
import weakref
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from glassnet.engines.native.commands import end_all
from glassnet.threads import OWN, usable_after_fork

T = TypeVar("T")


class Job(Generic[T]):
    """Work for the background. When ``is_done``, there is a ``result``, or the ``error`` that it raised.

    It is not begun once nobody holds it any more; a process that is forked does not do it.
    """

    result: T | None = None
    error: Exception | None = None
    is_done: bool = False

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        _worker.do(self)

    def do(self) -> None:
        """Do it, here and now."""
        try:
            self.result = self._work()
        except Exception as error:
            self.error = error
        self.is_done = True


class _Worker:
    """The thread, which is there for as long as there is work."""

    def __init__(self) -> None:
        self.in_child()
        usable_after_fork(self)
        atexit.register(self._end)

    def in_child(self) -> None:
        """The thread is not in a process that was forked."""
        self._lock = Lock()
        self._jobs: deque[weakref.ref[Job[Any]]] = deque()
        self._thread: Thread | None = None

    def do(self, job: Job[Any]) -> None:
        """Do a job when those before it are done."""
        with self._lock:
            self._jobs.append(weakref.ref(job))
            if self._thread is None:
                self._thread = Thread(target=self._work, name=f"{OWN}compiles", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._thread = None
                    return
                job = self._jobs.popleft()()
            if job is not None:
                job.do()
            del job

    def _end(self) -> None:
        with self._lock:
            self._jobs.clear()
            thread = self._thread
        if thread is not None:
            end_all()
            thread.join()


_worker = _Worker()
