"""Work in the background: one thread does what nobody waits for, and at exit what it is at is broken off."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from glassnet.engines.native.commands import end_all
from glassnet.threads import usable_after_fork

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
    def __init__(self) -> None:
        self.in_child()
        usable_after_fork(self)
        atexit.register(self._end)

    def in_child(self) -> None:
        """The thread is not in a process that was forked."""
        self._jobs: SimpleQueue[weakref.ref[Job[Any]] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def do(self, job: Job[Any]) -> None:
        """Do a job when those before it are done."""
        self._jobs.put(weakref.ref(job))
        if self._thread is None:
            self._thread = Thread(target=self._work, args=(self._jobs,), name="glassnet compiles", daemon=True)
            self._thread.start()

    @staticmethod
    def _work(jobs: SimpleQueue[weakref.ref[Job[Any]] | None]) -> None:
        while (next_job := jobs.get()) is not None:
            job = next_job()
            if job is not None:
                job.do()
            del job

    def _end(self) -> None:
        if self._thread is not None:
            while not self._jobs.empty():
                self._jobs.get()
            self._jobs.put(None)
            end_all()
            self._thread.join()


_worker = _Worker()
