"""Workers of a `DataLoader`: processes, or threads, that make its batches while the program computes."""

from __future__ import annotations

import random
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from glassnet.random import manual_seed
from glassnet.threads import quietly

_END = "end"  # asks a worker to end; tells that it has no more


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker it is, of how many, the seed of its random numbers, and the dataset it has.

    >>> data.get_worker_info() is None
    True
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here(threading.local):
    info: WorkerInfo | None = None


_here = _Here()


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a `DataLoader`, its `WorkerInfo`; elsewhere None.

    >>> data.get_worker_info() is None
    True
    """
    return _here.info


@dataclass(frozen=True)
class Job:
    """What every worker is to do: what its batches are made of, by what, and what it does first."""

    dataset: Any
    make: Callable[[Any], Any]  # of indices a batch; of nothing, for a stream, an iterator of batches
    is_stream: bool
    init: Callable[[int], None] | None
    seed: int


class Failed(Exception):
    """What went wrong in a worker, to be raised again where its batch is waited for."""

    def __init__(self, error: BaseException, worker: int) -> None:
        super().__init__()
        told = "".join(traceback.format_exception(error))
        self.kind: type[BaseException] = type(error)
        self.text = f"{error} (in worker {worker} of the DataLoader, whose traceback is)\n\n{told}"

    def __reduce__(self) -> Any:
        return _failed, (self.kind, self.text)

    def error(self) -> BaseException:
        """An error of the same class, if one can be made of a text alone, which tells the worker's traceback."""
        try:
            return self.kind(self.text)
        except Exception:
            return RuntimeError(f"{self.kind.__name__}: {self.text}")


def _failed(kind: type[BaseException], text: str) -> Failed:
    failed = Failed.__new__(Failed)
    failed.kind, failed.text = kind, text
    return failed


def _work(job: Job, worker: int, workers: int, receive: Callable[[], Any], send: Callable[[Any], None]) -> None:
    """A worker's life: get ready, then make what is asked for, until it is asked to end."""
    _here.info = WorkerInfo(worker, workers, job.seed + worker, job.dataset)
    problem = None
    try:
        if job.init is not None:
            job.init(worker)
    except Exception as error:
        problem = error
    stream: Iterator[Any] | None = None
    while (asked := receive()) is not _END and asked != _END:
        try:
            if problem is not None:
                raise problem
            if not job.is_stream:
                made = ("made", job.make(asked))
            else:
                stream = job.make(None) if stream is None else stream
                batch = next(stream, _END)
                made = (_END, None) if batch is _END else ("made", batch)
                stream = None if batch is _END else stream
        except Exception as error:
            made = ("failed", Failed(error, worker))
        try:
            send(made)
        except BrokenPipeError:
            return
        except Exception as error:
            send(("failed", Failed(error, worker)))


# in processes --------------------------------------------------------------------------------------------------------


def _live(job: Job, worker: int, workers: int, connection: Any) -> None:
    """A process that works."""
    np.random.seed((job.seed + worker) % 2**32)  # noqa: NPY002  # what transforms draw from
    random.seed(job.seed + worker)
    manual_seed(job.seed + worker)
    with suppress(EOFError, KeyboardInterrupt):  # the program has ended
        _work(job, worker, workers, connection.recv, connection.send)


class _Process:
    """A worker that is a process, forked from this one: it has whatever there is here."""

    def __init__(self, job: Job, worker: int, workers: int) -> None:
        from multiprocessing import get_context

        context = get_context("fork")
        self.worker = worker
        self._here, there = context.Pipe()
        self._process = context.Process(target=_live, args=(job, worker, workers, there), daemon=True)
        with quietly():  # of other threads, whose locks glassnet gives back itself: see `glassnet.threads`
            self._process.start()
        there.close()
        self._results: SimpleQueue[Any] = SimpleQueue()
        # results are taken at once: the worker would wait for that, and this process for the worker to take tasks
        self._reader = threading.Thread(target=self._read, daemon=True)

    def begin(self) -> None:
        """Take results from now on: when all processes are forked, since a thread is in none of them."""
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                self._results.put(self._here.recv())
            except (EOFError, OSError):
                self._results.put(None)
                return
            except Exception as error:
                self._results.put(("failed", Failed(error, self.worker)))

    def ask(self, task: Any) -> None:
        """Send a task; of a worker that is gone, the next result tells."""
        try:
            self._here.send(task)
        except OSError:
            self._results.put(None)

    def result(self, timeout: float) -> Any:
        """The next result. Raises RuntimeError where none comes in time, or the process is gone."""
        try:
            found = self._results.get(timeout=timeout or None)
        except Empty:
            raise RuntimeError(f"DataLoader: worker {self.worker} made no batch within timeout={timeout} s") from None
        if found is None:
            self._process.join(1)
            raise RuntimeError(
                f"DataLoader: worker {self.worker} (process {self._process.pid}) ended unexpectedly, with exit code "
                f"{self._process.exitcode}; num_workers=0 shows what happens in it"
            )
        return found

    def end(self) -> None:
        """Let it end."""
        self.ask(_END)
        self._process.join(0.5)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self._reader.join(0.5)  # it has come to the end of what the process sent
        self._here.close()


class _Thread:
    """A worker that is a thread of this process."""

    def __init__(self, job: Job, worker: int, workers: int) -> None:
        self.worker = worker
        self._tasks: SimpleQueue[Any] = SimpleQueue()
        self._results: SimpleQueue[Any] = SimpleQueue()
        arguments = (job, worker, workers, self._tasks.get, self._results.put)
        self._thread = threading.Thread(target=_work, args=arguments, daemon=True)

    def begin(self) -> None:
        """Start it."""
        self._thread.start()

    def ask(self, task: Any) -> None:
        """Send a task."""
        self._tasks.put(task)

    def result(self, timeout: float) -> Any:
        """The next result. Raises RuntimeError where none comes in time."""
        try:
            return self._results.get(timeout=timeout or None)
        except Empty:
            raise RuntimeError(f"DataLoader: worker {self.worker} made no batch within timeout={timeout} s") from None

    def end(self) -> None:
        """Let it end."""
        self.ask(_END)
        self._thread.join(0.5)


# all of them ---------------------------------------------------------------------------------------------------------


def can_fork(wanted: Any = None) -> bool:
    """Whether workers can be processes that are forked from this one, and ``wanted``, a context, is not another."""
    name = wanted if isinstance(wanted, str) or wanted is None else wanted.get_start_method()
    return sys.platform not in ("darwin", "win32", "emscripten", "wasi") and name in (None, "fork")


class Workers:
    """Several workers, each asked in its turn, so that batches come in order."""

    def __init__(self, job: Job, number: int, ahead: int, timeout: float, context: Any) -> None:
        kind = _Process if can_fork(context) else _Thread
        self._is_stream, self._ahead, self._timeout = job.is_stream, ahead, timeout
        self.is_idle = True  # whether none has a batch that nobody has taken
        self._workers = [kind(job, i, number) for i in range(number)]
        for worker in self._workers:
            worker.begin()

    def batches(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """What is made of each of ``tasks``, in their order; of streams, of each worker a batch in turn."""
        return self._of_streams() if self._is_stream else self._of_tasks(iter(tasks))

    def _of_tasks(self, tasks: Iterator[Any]) -> Iterator[Any]:
        asked: deque[Any] = deque()
        self.is_idle = False
        for worker, task in zip(cycle(self._workers), tasks):  # the workers have no end
            worker.ask(task)
            asked.append(worker)
            if len(asked) >= self._ahead * len(self._workers):
                yield self._made(asked.popleft())[1]
        while asked:
            yield self._made(asked.popleft())[1]
        self.is_idle = True

    def _of_streams(self) -> Iterator[Any]:
        going = list(self._workers)
        self.is_idle = False
        for worker in going:
            worker.ask(None)
        while going:
            for worker in list(going):
                state, batch = self._made(worker)
                if state == _END:
                    going.remove(worker)
                else:
                    worker.ask(None)
                    yield batch
        self.is_idle = True

    def _made(self, worker: Any) -> Any:
        state, batch = found = worker.result(self._timeout)
        if state == "failed":
            raise batch.error()
        return found

    def end(self) -> None:
        """Let all of them end."""
        for worker in self._workers:
            worker.end()
